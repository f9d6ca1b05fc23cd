//! Promises that are installed from an address: Kratix's promise-release suite.

use super::{PROMISES, Scenario, play, stands};
use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use domain::document;

/// The server that hosts the promises: one for everybody, one for those who have the word.
async fn hoster(scenario: &Scenario) -> String {
    let text = |name: &str| document::to_yaml(&scenario.one(&format!("test-server/{name}-promise.yaml")));
    let (open, secure) = (text("insecure"), text("secure"));
    let guarded = async move |headers: HeaderMap| {
        let knows = headers.get("authorization").is_some_and(|value| value == "Bearer your-secret-token");
        if knows { Ok(secure) } else { Err(StatusCode::UNAUTHORIZED) }
    };
    let router = Router::new().route("/promise", get(async move || open)).route("/secure/promise", get(guarded));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_install_their_promises_and_take_them_along() {
    play("systest-promise-release", async |midspan, scenario| {
        let paul = midspan.paul();
        let host = hoster(scenario).await;
        let mut releases = Vec::new();
        for mut document in scenario.all("promise-release.yaml") {
            let url = document.pointer("/spec/sourceRef/url").and_then(|url| url.as_str());
            if let Some(path) = url.and_then(|url| url.split(":8080").nth(1)).map(str::to_owned) {
                document["spec"]["sourceRef"]["url"] = format!("{host}{path}").into();
            }
            let at = paul.applies(&document).await;
            if document["kind"] == "PromiseRelease" {
                releases.push(at);
            }
        }
        for (release, promise) in releases.iter().zip(["securepro", "insecurepro"]) {
            paul.see(release, stands("Installed")).await;
            let promise = format!("{PROMISES}/{promise}");
            let seen = paul.see(&promise, stands("Available")).await.good();
            assert_eq!(seen["status"]["version"], "v1.0.0");
            paul.delete(release).await.good();
            paul.is_gone(release).await;
            paul.is_gone(&promise).await;
        }
    })
    .await;
}
