//! Every dialect rewritten to JSON Schema 2020-12, in place, so that pointers into the document stay what they were.

use super::{Dialect, refused};
use crate::formats::OWN;
use crate::pointer::join;
use domain::Result;
use serde_json::{Map, Value, json};

/// Keywords whose value is an object of schemas.
pub(super) const NAMED: [&str; 5] = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
/// Keywords whose value is a list of schemas.
pub(super) const LISTED: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords whose value is one schema.
pub(super) const SINGLE: [&str; 10] = [
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Identity keywords: they would change what `$ref` means, and nothing outside the document is ever read.
const IDENTITY: [&str; 8] =
    ["$id", "id", "$schema", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "discriminator"];

pub(super) fn to_2020_12(schema: &Value, dialect: Dialect) -> Result<Value> {
    let mut document = schema.clone();
    if !matches!(document, Value::Object(_) | Value::Bool(_)) {
        return Err(refused("", "a schema is an object"));
    }
    rewrite(&mut document, "", dialect)?;
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        for (name, schema) in schemas {
            rewrite(schema, &join("/components/schemas", name), dialect)?;
        }
    }
    Ok(document)
}

fn rewrite(schema: &mut Value, at: &str, dialect: Dialect) -> Result<()> {
    let Value::Object(map) = schema else { return Ok(()) };
    for key in IDENTITY {
        // an `id` that is no text is a property's or a vendor's, not an identity
        if map.get(key).is_some_and(|value| value.is_string() || key != "id") {
            map.remove(key);
        }
    }
    references(map, at)?;
    bounds(map);
    tuples(map);
    dependencies(map);
    types(map, dialect);
    for key in NAMED {
        if let Some(Value::Object(children)) = map.get_mut(key) {
            let here = join(at, key);
            for (name, child) in children {
                rewrite(child, &join(&here, name), dialect)?;
            }
        }
    }
    for key in LISTED {
        if let Some(Value::Array(children)) = map.get_mut(key) {
            let here = join(at, key);
            for (index, child) in children.iter_mut().enumerate() {
                rewrite(child, &format!("{here}/{index}"), dialect)?;
            }
        }
    }
    for key in SINGLE {
        if let Some(child) = map.get_mut(key) {
            rewrite(child, &join(at, key), dialect)?;
        }
    }
    Ok(())
}

fn references(map: &mut Map<String, Value>, at: &str) -> Result<()> {
    for key in ["$dynamicRef", "$recursiveRef"] {
        if let Some(target) = map.remove(key) {
            map.entry("$ref").or_insert(target);
        }
    }
    match map.get("$ref") {
        None => Ok(()),
        Some(Value::String(target)) if target == "#" || target.starts_with("#/") => Ok(()),
        Some(target) => {
            let message = format!("$ref {target} leads outside this schema; copy what it names into #/$defs");
            Err(refused(&join(at, "$ref"), message))
        }
    }
}

/// `exclusiveMinimum: true` (OpenAPI 3.0, draft-04) makes `minimum` exclusive.
fn bounds(map: &mut Map<String, Value>) {
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if let Some(Value::Bool(flag)) = map.get(exclusive) {
            let moved = if *flag { map.remove(bound) } else { None };
            map.remove(exclusive);
            if let Some(limit) = moved {
                map.insert(exclusive.to_owned(), limit);
            }
        }
    }
}

/// `items: […]` with `additionalItems` (draft-07) is `prefixItems` with `items`.
fn tuples(map: &mut Map<String, Value>) {
    let rest = map.remove("additionalItems");
    if matches!(map.get("items"), Some(Value::Array(_))) {
        if let Some(prefix) = map.remove("items") {
            map.insert("prefixItems".to_owned(), prefix);
        }
        if let Some(rest) = rest {
            map.insert("items".to_owned(), rest);
        }
    }
}

/// `dependencies` (draft-07) is `dependentRequired` and `dependentSchemas`.
fn dependencies(map: &mut Map<String, Value>) {
    let Some(Value::Object(dependencies)) = map.remove("dependencies") else { return };
    for (name, dependency) in dependencies {
        let key = if dependency.is_array() { "dependentRequired" } else { "dependentSchemas" };
        if let Value::Object(target) = map.entry(key).or_insert_with(|| json!({})) {
            target.insert(name, dependency);
        }
    }
}

fn types(map: &mut Map<String, Value>, dialect: Dialect) {
    if map.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
        map.insert("type".to_owned(), json!(["integer", "string"]));
    }
    if map.remove("nullable") == Some(Value::Bool(true)) {
        match map.get_mut("type") {
            Some(Value::String(single)) => {
                let both = json!([single, "null"]);
                map.insert("type".to_owned(), both);
            }
            Some(Value::Array(types)) if !types.contains(&json!("null")) => types.push(json!("null")),
            _ => {}
        }
        if let Some(Value::Array(values)) = map.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
    formats(map, dialect);
}

/// Formats with a check of our own go by a name of our own. A CRD's duration is Go's (`90s`, `1h30m`), JSON Schema's is ISO 8601. A widget that
/// is asked for brings its check along.
fn formats(map: &mut Map<String, Value>, dialect: Dialect) {
    let own = |word: &str| OWN.iter().find(|(name, _)| *name == word).map(|(_, own)| json!(own));
    let asked = map.get("x-ui").and_then(|hints| hints.get("widget")).or_else(|| map.get("ui:widget"));
    let renamed = match (map.get("format").and_then(Value::as_str), asked.and_then(Value::as_str)) {
        (None, Some(widget)) => own(widget),
        (Some("duration"), _) if dialect == Dialect::Structural => own("duration"),
        (Some(format @ ("cidr" | "cron" | "quantity")), _) => own(format),
        _ => None,
    };
    if let Some(renamed) = renamed {
        map.insert("format".to_owned(), renamed);
    }
}

/// What a local `$ref` names: `#`, or `#/` and a pointer, percent-encoded or not.
pub(crate) fn target<'a>(document: &'a Value, reference: &str) -> Option<(&'a Value, String)> {
    let fragment = reference.strip_prefix('#')?;
    let pointer = percent_decoded(fragment);
    document.pointer(&pointer).map(|schema| (schema, pointer))
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (bytes[i], hex(i + 1), hex(i + 2)) {
            out.push(u8::try_from(high * 16 + low).unwrap_or_default());
            i += 3;
        } else {
            out.push(bytes[i]);
            i += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
