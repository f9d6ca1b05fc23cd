//! Kratix's `HealthRecord`: kept as it was written, rolled up to its own resource and to no other.

use crate::{midspan::everywhere, people::Person, widgets::PROMISES};
use serde_json::{Value, json};

const RECORDS: &str = "/apis/platform.kratix.io/v1alpha1/namespaces/default/healthrecords";
const TENTS: &str = "/apis/demo.example.com/v1/namespaces/default/tents";

fn promise() -> Value {
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "tent"}, "spec": {
        "api": {"group": "demo.example.com", "version": "v1", "kind": "Tent", "schema": {"type": "object"}},
        "workflows": {"resource": {"configure": [{"name": "main", "steps": [{"name": "render", "uses": "template", "with": {"status": {"up": true}}}]}]}}}})
}

fn record(name: &str, tent: &str, state: &str) -> Value {
    json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "HealthRecord", "metadata": {"name": name}, "data": {
        "promiseRef": {"name": "tent"}, "resourceRef": {"name": tent, "namespace": "default"},
        "state": state, "lastRun": 1_795_370_400, "details": {"pods": [{"name": "tent-0", "ready": false}]}}})
}

async fn pitch(dana: &Person, name: &str) {
    let tent = json!({"apiVersion": "demo.example.com/v1", "kind": "Tent", "metadata": {"name": name}, "spec": {}});
    dana.post(TENTS, tent).await.good();
}

async fn healthy_as(dana: &Person, name: &str, state: &str) -> Value {
    dana.see(&format!("{TENTS}/{name}"), |seen| seen.body["status"]["health"]["state"] == state).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_rolled_up_to_the_resource_they_name_and_go_with_the_last() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        paul.post(PROMISES, promise()).await.good();
        // a record may be there before its resource
        paul.post(RECORDS, record("early", "big", "healthy")).await.good();
        pitch(&dana, "big").await;
        pitch(&dana, "small").await;
        healthy_as(&dana, "big", "Healthy").await;
        paul.post(RECORDS, record("pods", "big", "degraded")).await.good();
        let big = healthy_as(&dana, "big", "Degraded").await;
        let status = &big["status"]["healthStatus"];
        let expected = json!({"state": "degraded", "lastRun": 1_795_370_400, "source": {"name": "pods", "namespace": "default"},
            "details": {"pods": [{"name": "tent-0", "ready": false}]}});
        assert_eq!((&status["state"], &status["healthRecords"][1]), (&json!("degraded"), &expected));
        let small = healthy_as(&dana, "small", "NotChecked").await;
        assert_eq!(small["status"]["healthStatus"], Value::Null, "what is said of another is not said of this");
        // `ready` is as good as healthy, and better in Kratix's order
        paul.merge(&format!("{RECORDS}/pods"), json!({"data": {"state": "ready"}})).await.good();
        let big = healthy_as(&dana, "big", "Healthy").await;
        assert_eq!(big["status"]["healthStatus"]["state"], "healthy");
        for name in ["early", "pods"] {
            paul.delete(&format!("{RECORDS}/{name}")).await.good();
        }
        let big = healthy_as(&dana, "big", "NotChecked").await;
        assert_eq!(big["status"]["healthStatus"], Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_reads_back_as_it_was_written_and_a_wrong_one_is_refused() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let written = record("pods", "big", "unhealthy");
        let stored = paul.post(RECORDS, written.clone()).await.good();
        assert_eq!(stored["data"], written["data"]);
        let read = paul.get(&format!("{RECORDS}/pods")).await.good();
        assert_eq!((&read["data"], &read["spec"]), (&written["data"], &Value::Null));
        let mut wrong = record("wrong", "big", "poorly");
        assert_eq!(paul.post(RECORDS, wrong.clone()).await.fields(), ["data.state"]);
        wrong["data"] = json!({"state": "healthy"});
        assert_eq!(paul.post(RECORDS, wrong.clone()).await.fields(), ["data.promiseRef.name"]);
        wrong["data"] =
            json!({"promiseRef": {"name": "tent"}, "state": "healthy", "details": {"text": "x".repeat(70_000)}});
        assert_eq!(paul.post(RECORDS, wrong).await.fields(), ["data.details"]);
        let document = crate::data::published("kratix/_crd-samples/platform_v1alpha1_healthrecord.yaml");
        if let Some(published) = document {
            let stored = paul.post(RECORDS, published.clone()).await.good();
            assert_eq!(stored["data"], published["data"]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_names_no_resource_is_told_of_its_promise_and_is_the_platforms_to_write() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        paul.post(PROMISES, promise()).await.good();
        let mut of_promise = record("operator", "", "unhealthy");
        of_promise["data"] = json!({"promiseRef": {"name": "tent"}, "state": "unhealthy", "details": {"message": "the operator is down"}});
        assert_eq!(dana.post(RECORDS, of_promise.clone()).await.code, 403);
        paul.post(RECORDS, of_promise).await.good();
        let address = format!("{PROMISES}/tent");
        let told = paul.see(&address, |seen| seen.body["status"]["health"]["state"] == "Degraded").await.body;
        assert_eq!(told["status"]["health"]["message"], "default/operator: unhealthy: the operator is down");
        assert_eq!(told["status"]["healthStatus"]["state"], "unhealthy");
        let page = dana.get_as("/catalog/tent", "text/html").await.text;
        assert!(page.contains("the operator is down"), "{page}");
        paul.delete(&format!("{RECORDS}/operator")).await.good();
        paul.see(&address, |seen| seen.body["status"]["health"].is_null()).await;
    })
    .await;
}
