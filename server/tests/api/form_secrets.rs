//! A secret's way through form, failed submit, draft, plan, run, change and deletion: it works, and stands nowhere where somebody could read it.

use crate::{
    midspan::{Midspan, everywhere},
    people::Answer,
    widgets::PROMISES,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{cell::RefCell, fs, path::Path};

const VAULTS: &str = "/apis/demo.example.com/v1/namespaces/default/vaults";
const SAFE: &str = "/apis/demo.example.com/v1/namespaces/default/vaults/safe";
const PLAIN: &str = "canary-4711-in-the-mine";
const OTHER: &str = "canary-4712-in-the-mine";
/// The same in base64, without what depends on its neighbours.
const ENCODED: [&str; 2] = ["Y2FuYXJ5LTQ3MTEtaW4tdGhlLW1pbm", "Y2FuYXJ5LTQ3MTItaW4tdGhlLW1pbm"];
const FORM: &str = "application/x-www-form-urlencoded";

/// A step that acts outside gets the secret and prints it, one that renders gets what stands for it.
fn vault() -> Value {
    let script = r#"echo "the secret is $(sed -n 's/.*password: *//p' "$MIDSPAN_INPUT/object.yaml")"; printf 'length: %s\n' "$(sed -n 's/.*password: *//p' "$MIDSPAN_INPUT/object.yaml" | tr -d '"\n' | wc -c)" > "$MIDSPAN_METADATA/status.yaml""#;
    let files = json!({"vault.yaml": "password: {{ spec.password }}\nsize: {{ spec.size }}\n"});
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "vault"}, "spec": {
    "api": {"group": "demo.example.com", "version": "v1", "kind": "Vault", "schema": {"type": "object", "required": ["password", "size"], "properties": {
        "password": {"type": "string", "title": "Password", "writeOnly": true, "minLength": 8},
        "size": {"type": "string", "title": "Size", "enum": ["small", "large"]}}}},
    "outputs": {"type": "object", "properties": {"url": {"type": "string", "writeOnly": true}}},
    "destinationSelectors": [{"matchLabels": {"environment": "dev"}}],
    "workflows": {"resource": {"configure": [{"name": "main", "steps": [
        {"name": "files", "uses": "template", "with": {"files": files, "outputs": {"url": "vault://{{ spec.password }}@safe"}}},
        {"name": "make", "uses": "command", "retry": {"attempts": 1}, "with": {"command": ["sh", "-c", script]}},
    ]}]}}}})
}

/// All that was shown, to be searched.
#[derive(Default)]
struct Seen(RefCell<Vec<String>>);

impl Seen {
    fn note(&self, answer: Answer) -> Answer {
        self.0.borrow_mut().push(format!("{:?} {}", answer.headers, answer.text));
        answer
    }

    fn check(&self) {
        for text in self.0.borrow().iter() {
            for secret in [PLAIN, OTHER, ENCODED[0], ENCODED[1]] {
                assert!(!text.contains(secret), "{secret} stands in {text}");
            }
        }
    }
}

/// Every file below the server's folders, the embedded database, its log and the git repository among them.
fn check_nowhere(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check_nowhere(&path);
        } else if let Ok(bytes) = fs::read(&path) {
            for secret in [PLAIN, OTHER, ENCODED[0], ENCODED[1]] {
                assert!(
                    !bytes.windows(secret.len()).any(|part| part == secret.as_bytes()),
                    "{secret} in {}",
                    path.display()
                );
            }
        }
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map_or("", |(found, _)| found)
}

fn location(answer: &Answer) -> String {
    assert_eq!(answer.code, 303, "{}", answer.text);
    answer.headers["location"].to_str().unwrap().to_owned()
}

async fn check_all(midspan: &Midspan, seen: &Seen) {
    let store = &midspan.running.services.store;
    let audit = store.audit(&store::AuditQuery::default()).await.unwrap();
    seen.0.borrow_mut().push(format!("{audit:?}"));
    let everything = store.list(&store::Query { limit: 500, ..store::Query::default() }).await.unwrap().objects;
    seen.0.borrow_mut().push(format!("{everything:?}"));
    seen.check();
    midspan.folders().iter().for_each(|folder| check_nowhere(folder));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_through_form_plan_run_change_and_deletion_and_stands_nowhere() {
    everywhere(async |midspan| {
        let (dana, seen) = (midspan.dana(), Seen::default());
        midspan.paul().post(PROMISES, vault()).await.good();
        let get = async |path: &str| seen.note(dana.get(path).await);
        let post = async |path: &str, body: String| seen.note(dana.send(Method::POST, path, FORM, body).await);
        let new = "/catalog/vault/new";
        // something else is wrong: the secret is kept, and not given back
        let wrong = post(new, format!("_do=plan&namespace=default&name=safe&v/password={PLAIN}&v/size=huge")).await;
        assert_eq!(wrong.code, 422);
        let (draft, mark) = (between(&wrong.text, "name=\"_draft\" value=\"", "\""), between(&wrong.text, "name=\"v/password/__stored\" value=\"", "\""));
        assert!(draft.starts_with("req-") && mark.starts_with("${secret:"), "{draft} {mark} {}", wrong.text);
        assert!(wrong.text.contains("Keep what is stored"), "{}", wrong.text);
        // it is gone on with elsewhere
        let again = get(&format!("{new}?draft={draft}")).await;
        assert_eq!(between(&again.text, "name=\"v/password/__stored\" value=\"", "\""), mark);
        for button in ["check", "text", "refresh"] {
            let body = format!("_do={button}&namespace=default&name=safe&v/password={PLAIN}&v/size=small");
            assert_eq!(post(new, body).await.code, 200);
        }
        let kept = format!("namespace=default&name=safe&_draft={draft}&v/password/__was=kept&v/password/__way=keep&v/password/__stored={mark}&v/password=&v/size=small");
        let plan = location(&post(new, format!("_do=plan&{kept}")).await);
        let page = get(&plan).await;
        assert!(page.text.contains("${secret:") && page.text.contains("Password"), "{}", page.text);
        let made = location(&post(&format!("{plan}/submit"), String::new()).await);
        let ready = dana.see(SAFE, |seen| seen.body["status"]["phase"] == "Ready").await;
        assert_eq!(ready.body["status"]["length"], PLAIN.len(), "the step got it: {}", ready.text);
        let run = ready.body["status"]["run"].as_str().unwrap().to_owned();
        let log = get(&format!("/apis/midspan.dev/v1alpha1/namespaces/default/runs/{run}/log")).await;
        assert!(log.text.contains("the secret is ***"), "{}", log.text);
        // whoever asks for the outputs on record gets what was made of it
        let revealed = dana.post(&format!("{SAFE}/outputs"), json!({})).await.good();
        assert_eq!(revealed["outputs"]["url"], format!("vault://{PLAIN}@safe"));

        // changed beside it, and then itself
        let edit = format!("{made}/edit");
        let form = get(&edit).await;
        let (version, stored) = (between(&form.text, "name=\"resourceVersion\" value=\"", "\""), between(&form.text, "name=\"v/password/__stored\" value=\"", "\""));
        let kept = format!("resourceVersion={version}&v/password/__was=kept&v/password/__way=keep&v/password/__stored={stored}");
        let plan = location(&post(&edit, format!("_do=plan&{kept}&v/size=large")).await);
        assert!(!get(&plan).await.text.contains(">Password<"), "nothing is said of what stays");
        post(&format!("{plan}/submit"), String::new()).await;
        let after = dana.see(SAFE, |seen| seen.body["status"]["observedGeneration"] == 2 && seen.body["status"]["phase"] == "Ready").await;
        assert_eq!(after.body["spec"]["password"], ready.body["spec"]["password"]);
        let typed = format!("resourceVersion=2&v/password/__was=kept&v/password/__way=type&v/password/__stored={stored}&v/password={OTHER}");
        let short = post(&edit, "_do=plan&resourceVersion=2&v/password/__was=kept&v/password/__way=type&v/password=short&v/size=large".to_owned()).await;
        assert!(short.code == 422 && short.text.contains("at least 8"), "{}", short.text);
        let plan = location(&post(&edit, format!("_do=plan&{typed}&v/size=large")).await);
        get(&plan).await;
        get(&format!("{edit}?draft={}", plan.rsplit('/').next().unwrap())).await;
        post(&format!("{plan}/submit"), String::new()).await;
        let after = dana.see(SAFE, |seen| seen.body["status"]["observedGeneration"] == 3 && seen.body["status"]["phase"] == "Ready").await;
        assert_ne!(after.body["spec"]["password"], ready.body["spec"]["password"]);
        let run = after.body["status"]["run"].as_str().unwrap();
        for path in [
            "", "/files", "/history", "/edit", "/delete", "/drift",
        ] {
            assert_eq!(get(&format!("{made}{path}")).await.code, 200, "{path}");
        }
        for path in ["/", "/resources", &format!("/runs/{run}"), &format!("{new}?like=default/vault/safe"), SAFE, &format!("/apis/midspan.dev/v1alpha1/namespaces/default/runs/{run}"), "/apis/midspan.dev/v1alpha1/namespaces/default/requests", "/api/v1/namespaces/default/events"] {
            assert_eq!(get(path).await.code, 200, "{path}");
        }
        check_all(midspan, &seen).await;
        dana.delete(SAFE).await.good();
        dana.see(SAFE, |seen| seen.code == 404).await;
        check_all(midspan, &seen).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_s_secret_is_sealed_and_the_same_document_again_changes_nothing() {
    everywhere(async |midspan| {
        let (dana, seen) = (midspan.dana(), Seen::default());
        midspan.paul().post(PROMISES, vault()).await.good();
        let noted = |password: &str| json!({"apiVersion": "demo.example.com/v1", "kind": "Vault", "metadata": {"name": "safe"}, "spec": {"password": password, "size": "small"}});
        let mut document = noted(PLAIN);
        document["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": noted(PLAIN).to_string()});
        let made = seen.note(dana.post(VAULTS, document.clone()).await).good();
        let mark = made["spec"]["password"].clone();
        assert!(mark.as_str().unwrap().starts_with("${secret:"), "{made}");
        let same = seen.note(dana.merge(SAFE, json!({"spec": {"password": PLAIN}})).await).good();
        assert_eq!((&same["spec"]["password"], &same["metadata"]["generation"]), (&mark, &json!(1)));
        let read = dana.get(SAFE).await.good();
        assert_eq!(dana.put(SAFE, read).await.good()["metadata"]["generation"], 1);
        let wrong = seen.note(dana.merge(SAFE, json!({"spec": {"password": "${secret:0123456789abcdef}"}})).await);
        assert_eq!(wrong.fields(), ["spec.password"], "{}", wrong.text);
        assert_eq!(seen.note(dana.merge(SAFE, json!({"spec": {"password": "short"}})).await).code, 422);
        let plan = seen.note(dana.post(&format!("{SAFE}/plan"), json!({"spec": {"password": OTHER, "size": "small"}})).await).good();
        assert!(plan["files"][0]["after"].as_str().unwrap().contains("${secret:"), "{plan}");
        // made here, once, unless a new one is asked for
        let generated = dana.merge(SAFE, json!({"spec": {"password": "${secret:renew}"}})).await.good();
        assert!(generated["spec"]["password"] != mark && generated["metadata"]["generation"] == 2, "{generated}");
        let again = dana.merge(SAFE, json!({"spec": {"password": "${secret:generate}"}})).await.good();
        assert_eq!(again["spec"], generated["spec"]);
        let ready = dana.see(SAFE, |seen| seen.body["status"]["observedGeneration"] == 2 && seen.body["status"]["phase"] == "Ready").await;
        assert_eq!(ready.body["status"]["length"], 32, "{}", ready.text);
        check_all(midspan, &seen).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_may_be_named_where_its_owner_says_so_and_nowhere_else() {
    everywhere(async |midspan| {
        let (dana, paul, seen) = (midspan.dana(), midspan.paul(), Seen::default());
        paul.post(PROMISES, vault()).await.good();
        let secrets = "/api/v1/namespaces/default/secrets";
        paul.post(secrets, json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"password": PLAIN}})).await.good();
        let safe = json!({"apiVersion": "demo.example.com/v1", "kind": "Vault", "metadata": {"name": "safe"}, "spec": {"password": "${secret:db/password}", "size": "small"}});
        let refused = seen.note(dana.post(VAULTS, safe.clone()).await).refused();
        assert!(refused.contains("not there or may not be used"), "{refused}");
        let form = seen.note(dana.get("/catalog/vault/new").await);
        assert!(!form.text.contains("password of the secret db"), "{}", form.text);
        paul.merge(&format!("{secrets}/db"), json!({"metadata": {"labels": {"midspan.dev/for-requests": "true"}}})).await.good();
        let form = seen.note(dana.get("/catalog/vault/new").await);
        assert!(form.text.contains("password of the secret db"), "{}", form.text);
        let named = "_do=plan&namespace=default&name=safe&v/size=small&v/password/__way=use&v/password/__use=%24%7Bsecret:db/password%7D";
        let plan = location(&seen.note(dana.send(Method::POST, "/catalog/vault/new", FORM, named.to_owned()).await));
        location(&dana.send(Method::POST, &format!("{plan}/submit"), FORM, String::new()).await);
        let ready = dana.see(SAFE, |seen| seen.body["status"]["phase"] == "Ready").await;
        assert_eq!((&ready.body["spec"]["password"], &ready.body["status"]["length"]), (&json!("${secret:db/password}"), &json!(PLAIN.len())));
        // in a field that is no secret it is a text like any other
        let open = dana.merge(SAFE, json!({"spec": {"size": "${secret:db/password}"}})).await;
        assert_eq!(open.code, 422, "{}", open.text);
        check_all(midspan, &seen).await;
    })
    .await;
}
