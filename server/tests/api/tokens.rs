//! Access tokens: the administrator makes them, people use them, and nobody reads them twice.

use crate::{
    midspan::in_earnest,
    widgets::{PROMISES, WIDGETS, promise, widget},
};
use serde_json::{Value, json};
use store::AuditQuery;

const TOKENS: &str = "/apis/midspan.dev/v1alpha1/tokens";

fn for_ana(spec: Value) -> Value {
    let mut whole = json!({"user": "ana", "roles": ["developer"]});
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Token", "spec": whole})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_used_and_revoked_and_each_act_is_written_down() {
    in_earnest(async |midspan| {
        let admin = midspan.admin();
        admin.publishes(promise()).await;
        let made = admin.post(TOKENS, for_ana(json!({"purpose": "trial", "expirationSeconds": 3600}))).await.good();
        let (name, text) =
            (made["metadata"]["name"].as_str().unwrap(), made["status"]["token"].as_str().unwrap().to_owned());
        let ana = midspan.somebody(Some(&text));
        ana.post(WIDGETS, widget("hers")).await.good();
        assert_eq!(ana.post(PROMISES, promise()).await.code, 403);
        assert_eq!(ana.get(TOKENS).await.code, 403, "a developer sees nobody's tokens");
        assert_eq!(ana.post(TOKENS, for_ana(json!({"roles": ["platform"]}))).await.code, 403);

        let list = admin.get(TOKENS).await;
        assert!(!list.text.contains(&text), "the token itself is shown once");
        let own = list.body["items"].as_array().unwrap().iter().find(|token| token["metadata"]["name"] == name);
        let own = own.unwrap();
        assert_eq!(own["spec"], json!({"user": "ana", "roles": ["developer"], "purpose": "trial"}));
        assert!(own["status"]["expires"].is_string() && own["status"]["lastUsed"].is_string());

        admin.delete(&format!("{TOKENS}/{name}")).await.good();
        assert_eq!(ana.get(WIDGETS).await.code, 401);
        assert_eq!(admin.delete(&format!("{TOKENS}/{name}")).await.code, 404);
        let audit = midspan.running.services.store.audit(&AuditQuery::default()).await.unwrap();
        let told: Vec<_> = audit.iter().filter(|line| line.entry.kind == "Token").collect();
        let told: Vec<_> =
            told.iter().rev().map(|line| (&*line.entry.actor, &*line.entry.verb, &*line.entry.name)).collect();
        assert_eq!(told, [("admin", "create", name), ("admin", "delete", name)]);
        assert!(audit.iter().all(|line| !line.entry.data.to_string().contains(&text)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_could_not_be_meant_is_refused_at_its_field() {
    in_earnest(async |midspan| {
        let admin = midspan.admin();
        for (spec, field) in [
            (json!({"user": "a b"}), "spec.user"),
            (json!({"user": ""}), "spec.user"),
            (json!({"user": "system:midspan"}), "spec.user"),
            (json!({"roles": []}), "spec.roles"),
            (json!({"roles": ["root"]}), "spec.roles[0]"),
            (json!({"expirationSeconds": 1}), "spec.expirationSeconds"),
            (json!({"purpose": "a\nb"}), "spec.purpose"),
        ] {
            let answer = admin.post(TOKENS, for_ana(spec.clone())).await;
            assert_eq!((answer.code, answer.fields()), (422, vec![field]), "{spec} {}", answer.text);
        }
        let before = admin.get(TOKENS).await.names().len();
        let dry = admin.post(&format!("{TOKENS}?dryRun=All"), for_ana(json!({}))).await.good();
        assert!(dry["status"]["token"].is_null());
        assert_eq!(admin.get(TOKENS).await.names().len(), before);
        let path = format!("{TOKENS}/{}", admin.get(TOKENS).await.names()[0]);
        assert_eq!(admin.merge(&path, json!({"spec": {"user": "eve"}})).await.code, 405);
    })
    .await;
}
