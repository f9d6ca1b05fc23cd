//! Slips of the pen: fields that are not there, templates that cannot be read, a place that is not empty.

use crate::{
    midspan::everywhere,
    widgets::{PROMISES, promise},
};
use serde_json::json;

const DESTINATIONS: &str = "/apis/midspan.dev/v1alpha1/destinations";

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_a_kind_does_not_have_is_refused_warned_of_or_passed_over() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let place = |name: &str| {
            json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": {"name": name},
                   "spec": {"path": name, "stateStoreRef": {"name": "gitops"}}, "specs": {"path": "b"}})
        };
        let refused = paul.post(&format!("{DESTINATIONS}?fieldValidation=Strict"), place("a")).await.refused();
        assert_eq!(
            refused,
            "400 BadRequest: Destination in version \"v1alpha1\" cannot be handled as a Destination: strict decoding error: unknown field \"specs\""
        );
        let warned = paul.post(DESTINATIONS, place("a")).await;
        assert_eq!(warned.warnings(), [r#"299 - "unknown field \"specs\"""#]);
        assert!(warned.good()["specs"].is_null());
        let silent = paul.post(&format!("{DESTINATIONS}?fieldValidation=Ignore"), place("b")).await;
        assert_eq!(silent.warnings(), [""; 0]);
        let slip = json!({"dato": {"a": "b"}});
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}});
        let maps = "/api/v1/namespaces/default/configmaps";
        paul.post(&format!("{maps}?fieldValidation=Strict"), map).await.good();
        assert_eq!(paul.merge(&format!("{maps}/c?fieldValidation=Strict"), slip).await.code, 400);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_with_a_step_that_cannot_be_read_is_not_published() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let mut broken = promise();
        let files = json!({"a.yaml": "a: 1\nb: {{ spec.size }\n"});
        broken["spec"]["workflows"]["resource"]["configure"] = json!([{"name": "make", "steps": [
            {"name": "files", "uses": "template", "with": {"files": files}},
            {"name": "call", "uses": "http", "if": "resorce.spec.on", "with": {"url": "https://a.example.com"}},
        ]}]);
        let answer = paul.post(PROMISES, broken).await;
        assert_eq!(
            answer.fields(),
            [
                "spec.workflows.resource.configure[0].steps[0].with.files[\"a.yaml\"]",
                "spec.workflows.resource.configure[0].steps[1].if"
            ]
        );
        assert!(answer.refused().contains("line 2: "), "{}", answer.text);
        assert_eq!(paul.get(&format!("{PROMISES}/widget")).await.code, 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_with_files_on_it_says_whose_they_are_and_what_to_do() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let document = include_str!("../../../examples/starter/redis/request.yaml");
        let redis = domain::document::parse_one(document, "request.yaml").unwrap();
        let made = dana.post("/apis/data.example.com/v1/namespaces/default/redises", redis).await.good();
        let path = format!(
            "/apis/data.example.com/v1/namespaces/default/redises/{}",
            made["metadata"]["name"].as_str().unwrap()
        );
        dana.see(&path, |seen| seen.body["status"]["phase"] == "Ready").await;
        let refused = paul.delete(&format!("{DESTINATIONS}/dev")).await.refused();
        assert!(refused.contains("files of redis default/sessions stand on it. Delete these first; or "), "{refused}");
        paul.merge(&format!("{DESTINATIONS}/dev"), json!({"spec": {"cleanup": "none"}})).await.good();
        paul.delete(&format!("{DESTINATIONS}/dev")).await.good();
    })
    .await;
}
