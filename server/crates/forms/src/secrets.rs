//! Where a value holds secrets, as its schema marks them.

use crate::pointer::join;
use crate::schema::{MAX_DEPTH, Node, NodeId, Schema};
use domain::stand_in::stands_in;
use serde_json::Value;

impl Schema {
    /// Whether some place of it is secret.
    pub fn has_secrets(&self) -> bool {
        self.nodes().iter().any(Node::secret)
    }
}

/// The places of a value that are secret and not empty, outermost first.
pub fn secret_places(schema: &Schema, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if schema.has_secrets() {
        walk(schema, NodeId::ROOT, value, "", MAX_DEPTH, &mut found);
    }
    found
}

fn walk(schema: &Schema, id: NodeId, value: &Value, at: &str, depth: usize, found: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let node = schema.node(id);
    if node.secret() {
        if !value.is_null() {
            found.push(at.to_owned());
        }
        return;
    }
    match value {
        Value::Object(object) => {
            for (name, child) in object {
                if let Some(Some(next)) = schema.property(node, Some(value), name) {
                    walk(schema, next, child, &join(at, name), depth, found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(next) = node.item(index) {
                    walk(schema, next, item, &format!("{at}/{index}"), depth, found);
                }
            }
        }
        _ => {}
    }
}

/// Whether something stands for a secret at a place: what it stands for was judged when it was given.
pub(crate) fn is_stood_for(schema: &Schema, value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).is_some_and(stands_in) && schema.at(value, pointer).is_some_and(Node::secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        let schema = json!({"type": "object", "required": ["password"], "properties": {
            "user": {"type": "string"},
            "password": {"type": "string", "writeOnly": true, "minLength": 40},
            "keys": {"type": "array", "items": {"type": "object", "properties": {"value": {"type": "string", "format": "password"}}}},
            "more": {"type": "object", "additionalProperties": {"type": "string", "x-ui": {"secret": true}}},
        }});
        Schema::parse(&schema).unwrap()
    }

    #[test]
    fn secrets_are_found_in_objects_lists_and_maps() {
        let value =
            json!({"user": "ana", "password": "p", "keys": [{"value": "k"}, {"value": null}], "more": {"a/b": "m"}});
        assert_eq!(secret_places(&schema(), &value), ["/password", "/keys/0/value", "/more/a~1b"]);
    }

    #[test]
    fn what_stands_for_a_secret_is_not_judged_as_if_it_were_one() {
        let causes = |password: Value| {
            crate::admit(&schema(), &json!({"password": password}), None, "spec").verdict.causes.len()
        };
        assert_eq!(causes(json!("short")), 1);
        assert_eq!(causes(json!("${secret:0123456789abcdef}")), 0);
        let output = json!({"$output": {"promise": "postgresql", "name": "db", "output": "password"}});
        assert_eq!(causes(output.clone()), 0);
        assert_eq!(
            crate::admit(&schema(), &json!({"password": output.clone()}), None, "spec").value["password"],
            output
        );
    }
}
