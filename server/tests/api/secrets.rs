//! Secrets: Paul writes them, stores and steps read them, and no door gives a value back.

use crate::{midspan::everywhere, midspan::on_two_replicas};
use serde_json::{Value, json};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const PLAIN: &str = "canary-4711-in-the-mine";

fn secret(parts: Value) -> Value {
    let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "git"}});
    secret.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    secret
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_goes_in_and_comes_out_at_no_door() {
    everywhere(async |midspan| {
        let (paul, dana) = (midspan.paul(), midspan.dana());
        let noted = json!({"annotations": {"kubectl.kubernetes.io/last-applied-configuration": secret(json!({"stringData": {"password": PLAIN}})).to_string()}, "name": "git"});
        let made = paul.post(SECRETS, secret(json!({"metadata": noted, "stringData": {"password": PLAIN}, "data": {"user": "YW5h"}}))).await;
        assert!(!made.text.contains(PLAIN), "{}", made.text);
        let made = made.good();
        assert_eq!((&made["data"], &made["type"]), (&json!({"password": "", "user": ""}), &json!("Opaque")));

        let store = &midspan.running.services.store;
        let values = store.secret("default", "git").await.unwrap().unwrap();
        assert_eq!((values["password"].text(), values["user"].text()), (Some(PLAIN), Some("ana")));

        for path in [SECRETS, &format!("{SECRETS}/git"), &format!("{SECRETS}?watch=true&timeoutSeconds=1"), "/api/v1/namespaces/default/events"] {
            let answer = dana.get(path).await;
            assert_eq!(answer.code, 200, "{path} {}", answer.text);
            assert!(!answer.text.contains(PLAIN) && !answer.text.contains("Y2FuYXJ5"), "{path} {}", answer.text);
        }
        let audit = store.audit(&store::AuditQuery::default()).await.unwrap();
        assert!(!format!("{audit:?}").contains(PLAIN));
        let wrong = paul.post(SECRETS, secret(json!({"metadata": {"name": "wrong"}, "data": {"password": PLAIN}}))).await;
        assert_eq!(wrong.fields(), ["data[password]"]);
        assert!(!wrong.text.contains(PLAIN), "{}", wrong.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_back_what_was_read_changes_nothing() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let path = format!("{SECRETS}/git");
        paul.post(SECRETS, secret(json!({"stringData": {"password": PLAIN, "user": "ana"}}))).await.good();
        let read = paul.get(&path).await.good();
        let same = paul.put(&path, read.clone()).await.good();
        assert_eq!(same["metadata"]["resourceVersion"], read["metadata"]["resourceVersion"]);

        let changed = paul
            .merge(&path, json!({"stringData": {"password": "new"}, "data": {"user": null, "host": "aA=="}}))
            .await
            .good();
        assert_eq!(changed["data"], json!({"host": "", "password": ""}));
        assert_ne!(changed["metadata"]["resourceVersion"], read["metadata"]["resourceVersion"]);
        let values = midspan.running.services.store.secret("default", "git").await.unwrap().unwrap();
        let told: Vec<_> = values.iter().map(|(key, value)| (key.as_str(), value.text().unwrap())).collect();
        assert_eq!(told, [("host", "h"), ("password", "new")]);

        let patch = json!({"data": {"host": "aQ=="}}).to_string();
        let strategic = "application/strategic-merge-patch+json";
        paul.send(reqwest::Method::PATCH, &path, strategic, patch).await.good();
        let values = midspan.running.services.store.secret("default", "git").await.unwrap().unwrap();
        assert_eq!(values["host"].text(), Some("i"));
        let refused = paul
            .send(reqwest::Method::PATCH, &path, strategic, json!({"data": {"$patch": "replace"}}).to_string())
            .await;
        assert!(refused.refused().contains("$patch"), "{}", refused.text);

        paul.merge(&path, json!({"immutable": true})).await.good();
        let refused = paul.merge(&path, json!({"stringData": {"password": "newer"}})).await;
        assert!(refused.refused().contains("field is immutable"), "{}", refused.text);
        paul.delete(&path).await.good();
        assert!(midspan.running.services.store.secret("default", "git").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_platform_writes_secrets_and_settings() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        assert_eq!(dana.post(SECRETS, secret(json!({}))).await.code, 403);
        let settings =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"mode": "fast"}});
        let maps = "/api/v1/namespaces/default/configmaps";
        assert_eq!(dana.post(maps, settings.clone()).await.code, 403);
        let made = midspan.paul().post(maps, settings).await.good();
        assert_eq!(made["data"], json!({"mode": "fast"}));
        let found = midspan.running.services.store.config_map("default", "m").await.unwrap().unwrap();
        assert_eq!(found["mode"], b"fast");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_replica_seals_the_other_opens() {
    on_two_replicas(async |one, two| {
        one.paul().post(SECRETS, secret(json!({"stringData": {"password": PLAIN}}))).await.good();
        let values = two.running.services.store.secret("default", "git").await.unwrap().unwrap();
        assert_eq!(values["password"].text(), Some(PLAIN));
    })
    .await;
}
