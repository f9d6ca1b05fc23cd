//! Structural defaulting: where an object exists, its absent properties get their defaults.

use crate::schema::{Branch, MAX_DEPTH, Node, NodeId, Schema};
use serde_json::{Map, Value};

/// Fills in the defaults of `value`: in it and in the objects, map entries and items it has. Absent objects stay absent unless they
/// have a default themselves. A `null` where none is allowed counts as absent if there is a default.
pub fn fill(schema: &Schema, value: &mut Value) {
    if value.is_null()
        && let Some(default) = &schema.root().default
    {
        *value = default.clone();
    }
    below(schema, NodeId::ROOT, value, MAX_DEPTH);
}

fn below(schema: &Schema, id: NodeId, value: &mut Value, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let node = schema.node(id);
    match value {
        Value::Object(object) => {
            own(schema, node, object);
            // which alternative holds may hang on a default just filled in
            let taken =
                if node.branches.is_empty() { None } else { schema.branch_of(node, &Value::Object(object.clone())) };
            if let Some(Branch { node: branch, .. }) = taken.and_then(|index| node.branches.get(index)) {
                own(schema, schema.node(*branch), object);
            }
            let names: Vec<String> = object.keys().cloned().collect();
            for name in names {
                let described = match taken.and_then(|index| node.branches.get(index)) {
                    Some(branch) if branch.own.contains(&name) => schema.node(branch.node).declared(&name),
                    _ => schema.property(node, None, &name).flatten(),
                };
                if let (Some(next), Some(child)) = (described, object.get_mut(&name)) {
                    below(schema, next, child, depth);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let Some(next) = node.item(index) else { continue };
                let described = schema.node(next);
                if item.is_null()
                    && !described.nullable()
                    && let Some(default) = &described.default
                {
                    *item = default.clone();
                }
                below(schema, next, item, depth);
            }
        }
        _ => {}
    }
}

fn own(schema: &Schema, node: &Node, object: &mut Map<String, Value>) {
    for property in &node.properties {
        if !schema.brought(node, property, object) {
            continue;
        }
        let described = schema.node(schema.described(node, property, object));
        let Some(default) = &described.default else { continue };
        let absent = match object.get(&property.name) {
            None => true,
            Some(Value::Null) => !described.nullable() && !described.types.is_empty(),
            Some(_) => false,
        };
        if absent {
            object.insert(property.name.clone(), default.clone());
        }
    }
}
