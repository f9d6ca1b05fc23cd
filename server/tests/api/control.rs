//! Suspending, trying again and pausing, as Kratix's own suites have it: the same outcomes, each change in one write.

use crate::{
    midspan::{Midspan, everywhere},
    people::{Answer, Person},
    widgets::{PROMISES, at, widget},
};
use serde_json::{Value, json};

const SUSPENDED: &str = "kratix.io/workflow-suspended";

/// Goes through an open gate, and otherwise asks to wait in these words.
fn gate(asks: &str) -> Value {
    let script = format!("[ \"$GATE\" = open ] || printf '{asks}' > \"$MIDSPAN_METADATA/workflow-control.yaml\"");
    json!({"name": "ask", "uses": "command", "with": {
        "command": ["/bin/sh", "-c", script], "env": {"GATE": "{{ metadata.annotations.gate | default('') }}"},
    }})
}

fn promise() -> Value {
    let render = |path: &str| json!({"name": "render", "uses": "template", "with": {"files": {path: "size: {{ spec.size }}\n"}}});
    json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "widget"},
        "spec": {
            "api": {"group": "demo.example.com", "version": "v1", "kind": "Widget", "schema": {"type": "object", "properties": {"size": {"type": "string"}}}},
            "workflows": {"resource": {
                "configure": [
                    {"name": "before", "steps": [render("before.yaml")]},
                    {"name": "approval", "steps": [render("approved.yaml"), gate("suspend: true\\nmessage: waiting for approval\\n")]},
                    {"name": "after", "steps": [render("after.yaml")]},
                ],
                "delete": [{"name": "goodbye", "steps": [gate("retryAfter: 1s\\nmessage: waiting for the last backup\\n")]}],
            }},
        },
    })
}

async fn suspended_widget(midspan: &Midspan) -> Person {
    let dana = midspan.dana();
    midspan.paul().post(PROMISES, promise()).await.good();
    dana.asks_for(widget("shop")).await;
    waits(&dana, 1).await;
    dana
}

async fn waits(dana: &Person, generation: i64) -> Value {
    dana.see(&at("shop"), |seen| {
        seen.body["status"]["phase"] == "Suspended" && seen.body["status"]["lastOperation"]["generation"] == generation
    })
    .await
    .good()
}

fn ready(seen: &Answer) -> bool {
    seen.body["status"]["phase"] == "Ready"
}

async fn annotate(dana: &Person, gate: &str) {
    dana.merge(&at("shop"), json!({"metadata": {"annotations": {"gate": gate}}})).await.good();
}

async fn label(dana: &Person, key: &str, value: Value) {
    dana.merge(&at("shop"), json!({"metadata": {"labels": {key: value}}})).await.good();
}

/// `configure: Succeeded`, the oldest first.
async fn runs(dana: &Person) -> Vec<String> {
    let of = "/apis/midspan.dev/v1alpha1/namespaces/default/runs?labelSelector=midspan.dev/resource%3Dshop";
    let mut runs = dana.get(of).await.good()["items"].as_array().unwrap().clone();
    runs.sort_by_key(|run| run["spec"]["sequence"].as_i64());
    runs.iter()
        .map(|run| {
            format!("{}: {}", run["spec"]["trigger"].as_str().unwrap(), run["status"]["phase"].as_str().unwrap())
        })
        .collect()
}

async fn works(dana: &Person) -> Vec<String> {
    let of = "/apis/midspan.dev/v1alpha1/namespaces/default/works?labelSelector=midspan.dev/resource%3Dshop";
    let works = dana.get(of).await.good();
    let mut works: Vec<String> = works["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|work| work["spec"]["pipeline"].as_str().unwrap().to_owned())
        .collect();
    works.sort();
    works
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_pipeline_goes_on_where_it_stood_when_its_label_is_taken_off() {
    everywhere(async |midspan| {
        let dana = suspended_widget(midspan).await;
        let waiting = waits(&dana, 1).await;
        assert_eq!(waiting["metadata"]["labels"][SUSPENDED], "true");
        assert_eq!(waiting["status"]["message"], "Pipeline approval asked to wait: waiting for approval");
        assert_eq!(works(&dana).await, ["before"], "what waits writes nothing");

        label(&dana, SUSPENDED, Value::Null).await;
        let again = dana.see(&at("shop"), |seen| seen.body["metadata"]["labels"][SUSPENDED] == "true").await;
        assert!(!ready(&again), "the gate is still shut");
        annotate(&dana, "open").await;
        label(&dana, SUSPENDED, Value::Null).await;
        let done = dana.see(&at("shop"), ready).await.good();
        assert_eq!(done["metadata"]["labels"].get(SUSPENDED), None);
        assert_eq!(works(&dana).await, ["after", "approval", "before"]);
        assert_eq!(runs(&dana).await, ["created: Succeeded"], "one run, taken up where it stood");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_or_a_manual_reconciliation_while_suspended_begins_anew() {
    everywhere(async |midspan| {
        let dana = suspended_widget(midspan).await;
        dana.merge(&at("shop"), json!({"spec": {"size": "large"}})).await.good();
        waits(&dana, 2).await;
        annotate(&dana, "open").await;
        label(&dana, "kratix.io/manual-reconciliation", json!("true")).await;
        let done = dana.see(&at("shop"), ready).await.good();
        assert_eq!(done["metadata"]["labels"].get("kratix.io/manual-reconciliation"), None);
        assert_eq!(
            runs(&dana).await,
            ["created: Superseded", "the spec changed: Superseded", "asked to run again: Succeeded"]
        );

        label(&dana, "kratix.io/paused", json!("true")).await;
        dana.see(&at("shop"), |seen| seen.body["status"]["phase"] == "Suspended").await;
        label(&dana, "kratix.io/paused", Value::Null).await;
        let of = "/apis/midspan.dev/v1alpha1/namespaces/default/runs?labelSelector=midspan.dev/resource%3Dshop";
        dana.see(of, |seen| seen.names().len() == 4).await;
        dana.see(&at("shop"), ready).await;
        assert_eq!(runs(&dana).await.last().unwrap(), "taken out of its pause: Succeeded");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_waits_at_its_gate_with_everything_still_in_place() {
    everywhere(async |midspan| {
        let dana = suspended_widget(midspan).await;
        annotate(&dana, "open").await;
        label(&dana, SUSPENDED, Value::Null).await;
        dana.see(&at("shop"), ready).await;
        annotate(&dana, "shut").await;
        dana.delete(&at("shop")).await.good();
        let reason = |seen: &Answer| {
            let conditions = seen.body["status"]["conditions"].as_array().cloned().unwrap_or_default();
            conditions.iter().any(|condition| condition["reason"] == "DeleteWorkflowSuspended")
        };
        let waiting = dana.see(&at("shop"), reason).await.good();
        assert!(
            waiting["status"]["message"].as_str().unwrap().ends_with(": waiting for the last backup"),
            "{}",
            waiting["status"]
        );
        assert_eq!(works(&dana).await.len(), 3);
        annotate(&dana, "open").await;
        dana.see(&at("shop"), |seen| seen.code == 404).await;
    })
    .await;
}
