//! A real receiver on the loopback: what it is sent, and what its answers mean.

use super::*;
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::any,
};
use std::sync::Mutex;

#[derive(Default)]
struct Ledger(Mutex<Vec<String>>);

/// Answers by path, and writes down what it was asked.
async fn receiver(
    State(ledger): State<Arc<Ledger>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
    let line = format!(
        "{method} {uri} key={} fence={} type={} x={} {body}",
        header("idempotency-key"),
        header("fencing-token"),
        header("content-type"),
        header("x-size")
    );
    ledger.0.lock().unwrap().push(line);
    match uri.path() {
        "/ok" => (StatusCode::CREATED, r#"{"db": {"host": "db-1", "port": 5432}}"#).into_response(),
        "/broken" => (StatusCode::BAD_GATEWAY, "upstream\nhunter-two is gone").into_response(),
        "/busy" => StatusCode::TOO_MANY_REQUESTS.into_response(),
        "/no" => (StatusCode::UNPROCESSABLE_ENTITY, "quota ".repeat(10_000)).into_response(),
        "/huge" => Body::from("x".repeat(2_000_000)).into_response(),
        "/endless" => Body::from_stream(futures::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(10_000))))
            .into_response(),
        "/slow" => std::future::pending().await,
        "/near" => (StatusCode::TEMPORARY_REDIRECT, [("location", "/ok")]).into_response(),
        "/away" => (StatusCode::TEMPORARY_REDIRECT, [("location", "http://169.254.169.254/latest")]).into_response(),
        "/round" => (StatusCode::TEMPORARY_REDIRECT, [("location", "/round")]).into_response(),
        "/moved" => (StatusCode::FOUND, [("location", "/ok")]).into_response(),
        _ => StatusCode::OK.into_response(),
    }
}

async fn served() -> (String, Arc<Ledger>) {
    let ledger = Arc::new(Ledger::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(any(receiver)).with_state(Arc::clone(&ledger));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, ledger)
}

#[expect(clippy::needless_pass_by_value, reason = "callers write json!(…) in place")]
fn call(address: &str, path: &str, more: Value) -> StepInput {
    let mut with = json!({"url": format!("{address}{path}")});
    with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut input = input("http", with);
    input.idempotency_key = "step_1".into();
    input
}

#[tokio::test]
async fn a_call_carries_key_fence_headers_and_a_body_of_values() {
    let (address, ledger) = served().await;
    let more = json!({"headers": {"X-Size": "{{ spec.size }}"}, "body": {"name": "{{ metadata.name }}", "spec": "{{ spec }}", "n": 1, "says": "is {{ spec.x }}"},
                      "outputs": {"host": "/db/host", "port": "/db/port"}, "status": {"all": "/db"}});
    let (ended, log) = World::new().perform(call(&address, "/ok", more)).await;
    let (folders, message) = done(ended);
    assert_eq!(message, "answered 201 Created");
    assert_eq!(folders.metadata["outputs.yaml"].as_ref(), b"host: db-1\nport: 5432\n");
    assert!(folders.metadata.contains_key("status.yaml"));
    insta::assert_snapshot!(ledger.0.lock().unwrap().join("\n"), @r#"POST /ok key=step_1 fence=7 type=application/json x=small {"name":"shop","spec":{"x":"value","size":"small"},"n":1,"says":"is value"}"#);
    assert_eq!(log, format!("POST {address}/ok\nanswered 201 Created\n"));
}

#[tokio::test]
async fn a_value_in_an_address_stays_one_part_of_it() {
    let (address, ledger) = served().await;
    let world = World::new();
    let mut step =
        input("http", json!({"method": "get", "url": "{{ spec.base }}/teams/{{ spec.team }}?q={{ spec.team }}"}));
    step.object = object(json!({"base": address, "team": "../a?b=c&d#e/%0a é"}));
    done(world.perform(step.clone()).await.0);
    let asked = ledger.0.lock().unwrap().remove(0);
    assert!(asked.starts_with("GET /teams/..%2Fa%3Fb%3Dc%26d%23e%2F%250a%20%C3%A9?q=..%2Fa%3Fb"), "{asked}");
    step.object = object(json!({"base": address, "team": ".."}));
    check_failed(&world.perform(step).await.0, true, "`.` or `..`");
    assert!(ledger.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn answers_are_judged_by_whether_another_attempt_may_help() {
    let (address, _) = served().await;
    let world = World::new();
    let wants_host = json!({"outputs": {"host": "/host"}});
    for (path, more, permanent, expected) in [
        ("/broken", json!({}), false, "answered 502 Bad Gateway: upstream *** is gone"),
        ("/busy", json!({}), false, "answered 429"),
        ("/no", json!({}), true, "answered 422 Unprocessable Entity: quota quota"),
        ("/ok", json!({"expect": [200]}), true, "answered 201 Created"),
        ("/ok", wants_host.clone(), true, "with.outputs.host: the answer has nothing at /host"),
        ("/huge", wants_host.clone(), true, "larger than"),
        ("/endless", wants_host.clone(), true, "larger than"),
        ("/away", json!({}), true, "redirects to another host"),
        ("/round", json!({}), true, "more than 5 redirects"),
        ("/moved", json!({}), true, "use the address it redirects to"),
    ] {
        let (ended, _) = world.perform(call(&address, path, more)).await;
        check_failed(&ended, permanent, expected);
        let Ended::Failed { message, .. } = ended else { unreachable!() };
        assert!(message.len() < 1_000, "{}", message.len());
    }
    for path in ["/huge", "/endless", "/near"] {
        done(world.perform(call(&address, path, json!({}))).await.0);
    }
    done(world.perform(call(&address, "/moved", json!({"method": "GET"}))).await.0);
}

#[tokio::test]
async fn nobody_answering_or_answering_too_late_may_be_tried_again() {
    let world = World::new();
    check_failed(
        &world.perform(input("http", json!({"url": "http://127.0.0.1:1/x"}))).await.0,
        false,
        "cannot connect",
    );
    let (address, _) = served().await;
    let mut slow = call(&address, "/slow", json!({}));
    slow.step.timeout = domain::workflow::GoDuration::parse("200ms");
    check_failed(&world.perform(slow).await.0, false, "timed out");
    let cancel = CancellationToken::new();
    cancel.cancel();
    check_failed(&world.perform_until(call(&address, "/slow", json!({})), cancel).await.0, false, "cancelled");
}

#[tokio::test]
async fn a_definition_that_cannot_work_is_refused_before_anything_is_sent() {
    let (address, ledger) = served().await;
    let world = World::new();
    for (with, expected) in [
        (json!({"url": "file:///etc/passwd"}), "only http and https"),
        (json!({"url": "ftp://x/y"}), "only http and https"),
        (json!({"url": "{{ spec.x }}"}), "with.url"),
        (json!({"url": "http://me:secret@127.0.0.1/"}), "Authorization header"),
        (json!({"url": address, "metod": "GET"}), "with.metod"),
        (json!({"url": address, "method": "G T"}), "not an HTTP method"),
        (json!({"url": address, "expect": [404]}), "404 is not a code of success"),
        (json!({"url": address, "headers": {"Idempotency-Key": "x"}}), "set by the orchestrator"),
        (json!({"url": address, "headers": {"X": "{{ \"a\\r\\nEvil: 1\" }}"}}), "line end"),
        (json!({"url": address, "outputs": {"a": "b"}}), "not a JSON Pointer"),
        (json!({"url": address, "body": {"a": "{{ spec.nope }}"}}), "with.body.a line 1"),
    ] {
        check_failed(&world.perform(input("http", with)).await.0, true, expected);
    }
    assert!(ledger.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_may_not_be_called_is_not_called_by_its_address_nor_by_a_name() {
    let (address, ledger) = served().await;
    let ground = |listed: &str| Ground { reach: Reach::of(vec![listed.parse().unwrap()]), ..Ground::default() };
    let named = address.replace("127.0.0.1", "localhost");
    for address in [&address, &named] {
        let (ended, log) = World::with_ground(ground("public")).perform(call(address, "/ok", json!({}))).await;
        check_failed(&ended, true, "lets steps call public addresses (`serve --http-allow`)");
        assert!(!log.contains("answered"), "{log}");
    }
    assert!(ledger.0.lock().unwrap().is_empty());
    let (ended, _) = World::with_ground(ground("localhost")).perform(call(&named, "/ok", json!({}))).await;
    assert!(matches!(ended, Ended::Done { .. }), "{ended:?}");
}
