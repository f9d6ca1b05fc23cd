//! The same requests a real API server answered, with the same answers.

use crate::data;
use forms::{Schema, admit};
use serde_json::{Value, json};

fn recording() -> Option<Vec<Value>> {
    let folder = data::folder("apiserver")?;
    let file = data::files(&folder, ".jsonl").into_iter().find(|path| !path.to_string_lossy().contains("rbac"))?;
    let text = std::fs::read_to_string(file).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn step<'a>(recording: &'a [Value], name: &str) -> &'a Value {
    recording.iter().find(|step| step["step"] == name).unwrap()
}

fn widgets(recording: &[Value]) -> Schema {
    let schema = &step(recording, "crd-create")["request"]["body"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    Schema::parse_structural(&schema["properties"]["spec"]).unwrap()
}

/// Causes as (reason, message, field), in an order of their own: an API server's own order is random.
fn causes(list: impl IntoIterator<Item = (String, String, String)>) -> Vec<(String, String, String)> {
    let mut list: Vec<_> = list.into_iter().collect();
    list.sort();
    list
}

#[track_caller]
fn check_refused(name: &str) {
    let Some(recording) = recording() else { return };
    let step = step(&recording, name);
    let admission = admit(&widgets(&recording), &step["request"]["body"]["spec"], None, "spec");
    let told = admission.verdict.api_causes().into_iter().map(|cause| (cause.reason, cause.message, cause.field));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let expected = step["response"]["body"]["details"]["causes"].as_array().unwrap();
    let expected =
        expected.iter().map(|cause| (text(&cause["reason"]), text(&cause["message"]), text(&cause["field"])));
    assert_eq!(causes(told), causes(expected));
}

#[test]
fn a_choice_that_is_not_offered_is_refused_as_an_api_server_does() {
    check_refused("cr-enum-invalid");
}

#[test]
fn a_missing_field_is_refused_as_an_api_server_does() {
    check_refused("cr-missing-required");
}

#[test]
fn many_errors_are_told_at_once_as_an_api_server_does() {
    check_refused("cr-many-errors");
}

#[test]
fn a_broken_rule_is_told_as_an_api_server_does() {
    check_refused("cr-cel-invalid");
}

#[test]
fn a_refusal_reads_like_an_api_servers() {
    let Some(recording) = recording() else { return };
    let step = step(&recording, "cr-enum-invalid");
    let admission = admit(&widgets(&recording), &step["request"]["body"]["spec"], None, "spec");
    let error = admission.into_result("Widget.demo.example.com \"bad\"").unwrap_err();
    assert_eq!(error.message, step["response"]["body"]["message"].as_str().unwrap());
}

#[test]
fn a_transition_rule_is_told_as_an_api_server_does() {
    let Some(recording) = recording() else { return };
    let old = json!({"size": "small", "region": "eu-west-1", "replicas": 1});
    let new = json!({"size": "small", "region": "us-east-1", "replicas": 1});
    let admission = admit(&widgets(&recording), &new, Some(&old), "spec");
    let cause = &admission.verdict.causes[0];
    let expected = &step(&recording, "immutable-cel")["response"]["body"]["details"]["causes"][0];
    assert_eq!(json!({"reason": cause.reason, "message": cause.message, "field": cause.field}), *expected);
}

#[test]
fn defaults_and_pruning_are_those_of_an_api_server() {
    let Some(recording) = recording() else { return };
    for name in ["cr-create", "cr-unknown-warn", "cr-unknown-ignore"] {
        let step = step(&recording, name);
        let admission = admit(&widgets(&recording), &step["request"]["body"]["spec"], None, "spec");
        assert_eq!(admission.value, step["response"]["body"]["spec"], "{name}");
        let unknown = if name == "cr-create" { vec![] } else { vec!["spec.nope".to_owned()] };
        assert_eq!(admission.dropped, unknown, "{name}");
    }
}
