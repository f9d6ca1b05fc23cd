//! The answers of another form library, and our own small cases of the same.

#[path = "../../examples/oracle/compare.rs"]
mod compare;
#[expect(dead_code, reason = "the reasons are told by the example")]
#[path = "../../examples/oracle/deliberate.rs"]
mod deliberate;

use crate::data;
use compare::Tally;
use serde_json::{Value, json};

#[track_caller]
fn check(schema: Value, given: Value, expected: Value) {
    let mut oracle = json!({"schema": schema, "formData": given, "errors": [], "required": []});
    for (key, value) in expected.as_object().unwrap() {
        oracle[key] = value.clone();
    }
    let mut tally = Tally::default();
    compare::file("case", &oracle, &mut tally);
    assert!(tally.differences.is_empty(), "{:#?}", tally.differences);
    assert_eq!(tally.answers, 5);
}

#[test]
fn the_other_librarys_answers_are_ours_or_differ_on_purpose() {
    let Some(folder) = data::folder("forms/oracle-rjsf") else { return };
    let mut tally = Tally::default();
    for file in data::files(&folder, ".json") {
        compare::file(&file.file_stem().unwrap().to_string_lossy(), &data::json(&file), &mut tally);
    }
    println!("{tally}");
    assert!(tally.differences.is_empty(), "{:#?}", tally.differences);
}

#[test]
fn defaults_reach_groups_that_are_not_there_yet() {
    check(
        json!({"type": "object", "required": ["ports"], "properties": {
            "name": {"type": "string", "default": "web"},
            "limits": {"type": "object", "properties": {"cpu": {"type": "integer", "default": 2}, "note": {"type": "string"}}},
            "ports": {"type": "array", "items": {"type": "object", "properties": {"port": {"type": "integer", "default": 80}}}},
            "tags": {"type": "array", "items": {"type": "string"}},
        }}),
        json!({"ports": [{}, {"port": 443}]}),
        json!({
            "defaultFormState": {"name": "web", "limits": {"cpu": 2}, "ports": [{"port": 80}, {"port": 443}]},
            "defaultFormStateFromEmpty": {"name": "web", "limits": {"cpu": 2}, "ports": []},
            "visibleTopLevelFields": ["name", "limits", "ports", "tags"], "required": ["ports"],
        }),
    );
}

#[test]
fn an_undecided_condition_is_a_deliberate_difference_and_a_decided_one_is_none() {
    let schema = json!({"type": "object", "required": ["engine"], "properties": {"engine": {"enum": ["sql", "kv"]}},
        "if": {"properties": {"engine": {"const": "sql"}}}, "then": {"properties": {"schema": {"type": "string"}}, "required": ["schema"]}});
    let required =
        |property: &str| json!({"property": property, "keyword": "required", "params": {"missingProperty": property}});
    check(
        schema.clone(),
        json!({}),
        json!({
            "defaultFormState": {}, "defaultFormStateFromEmpty": {},
            "visibleTopLevelFields": ["engine", "schema"], "required": ["engine", "schema"],
            "errors": [required("schema"), {"property": "", "keyword": "if", "params": {"failingKeyword": "then"}}, required("engine")],
        }),
    );
    check(
        schema,
        json!({"engine": "sql"}),
        json!({
            "defaultFormState": {"engine": "sql"}, "defaultFormStateFromEmpty": {},
            "visibleTopLevelFields": ["engine", "schema"], "required": ["engine", "schema"],
            "errors": [required("schema"), {"property": "", "keyword": "if", "params": {"failingKeyword": "then"}}],
        }),
    );
}

#[test]
fn a_hidden_value_is_not_submitted_which_the_other_library_does() {
    check(
        json!({"type": "object", "properties": {"backup": {"type": "boolean"}},
            "if": {"properties": {"backup": {"const": true}}, "required": ["backup"]},
            "then": {"properties": {"schedule": {"type": "string"}}}}),
        json!({"backup": false, "schedule": "daily"}),
        json!({
            "defaultFormState": {"backup": false, "schedule": "daily"}, "defaultFormStateFromEmpty": {},
            "visibleTopLevelFields": ["backup"],
        }),
    );
}
