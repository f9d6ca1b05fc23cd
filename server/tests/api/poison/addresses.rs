//! Names and paths that pretend to be others.

use super::still_well;
use crate::{
    midspan::{Midspan, everywhere},
    widgets::{WIDGETS, at, promise, widget},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

#[tokio::test(flavor = "multi_thread")]
async fn names_are_names_and_nothing_else() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        for name in [
            "a\u{0}b",
            "a\u{202e}b",
            "\u{430}dmin",
            "a/b",
            "..",
            "a b",
            "A",
            "",
            "-",
            &"a".repeat(300),
            "a\nb",
            "%2e%2e",
            "$(id)",
            "'; drop table object; --",
        ] {
            let answer = dana.post(WIDGETS, widget(name)).await;
            assert_eq!((answer.code, answer.fields()), (422, vec!["metadata.name"]), "{name:?}");
        }
        for (field, value) in [
            ("labels", json!({"a\u{0}": "b"})),
            ("labels", json!({"a": "b\u{0}"})),
            ("labels", json!({"\u{202e}": ""})),
            ("labels", json!({"a": "x".repeat(64)})),
        ] {
            let mut widget = widget("labelled");
            widget["metadata"][field] = value;
            assert_eq!(dana.post(WIDGETS, widget).await.code, 422);
        }
        // free text may be any text, and comes back as it was
        let mut odd = widget("odd");
        odd["spec"]["tags"] = json!({"k": "a\u{0}b\u{202e}c\u{1f980}"});
        odd["metadata"]["annotations"] = json!({"note": "nul \u{0} and \u{202e}"});
        odd["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "v1", "kind": "X", "name": "x", "uid": "u\u{0}", "controller": true}]);
        odd["metadata"]["finalizers"] = json!(["example.com/x\u{0}"]);
        assert_eq!(dana.post(WIDGETS, odd.clone()).await.fields(), ["metadata.finalizers", "metadata.ownerReferences"]);
        odd["metadata"] = json!({"name": "odd", "annotations": odd["metadata"]["annotations"]});
        dana.asks_for(odd.clone()).await;
        assert_eq!(dana.get(&at("odd")).await.good()["spec"]["tags"], odd["spec"]["tags"]);
    })
    .await;
}

/// A request as bytes: what no well-meaning client would send.
async fn raw(midspan: &Midspan, token: &str, target: &str) -> String {
    let mut stream = TcpStream::connect(midspan.address).await.unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_lead_where_they_say_and_nowhere_else() {
    everywhere(async |midspan| {
        let token = midspan
            .running
            .services
            .issue_token(
                &domain::Caller { name: "paul".into(), groups: vec!["platform".into()], ..domain::Caller::default() },
                "raw",
            )
            .await
            .unwrap();
        midspan.paul().publishes(promise()).await;
        midspan.dana().asks_for(widget("shop")).await;
        let shop = at("shop");
        assert!(raw(midspan, &token, &shop).await.starts_with("HTTP/1.1 200"));
        for trick in [
            shop.replace("default", "%2e%2e"),
            shop.replace("default", "other/../default"),
            shop.replace("default/", "default//"),
            shop.replace("/apis/", "/apis//"),
            shop.replace("default/widgets", "default%2fwidgets"),
            shop.replace("default/widgets", "default\\widgets"),
            format!("{shop}%00"),
            format!("{shop}%20"),
            format!("{shop}//"),
            format!("{shop}/../other"),
            format!("/{shop}"),
            "/apis//v1/namespaces".to_owned(),
            "/api/v1/namespaces/default/..".to_owned(),
            "/apis/midspan.dev%2fv1alpha1/promises".to_owned(),
            "/pkg/../midspan.db".to_owned(),
            "/pkg/..%2f..%2fmidspan.db".to_owned(),
            "/openapi/v3/../../apis".to_owned(),
            "/dev/tokens/platform".to_owned(),
        ] {
            let answer = raw(midspan, &token, &trick).await;
            assert!(answer.starts_with("HTTP/1.1 404"), "{trick}: {}", answer.lines().next().unwrap_or_default());
        }
        let long = raw(midspan, &token, &format!("/apis/{}", "a/".repeat(40_000))).await;
        assert!(long.is_empty() || long.starts_with("HTTP/1.1 4"), "{}", &long[..long.len().min(100)]);
        still_well(midspan).await;
    })
    .await;
}
