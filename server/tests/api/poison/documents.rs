//! Bodies: too long, too deep, too many, of another kind, or made to grow once they are inside.

use super::{bounded, still_well};
use crate::{
    midspan::everywhere,
    people::{Answer, Person},
    widgets::{PROMISES, WIDGETS, at, promise, promise_of, widget},
};
use bytes::Bytes;
use futures::stream;
use reqwest::{Body, Method};
use serde_json::{Value, json};
use std::fmt::Write as _;

impl Person {
    async fn post_yaml(&self, path: &str, text: String) -> Answer {
        self.send(Method::POST, path, "application/yaml", text).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_hundred_megabytes_is_not_read() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let megabyte = Bytes::from(vec![b' '; 1024 * 1024]);
        let body = || Body::wrap_stream(stream::iter((0..100).map({ let megabyte = megabyte.clone(); move |_| Ok::<_, std::io::Error>(megabyte.clone()) })));
        let answered = bounded("100 MB", async {
            let sent = paul.request(Method::POST, PROMISES).header("content-type", "application/yaml").body(body()).send().await;
            // a server that stops reading may be answered by a broken pipe before its answer is read
            match sent {
                Ok(response) => Some(Answer::read(response).await),
                Err(_) => None,
            }
        })
        .await;
        if let Some(answer) = answered {
            assert_eq!(answer.refused(), "413 RequestEntityTooLarge: the request is too large: the limit is 8388608 bytes. Split the documents into several requests");
        }
        let nine = paul.post_yaml(PROMISES, " ".repeat(9 * 1024 * 1024)).await;
        assert_eq!(nine.code, 413);
        still_well(midspan).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_made_to_explode_are_refused_where_they_would() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let head = "apiVersion: midspan.dev/v1alpha1\nkind: Promise\nmetadata: {name: bomb}\nspec:\n";
        let mut laughs = format!("{head}  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for i in 1..12 {
            let aliases = vec![format!("*a{}", i - 1); 10].join(",");
            _ = writeln!(laughs, "  a{i}: &a{i} [{aliases}]");
        }
        let keys = |count: usize| (0..count).map(|i| format!("\"k{i}\":1")).collect::<Vec<_>>().join(",");
        let yaml = [
            ("alias bomb", laughs),
            ("cycle", format!("{head}  a: &a [*a]\n")),
            ("nesting", format!("{head}  a: {}\n", "[".repeat(10_000))),
            ("flow nesting", format!("{head}  a: {}{}\n", "{a: ".repeat(10_000), "}".repeat(10_000))),
            ("key twice", format!("{head}  title: a\n  title: b\n")),
            ("two documents", format!("{head}  title: a\n---\n{head}  title: b\n")),
            ("blocks", (0..2000).fold(head.to_owned(), |text, i| text + "  " + &" ".repeat(i) + "a:\n")),
            ("dashes", format!("{head}  a:\n  {}x\n", "- ".repeat(10_000))),
            ("no document", "# nothing\n".to_owned()),
            ("a tab", format!("{head}\ttitle: a\n")),
        ];
        let mut told = String::new();
        for (what, text) in yaml {
            let answer = bounded(what, paul.post_yaml(PROMISES, text)).await;
            _ = writeln!(told, "{what}: {}", answer.refused());
        }
        let json = [
            ("nesting", "[".repeat(10_000)),
            ("nested objects", "{\"a\":".repeat(10_000)),
            ("values", format!("[{}1]", "1,".repeat(3_000_000))),
            ("key twice", r#"{"kind": "Promise", "kind": "Widget"}"#.to_owned()),
            ("unknown keys", format!(r#"{{"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {{"name": "bomb"}}, "spec": {{{}}}}}"#, keys(100_000))),
            ("truncated", r#"{"apiVersion":"#.to_owned()),
            ("not JSON", "\u{7f}".to_owned()),
        ];
        for (what, text) in json {
            let answer = bounded(what, paul.send(Method::POST, PROMISES, "application/json", text)).await;
            _ = writeln!(told, "{what}: {}", answer.refused());
        }
        let bytes = paul.send(Method::POST, PROMISES, "application/yaml", vec![0xff, 0xfe, 0x00]).await;
        _ = writeln!(told, "not UTF-8: {}", bytes.refused());
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r#"
            alias bomb: 400 BadRequest: request body:9:40: alias replay limit exceeded: total_replayed_events=100001 > 100000 at line 5, column 20 (defined at line 8, column 11) (used at line 9, column 40)
            cycle: 400 BadRequest: request body:5:10: recursive references require weak recursion types at line 5, column 10
            nesting: 400 BadRequest: request body:5:261: recursion limit exceeded at line 5, column 261
            flow nesting: 400 BadRequest: request body:5:398: budget breached: Depth { depth: 101 } at line 5, column 398
            key twice: 400 BadRequest: request body:6:3: the key "title" is given twice in one mapping; keep one of them
            two documents: 400 BadRequest: request body: one document is expected here, this has 2
            blocks: 400 BadRequest: request body:104:102: budget breached: Depth { depth: 101 } at line 104, column 102
            dashes: 400 BadRequest: request body:6:199: budget breached: Depth { depth: 101 } at line 6, column 199
            no document: 400 BadRequest: request body: the document is empty
            a tab: 400 BadRequest: request body:5:2: tabs disallowed within this context (block indentation) at line 5, column 2
            nesting: 400 BadRequest: request body: nests deeper than 100 at line 1 column 101
            nested objects: 400 BadRequest: request body: nests deeper than 100 at line 1 column 501
            values: 400 BadRequest: request body: more than 250000 values at line 1 column 499999
            key twice: 400 BadRequest: request body: the key "kind" is given twice at line 1 column 26
            unknown keys: 422 Invalid: spec.k0: unknown field `k0`, expected one of `title`, `description`, `owner`, `docs`, `icon`, `tags`, `links`, `api`, `outputs`, `examples`, `requires`, `dependencies`, `destinationSelectors`, `placement`, `workflows`, `drift`, `expiry`, `reconcileInterval`, `health`, `rollout`
            truncated: 400 BadRequest: request body: EOF while parsing a value at line 1 column 14
            not JSON: 400 BadRequest: request body: expected value at line 1 column 1
            not UTF-8: 400 BadRequest: request body: not UTF-8 at byte 0
            "#);
        }
        still_well(midspan).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_fields_nobody_knows_are_told_in_a_few_words() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        let mut crowded = widget("crowded");
        for i in 0..5_000 {
            crowded["spec"][format!("fremd-ß-{i}\"\n")] = json!(i);
        }
        let dry = format!("{WIDGETS}?dryRun=All");
        let answer = bounded("warnings", dana.post(&dry, crowded.clone())).await;
        assert_eq!((answer.code, answer.headers.get_all("warning").iter().count()), (201, 21));
        let last = answer.headers.get_all("warning").iter().next_back().unwrap();
        assert_eq!(last, "299 - \"and 4980 more warnings\"");
        let strict = bounded("strict", dana.post(&format!("{dry}&fieldValidation=Strict"), crowded)).await;
        assert!(strict.refused().ends_with("and 4980 more") && strict.text.len() < 4000, "{}", strict.text);

        let mut wrong = widget("wrong");
        wrong["spec"]["tags"] = (0..100_000).map(|i| (format!("k{i}"), json!(i))).collect::<serde_json::Map<_, _>>().into();
        let answer = bounded("errors", dana.post(&dry, wrong)).await;
        assert_eq!(answer.refused(), "422 Invalid: Widget.demo.example.com \"wrong\" is invalid: spec: Invalid value: 100003 values are too many; the limit is 100000");
        let mut wrong = widget("wrong");
        wrong["spec"]["tags"] = (0..20_000).map(|i| (format!("k{i}"), json!(i))).collect::<serde_json::Map<_, _>>().into();
        let answer = bounded("errors", dana.post(&dry, wrong)).await;
        assert!(answer.refused().starts_with("422") && answer.text.len() < 100_000, "{} bytes", answer.text.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_as_deep_as_they_may_be_go_all_the_way_or_are_refused_at_the_door() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let mut anything = promise_of(&json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}));
        let steps =
            json!([{"name": "manifests", "uses": "template", "with": {"files": {"widget.txt": "{{ spec.deep }}"}}}]);
        anything["spec"]["workflows"] = json!({"resource": {"configure": [{"name": "render", "steps": steps}]}});
        paul.publishes(anything).await;
        for levels in [40, 60, 90, 97] {
            let mut deep = widget(&format!("deep-{levels}"));
            deep["spec"]["deep"] = (0..levels).fold(json!("x"), |inner, _| json!({"a": inner}));
            let answer = dana.post(WIDGETS, deep).await;
            if answer.code == 201 {
                dana.see(&at(&format!("deep-{levels}")), |seen| seen.body["status"]["observedGeneration"] == 1).await;
            } else {
                assert_eq!(answer.code, 422);
            }
        }
        still_well(midspan).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_that_multiply_are_refused() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        let patch = |operations: Vec<Value>| {
            dana.send(
                Method::PATCH,
                "/apis/demo.example.com/v1/namespaces/default/widgets/shop",
                "application/json-patch+json",
                json!(operations).to_string(),
            )
        };
        let double: Vec<Value> =
            (0..40).map(|i| json!({"op": "copy", "from": "/spec", "path": format!("/spec/c{i}")})).collect();
        assert_eq!(bounded("doubling", patch(double)).await.code, 422);
        let deeper: Vec<Value> =
            (1..2000).map(|i| json!({"op": "add", "path": format!("/spec{}", "/a".repeat(i)), "value": {}})).collect();
        assert_eq!(bounded("deepening", patch(deeper)).await.code, 422);
        let many: Vec<Value> =
            (0..20_000).map(|_| json!({"op": "test", "path": "/spec/size", "value": "small"})).collect();
        assert_eq!(bounded("many", patch(many)).await.code, 422);
        for (media_type, body) in [
            ("application/json-patch+json", "{}"),
            ("application/json-patch+json", "[{\"op\": \"fly\"}]"),
            ("application/merge-patch+json", "[]"),
            ("application/merge-patch+json", "null"),
        ] {
            assert_eq!(dana.send(Method::PATCH, &at("shop"), media_type, body).await.code, 400, "{body}");
        }
        still_well(midspan).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_of_another_kind_is_not_guessed_at() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        for media_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "*/*",
        ] {
            let body = widget("other").to_string();
            assert_eq!(dana.send(Method::POST, WIDGETS, media_type, body.clone()).await.code, 415, "{media_type}");
            assert_eq!(dana.send(Method::PATCH, &at("shop"), media_type, body).await.code, 415, "{media_type}");
        }
        // kubectl's own kinds come in it, and say so in their first bytes
        let protobuf = "application/vnd.kubernetes.protobuf";
        assert_eq!(dana.send(Method::POST, WIDGETS, protobuf, widget("other").to_string()).await.code, 400);
        for media_type in ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON"] {
            assert_eq!(
                dana.send(Method::POST, &format!("{WIDGETS}?dryRun=All"), media_type, widget("other").to_string())
                    .await
                    .code,
                201,
                "{media_type}"
            );
        }
        let override_method =
            dana.ask(Method::POST, &at("shop"), &[("x-http-method-override", "DELETE")], Vec::new()).await;
        assert_eq!(override_method.code, 405);
        for body in [
            "[]",
            "null",
            "1",
            "\"x\"",
            "{}",
            r#"{"kind": "Widget"}"#,
            r#"{"apiVersion": 1, "kind": "Widget"}"#,
            r#"{"apiVersion": "demo.example.com/v1", "kind": "Widget", "metadata": []}"#,
        ] {
            assert_eq!(dana.send(Method::POST, WIDGETS, "application/json", body).await.code / 100, 4, "{body}");
        }
        for spec in [json!([]), json!("x"), json!(1)] {
            let mut odd = widget("odd");
            odd["spec"] = spec;
            assert!(matches!(dana.post(WIDGETS, odd).await.code, 400 | 422));
        }
    })
    .await;
}
