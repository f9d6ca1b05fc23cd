//! Promises: schemas, patterns, rules and templates that reach out or never end.

use super::{bounded, still_well};
use crate::{
    midspan::everywhere,
    widgets::{PROMISES, WIDGETS, at, promise, promise_of, widget},
};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[tokio::test(flavor = "multi_thread")]
async fn schemas_that_reach_out_or_never_end_are_not_published() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let deep = (0..45).fold(json!({"type": "string"}), |inner, _| json!({"type": "object", "properties": {"a": inner}}));
        let schemas = [
            ("remote reference", json!({"type": "object", "properties": {"a": {"$ref": "http://169.254.169.254/latest/meta-data"}}})),
            ("file reference", json!({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}})),
            ("dangling reference", json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}})),
            ("cycle", json!({"$ref": "#"})),
            ("mutual cycle", json!({"type": "object", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "properties": {"x": {"$ref": "#/$defs/a"}}})),
            ("unknown type", json!({"type": "object", "properties": {"a": {"type": "strnig"}}})),
            ("no schema", json!("object")),
            ("broken pattern", json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}})),
            ("huge pattern", json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "(((a{1000}){1000}){1000}){1000}"}}})),
            ("broken rule", json!({"type": "object", "x-kubernetes-validations": [{"rule": "self.a ==", "message": "m"}]})),
            ("costly rule", json!({"type": "object", "properties": {"l": {"type": "array", "items": {"type": "string"}}}, "x-kubernetes-validations": [
                {"rule": "self.l.all(a, self.l.all(b, self.l.all(c, self.l.all(d, self.l.all(e, a + b + c + d + e != '')))))", "message": "m"}]})),
            ("deep", deep),
        ];
        let mut told = String::new();
        for (what, schema) in schemas {
            let answer = bounded(what, paul.post(PROMISES, promise_of(&schema))).await;
            let heard = if answer.code < 300 { "published".to_owned() } else { answer.refused() };
            _ = writeln!(told, "{what}: {heard}");
            if answer.code < 300 {
                paul.delete(&format!("{PROMISES}/widget")).await.good();
            }
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r##"
            remote reference: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /properties/a/$ref: $ref "http://169.254.169.254/latest/meta-data" leads outside this schema; copy what it names into #/$defs
            file reference: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /properties/a/$ref: $ref "file:///etc/passwd" leads outside this schema; copy what it names into #/$defs
            dangling reference: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /properties/a/$ref: $ref "#/$defs/none" names nothing in this schema
            cycle: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /: this schema refers back to itself without end
            mutual cycle: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /$defs/a: this schema refers back to itself without end
            unknown type: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /properties/a/type: value is not valid under any of the schemas listed in the 'anyOf' keyword
            no schema: 422 Invalid: Promise "widget" is invalid: spec.api.schema: the schema must be an object
            broken pattern: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /properties/a/pattern: value is not a "regex"
            huge pattern: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /properties/a/pattern: value is not a "regex"
            broken rule: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /x-kubernetes-validations/0/rule: CEL 1:10: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}
            costly rule: 422 Invalid: Promise "widget" is invalid: spec.api.schema: schema at /x-kubernetes-validations/0/rule: 5 comprehensions multiply with each other; the limit is 3
            deep: published
            "##);
        }
        still_well(midspan).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_chosen_to_make_rules_and_patterns_slow_are_judged_soon() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let schema = json!({"type": "object", "properties": {
            "text": {"type": "string", "pattern": "^(a+)+$"},
            "list": {"type": "array", "items": {"type": "string"}},
        }, "x-kubernetes-validations": [
            {"rule": "!has(self.list) || self.list.all(a, self.list.all(b, a == b || a != b))", "message": "all differ"},
            {"rule": "!has(self.text) || self.text.matches('(x+x+)+y') == false", "message": "no xy"},
        ]});
        paul.publishes(promise_of(&schema)).await;
        let dry = format!("{WIDGETS}?dryRun=All");
        let ask = |spec: Value| json!({"apiVersion": "demo.example.com/v1", "kind": "Widget", "metadata": {"name": "slow"}, "spec": spec});
        let pattern = bounded("(a+)+$", dana.post(&dry, ask(json!({"text": format!("{}!", "a".repeat(100_000))})))).await;
        assert_eq!(pattern.fields().first(), Some(&"spec.text"));
        let matched = bounded("(x+x+)+y", dana.post(&dry, ask(json!({"text": "x".repeat(100_000)})))).await;
        assert_eq!(matched.code, 422);
        let list: Vec<String> = (0..20_000).map(|i| i.to_string()).collect();
        let squared = bounded("20,000²", dana.post(&dry, ask(json!({"list": list})))).await;
        assert_eq!(squared.code, 422, "{}", &squared.text[..squared.text.len().min(300)]);
        still_well(midspan).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_without_end_fails_alone() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let with = |template: &str| {
            let mut promise = promise();
            let steps = json!([{"name": "manifests", "uses": "template", "with": {"files": {"widget.yaml": template}}}]);
            promise["spec"]["workflows"] = json!({"resource": {"configure": [{"name": "render", "steps": steps}]}});
            promise
        };
        paul.publishes(with("{% for a in range(100000) %}{% for b in range(100000) %}{{ a * b }}{% endfor %}{% endfor %}\n")).await;
        let mut other = promise();
        other["metadata"]["name"] = json!("gadget");
        other["spec"]["api"]["kind"] = json!("Gadget");
        other["spec"]["api"]["plural"] = json!("gadgets");
        other["spec"]["api"]["singular"] = json!("gadget");
        paul.publishes(other).await;
        let gadgets = "/apis/demo.example.com/v1/namespaces/default/gadgets";
        for name in ["one", "two", "three"] {
            dana.asks_for(widget(name)).await;
            let mut gadget = widget(name);
            gadget["kind"] = json!("Gadget");
            dana.post(gadgets, gadget).await.good();
        }
        for name in ["one", "two", "three"] {
            let path = format!("{gadgets}/{name}");
            dana.see(&path, |seen| seen.body["status"]["phase"] == "Ready").await;
            let path = at(name);
            let failed = dana.see(&path, |seen| seen.body["status"]["phase"] == "Failed").await.good();
            insta::allow_duplicates! {
                insta::assert_snapshot!(failed["status"]["message"].as_str().unwrap(), @r#"Step manifests of pipeline render failed: with.files["widget.yaml"] line 1: the template does too much work (more than 500000 steps); is there a loop without end?"#);
            }
        }
        for endless in ["{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ 'x' * 1000000000 }}", "{{ range(1000000000)|join }}"] {
            paul.merge(&format!("{PROMISES}/widget?newRevision=true"), with(endless)).await.good();
            bounded(endless, dana.see(&at("one"), |seen| seen.body["status"]["phase"] == "Failed")).await;
            still_well(midspan).await;
        }
        let included = with("{% include 'widget.yaml' %}");
        let refused = paul.merge(&format!("{PROMISES}/widget?newRevision=true"), included).await;
        assert_eq!(refused.code, 422, "no template reads another: {}", refused.body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_with_a_field_nobody_knows_is_refused_by_its_name() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        let mut told = String::new();
        for (pointer, spec) in [
            ("spec", json!({"titel": "x"})),
            ("spec.api", json!({"api": {"group": "a.example.com", "version": "v1", "kind": "A", "plurall": "as"}})),
            ("step", json!({"workflows": {"resource": {"configure": [{"name": "a", "steps": [{"name": "b", "uses": "magic"}]}]}}})),
            ("step typo", json!({"workflows": {"resource": {"configure": [{"name": "a", "steps": [{"name": "b", "uses": "template", "wiht": {}}]}]}}})),
            ("workflow typo", json!({"workflows": {"resource": {"config": []}}})),
            ("kind of step", json!({"workflows": {"resource": {"configure": [{"name": "a", "steps": [{"name": "b", "uses": "comand"}]}]}}})),
            ("retry", json!({"workflows": {"resource": {"delete": [{"name": "a", "steps": [{"name": "b", "uses": "command", "retry": {"attemps": 2}}]}]}}})),
            ("type", json!({"title": 1})),
        ] {
            let promise = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "odd"}, "spec": spec});
            let answer = paul.post(&format!("{PROMISES}?dryRun=All"), promise).await;
            let heard = if answer.code < 300 { "published".to_owned() } else { format!("{} {:?}", answer.refused(), answer.fields()) };
            _ = writeln!(told, "{pointer}: {heard}");
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @r#"
            spec: 422 Invalid: spec.titel: unknown field `titel`; did you mean `title`? ["spec.titel"]
            spec.api: 422 Invalid: spec.api.plurall: unknown field `plurall`; did you mean `plural`? ["spec.api.plurall"]
            step: 422 Invalid: spec.workflows.resource.configure[0].steps[0].uses: unknown variant `magic`, expected one of `template`, `command`, `http`, `container`, `resource`, `wait` ["spec.workflows.resource.configure[0].steps[0].uses"]
            step typo: 422 Invalid: spec.workflows.resource.configure[0].steps[0].wiht: unknown field `wiht`; did you mean `with`? ["spec.workflows.resource.configure[0].steps[0].wiht"]
            workflow typo: 422 Invalid: spec.workflows.resource.config: unknown field `config`, expected one of `configure`, `delete`, `actions` ["spec.workflows.resource.config"]
            kind of step: 422 Invalid: spec.workflows.resource.configure[0].steps[0].uses: unknown variant `comand`; did you mean `command`? ["spec.workflows.resource.configure[0].steps[0].uses"]
            retry: 422 Invalid: spec.workflows.resource.delete[0].steps[0].retry.attemps: unknown field `attemps`; did you mean `attempts`? ["spec.workflows.resource.delete[0].steps[0].retry.attemps"]
            type: 422 Invalid: spec.title: invalid type: integer `1`, expected a string ["spec.title"]
            "#);
        }
    })
    .await;
}
