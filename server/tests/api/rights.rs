//! Who may do what: nobody without a name, Dana what is hers, Paul what is the platform's, and no page of another site anything.

use crate::{
    midspan::{everywhere, in_earnest},
    people::Person,
    widgets::{PROMISES, WIDGETS, at, promise, widget},
};
use reqwest::Method;
use serde_json::json;

/// Every door there is. A new one belongs into this list.
const DOORS: [&str; 37] = [
    "/api",
    "/api/v1",
    "/api/v1/namespaces",
    "/api/v1/namespaces/default",
    "/api/v1/namespaces/default/events",
    "/api/v1/namespaces/default/secrets",
    "/api/v1/namespaces/default/configmaps/x",
    "/apis",
    "/apis/midspan.dev",
    "/apis/midspan.dev/v1alpha1",
    "/apis/midspan.dev/v1alpha1/promises",
    "/apis/midspan.dev/v1alpha1/promises/redis",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    "/apis/nothing/here",
    "/apis/midspan.dev/v1alpha1/namespaces/default/runs/x/log",
    "/version",
    "/openapi/v3",
    "/openapi/v3/api/v1",
    "/",
    "/catalog",
    "/catalog/redis",
    "/catalog/redis/new",
    "/resources",
    "/r/default/redis/x",
    "/r/default/redis/x/files",
    "/requests/x",
    "/runs/x",
    "/runs/x/log",
    "/events",
    "/me",
    "/device",
    "/search",
    "/ui/palette",
    "/keys",
    "/_ui",
    "/apis/midspan.dev/v1alpha1/users",
    "/apis/midspan.dev/v1alpha1/tokens",
];

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_nobody_gets_in() {
    in_earnest(async |midspan| {
        let nobodies = [
            midspan.stranger(),
            midspan.somebody(Some("mspn_0000000000000000000000000000000000000000000000000000000000000000")),
            midspan.somebody(Some("secret")),
            midspan.somebody(Some("' or 1=1 --")),
            midspan.somebody(Some(&"x".repeat(4000))),
        ];
        for nobody in &nobodies {
            for door in DOORS {
                assert_eq!(nobody.get(door).await.code, 401, "{door}");
            }
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                for path in ["/api/v1/namespaces/default", PROMISES, WIDGETS] {
                    assert_eq!(
                        nobody.send(method.clone(), path, "application/json", "{}").await.code,
                        401,
                        "{method} {path}"
                    );
                }
            }
        }
        let refused = nobodies[0].get("/api/v1/namespaces").await;
        assert_eq!(refused.refused(), "401 Unauthorized: Unauthorized");
        assert_eq!(refused.headers["www-authenticate"], "Bearer realm=\"midspan\"");
        for open in ["/healthz", "/livez", "/readyz", "/metrics"] {
            assert_eq!(nobodies[0].get(open).await.code, 200, "{open}");
        }
        assert_eq!(nobodies[0].get("/pkg/nothing.js").await.code, 404);
        let basic = nobodies[0]
            .ask(Method::GET, "/api/v1/namespaces", &[("authorization", "Basic YWRtaW46YWRtaW4=")], Vec::new())
            .await;
        assert_eq!(basic.code, 401);
        assert_eq!(nobodies[0].get("/dev/persona").await.code, 404, "in earnest there are no personas");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_server_opens_nothing() {
    in_earnest(async |here| {
        in_earnest(async |there| {
            here.admin().get("/api/v1/namespaces").await.good();
            let borrowed = Person::new(
                format!("http://{}", here.address),
                Some(
                    &there
                        .running
                        .services
                        .issue_token(
                            &domain::Caller {
                                name: "admin".into(),
                                groups: vec!["platform".into()],
                                ..domain::Caller::default()
                            },
                            "test",
                        )
                        .await
                        .unwrap(),
                ),
            );
            assert_eq!(borrowed.get("/api/v1/namespaces").await.code, 401);
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dana_asks_for_services_and_paul_offers_them() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let heard = dana.post(PROMISES, promise()).await.refused();
        insta::allow_duplicates! {
            insta::assert_snapshot!(heard, @"403 Forbidden: promises.midspan.dev is forbidden: dana may not do this; members of the group platform can");
        }
        paul.publishes(promise()).await;
        assert_eq!(dana.merge(&format!("{PROMISES}/widget"), json!({"spec": {"title": "Mine"}})).await.code, 403);
        assert_eq!(dana.delete(&format!("{PROMISES}/widget")).await.code, 403);
        for (path, kind) in [("/apis/midspan.dev/v1alpha1/destinations", "Destination"), ("/apis/midspan.dev/v1alpha1/statestores", "StateStore")] {
            let body = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": kind, "metadata": {"name": "mine"}});
            assert_eq!(dana.post(path, body).await.code, 403);
        }
        assert_eq!(dana.post("/api/v1/namespaces", json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}})).await.code, 403);
        assert_eq!(dana.delete("/api/v1/namespaces/default").await.code, 403);
        dana.get(PROMISES).await.good();
        dana.asks_for(widget("shop")).await;
        dana.delete(&at("shop")).await.good();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_midspan_writes_itself_nobody_else_writes() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        paul.publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        let runs = "/apis/midspan.dev/v1alpha1/namespaces/default/runs";
        let run = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Run", "metadata": {"name": "mine"}});
        let heard = paul.post(runs, run).await.refused();
        insta::allow_duplicates! {
            insta::assert_snapshot!(heard, @"405 MethodNotAllowed: runs are written by Midspan itself");
        }
        assert_eq!(
            paul.merge(&format!("{}/status", at("shop")), json!({"status": {"phase": "Ready"}})).await.code,
            405
        );
        let told =
            dana.merge(&at("shop"), json!({"status": {"phase": "Mine"}, "metadata": {"uid": null}})).await.good();
        assert_ne!(told["status"]["phase"], "Mine");
        for method in [Method::POST, Method::DELETE, Method::PUT, Method::PATCH] {
            assert_eq!(
                paul.send(method, "/api/v1/namespaces/default/events/x", "application/json", "{}").await.code,
                405
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_cannot_use_the_session_of_a_browser() {
    everywhere(async |midspan| {
        let browser = midspan.stranger();
        let chosen = browser
            .ask(
                Method::POST,
                "/dev/persona",
                &[("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")],
                b"persona=paul&back=/".to_vec(),
            )
            .await;
        assert_eq!(chosen.code, 303);
        let cookie = chosen.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let host = format!("http://{}", midspan.address);
        let namespace = |name: &str| {
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).to_string().into_bytes()
        };
        let post = async |name: &str, headers: &[(&str, &str)]| {
            let headers: Vec<_> = [("cookie", cookie.as_str()), ("content-type", "application/json")]
                .iter()
                .chain(headers)
                .copied()
                .collect();
            browser.ask(Method::POST, "/api/v1/namespaces", &headers, namespace(name)).await.code
        };
        assert_eq!(post("own-page", &[("sec-fetch-site", "same-origin")]).await, 201);
        assert_eq!(post("own-origin", &[("origin", &host)]).await, 201);
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", &host)],
            &[("origin", "http://evil.example")],
            &[("origin", "null")],
            &[("origin", &format!("{host}.evil.example"))],
            &[],
        ] {
            assert_eq!(post("foreign", foreign).await, 403, "{foreign:?}");
        }
        for path in ["/catalog/redis/new", "/requests/x/submit", "/dev/persona"] {
            let headers = [
                ("cookie", cookie.as_str()),
                ("sec-fetch-site", "cross-site"),
                ("content-type", "application/x-www-form-urlencoded"),
            ];
            assert_eq!(browser.ask(Method::POST, path, &headers, b"persona=dana".to_vec()).await.code, 403, "{path}");
        }
        let read = browser.ask(Method::GET, "/api/v1/namespaces", &[("cookie", &cookie)], Vec::new()).await;
        assert!(!read.names().contains(&"foreign"));
        assert_eq!(read.headers.get("access-control-allow-origin"), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_development_only_this_machines_names_are_answered() {
    everywhere(async |midspan| {
        let stranger = midspan.stranger();
        for host in
            ["evil.example", "evil.example:7400", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::2]:80"]
        {
            for path in ["/", "/api/v1/namespaces"] {
                assert_eq!(
                    stranger.ask(Method::GET, path, &[("host", host)], Vec::new()).await.code,
                    421,
                    "{host} {path}"
                );
            }
        }
        for host in ["localhost", "localhost:7400", "127.0.0.1:1"] {
            assert_eq!(stranger.ask(Method::GET, "/version", &[("host", host)], Vec::new()).await.code, 200, "{host}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_protect_its_reader() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        for path in [
            "/",
            "/api/v1/namespaces",
            "/api/v1/namespaces/none",
            "/nothing",
            "/healthz",
            "/apis/x/y/z",
            "/events",
            "/pkg/nothing.js",
        ] {
            let answer = dana.request(Method::GET, path).send().await.unwrap();
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(
                    answer.headers().get(name).map(|value| value.to_str().unwrap()),
                    Some(value),
                    "{path} {name}"
                );
            }
            let policy = answer.headers()["content-security-policy"].to_str().unwrap();
            assert!(
                policy.contains("frame-ancestors 'none'") && policy.contains("object-src 'none'"),
                "{path} {policy}"
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_told_who_they_are_and_nobody_about_others() {
    const WHO: &str = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    everywhere(async |midspan| {
        let question = || json!({"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1", "status": {"userInfo": {"username": "root"}}});
        for (person, name, group) in [(midspan.dana(), "dana", "developers"), (midspan.paul(), "paul", "platform")] {
            let told = person.post(WHO, question()).await;
            assert_eq!(told.code, 201);
            assert_eq!(told.body["kind"], "SelfSubjectReview");
            assert_eq!(told.body["status"]["userInfo"], json!({"username": name, "groups": [group]}));
            assert_eq!(person.get(WHO).await.code, 405);
        }
        let stranger = midspan.somebody(Some("mspn_nobody"));
        assert_eq!(stranger.post(WHO, question()).await.refused(), "401 Unauthorized: Unauthorized");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_in_anothers_name_by_writing_so_on_an_object() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        paul.post(PROMISES, promise()).await.good();
        dana.post(WIDGETS, widget("victim")).await.good();
        let victim = dana.see(&at("victim"), |seen| seen.body["status"]["phase"] == "Ready").await.good();
        let requests = "/apis/midspan.dev/v1alpha1/namespaces/default/requests";
        let before = dana.get(requests).await.good()["items"].clone();
        let mut forged = widget("forged");
        forged["metadata"]["labels"] =
            json!({"midspan.dev/requested-by": "paul", "midspan.dev/child": "db", "midspan.dev/child-of-step": "a.b"});
        forged["metadata"]["annotations"] = json!({"midspan.dev/request": before[0]["metadata"]["uid"]});
        forged["metadata"]["ownerReferences"] = json!([{"apiVersion": victim["apiVersion"], "kind": victim["kind"], "name": "victim", "uid": victim["metadata"]["uid"]}]);
        let made = dana.post(WIDGETS, forged).await.good();
        let origin = |object: &serde_json::Value| {
            let labels = &object["metadata"]["labels"];
            (labels["midspan.dev/requested-by"].clone(), labels.get("midspan.dev/child").is_some())
        };
        assert_eq!(origin(&made), (json!("dana"), false));
        let change = json!({"metadata": {"labels": {"midspan.dev/requested-by": "paul", "midspan.dev/child": "db"}}});
        assert_eq!(origin(&dana.merge(&at("forged"), change).await.good()), (json!("dana"), false));
        let after = dana.get(requests).await.good()["items"].clone();
        assert_eq!(after.as_array().unwrap().len(), 2, "its own request, in nobody's place");
        assert_eq!(after[0]["spec"], before[0]["spec"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_run_is_told_by_name_and_nobody_asks_in_anothers() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        paul.post(PROMISES, promise()).await.good();
        dana.post(WIDGETS, widget("again")).await.good();
        dana.see(&at("again"), |seen| seen.body["status"]["phase"] == "Ready").await.good();
        let forged = json!({"metadata": {
            "labels": {"kratix.io/manual-reconciliation": "true"}, "annotations": {"midspan.dev/asked-again-by": "paul"},
        }});
        dana.merge(&at("again"), forged).await.good();
        let asked = |seen: &serde_json::Value| {
            let runs = seen["items"].as_array().cloned().unwrap_or_default();
            runs.iter().find(|run| run["spec"]["trigger"] == "asked to run again").map(|run| run["spec"]["askedBy"].clone())
        };
        let runs = "/apis/midspan.dev/v1alpha1/namespaces/default/runs";
        let seen = dana.see(runs, |seen| asked(&seen.body).is_some()).await.good();
        assert_eq!(asked(&seen), Some(json!("dana")));
        let annotations = dana.get(&at("again")).await.good()["metadata"]["annotations"].clone();
        assert!(annotations.get("midspan.dev/asked-again-by").is_none(), "the run has taken it over: {annotations}");
    })
    .await;
}
