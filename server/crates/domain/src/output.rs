//! What a resource gives back: which of it is secret, and what stands in place of a secret wherever people and files see it.

use serde_json::{Map, Value, json};

/// Below this key the outputs of a resource are sealed.
const SEALED_AS: &str = "output/";

/// What stands for a sealed value. The mark changes when the value does, and tells nothing else of it.
pub fn sealed(mark: &str) -> Value {
    json!({"sealed": mark})
}

/// The mark, if the value is one that stands for a sealed value.
pub fn mark(value: &Value) -> Option<&str> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.get("sealed")?.as_str()
}

/// The key under which an output of a resource is sealed.
pub fn sealed_as(name: &str) -> String {
    format!("{SEALED_AS}{name}")
}

/// The output that is sealed under this key.
pub fn name_of(key: &str) -> Option<&str> {
    key.strip_prefix(SEALED_AS)
}

/// Whether an output, or something in it, must not be shown: `writeOnly`, `x-secret`, `format: password` or the hint `secret`.
pub fn is_secret(schema: &Value) -> bool {
    secret_within(schema, 0)
}

fn secret_within(schema: &Value, depth: usize) -> bool {
    const DEEPEST: usize = 16;
    let on = |flag: Option<&Value>| flag == Some(&Value::Bool(true));
    let marked = on(schema.get("writeOnly"))
        || on(schema.get("x-secret"))
        || schema.get("format").and_then(Value::as_str) == Some("password")
        || on(schema.pointer("/x-ui/secret"));
    let inner = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|map| map.values());
    let mut inner = inner.chain(schema.get("items")).chain(schema.get("additionalProperties"));
    marked || depth > DEEPEST || inner.any(|schema| secret_within(schema, depth + 1))
}

/// What describes an output in a promise's schema.
pub fn described<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

/// Whether there is something in it: a template that does not apply leaves an empty text.
pub fn is_given(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("")
}

/// The outputs that the schema requires and nobody gave.
pub fn missing<'a>(schema: &'a Value, given: &Map<String, Value>) -> Vec<&'a str> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    required.filter_map(Value::as_str).filter(|name| !given.get(*name).is_some_and(is_given)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_told_from_a_value_that_looks_like_one() {
        assert_eq!(mark(&sealed("1f")), Some("1f"));
        for value in [json!({"sealed": true}), json!({"sealed": "1f", "more": 1}), json!("sealed"), json!(null)] {
            assert_eq!(mark(&value), None, "{value}");
        }
    }

    #[test]
    fn a_secret_deep_inside_makes_the_whole_output_one() {
        assert!(is_secret(&json!({"properties": {"keys": {"items": {"properties": {"value": {"x-secret": true}}}}}})));
        assert!(is_secret(&json!({"writeOnly": true})) && is_secret(&json!({"format": "password"})));
        assert!(!is_secret(&json!({"type": "string", "writeOnly": false})));
    }

    #[test]
    fn what_is_required_and_empty_is_missing() {
        let schema = json!({"required": ["host", "port", "user"]});
        let given = json!({"host": "", "port": 0}).as_object().cloned().unwrap();
        assert_eq!(missing(&schema, &given), ["host", "user"]);
    }
}
