//! What was given in a field that has lost its place is not meant any more.

use crate::pointer::join;
use crate::schema::{MAX_DEPTH, Node, Schema};
use serde_json::{Map, Value};

/// Drops what stands in hidden fields. What was stored in one that was hidden already stays: nobody saw it.
pub(super) fn drop_hidden(schema: &Schema, value: &mut Value, previous: Option<&Value>) {
    let whole = schema.has_expressions().then(|| crate::admission::complete(schema, Some(value)));
    let pass = Pass { schema, whole };
    pass.visit(schema.root(), value, previous, "", MAX_DEPTH);
}

/// A value without what stands in its hidden fields: what would be submitted. `previous` as for [`super::decode`].
pub fn without_hidden(schema: &Schema, value: &Value, previous: Option<&Value>) -> Value {
    let mut value = value.clone();
    drop_hidden(schema, &mut value, previous);
    value
}

struct Pass<'a> {
    schema: &'a Schema,
    whole: Option<Value>,
}

impl Pass<'_> {
    fn visit(&self, node: &Node, value: &mut Value, previous: Option<&Value>, at: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        if let Value::Object(object) = value {
            self.strip(node, object, previous);
        }
        let below: Vec<(String, Option<&Node>)> = match &*value {
            Value::Object(object) => object.keys().map(|name| (name.clone(), self.child(node, value, name))).collect(),
            Value::Array(items) => {
                let item = |index| node.item(index).map(|id| self.schema.node(id));
                (0..items.len()).map(|index| (index.to_string(), item(index))).collect()
            }
            _ => Vec::new(),
        };
        for (segment, described) in below {
            let pointer = join("", &segment);
            let before = previous.and_then(|previous| previous.pointer(&pointer));
            if let (Some(described), Some(child)) = (described, value.pointer_mut(&pointer)) {
                self.visit(described, child, before, &join(at, &segment), depth);
            }
        }
    }

    fn child(&self, node: &Node, value: &Value, name: &str) -> Option<&Node> {
        self.schema.property(node, Some(value), name).flatten().map(|id| self.schema.node(id))
    }

    fn strip(&self, node: &Node, object: &mut Map<String, Value>, previous: Option<&Value>) {
        let previous = previous.and_then(Value::as_object);
        let taken = if node.branches.is_empty() {
            None
        } else {
            self.schema.branch_of(node, &Value::Object(object.clone())).and_then(|index| node.branches.get(index))
        };
        let node = taken.map_or(node, |branch| self.schema.node(branch.node));
        let hidden = |object: &Map<String, Value>, name: &str| {
            let property = node.property(name);
            property
                .is_some_and(|property| self.schema.shown(node, property, object, self.whole.as_ref()) == Some(false))
        };
        // one that goes may take others with it
        for _ in 0..=node.properties.len().min(16) {
            let unseen = |name: &String| {
                previous.is_some_and(|before| before.get(name) == object.get(name) && hidden(before, name))
            };
            let gone: Vec<String> =
                object.keys().filter(|name| hidden(object, name) && !unseen(name)).cloned().collect();
            if gone.is_empty() {
                return;
            }
            object.retain(|name, _| !gone.contains(name));
        }
    }
}
