//! Service accounts and what tokens are narrowed to: made by the platform team, ended at once.

use crate::{
    midspan::in_earnest,
    people::Person,
    widgets::{PROMISES, WIDGETS, promise, widget},
};
use serde_json::{Value, json};

const USERS: &str = "/apis/midspan.dev/v1alpha1/users";
const TOKENS: &str = "/apis/midspan.dev/v1alpha1/tokens";

fn account(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "User", "metadata": {"name": name}, "spec": spec})
}

async fn token(admin: &Person, spec: Value) -> String {
    let document = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Token", "spec": spec});
    admin.post(TOKENS, document).await.good()["status"]["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_has_tokens_that_stop_with_it() {
    in_earnest(async |midspan| {
        let admin = midspan.admin();
        admin.publishes(promise()).await;
        admin.post(USERS, account("ci", json!({"roles": ["developer"], "title": "Builds"}))).await.good();
        assert_eq!(admin.post(USERS, account("ci", json!({"roles": ["developer"]}))).await.code, 409);
        let ci = midspan.somebody(Some(&token(&admin, json!({"user": "ci"})).await));
        ci.post(WIDGETS, widget("built")).await.good();
        assert_eq!(ci.get(USERS).await.code, 403, "a developer sees nobody");
        assert_eq!(ci.post(PROMISES, promise()).await.code, 403);

        let own = format!("{USERS}/ci");
        admin.merge(&own, json!({"spec": {"disabled": true}})).await.good();
        assert_eq!(ci.get(WIDGETS).await.code, 401, "at once");
        admin.merge(&own, json!({"spec": {"disabled": false}})).await.good();
        assert_eq!(ci.get(WIDGETS).await.code, 200);
        assert_eq!(admin.merge(&own, json!({"spec": {"roles": ["platform"]}})).await.code, 422);
        admin.delete(&own).await.good();
        assert_eq!(ci.get(WIDGETS).await.code, 401);
        assert_eq!(admin.get(&own).await.code, 404);
        admin.post(USERS, account("ci", json!({"roles": ["platform"]}))).await.good();
        assert_eq!(ci.get(WIDGETS).await.code, 401, "another of the same name does not wake its tokens");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_no_more_than_it_was_made_for() {
    in_earnest(async |midspan| {
        let admin = midspan.admin();
        admin.publishes(promise()).await;
        admin.post(WIDGETS, widget("there")).await.good();
        let reads = token(&admin, json!({"user": "eye", "roles": ["platform"], "readOnly": true})).await;
        let reader = midspan.somebody(Some(&reads));
        assert_eq!(reader.get(WIDGETS).await.names(), ["there"]);
        for refused in [
            reader.post(WIDGETS, widget("new")).await,
            reader.delete(&format!("{WIDGETS}/there")).await,
            reader.merge(&format!("{WIDGETS}/there"), json!({"spec": {"size": 2}})).await,
            reader.post(TOKENS, json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Token", "spec": {}})).await,
        ] {
            assert_eq!(refused.code, 403, "{}", refused.text);
        }
        let elsewhere = token(&admin, json!({"user": "far", "roles": ["platform"], "namespaces": ["elsewhere"]})).await;
        let far = midspan.somebody(Some(&elsewhere));
        assert_eq!(far.get(PROMISES).await.code, 200, "what there is to ask for");
        for path in [
            WIDGETS,
            TOKENS,
            USERS,
            "/apis/midspan.dev/v1alpha1/requests",
            "/apis/midspan.dev/v1alpha1/destinations",
            "/api/v1/namespaces/default/secrets",
        ] {
            let answer = far.get(path).await;
            assert_eq!(answer.code, 403, "{path} {}", answer.text);
        }
        assert_eq!(far.post(WIDGETS, widget("new")).await.code, 403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_could_not_be_meant_is_refused_at_its_field() {
    in_earnest(async |midspan| {
        let admin = midspan.admin();
        for (name, spec, field) in [
            ("a b", json!({"roles": ["developer"]}), "metadata.name"),
            ("system:midspan", json!({"roles": ["developer"]}), "metadata.name"),
            ("break-glass", json!({"roles": ["developer"]}), "metadata.name"),
            ("ci", json!({}), "spec.roles"),
            ("ci", json!({"roles": ["root"]}), "spec.roles[0]"),
            ("ci", json!({"roles": ["developer"], "type": "person"}), "spec.type"),
            ("ci", json!({"roles": ["developer"], "title": "a\nb"}), "spec.title"),
            ("ci", json!({"roles": ["developer"], "disabled": true}), "spec.disabled"),
        ] {
            let answer = admin.post(USERS, account(name, spec.clone())).await;
            assert_eq!((answer.code, answer.fields()), (422, vec![field]), "{spec} {}", answer.text);
        }
        let dry = format!("{USERS}?dryRun=All");
        admin.post(&dry, account("ci", json!({"roles": ["developer"]}))).await.good();
        assert_eq!(admin.get(USERS).await.names().len(), 0);
        for spec in [json!({"user": "ana"}), json!({"user": "ana", "roles": ["developer"], "namespaces": ["A b"]})] {
            let document = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Token", "spec": spec});
            assert_eq!(admin.post(TOKENS, document).await.code, 422);
        }
    })
    .await;
}
