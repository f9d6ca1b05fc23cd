//! The end of a resource's time: warned about, put off, and kept.

use crate::{midspan::everywhere, people::Person, widgets::PROMISES};
use reqwest::Method;
use serde_json::{Value, json};

const TENTS: &str = "/apis/demo.example.com/v1/namespaces/default/tents";

fn promise(expiry: Value) -> Value {
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "tent"}, "spec": {
        "api": {"group": "demo.example.com", "version": "v1", "kind": "Tent", "schema": {"type": "object", "properties": {"size": {"type": "integer"}}}},
        "expiry": expiry,
        "workflows": {"resource": {"configure": [{"name": "main", "steps": [{"name": "render", "uses": "template", "with": {"status": {"up": true}}}]}]}}}})
}

async fn pitch(dana: &Person, name: &str, annotations: Value) -> crate::people::Answer {
    let tent = json!({"apiVersion": "demo.example.com/v1", "kind": "Tent", "metadata": {"name": name, "annotations": annotations}, "spec": {}});
    dana.post(TENTS, tent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_extends_is_warned_about_and_deleted_through_the_ordinary_door() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().post(PROMISES, promise(json!({"default": "2s", "warn": ["1500ms"]}))).await.good();
        pitch(&dana, "short", json!({})).await.good();
        let path = format!("{TENTS}/short");
        let warned = dana.see(&path, |seen| seen.code == 404 || seen.text.contains("ExpiresSoon")).await;
        assert!(warned.body["status"]["expiresAt"].is_string(), "{}", warned.text);
        let uid = warned.body["metadata"]["uid"].as_str().unwrap().to_owned();
        dana.see(&path, |seen| seen.code == 404).await;
        let requests = dana.get("/apis/midspan.dev/v1alpha1/namespaces/default/requests").await.good();
        let delete = requests["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|request| request["spec"]["operation"] == "Delete")
            .unwrap();
        assert_eq!(
            (&delete["spec"]["reason"], &delete["spec"]["askedBy"]),
            (&json!("expired"), &json!("system:expiry"))
        );
        let events = midspan.running.services.store.events(&uid, None, 50).await.unwrap();
        for reason in ["ExpiresSoon", "Expired", "DeleteRequested", "Deleted"] {
            assert!(events.iter().any(|stored| stored.event.reason == reason), "{reason}: {events:?}");
        }
        let audit = midspan.running.services.store.audit(&store::AuditQuery::default()).await.unwrap();
        assert!(audit.iter().any(|stored| stored.entry.verb == "delete" && stored.entry.actor == "system:expiry"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_put_off_within_what_the_promise_allows() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan
            .paul()
            .post(PROMISES, promise(json!({"default": "100h", "max": "130h", "warn": ["200h"], "extend": "20h"})))
            .await
            .good();
        pitch(&dana, "long", json!({})).await.good();
        let path = format!("{TENTS}/long");
        let seen = dana.see(&path, |seen| seen.body["status"]["phase"] == "Ready").await.body;
        let first = seen["status"]["expiresAt"].as_str().unwrap().to_owned();
        assert!(dana.get("/r/default/tent/long").await.text.contains("Extend by 20 hours"));
        let request = dana.post(&format!("{path}/extend"), json!({})).await.good();
        assert_eq!(
            (&request["spec"]["operation"], &request["status"]["phase"]),
            (&json!("Extend"), &json!("Succeeded"))
        );
        let until = request["spec"]["input"]["until"].clone();
        assert!(until.as_str().unwrap() > first.as_str());
        dana.see(&path, |seen| seen.body["status"]["expiresAt"] == until).await;
        let too_much = dana.post(&format!("{path}/extend"), json!({"by": "21h"})).await.refused();
        assert!(too_much.ends_with("cannot be extended: one extension adds at most 20 hours"), "{too_much}");
        let form = "application/x-www-form-urlencoded";
        let button = dana.send(Method::POST, "/r/default/tent/long/extend", form, "").await;
        assert_eq!(button.code, 303);
        let beyond = dana.post(&format!("{path}/extend"), json!({})).await.refused();
        assert!(beyond.contains("it may live 130 hours at most"), "{beyond}");
        assert!(dana.get("/r/default/tent/long/history").await.text.contains("Extended"));

        // what is left out of a document does not take the end away, and no document puts it off further
        let kept = dana.merge(&path, json!({"metadata": {"annotations": null}})).await.good();
        assert!(kept["metadata"]["annotations"]["midspan.dev/expires-at"].is_string(), "{kept}");
        let annotation = |value: &str| json!({"midspan.dev/expires-at": value});
        let far = dana.merge(&path, json!({"metadata": {"annotations": annotation("2099-01-01T00:00:00Z")}})).await;
        assert_eq!(far.fields(), ["metadata.annotations[midspan.dev/expires-at]"]);
        assert_eq!(
            pitch(&dana, "odd", annotation("tomorrow")).await.fields(),
            ["metadata.annotations[midspan.dev/expires-at]"]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiry_that_contradicts_itself_is_refused() {
    everywhere(async |midspan| {
        let refused = midspan.paul().post(PROMISES, promise(json!({"default": "10h", "max": "1h"}))).await;
        assert_eq!(refused.fields(), ["spec.expiry.default"]);
    })
    .await;
}
