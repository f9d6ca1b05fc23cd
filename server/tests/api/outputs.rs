//! What a resource gives back: as the promise declares it, its secrets sealed before anything of them is written down, revealed on record.

use crate::{midspan::Midspan, midspan::everywhere, widgets::PROMISES};
use serde_json::{Value, json};
use std::{fs, path::Path};

const VAULTS: &str = "/apis/demo.example.com/v1/namespaces/default/vaults";
const PLAIN: &str = "canary-4711-in-the-mine";

fn vault(steps: Value) -> Value {
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "vault"}, "spec": {
        "api": {"group": "demo.example.com", "version": "v1", "kind": "Vault", "schema": {"type": "object", "properties": {"seed": {"type": "string"}}}},
        "outputs": {"type": "object", "required": ["host", "password"], "properties": {
            "host": {"type": "string"}, "port": {"type": "integer"}, "password": {"type": "string", "minLength": 8, "writeOnly": true}}},
        "destinationSelectors": [{"matchLabels": {"environment": "dev"}}],
        "workflows": {"resource": {"configure": [{"name": "main", "steps": steps}]}}}})
}

/// The secret is put together in the step, so that nothing but the step knows it: it prints it, too.
fn by_template() -> Value {
    json!([
        {"name": "make", "uses": "template", "with": {"outputs": {"host": "{{ metadata.name }}.svc", "password": "canary-{{ spec.seed }}-in-the-mine"}}},
        {"name": "more", "uses": "template", "with": {"files": {"vault.yaml": "host: {{ metadata.name }}\n"}, "outputs": {"port": 5432}}},
    ])
}

fn by_command() -> Value {
    let script = r#"s="canary-$(sed -n 's/.*seed: *"\{0,1\}\([0-9]*\).*/\1/p' "$MIDSPAN_INPUT/object.yaml")-in-the-mine"; echo "the secret is $s"; printf 'host: x\npassword: %s\n' "$s" > "$MIDSPAN_METADATA/outputs.yaml""#;
    json!([{"name": "make", "uses": "command", "retry": {"attempts": 1}, "with": {"command": ["sh", "-c", script]}}])
}

async fn ask(midspan: &Midspan, steps: Value, phase: &str) -> Value {
    midspan.paul().post(PROMISES, vault(steps)).await.good();
    let safe = json!({"apiVersion": "demo.example.com/v1", "kind": "Vault", "metadata": {"name": "safe"}, "spec": {"seed": "4711"}});
    midspan.dana().post(VAULTS, safe).await.good();
    midspan.dana().see(&format!("{VAULTS}/safe"), |seen| seen.body["status"]["phase"] == phase).await.body
}

/// Every file below the server's data directory, the embedded database, its log and the git repository among them.
fn check_nowhere(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            check_nowhere(&path);
        } else if let Ok(bytes) = fs::read(&path) {
            assert!(!bytes.windows(PLAIN.len()).any(|window| window == PLAIN.as_bytes()), "in {}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_output_is_sealed_shown_as_a_mark_and_revealed_on_record() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let ready = ask(midspan, by_template(), "Ready").await;
        let outputs = &ready["status"]["outputs"];
        assert_eq!((&outputs["host"], &outputs["port"]), (&json!("safe.svc"), &json!(5432)));
        assert_eq!(outputs["password"]["sealed"].as_str().unwrap().len(), 16, "{outputs}");
        let seen = dana.get(&format!("{VAULTS}/safe/outputs")).await.good();
        assert_eq!(&seen["outputs"], outputs);
        let revealed = dana.post(&format!("{VAULTS}/safe/outputs"), json!({})).await;
        assert_eq!(revealed.headers["cache-control"], "no-store");
        assert_eq!(revealed.good()["outputs"], json!({"host": "safe.svc", "port": 5432, "password": PLAIN}));
        let store = &midspan.running.services.store;
        let audit = store.audit(&store::AuditQuery::default()).await.unwrap();
        let entry = audit.iter().find(|stored| stored.entry.verb == "reveal").unwrap();
        assert_eq!((entry.entry.actor.as_str(), entry.entry.name.as_str()), ("dana", "safe"));
        assert_eq!(entry.entry.data["after"], json!({"outputs": ["password"]}));
        assert!(!format!("{audit:?}").contains(PLAIN));

        let run = ready["status"]["run"].as_str().unwrap();
        for path in [
            "/r/default/vault/safe",
            "/r/default/vault/safe/files",
            "/r/default/vault/safe/history",
            &format!("/runs/{run}"),
            &format!("/apis/midspan.dev/v1alpha1/namespaces/default/runs/{run}"),
        ] {
            let page = paul.get(path).await;
            assert_eq!(page.code, 200, "{path}");
            assert!(!page.text.contains(PLAIN), "{path}");
        }
        midspan.folders().iter().for_each(|folder| check_nowhere(folder));

        // the same again: the mark stays, so nobody is told of a change that is none
        dana.merge(
            &format!("{VAULTS}/safe"),
            json!({"metadata": {"labels": {"kratix.io/manual-reconciliation": "true"}}}),
        )
        .await
        .good();
        let again = dana
            .see(&format!("{VAULTS}/safe"), |seen| {
                seen.body["status"]["run"] != run && seen.body["status"]["phase"] == "Ready"
            })
            .await
            .body;
        assert_eq!(&again["status"]["outputs"], outputs);
        dana.merge(&format!("{VAULTS}/safe"), json!({"spec": {"seed": "4712"}})).await.good();
        dana.see(&format!("{VAULTS}/safe"), |seen| seen.body["status"]["outputs"]["password"] != outputs["password"])
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_declared_fails_where_it_was_said() {
    let cases = [
        (
            json!({"host": "x", "pasword": "y"}),
            "Step make of pipeline main failed: /kratix/metadata/outputs.yaml: the promise declares no output \"pasword\"; it declares host, port, password",
        ),
        (
            json!({"host": "x"}),
            "Step make of pipeline main failed: no step gave the output password, which spec.outputs of the promise requires",
        ),
        (
            json!({"host": "x", "password": "short"}),
            "Step make of pipeline main failed: /kratix/metadata/outputs.yaml is invalid: outputs.password: the secret is not as the promise declares it",
        ),
    ];
    everywhere(async |midspan| {
        for (outputs, message) in &cases {
            let steps = json!([{"name": "make", "uses": "template", "with": {"outputs": outputs}}]);
            let failed = ask(midspan, steps, "Failed").await;
            assert_eq!(failed["status"]["message"], *message);
            let dana = midspan.dana();
            dana.delete(&format!("{VAULTS}/safe")).await.good();
            dana.see(&format!("{VAULTS}/safe"), |seen| seen.code == 404).await;
            midspan.paul().delete(&format!("{PROMISES}/vault")).await.good();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_printed_is_masked_in_the_log() {
    everywhere(async |midspan| {
        let ready = ask(midspan, by_command(), "Ready").await;
        let run = ready["status"]["run"].as_str().unwrap();
        let log = midspan.dana().get(&format!("/apis/midspan.dev/v1alpha1/namespaces/default/runs/{run}/log")).await;
        assert!(log.text.contains("the secret is ***"), "{}", log.text);
        let revealed = midspan.dana().post(&format!("{VAULTS}/safe/outputs"), json!({})).await.good();
        assert_eq!(revealed["outputs"]["password"], PLAIN);
    })
    .await;
}
