//! CEL rules.

use forms::{Schema, admit};
use serde_json::{Value, json};

#[track_caller]
fn check(rule: &Value, value: Value, old: Option<Value>, expected: &[(&str, &str)]) {
    let schema = json!({
        "type": "object",
        "x-kubernetes-validations": [rule],
        "properties": {
            "a": {"type": "integer"}, "b": {"type": "integer"}, "ratio": {"type": "number"}, "name": {"type": "string"},
            "my-name": {"type": "string"}, "namespace": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "map": {"type": "object", "additionalProperties": {"type": "string"}}
        }
    });
    let schema = Schema::parse(&schema).unwrap();
    let causes = admit(&schema, &value, old.as_ref(), "spec").verdict.causes;
    let told: Vec<_> = causes.iter().map(|cause| (cause.field.as_str(), cause.message.as_str())).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_rule_compares_fields() {
    let rule = json!({"rule": "self.a <= self.b", "message": "a is at most b", "fieldPath": ".a"});
    check(&rule, json!({"a": 1, "b": 2}), None, &[]);
    check(&rule, json!({"a": 3, "b": 2}), None, &[("spec.a", "Invalid value: a is at most b")]);
}

#[test]
fn a_rule_may_make_its_message() {
    let rule = json!({"rule": "self.a < 3", "messageExpression": "'got ' + string(self.a)"});
    check(&rule, json!({"a": 3}), None, &[("spec", "Invalid value: got 3")]);
    check(&json!({"rule": "self.a < 3"}), json!({"a": 3}), None, &[("spec", "Invalid value: failed rule: self.a < 3")]);
}

#[test]
fn a_transition_rule_waits_for_an_old_value() {
    let rule = json!({"rule": "self.a == oldSelf.a", "message": "a stays", "reason": "FieldValueForbidden"});
    check(&rule, json!({"a": 1}), None, &[]);
    check(&rule, json!({"a": 1}), Some(json!({"a": 1})), &[]);
    check(&rule, json!({"a": 1}), Some(json!({"a": 2})), &[("spec", "Forbidden: a stays")]);
    let optional =
        json!({"rule": "oldSelf.hasValue() || self.a == 1", "optionalOldSelf": true, "message": "starts at 1"});
    check(&optional, json!({"a": 2}), None, &[("spec", "Invalid value: starts at 1")]);
    check(&optional, json!({"a": 2}), Some(json!({"a": 1})), &[]);
}

#[test]
fn names_that_cel_cannot_write_are_escaped() {
    check(
        &json!({"rule": "self.my__dash__name == 'x' && self.__namespace__ == 'y'"}),
        json!({"my-name": "x", "namespace": "y"}),
        None,
        &[],
    );
}

#[test]
fn the_usual_functions_are_there() {
    let value = json!({"name": "a-b", "tags": ["x", "y"], "map": {"k": "v"}, "ratio": 1});
    for rule in [
        "self.name.startsWith('a') && self.name.matches('^[a-z-]+$')",
        "self.name.split('-').size() == 2",
        "self.tags.all(t, t.size() == 1) && self.tags.exists_one(t, t == 'x')",
        "has(self.map) && !has(self.a) && 'k' in self.map",
        "self.?a.orValue(5) == 5",
        "self.ratio >= 0.5",
        "self.name.lowerAscii() == self.name && self.tags.map(t, t + '!')[0] == 'x!'",
        "duration('1h') > duration('30m')",
    ] {
        check(&json!({"rule": rule}), value.clone(), None, &[]);
    }
}

#[test]
fn a_rule_that_cannot_be_evaluated_does_not_hold() {
    check(
        &json!({"rule": "self.a > 1", "message": "m"}),
        json!({}),
        None,
        &[("spec", "Invalid value: No such key: a evaluating rule: m")],
    );
    check(
        &json!({"rule": "self.name"}),
        json!({"name": "x"}),
        None,
        &[("spec", "Invalid value: the rule does not give true or false: self.name")],
    );
}

#[test]
fn a_rule_holds_for_every_item() {
    let schema = json!({"type": "object", "properties": {"ports": {"type": "array", "items": {
        "type": "object", "properties": {"port": {"type": "integer"}},
        "x-kubernetes-validations": [{"rule": "self.port > 1024", "message": "too low", "fieldPath": ".port"}]
    }}}});
    let causes =
        admit(&Schema::parse(&schema).unwrap(), &json!({"ports": [{"port": 80}, {"port": 8080}]}), None, "spec")
            .verdict
            .causes;
    assert_eq!(causes.len(), 1);
    assert_eq!((causes[0].field.as_str(), causes[0].human.as_str()), ("spec.ports[0].port", "Too low."));
}

#[test]
fn rules_are_bounded() {
    let refused = |rule: String| Schema::parse(&json!({"x-kubernetes-validations": [{"rule": rule}]})).is_err();
    assert!(refused("x".repeat(5000)));
    assert!(refused(format!("{}1{}", "(".repeat(500), ")".repeat(500))));
    assert!(refused(format!("{}1", "1+".repeat(1000))));
    assert!(refused(format!("{}1", "-".repeat(1000))));
    // as deep as anything gets to the parser
    assert!(refused(format!("{}1", "1+".repeat(499))));
    assert!(!refused(format!("{}true", "!".repeat(499)))); // cancels out
    assert!(refused(format!("{}1", "a?b:".repeat(499))));
    assert!(refused(format!("a{}", ".b".repeat(499))));
    assert!(refused("self.all(a, self.all(b, self.all(c, self.all(d, a == d))))".into()));
    assert!(!refused((0..60).map(|n| format!("self.a{n} == {n}")).collect::<Vec<_>>().join(" && ")));
    let schema = json!({"type": "array", "x-kubernetes-validations": [{"rule": "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))"}]});
    let many: Vec<i32> = (0..5000).collect();
    let start = std::time::Instant::now();
    let causes = admit(&Schema::parse(&schema).unwrap(), &json!(many), None, "spec").verdict.causes;
    assert!(causes[0].message.contains("too large"), "{causes:?}");
    assert!(start.elapsed() < std::time::Duration::from_secs(5));
}
