//! The promises that Kratix's users publish and try first: each applies as it is, shows a form, and runs.

use super::{Scenario, condition, play, stands};
use crate::{midspan::Midspan, people::Person};
use domain::document;
use serde_json::{Value, json};

/// Every place that the promises ask for.
async fn destinations(paul: &Person) {
    for environment in ["dev", "platform"] {
        let document = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Destination",
            "metadata": {"name": environment, "labels": {"environment": environment}},
            "spec": {"path": format!("clusters/dev/at/{environment}"), "stateStoreRef": {"name": "gitops"}}});
        let path = paul.place_of(&document).await;
        // the one of the starter catalog has its place already
        let known = json!({"metadata": {"labels": {"environment": environment}}});
        if paul.merge(&format!("{path}/{environment}"), known).await.code == 404 {
            paul.post(&path, document).await.good();
        }
    }
}

/// Publishes the promise under its own name: the starter catalog has some of the same.
async fn publish(paul: &Person, promise: &Value) -> String {
    let name = promise["metadata"]["name"].as_str().unwrap();
    let starter = format!("/apis/midspan.dev/v1alpha1/promises/{name}");
    if paul.delete(&starter).await.code == 200 {
        paul.is_gone(&starter).await;
    }
    let path = paul.applies(promise).await;
    assert_eq!(paul.get(&path).await.good()["spec"], promise["spec"], "kept as it is");
    path
}

/// The form's page names each of these fields.
async fn shows_a_form(dana: &Person, promise: &str, fields: &[&str]) {
    let page = dana.get(&format!("/catalog/{promise}/new")).await;
    assert_eq!(page.code, 200, "{}", page.text);
    for field in fields {
        let named = page.text.contains(&format!("name=\"v/{field}"));
        assert!(named, "{promise}: no field {field}");
    }
}

async fn lives(midspan: &Midspan, scenario: &Scenario, fields: &[&str]) {
    let (dana, paul) = (midspan.dana(), midspan.paul());
    destinations(&paul).await;
    let document = scenario.one("promise.yaml");
    let name = document["metadata"]["name"].as_str().unwrap();
    let promise = publish(&paul, &document).await;
    paul.see(&promise, stands("Reconciled")).await;
    if scenario.has("resource-request.yaml") {
        shows_a_form(&dana, name, fields).await;
        let request = scenario.one("resource-request.yaml");
        let resource = dana.applies(&request).await;
        let seen = dana.see(&resource, stands("Reconciled")).await.good();
        let message = seen["status"]["message"].as_str().unwrap();
        assert!(message.starts_with("made by ") || message == "Resource requested", "{message}");
        let own = format!("/{name}/{}/", request["metadata"]["name"].as_str().unwrap());
        assert!(midspan.standing().iter().any(|path| path.contains(&own)), "{own} in {:?}", midspan.standing());
        dana.delete(&resource).await.good();
        dana.is_gone(&resource).await;
        assert!(!midspan.standing().iter().any(|path| path.contains(&own)));
    }
    paul.delete(&promise).await.good();
    paul.is_gone(&promise).await;
    let own = format!("/{name}/");
    assert!(!midspan.standing().iter().any(|path| path.contains(&own)), "{:?}", midspan.standing());
}

async fn check(folder: &str, fields: &[&str]) {
    play(folder, async |midspan, scenario| lives(midspan, scenario, fields).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_promises_of_the_marketplace_live_as_they_are() {
    check("marketplace-argocd-application", &["source"]).await;
    check("marketplace-jenkins", &["env"]).await;
    check("marketplace-knative", &["env"]).await;
    check("marketplace-namespace", &["namespaceName"]).await;
    check("marketplace-redis", &["size"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_without_an_api_only_bring_something_along() {
    check("marketplace-cert-manager", &[]).await;
    check("marketplace-nginx-ingress", &[]).await;
    check("sample-nil-api", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_samples_live_as_they_are() {
    check("sample-redis", &["mode"]).await;
    check("sample-easy-app-nginx-ingress", &["image"]).await;
    check("sample-easy-app-postgresql", &["teamId", "dbName"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_cloud_waits_for_its_credentials_and_tells_where_it_is() {
    play("marketplace-sql-aws", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let promise = publish(&paul, &scenario.one("promise.yaml")).await;
        paul.see(&promise, stands("Available")).await;
        shows_a_form(&dana, "aws-rds", &["dbName", "engine", "size"]).await;
        let resource = dana.applies(&scenario.one("resource-request.yaml")).await;
        let missing = r#"there is no Secret "aws-rds" with a key "accessKeyID" in namespace "default""#;
        dana.see(&resource, |seen| seen.body["status"]["message"].as_str().is_some_and(|told| told.contains(missing))).await;
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "aws-rds", "namespace": "default"},
            "stringData": {"accessKeyID": "AKIA-example", "secretAccessKey": "very-secret"}});
        paul.applies(&secret).await;
        let seen = dana.see(&resource, stands("Reconciled")).await.good();
        assert_eq!(seen["status"]["endpoint"], "example.rds.example.com");
        dana.delete(&resource).await.good();
        dana.is_gone(&resource).await;
    })
    .await;
}

/// What a GitOps agent on the platform's own destination does: all that stands there is asked for.
async fn agent(midspan: &Midspan, who: &Person, below: &str) {
    for path in midspan.standing().iter().filter(|path| path.contains(below)) {
        let text = midspan.in_repository(&["show", &format!("main:clusters/dev/{path}")]);
        for document in document::parse_all(&text, path).unwrap() {
            if document["kind"] != "ConfigMap" {
                who.applies(&document).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_of_promises_brings_them_along_by_way_of_the_platforms_destination() {
    play("sample-easy-app", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        destinations(&paul).await;
        for starter in ["postgresql", "web-service"] {
            _ = paul.delete(&format!("/apis/midspan.dev/v1alpha1/promises/{starter}")).await;
        }
        let promise = publish(&paul, &scenario.one("promise.yaml")).await;
        paul.see(&promise, stands("Reconciled")).await;
        agent(midspan, &paul, "at/platform/dependencies/easyapp/5058f/static").await;
        let promises = paul.get(super::PROMISES).await;
        assert_eq!(promises.names().len(), 3, "{:?}", promises.names());
        shows_a_form(&dana, "easyapp", &["image", "dbDriver"]).await;
        let app = dana.applies(&scenario.one("resource-request.yaml")).await;
        dana.see(&app, stands("Reconciled")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_asks_for_its_database_and_looks_at_it_until_it_is_ready() {
    play("marketplace-app-stack", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        destinations(&paul).await;
        _ = paul.delete("/apis/midspan.dev/v1alpha1/promises/postgresql").await;
        let promise = publish(&paul, &scenario.one("promise.yaml")).await;
        let seen =
            paul.see(&promise, |seen| condition(&seen.body, "RequirementsFulfilled").starts_with("False")).await.good();
        assert_eq!(seen["status"]["requiredPromises"][0]["state"], "Requirement not installed");
        let Some(samples) = super::folder("sample-easy-app-postgresql").map(Scenario) else { return };
        for (name, version) in [("postgresql", "v1.0.0-beta.5"), ("runtime", "v1.0.0")] {
            let mut required = samples.one("promise.yaml");
            required["metadata"] = json!({"name": name, "labels": {"kratix.io/promise-version": version}});
            if name == "runtime" {
                required["spec"] = json!({});
            }
            let required = publish(&paul, &required).await;
            paul.see(&required, stands("Available")).await;
        }
        paul.see(&promise, stands("Available")).await;
        shows_a_form(&dana, "app-stack", &["image"]).await;
        let stack = dana.applies(&scenario.one("resource-request.yaml")).await;
        dana.see(&stack, |seen| {
            super::pipelines(&seen.body)
                .get(1)
                .is_some_and(|told| told == "wait-for-dependencies Suspended: the database is not ready yet")
        })
        .await;
        agent(midspan, &dana, "at/platform/resources/default/app-stack/my-app-stack/create-dependencies").await;
        let seen = dana.see(&stack, stands("Reconciled")).await.good();
        assert_eq!(
            super::pipelines(&seen),
            ["create-dependencies Succeeded", "wait-for-dependencies Succeeded", "create-runtime Succeeded"]
        );
    })
    .await;
}
