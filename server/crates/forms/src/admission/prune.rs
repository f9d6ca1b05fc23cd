//! Dropping the fields a schema does not know.

use crate::pointer::{field_path, join};
use crate::schema::{MAX_DEPTH, NodeId, Schema};
use domain::stand_in::stands_in;
use serde_json::Value;

/// Drops unknown fields from `value` and returns their paths below `root`, in the order they stood.
pub fn prune(schema: &Schema, value: &mut Value, root: &str) -> Vec<String> {
    let mut pointers = Vec::new();
    find(schema, NodeId::ROOT, value, "", MAX_DEPTH, &mut pointers);
    let paths = pointers.iter().map(|pointer| field_path(root, value, pointer)).collect();
    if !pointers.is_empty() {
        drop_all(schema, NodeId::ROOT, value, MAX_DEPTH);
    }
    paths
}

fn find(schema: &Schema, id: NodeId, value: &Value, pointer: &str, depth: usize, unknown: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let node = schema.node(id);
    match value {
        _ if node.secret() && stands_in(value) => {}
        Value::Object(object) => {
            for (name, child) in object {
                match schema.property(node, Some(value), name) {
                    None => unknown.push(join(pointer, name)),
                    Some(None) => {}
                    Some(Some(next)) => find(schema, next, child, &join(pointer, name), depth, unknown),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(next) = node.item(index) {
                    find(schema, next, item, &format!("{pointer}/{index}"), depth, unknown);
                }
            }
        }
        _ => {}
    }
}

fn drop_all(schema: &Schema, id: NodeId, value: &mut Value, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let node = schema.node(id);
    if node.secret() && stands_in(value) {
        return;
    }
    // decided before anything is dropped: the alternative that holds is the one of the whole object
    let fates: Vec<(String, Option<Option<NodeId>>)> = match &*value {
        Value::Object(object) => {
            object.keys().map(|name| (name.clone(), schema.property(node, Some(value), name))).collect()
        }
        _ => Vec::new(),
    };
    match value {
        Value::Object(object) => {
            object.retain(|name, _| fates.iter().any(|(known, fate)| known == name && fate.is_some()));
            for (name, fate) in fates {
                if let (Some(Some(next)), Some(child)) = (fate, object.get_mut(&name)) {
                    drop_all(schema, next, child, depth);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                if let Some(next) = node.item(index) {
                    drop_all(schema, next, item, depth);
                }
            }
        }
        _ => {}
    }
}
