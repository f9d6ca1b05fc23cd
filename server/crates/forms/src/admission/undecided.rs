//! Errors of conditions that nobody has answered yet, which are no errors of their own: the missing answer is told instead.

use crate::pointer::unescape;
use crate::schema::{Around, Schema, Test, Truth, target};
use serde_json::Value;
use std::collections::HashMap;

/// The conditions met so far, each read once.
pub(super) struct Conditions<'a> {
    schema: &'a Schema,
    whole: &'a Value,
    read: HashMap<*const Value, Test>,
}

impl<'a> Conditions<'a> {
    pub(super) fn of(schema: &'a Schema, whole: &'a Value) -> Self {
        Self { schema, whole, read: HashMap::new() }
    }

    /// Whether an error comes from a `then` or `else` whose `if` is undecided.
    pub(super) fn undecided(&mut self, error: &jsonschema::ValidationError<'_>) -> bool {
        let path = error.evaluation_path().as_str();
        if !path.contains("/then") && !path.contains("/else") {
            return false;
        }
        let document = self.schema.document();
        let instance: Vec<&str> = error.instance_path().as_str().split('/').skip(1).collect();
        let mut here = document;
        // how many segments of the place in the value have been walked
        let mut depth = 0;
        let mut segments = path.split('/').skip(1);
        while let Some(segment) = segments.next() {
            if matches!(segment, "then" | "else")
                && let Some(condition) = here.get("if")
            {
                let pointer: String = instance.iter().take(depth).flat_map(|segment| ["/", segment]).collect();
                if let Some(Value::Object(object)) = self.whole.pointer(&pointer) {
                    let test = self
                        .read
                        .entry(std::ptr::from_ref(condition))
                        .or_insert_with(|| Test::of_schema(condition, document));
                    if test.truth(&Around { object, described: None, whole: None }) == Truth::Undecided {
                        return true;
                    }
                }
            }
            let next = match segment {
                "$ref" => here.get("$ref").and_then(Value::as_str).and_then(|reference| target(document, reference)),
                _ => None,
            };
            if let Some((schema, _)) = next {
                here = schema;
                continue;
            }
            let Some(next) = child(here, segment) else { return false };
            here = next;
            match segment {
                // a name or an index of a schema follows, and the value is entered
                "properties" | "patternProperties" | "prefixItems" => {
                    let Some(next) = segments.next().and_then(|name| child(here, name)) else { return false };
                    here = next;
                    depth += 1;
                }
                "allOf" | "anyOf" | "oneOf" | "dependentSchemas" => {
                    let Some(next) = segments.next().and_then(|name| child(here, name)) else { return false };
                    here = next;
                }
                "items" | "additionalProperties" | "unevaluatedProperties" | "unevaluatedItems" | "contains" => {
                    depth += 1;
                }
                _ => {}
            }
        }
        false
    }
}

fn child<'v>(value: &'v Value, segment: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(&unescape(segment)),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    }
}
