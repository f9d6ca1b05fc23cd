//! The life of a promise: its dependencies in the repository, what it requires, and everything that goes with it.

use crate::{
    data,
    midspan::{Midspan, everywhere},
    people::{Answer, Person},
    widgets::{PROMISES, WIDGETS, at, promise, widget},
};
use domain::document;
use serde_json::{Value, json};
use std::process::Command;

const KRATIX: &str = "/apis/platform.kratix.io/v1alpha1/promises";

/// A promise that is there for others to require.
fn certificates(version: &str) -> Value {
    json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise",
        "metadata": {"name": "certificates", "labels": {"midspan.dev/version": version}}, "spec": {},
    })
}

fn requiring(requires: &Value) -> Value {
    let mut promise = promise();
    promise["spec"]["requires"] = requires.clone();
    promise
}

/// A Kratix promise of widgets that brings a namespace along and runs nothing.
fn kratix_widgets() -> Value {
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "string"}}}}}});
    json!({
        "apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "widget"},
        "spec": {
            "dependencies": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "widgets"}}],
            "api": {
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.demo.example.com"},
                "spec": {
                    "group": "demo.example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
                    "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
                },
            },
        },
    })
}

fn condition(object: &Value, kind: &str) -> String {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let found = conditions.into_iter().find(|condition| condition["type"] == kind).unwrap_or_default();
    format!("{} {}", found["status"].as_str().unwrap_or("none"), found["reason"].as_str().unwrap_or_default())
}

fn stands(kind: &str) -> impl Fn(&Answer) -> bool {
    move |seen| condition(&seen.body, kind).starts_with("True")
}

fn says(text: &str) -> impl Fn(&Answer) -> bool {
    move |seen| seen.body["status"]["message"] == text
}

impl Midspan {
    /// The files in the dev repository.
    fn placed(&self) -> Vec<String> {
        let told = self.git(&["ls-tree", "-r", "--name-only", "main"]);
        told.lines()
            .filter(|path| path.contains("/dependencies/") || path.contains("/resources/"))
            .map(ToOwned::to_owned)
            .collect()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let told = Command::new("git").arg("--git-dir").arg(self.repository()).args(arguments).output().unwrap();
        String::from_utf8(told.stdout).unwrap()
    }
}

/// A document as its authors published it; nothing where the data is not at hand.
fn published(folder: &str) -> Option<Value> {
    data::published(&format!("kratix/{folder}/promise.yaml"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dependencies_of_real_promises_stand_in_the_repository_as_long_as_the_promise_does() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        paul.merge(
            "/apis/midspan.dev/v1alpha1/destinations/dev",
            json!({"metadata": {"labels": {"environment": "dev"}}}),
        )
        .await
        .good();
        for folder in ["sample-nil-api", "sample-redis", "sample-easy-app-postgresql", "sample-easy-app-nginx-ingress"]
        {
            let Some(mut document) = published(folder) else { return };
            // the starter catalog has promises of the same names
            let name = format!("kratix-{}", document["metadata"]["name"].as_str().unwrap());
            document["metadata"]["name"] = json!(name);
            let path = format!("{KRATIX}/{name}");
            paul.post(KRATIX, document.clone()).await.good();
            let seen = paul.see(&path, stands("Reconciled")).await.good();
            assert_eq!(seen["status"]["status"], "Available", "{folder}");
            let file = format!("clusters/dev/dependencies/{name}/5058f/static/{name}-dependencies.yaml");
            let text = midspan.git(&["show", &format!("main:{file}")]);
            assert_eq!(json!(document::parse_all(&text, &file).unwrap()), document["spec"]["dependencies"], "{folder}");
            paul.delete(&path).await.good();
            paul.see(&path, |seen| seen.code == 404).await;
            assert!(midspan.placed().is_empty(), "{folder}: {:?}", midspan.placed());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_comes_later_gets_the_dependencies_too() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        paul.post(KRATIX, kratix_widgets()).await.good();
        paul.see(&format!("{KRATIX}/widget"), stands("Reconciled")).await;
        let edge = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": {"name": "edge"},
            "spec": {"path": "clusters/edge", "stateStoreRef": {"name": "gitops"}}});
        paul.post("/apis/midspan.dev/v1alpha1/destinations", edge).await.good();
        let file = "dependencies/widget/5058f/static/widget-dependencies.yaml";
        let placements = "/apis/midspan.dev/v1alpha1/namespaces/midspan-system/placements";
        paul.see(placements, |seen| {
            seen.body["items"]
                .as_array()
                .is_some_and(|all| all.len() == 2 && all.iter().all(|one| one["status"]["state"] == "Written"))
        })
        .await;
        assert_eq!(midspan.placed(), [format!("clusters/dev/{file}"), format!("clusters/edge/{file}")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_wait_for_what_their_promise_requires_and_go_on_by_themselves() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let heard = paul.post(PROMISES, requiring(&json!([{"name": "certificates", "version": "v2"}]))).await;
        let missing = "the promise certificates is required and not there yet";
        assert!(heard.warnings().iter().any(|warning| warning.contains(missing)), "{:?}", heard.warnings());
        let path = format!("{PROMISES}/widget");
        let waits = |state: &str| format!("It requires the promise certificates: Requirement {state}");
        let seen = paul.see(&path, says(&waits("not installed"))).await.good();
        assert_eq!(seen["status"]["status"], "Unavailable");
        dana.asks_for(widget("shop")).await;
        let message = format!("The promise widget is not available yet: {}", waits("not installed"));
        dana.see(&at("shop"), says(&message)).await;

        paul.publishes(certificates("v1")).await;
        let seen = paul.see(&path, says(&waits("not installed at the specified version"))).await.good();
        assert_eq!(
            seen["status"]["requiredPromises"][0]["state"],
            "Requirement not installed at the specified version"
        );
        let certificates_at = format!("{PROMISES}/certificates");
        paul.merge(&certificates_at, certificates("v2")).await.good();
        paul.see(&path, stands("Available")).await;
        dana.see(&at("shop"), stands("Ready")).await;
        let told = paul.see(&certificates_at, |seen| !seen.body["status"]["requiredBy"].is_null()).await.good();
        assert_eq!(
            told["status"]["requiredBy"],
            json!([{"promise": {"name": "widget", "version": "v1"}, "requiredVersion": "v2"}])
        );

        // once it has been there, a later version will do
        paul.merge(&certificates_at, certificates("v3")).await.good();
        paul.see(&certificates_at, |seen| seen.body["status"]["version"] == "v3").await;
        paul.see(&path, stands("Available")).await;
        paul.delete(&certificates_at).await.good();
        paul.see(&path, says(&waits("not installed"))).await;
        assert!(stands("Ready")(&dana.get(&at("shop")).await), "what stands, stands");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_that_require_each_other_in_a_circle_are_refused() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        paul.publishes(requiring(&json!([{"name": "certificates"}]))).await;
        let mut circle = certificates("v1");
        circle["spec"]["requires"] = json!([{"name": "widget"}]);
        let heard = paul.post(PROMISES, circle).await;
        assert_eq!(heard.fields(), ["spec.requires"]);
        insta::allow_duplicates! {
            insta::assert_snapshot!(heard.refused(), @r#"422 Invalid: Promise.midspan.dev "certificates" is invalid: spec.requires: Invalid value: the requirements go in a circle: certificates requires widget requires certificates"#);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kratix_promise_takes_along_all_that_was_made_from_it() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let path = format!("{KRATIX}/widget");
        paul.post(KRATIX, kratix_widgets()).await.good();
        for name in ["one", "two", "three"] {
            dana.asks_for(widget(name)).await;
        }
        let seen = dana.see(&at("one"), stands("Reconciled")).await.good();
        assert_eq!(
            (&seen["status"]["message"], &seen["status"]["workflows"]),
            (&json!("Resource requested"), &json!(0))
        );
        paul.delete(&path).await.good();
        paul.see(&path, |seen| seen.code == 404).await;
        paul.see(WIDGETS, |seen| seen.code == 404).await;
        assert!(midspan.placed().is_empty(), "{:?}", midspan.placed());
        let revisions =
            paul.get("/apis/midspan.dev/v1alpha1/revisions?labelSelector=midspan.dev/promise%3Dwidget").await;
        assert!(revisions.names().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_of_ours_takes_its_resources_along_when_that_is_asked_for() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let path = format!("{PROMISES}/widget");
        paul.publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        assert_eq!(paul.delete(&path).await.code, 409);
        paul.delete(&format!("{path}?propagationPolicy=Foreground")).await.good();
        paul.see(&path, |seen| seen.code == 404).await;
        paul.see(WIDGETS, |seen| seen.code == 404).await;
    })
    .await;
}

/// One that installs from an address, and what stands there.
fn release(address: &str, version: &str, secret: Option<&str>) -> Value {
    let mut source = json!({"type": "http", "url": address});
    if let Some(name) = secret {
        source["secretRef"] = json!({"name": name, "namespace": "default"});
    }
    json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "PromiseRelease", "metadata": {"name": "widgets"},
        "spec": {"version": version, "sourceRef": source}})
}

/// A server that gives the document to everybody at `/open`, and at `/secure` to those who have the word.
async fn hoster(document: Value) -> String {
    use axum::{
        Router,
        http::{HeaderMap, StatusCode},
        routing::get,
    };
    let text = document::to_yaml(&document);
    let secure = text.clone();
    let guarded = async move |headers: HeaderMap| {
        let knows = headers.get("authorization").is_some_and(|value| value == "Bearer your-secret-token");
        if knows { Ok(secure) } else { Err(StatusCode::UNAUTHORIZED) }
    };
    let router = Router::new().route("/open", get(async move || text)).route("/secure", get(guarded));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

const RELEASES: &str = "/apis/platform.kratix.io/v1alpha1/promisereleases";

async fn installed(paul: &Person) -> Value {
    paul.see(&format!("{RELEASES}/widgets"), stands("Installed")).await.good()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_installs_its_promise_keeps_it_installed_and_takes_it_along() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let mut document = kratix_widgets();
        document["metadata"]["labels"] = json!({"kratix.io/promise-version": "v1.0.0"});
        let host = hoster(document).await;
        let path = format!("{KRATIX}/widget");

        paul.post(RELEASES, release(&format!("{host}/open"), "v2.0.0", None)).await.good();
        let refused = paul
            .see(&format!("{RELEASES}/widgets"), |seen| condition(&seen.body, "Installed").starts_with("False"))
            .await
            .good();
        let message = refused["status"]["message"].as_str().unwrap();
        assert!(message.ends_with(r#"the promise's version label says "v1.0.0", not "v2.0.0""#), "{message}");
        assert_eq!(paul.get(&path).await.code, 404);

        paul.merge(&format!("{RELEASES}/widgets"), json!({"spec": {"version": null}})).await.good();
        assert_eq!(installed(&paul).await["spec"]["version"], "v1.0.0", "a blank version is filled in");
        let first = paul.get(&path).await.good();
        assert_eq!(first["metadata"]["labels"]["kratix.io/promise-release-name"], "widgets");

        paul.delete(&path).await.good();
        paul.see(&path, |seen| seen.code == 200 && seen.body["metadata"]["uid"] != first["metadata"]["uid"]).await;
        paul.delete(&format!("{RELEASES}/widgets")).await.good();
        paul.see(&format!("{RELEASES}/widgets"), |seen| seen.code == 404).await;
        assert_eq!(paul.get(&path).await.code, 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_shows_the_word_that_its_secret_holds() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let mut document = kratix_widgets();
        document["metadata"]["labels"] = json!({"kratix.io/promise-version": "v1.0.0"});
        let host = hoster(document).await;
        paul.post(RELEASES, release(&format!("{host}/secure"), "v1.0.0", Some("word"))).await.good();
        let path = format!("{RELEASES}/widgets");
        paul.see(&path, says("there is no Secret default/word")).await;
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "word"},
            "stringData": {"authorizationHeader": "Bearer your-secret-token"}});
        paul.post("/api/v1/namespaces/default/secrets", secret).await.good();
        // another look, without waiting for the next one
        paul.merge(&path, json!({"metadata": {"annotations": {"look": "again"}}})).await.good();
        installed(&paul).await;
    })
    .await;
}
