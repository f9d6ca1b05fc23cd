//! Secrets stay out of pages: covered where the schema marks them, and wherever else their text turns up.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::stand_in::{TYPED, stands_in};
use forms::schema::{Node, NodeId, Schema};
use serde_json::Value;
use std::collections::BTreeSet;

/// What stands where a secret would.
pub const COVERED: &str = "••••••";
/// Shorter texts are no secrets, and covering them would blacken ordinary words.
const SHORTEST: usize = 4;
const DEEPEST: usize = forms::schema::MAX_DEPTH;

/// A value with its secrets covered.
pub fn covered(schema: &Schema, value: &Value) -> Value {
    cover(schema, Some(schema.node(NodeId::ROOT)), value, DEEPEST)
}

/// The same below some place of the schema; without a node nothing is known to be secret.
pub fn cover(schema: &Schema, node: Option<&Node>, value: &Value, depth: usize) -> Value {
    if node.is_some_and(Node::secret) && !value.is_null() {
        // what stands for a secret is none; a value that is not sealed yet is not shown
        return if stands_in(value) { value.clone() } else { Value::from(TYPED) };
    }
    let Some(depth) = depth.checked_sub(1) else { return Value::from("…") };
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, child)| (key.clone(), cover(schema, child_of(schema, node, value, key), child, depth)))
            .collect(),
        Value::Array(items) => {
            let item = |(index, item)| cover(schema, item_of(schema, node, index), item, depth);
            items.iter().enumerate().map(item).collect()
        }
        other => other.clone(),
    }
}

/// Puts the secrets back that were shown as dots: those known before, or none.
pub fn uncover(schema: &Schema, value: &mut Value, known: Option<&Value>) {
    uncover_below(schema, Some(schema.node(NodeId::ROOT)), value, known, DEEPEST);
}

fn uncover_below(schema: &Schema, node: Option<&Node>, value: &mut Value, known: Option<&Value>, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let below: Vec<(String, Option<&Node>)> = match &*value {
        Value::Object(map) => map.keys().map(|key| (key.clone(), child_of(schema, node, value, key))).collect(),
        Value::Array(items) => {
            (0..items.len()).map(|index| (index.to_string(), item_of(schema, node, index))).collect()
        }
        _ => Vec::new(),
    };
    for (segment, described) in below {
        let before = known.and_then(|known| child(known, &segment));
        let Some(place) = child_mut(value, &segment) else { continue };
        if !described.is_some_and(Node::secret) {
            uncover_below(schema, described, place, before, depth);
        } else if matches!(place.as_str(), Some(COVERED | TYPED)) {
            match (before, &mut *value) {
                (Some(before), whole) => {
                    if let Some(place) = child_mut(whole, &segment) {
                        place.clone_from(before);
                    }
                }
                (None, Value::Object(map)) => {
                    map.shift_remove(&segment);
                }
                (None, whole) => {
                    if let Some(place) = child_mut(whole, &segment) {
                        *place = Value::Null;
                    }
                }
            }
        }
    }
}

fn child<'v>(value: &'v Value, segment: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(segment),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

fn child_mut<'v>(value: &'v mut Value, segment: &str) -> Option<&'v mut Value> {
    match value {
        Value::Object(map) => map.get_mut(segment),
        Value::Array(items) => items.get_mut(segment.parse::<usize>().ok()?),
        _ => None,
    }
}

/// A value without its secrets: what may be copied into something new.
pub fn without(schema: &Schema, value: &Value) -> Value {
    let mut value = value.clone();
    drop_below(schema, Some(schema.node(NodeId::ROOT)), &mut value, DEEPEST);
    value
}

fn drop_below(schema: &Schema, node: Option<&Node>, value: &mut Value, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else { return };
    // decided before anything is dropped: what describes a property may hang on its neighbours
    let described: Vec<Option<&Node>> = match &*value {
        Value::Object(map) => map.keys().map(|key| child_of(schema, node, value, key)).collect(),
        Value::Array(items) => (0..items.len()).map(|index| item_of(schema, node, index)).collect(),
        _ => Vec::new(),
    };
    match value {
        Value::Object(map) => {
            let mut nodes = described.iter();
            map.retain(|_, _| !nodes.next().is_some_and(|node| node.is_some_and(Node::secret)));
            let kept = described.into_iter().filter(|node| !node.is_some_and(Node::secret));
            map.values_mut().zip(kept).for_each(|(child, node)| drop_below(schema, node, child, depth));
        }
        Value::Array(items) => {
            items.iter_mut().zip(described).for_each(|(item, node)| drop_below(schema, node, item, depth));
        }
        _ => {}
    }
}

/// What describes a property of an object.
pub fn child_of<'a>(schema: &'a Schema, node: Option<&'a Node>, object: &Value, key: &str) -> Option<&'a Node> {
    schema.property(node?, Some(object), key).flatten().map(|id| schema.node(id))
}

/// What describes an item of a list.
pub fn item_of<'a>(schema: &'a Schema, node: Option<&'a Node>, index: usize) -> Option<&'a Node> {
    node?.item(index).map(|id| schema.node(id))
}

/// Covers the secrets of some specs in texts made from them: files, messages.
#[derive(Clone, Debug, Default)]
pub struct Cover {
    /// Longest first, so that a secret which contains another is covered whole.
    texts: Vec<String>,
}

impl Cover {
    pub fn of<'v>(schema: &Schema, specs: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut found = BTreeSet::new();
        for spec in specs {
            collect(schema, Some(schema.node(NodeId::ROOT)), spec, false, DEEPEST, &mut found);
        }
        let encoded: Vec<String> = found.iter().map(|text| BASE64_STANDARD.encode(text)).collect();
        let mut texts: Vec<String> = found.into_iter().chain(encoded).collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self { texts }
    }

    pub fn text(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), COVERED) } else { text }
        })
    }
}

fn collect(
    schema: &Schema,
    node: Option<&Node>,
    value: &Value,
    inside: bool,
    depth: usize,
    found: &mut BTreeSet<String>,
) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let secret = inside || node.is_some_and(Node::secret);
    match value {
        Value::Object(map) => {
            for (key, child) in map {
                collect(schema, child_of(schema, node, value, key), child, secret, depth, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(schema, item_of(schema, node, index), item, secret, depth, found);
            }
        }
        Value::String(text) if secret && text.trim().len() >= SHORTEST => {
            found.insert(text.trim().to_owned());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        let schema = json!({"type": "object", "properties": {
            "user": {"type": "string"},
            "password": {"type": "string", "writeOnly": true},
            "keys": {"type": "array", "items": {"type": "object", "properties": {"value": {"type": "string", "format": "password"}}}},
        }});
        Schema::parse(&schema).unwrap()
    }

    #[test]
    fn secrets_are_covered_wherever_the_schema_marks_them() {
        let spec = json!({"user": "ana", "password": "hunter22", "keys": [{"value": "k1"}, {"value": "${secret:a/b}"}], "more": 1});
        assert_eq!(
            covered(&schema(), &spec),
            json!({"user": "ana", "password": TYPED, "keys": [{"value": TYPED}, {"value": "${secret:a/b}"}], "more": 1})
        );
    }

    #[test]
    fn a_secret_in_a_rendered_file_is_covered_plain_and_encoded() {
        let cover = Cover::of(&schema(), [&json!({"user": "ana", "password": "hunter22"})]);
        let file = "user: ana\npassword: hunter22\ndata: aHVudGVyMjI=\n";
        assert_eq!(cover.text(file), "user: ana\npassword: ••••••\ndata: ••••••\n");
    }

    #[test]
    fn a_copy_takes_no_secret_with_it() {
        let spec = json!({"user": "ana", "password": "hunter22", "keys": [{"value": "k1", "id": 1}]});
        assert_eq!(without(&schema(), &spec), json!({"user": "ana", "keys": [{"id": 1}]}));
    }

    #[test]
    fn dots_in_an_edited_document_are_the_secrets_known_before() {
        let known = json!({"user": "ana", "password": "hunter22", "keys": [{"value": "k1"}]});
        let mut edited = json!({"user": COVERED, "password": COVERED, "keys": [{"value": COVERED}, {"value": "new"}]});
        uncover(&schema(), &mut edited, Some(&known));
        let keys = json!([{"value": "k1"}, {"value": "new"}]);
        assert_eq!(edited, json!({"user": COVERED, "password": "hunter22", "keys": keys}));
        let mut edited = json!({"password": COVERED});
        uncover(&schema(), &mut edited, None);
        assert_eq!(edited, json!({}));
    }

    #[test]
    fn a_short_secret_does_not_blacken_ordinary_words() {
        let cover = Cover::of(&schema(), [&json!({"password": "a"})]);
        assert_eq!(cover.text("banana"), "banana");
    }
}
