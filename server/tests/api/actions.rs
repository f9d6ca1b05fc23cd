//! Day-2 actions: offered with what stands in their way, asked for as requests, run once, kept in the history.

use crate::{
    midspan::{Midspan, everywhere},
    people::Person,
    widgets::PROMISES,
};
use reqwest::Method;
use serde_json::{Value, json};

const BOXES: &str = "/apis/demo.example.com/v1/namespaces/default/boxes";
const BOX: &str = "/apis/demo.example.com/v1/namespaces/default/boxes/one";

fn promise() -> Value {
    let script = r#"echo "secret is $(sed -n 's/^ *token: *//p' "$MIDSPAN_INPUT/object.yaml")"; printf 'saw: "%s %s"\n' "$MIDSPAN_ACTION" "$KRATIX_WORKFLOW_ACTION" > "$MIDSPAN_METADATA/status.yaml"; printf 'password: rotated-4711\n' > "$MIDSPAN_METADATA/outputs.yaml""#;
    let template =
        |with: Value| json!([{"name": "main", "steps": [{"name": "render", "uses": "template", "with": with}]}]);
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "box"}, "spec": {
    "api": {"group": "demo.example.com", "version": "v1", "kind": "Box", "schema": {"type": "object", "properties": {"locked": {"type": "boolean", "default": false}}}},
    "outputs": {"type": "object", "properties": {"password": {"type": "string", "writeOnly": true}, "label": {"type": "string"}}},
    "destinationSelectors": [{"matchLabels": {"environment": "dev"}}],
    "workflows": {"resource": {
        "configure": template(json!({"files": {"box.yaml": "name: {{ metadata.name }}\nat: {{ status.markedAt or \"never\" }}\n"}, "outputs": {"password": "first-4711"}})),
        "actions": {
            "mark": {"title": "Mark it", "then": "configure", "when": "!resource.spec.locked", "whenMessage": "Unlock it first.",
                "schema": {"type": "object", "required": ["note"], "properties": {"note": {"type": "string", "maxLength": 20}, "times": {"type": "integer", "default": 2}}},
                "pipelines": template(json!({"status": {"markedAt": "{{ input.note }} x{{ input.times }} by {{ action.by }}"}, "files": {"never-placed.yaml": "a: 1"}}))},
            "rotate": {"concurrency": "queue", "confirm": {"type": "name"}, "schema": {"type": "object", "properties": {"token": {"type": "string", "writeOnly": true}}},
                "pipelines": [{"name": "main", "steps": [{"name": "run", "uses": "command", "retry": {"attempts": 1}, "with": {"command": ["sh", "-c", script]}}]}]},
            "break": {"roles": ["platform"], "pipelines": [{"name": "main", "steps": [{"name": "run", "uses": "command", "retry": {"attempts": 1}, "with": {"command": ["false"]}}]}]},
        }}}}})
}

async fn ready(midspan: &Midspan) -> Person {
    midspan.paul().post(PROMISES, promise()).await.good();
    let dana = midspan.dana();
    let one = json!({"apiVersion": "demo.example.com/v1", "kind": "Box", "metadata": {"name": "one"}, "spec": {}});
    dana.post(BOXES, one).await.good();
    dana.see(BOX, |seen| seen.body["status"]["phase"] == "Ready").await;
    dana
}

/// Asks, and waits until it is answered.
async fn act(person: &Person, action: &str, input: Value) -> Value {
    let request = person.post(&format!("{BOX}/actions/{action}"), input).await.good();
    let name = request["metadata"]["name"].as_str().unwrap();
    let path = format!("/apis/midspan.dev/v1alpha1/namespaces/default/requests/{name}");
    let open = |phase: &Value| phase == "Submitted" || phase == "Running";
    person.see(&path, |seen| !open(&seen.body["status"]["phase"])).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_runs_with_its_input_and_what_follows_sees_what_it_said() {
    everywhere(async |midspan| {
        let dana = ready(midspan).await;
        let request = act(&dana, "mark", json!({"note": "spring"})).await;
        assert_eq!(
            (&request["spec"]["operation"], &request["status"]["phase"]),
            (&json!("Action"), &json!("Succeeded"))
        );
        assert_eq!(request["spec"]["input"], json!({"note": "spring", "times": 2}));
        let seen = dana
            .see(BOX, |seen| {
                seen.body["status"]["lastOperation"]["state"] == "Succeeded" && seen.body["status"]["phase"] == "Ready"
            })
            .await
            .body;
        assert_eq!(seen["status"]["markedAt"], "spring x2 by dana");
        assert_eq!(seen["status"]["lastAction"]["state"], "Succeeded");
        let run = dana
            .get(&format!(
                "/apis/midspan.dev/v1alpha1/namespaces/default/runs/{}",
                request["status"]["run"].as_str().unwrap()
            ))
            .await
            .good();
        assert_eq!((&run["spec"]["workflow"], &run["spec"]["action"]["name"]), (&json!("action"), &json!("mark")));
        let files = dana.get("/r/default/box/one/files").await.text;
        assert!(files.contains("spring x2 by dana") && !files.contains("never-placed"), "{files}");
        let history = dana.get("/r/default/box/one/history").await.text;
        assert!(history.contains("Action mark requested") && history.contains("Action done"), "{history}");
        assert_eq!(dana.get(&format!("/requests/{}", request["metadata"]["name"].as_str().unwrap())).await.code, 200);
        let audit = midspan.running.services.store.audit(&store::AuditQuery::default()).await.unwrap();
        let entry = &audit.iter().find(|stored| stored.entry.verb == "act").unwrap().entry;
        assert_eq!(
            (entry.actor.as_str(), entry.kind.as_str(), &entry.data["after"]["action"]),
            ("dana", "Box", &json!("mark"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_action_seals_is_the_resources_and_stays_and_its_secret_input_is_nowhere() {
    everywhere(async |midspan| {
        let dana = ready(midspan).await;
        let first = dana.get(BOX).await.body["status"]["outputs"]["password"].clone();
        let request = act(&dana, "rotate", json!({"token": "canary-in-the-mine"})).await;
        assert_eq!(request["status"]["phase"], "Succeeded", "{request}");
        assert!(request["spec"]["input"]["token"]["sealed"].is_string(), "{request}");
        let seen = dana.get(BOX).await.good();
        assert_eq!(seen["status"]["saw"], "rotate rotate");
        assert_ne!(seen["status"]["outputs"]["password"], first);
        let revealed =
            async || dana.post(&format!("{BOX}/outputs"), json!({})).await.good()["outputs"]["password"].clone();
        assert_eq!(revealed().await, "rotated-4711");
        let (before, again) = (
            seen["status"]["run"].clone(),
            json!({"metadata": {"labels": {"kratix.io/manual-reconciliation": "true"}}}),
        );
        dana.merge(BOX, again).await.good();
        let seen =
            dana.see(BOX, |seen| seen.body["status"]["run"] != before && seen.body["status"]["phase"] == "Ready").await;
        assert_eq!(revealed().await, "rotated-4711");
        let run = request["status"]["run"].as_str().unwrap();
        for path in
            [format!("/runs/{run}"), format!("/runs/{run}/log?step=main/run"), "/r/default/box/one/history".to_owned()]
        {
            let page = dana.get(&path).await;
            assert!(page.code == 200 && !page.text.contains("canary-in"), "{path}: {}", page.text);
        }
        assert!(!seen.text.contains("canary-in"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_told_beforehand_and_to_whoever_asks_all_the_same() {
    everywhere(async |midspan| {
        let dana = ready(midspan).await;
        let listed = dana.get(&format!("{BOX}/actions")).await.good();
        let told: Vec<String> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|action| format!("{} {} {}", action["name"], action["available"], action["whyNot"]))
            .collect();
        assert_eq!(
            told,
            [
                r#""break" false "dana may not do this; members of the group platform can""#,
                r#""mark" true null"#,
                r#""rotate" true null"#,
            ]
        );
        let ask = async |action: &str, input: Value| dana.post(&format!("{BOX}/actions/{action}"), input).await;
        let dry = dana.post(&format!("{BOX}/actions/mark?dryRun=All"), json!({"note": "x"})).await;
        assert_eq!(dry.code, 201);
        assert_eq!(ask("break", json!({})).await.code, 403);
        let unknown = ask("restart", json!({})).await.refused();
        assert_eq!(
            unknown,
            "404 NotFound: the promise box offers no action \"restart\"; it offers break, mark, rotate"
        );
        assert_eq!(ask("mark", json!({"note": "far too long to be a note"})).await.fields(), ["input.note"]);
        assert!(ask("mark", json!({"note": "x", "nope": 1})).await.refused().contains("unknown field \"input.nope\""));
        dana.merge(BOX, json!({"spec": {"locked": true}})).await.good();
        dana.see(BOX, |seen| seen.body["status"]["observedGeneration"] == 2 && seen.body["status"]["phase"] == "Ready")
            .await;
        let refused = ask("mark", json!({"note": "x"})).await.refused();
        assert_eq!(
            refused,
            "409 Conflict: Mark it of Box.demo.example.com \"one\" cannot be done now: Unlock it first."
        );
        let failed = act(&midspan.paul(), "break", json!({})).await;
        assert_eq!(failed["status"]["phase"], "Failed");
        let seen = dana.get(BOX).await.good();
        assert_eq!(
            (&seen["status"]["phase"], &seen["status"]["lastAction"]["state"]),
            (&json!("Ready"), &json!("Failed"))
        );
        let page = dana.get("/r/default/box/one").await.text;
        assert!(page.contains("The action break failed") && page.contains("Unlock it first."), "{page}");
        let document = dana.get("/openapi/v3/apis/demo.example.com/v1").await.good();
        let path = "/apis/demo.example.com/v1/namespaces/{namespace}/boxes/{name}/actions/mark";
        assert_eq!(
            document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["required"],
            json!(["note"])
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_scripts_fills_in_the_form_types_the_name_and_gets_its_errors_back() {
    everywhere(async |midspan| {
        let dana = ready(midspan).await;
        let form = "application/x-www-form-urlencoded";
        let post = async |action: &str, body: &str| {
            dana.send(Method::POST, &format!("/r/default/box/one/actions/{action}"), form, body.to_owned()).await
        };
        let page = dana.get("/r/default/box/one").await.text;
        assert!(page.contains("/r/default/box/one/actions/mark"), "{page}");
        let page = dana.get("/r/default/box/one/actions/mark").await.text;
        assert!(page.contains("name=\"v/note\""), "{page}");
        let wrong = post("mark", "_do=act&v/note=far+too+long+to+be+a+note").await;
        assert!(wrong.code == 422 && wrong.text.contains("far too long to be a note"), "{}", wrong.text);
        let right = post("mark", "_do=act&v/note=spring").await;
        assert_eq!((right.code, right.headers["location"].to_str().unwrap()), (303, "/r/default/box/one"));
        dana.see(BOX, |seen| seen.body["status"]["markedAt"] == "spring x2 by dana").await;
        let unsure = post("rotate", "_do=act&confirm=two").await;
        assert!(unsure.code == 422 && unsure.text.contains("nothing was done"), "{}", unsure.text);
        assert_eq!(post("rotate", "_do=act&confirm=one").await.code, 303);
        dana.see(BOX, |seen| {
            seen.body["status"]["lastAction"]["name"] == "rotate"
                && seen.body["status"]["lastAction"]["state"] == "Succeeded"
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_with_a_wrong_action_is_refused_where_it_is_wrong() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let refused = async |pointer: &str, value: Value| {
            let mut document = promise();
            *document.pointer_mut("/spec/workflows/resource/actions/mark").unwrap() = value;
            let answer = paul.post(PROMISES, document).await;
            assert!(answer.refused().contains(pointer), "{}", answer.text);
        };
        let pipelines = promise()["spec"]["workflows"]["resource"]["actions"]["break"]["pipelines"].clone();
        refused("did you mean `confirm`?", json!({"confrim": "none", "pipelines": pipelines})).await;
        refused("spec.workflows.resource.actions.mark.pipelines: action \"mark\" has no pipelines", json!({})).await;
        refused("there is no resourse", json!({"when": "resourse.spec.locked", "pipelines": pipelines})).await;
        refused("actions.mark.schema", json!({"schema": {"type": "nonsense"}, "pipelines": pipelines})).await;
    })
    .await;
}

/// The promise on a page about it.
fn on_page(page: &str) -> Value {
    let block = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    domain::document::parse_one(block, "the page").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_on_the_pages_do_as_the_pages_say() {
    everywhere(async |midspan| {
        let (paul, dana) = (midspan.paul(), midspan.dana());
        for page in [include_str!("../../../docs/actions.md"), include_str!("../../../docs/expiry.md")] {
            paul.post(PROMISES, on_page(page)).await.good();
        }
        let all = "/apis/docs.example.com/v1/namespaces/default";
        for (kind, plural) in [("Notebook", "notebooks"), ("Sandbox", "sandboxes")] {
            let mine =
                json!({"apiVersion": "docs.example.com/v1", "kind": kind, "metadata": {"name": "mine"}, "spec": {}});
            dana.post(&format!("{all}/{plural}"), mine).await.good();
            dana.see(&format!("{all}/{plural}/mine"), |seen| seen.body["status"]["phase"] == "Ready").await;
        }
        let mine = format!("{all}/notebooks/mine");
        dana.post(&format!("{mine}/actions/restart"), json!({"reason": "new kernel"})).await.good();
        let ready = |seen: &Value| seen["status"]["restartedFor"] == "new kernel" && seen["status"]["phase"] == "Ready";
        dana.see(&mine, |seen| ready(&seen.body)).await;
        dana.see(&format!("{mine}/actions"), |seen| seen.body["items"][0]["available"] == true).await;
        dana.post(&format!("{mine}/actions/back-up"), json!({})).await.good();
        let placed = "/r/default/notebook/mine/files";
        dana.see(placed, |seen| seen.text.contains("backup.yaml")).await;
        let extended = dana.post(&format!("{all}/sandboxes/mine/extend"), json!({"by": "24h"})).await.good();
        assert_eq!(extended["status"]["phase"], "Succeeded");
    })
    .await;
}
