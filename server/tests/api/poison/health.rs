//! Ways of judging health that never come to a verdict, or reach for more than they are given.

use super::{bounded, still_well};
use crate::{
    midspan::everywhere,
    people::Answer,
    widgets::{PROMISES, at, promise_of, widget},
};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

fn judged_by(health: &Value) -> Value {
    let schema = json!({"type": "object", "properties": {
        "size": {"type": "string"}, "list": {"type": "array", "items": {"type": "string"}},
    }});
    let mut promise = promise_of(&schema);
    promise["spec"]["health"] = health.clone();
    promise
}

fn rule(when: &str, message: &str) -> Value {
    json!({"rules": [{"when": when, "state": "Degraded", "message": message}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_never_be_judged_is_not_published() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let many: Vec<Value> = (0..20_000).map(|_| json!({"when": "true", "state": "Degraded"})).collect();
        let probe = |http: Value| json!({"probe": {"http": http}});
        let url = "https://a.example.com";
        let all = [
            ("twenty thousand rules", json!({"rules": many})),
            ("a rule of a megabyte", rule(&format!("'{}' == ''", "x".repeat(1 << 20)), "")),
            ("a rule as deep as a well", rule(&format!("{}true{}", "(".repeat(20_000), ")".repeat(20_000)), "")),
            ("loops in loops", rule(&format!("{}true{}", "resource.spec.list.all(x, ".repeat(6), ")".repeat(6)), "")),
            ("a rule that is none", rule("status.ready <", "")),
            ("a state nobody knows", json!({"rules": [{"when": "true", "state": "Degradde"}]})),
            ("a field nobody knows", json!({"rulse": []})),
            ("a broken message", rule("true", "{{ status.x }")),
            ("a message of a megabyte", rule("true", &"x".repeat(2 << 20))),
            ("a probe all the time", json!({"probe": {"http": {"url": url}, "every": "0s"}})),
            ("a probe for ever", json!({"probe": {"http": {"url": url}, "timeout": "9000h"}})),
            ("a probe in another age", json!({"probe": {"http": {"url": url}, "every": "99999999999999h"}})),
            ("no failures", json!({"probe": {"http": {"url": url}, "failures": 0}})),
            ("a probe that writes", probe(json!({"url": url, "method": "DELETE"}))),
            ("a file", probe(json!({"url": "file:///etc/passwd"}))),
            ("a password", probe(json!({"url": "https://me:secret@a.example.com"}))),
            ("a header of ours", probe(json!({"url": url, "headers": {"Host": "b.example.com"}}))),
        ];
        let mut told = String::new();
        for (what, health) in all {
            let dry = format!("{PROMISES}?dryRun=All");
            let answer = bounded(what, paul.post(&dry, judged_by(&health))).await;
            let heard = if answer.code < 300 { "published".to_owned() } else { answer.refused() };
            _ = writeln!(told, "{what}: {}", heard.chars().take(300).collect::<String>());
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r#"
            twenty thousand rules: 422 Invalid: Promise "widget" is invalid: spec.health.rules: are more than 50
            a rule of a megabyte: 422 Invalid: Promise.midspan.dev "widget" is invalid: spec.health.rules[0].when: the expression has 1048584 characters; the limit is 4096
            a rule as deep as a well: 422 Invalid: Promise.midspan.dev "widget" is invalid: spec.health.rules[0].when: the expression has 40004 characters; the limit is 4096
            loops in loops: 422 Invalid: Promise.midspan.dev "widget" is invalid: spec.health.rules[0].when: 6 comprehensions multiply with each other; the limit is 3
            a rule that is none: 422 Invalid: Promise.midspan.dev "widget" is invalid: spec.health.rules[0].when: CEL 1:15: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
            a state nobody knows: 422 Invalid: spec.health.rules[0].state: unknown variant `Degradde`; did you mean `Degraded`?
            a field nobody knows: 422 Invalid: spec.health.rulse: unknown field `rulse`; did you mean `rules`?
            a broken message: 422 Invalid: Promise.midspan.dev "widget" is invalid: spec.health.rules[0].message: line 1: `}`: unexpected `}`, expected end of variable block
            a message of a megabyte: published
            a probe all the time: 422 Invalid: Promise "widget" is invalid: spec.health.probe.every: must be at least 1s
            a probe for ever: 422 Invalid: Promise "widget" is invalid: spec.health.probe.timeout: must be longer than nothing and at most 5m
            a probe in another age: 422 Invalid: spec.health.probe.every: "99999999999999h" is not a duration such as 30s, 5m or 1h30m
            no failures: 422 Invalid: Promise "widget" is invalid: spec.health.probe.failures: must be at least 1
            a probe that writes: 422 Invalid: Promise.midspan.dev "widget" is invalid: spec.health.probe.http.method: a probe only looks: use GET or HEAD, not DELETE
            a file: published
            a password: published
            a header of ours: 422 Invalid: Promise.midspan.dev "widget" is invalid: spec.health.probe.http.headers.Host: is set by the orchestrator
            "#);
        }
        still_well(midspan).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_that_takes_too_long_is_no_verdict_and_holds_nobody_up() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let endless = "{% for a in range(100000) %}{% for b in range(100000) %}{{ a * b }}{% endfor %}{% endfor %}";
        let says = "too much work";
        paul.publishes(judged_by(&rule("true", endless))).await;
        let heard = |seen: &Answer| {
            let (status, state) = (&seen.body["status"], &seen.body["status"]["health"]["state"]);
            status["phase"] == "Ready" && state != "Progressing" && state != "NotChecked"
        };
        for name in ["slow", "slower"] {
            dana.asks_for(widget(name)).await;
            let slow = bounded(says, dana.see(&at(name), heard)).await;
            let told = slow.body["status"]["health"]["message"].as_str().unwrap().to_owned();
            assert!(told.contains(says) && told.len() < 1_000, "{told}");
        }
        still_well(midspan).await;
    })
    .await;
}

/// Answers every call, and never stops.
fn talker() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
                while stream.write_all(&[b'x'; 1 << 12]).is_ok() {}
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_answer_without_end_only_the_beginning_is_read() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let url = format!("http://127.0.0.1:{}/", talker());
        paul.publishes(judged_by(&json!({"probe": {"http": {"url": url}, "timeout": "2s", "failures": 1}}))).await;
        dana.asks_for(widget("chatty")).await;
        let healthy = |seen: &Answer| seen.body["status"]["health"]["message"] == "answered 200 OK";
        bounded("an answer without end", dana.see(&at("chatty"), healthy)).await;
        still_well(midspan).await;
    })
    .await;
}
