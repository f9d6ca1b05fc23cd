//! Trees whose string leaves are templates: `with.outputs`, `with.status`, the body of an `http` step.

use super::engine::{Mode, Rendering, Sources};
use domain::Result;
use serde_json::{Map, Value};

/// Collects the leaves that are templates.
pub fn sources(tree: &Map<String, Value>, place: &str, into: &mut Sources) -> Result<()> {
    tree.iter().try_for_each(|(key, value)| leaf_sources(value, &format!("{place}.{key}"), into))
}

pub fn leaf_sources(value: &Value, place: &str, into: &mut Sources) -> Result<()> {
    match value {
        Value::String(text) if is_template(text) => into.add(mode(text), place, text),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| leaf_sources(item, &format!("{place}[{index}]"), into)),
        Value::Object(map) => sources(map, place, into),
        _ => Ok(()),
    }
}

/// The tree with every template replaced by what it renders to.
pub fn fill(tree: &Map<String, Value>, place: &str, rendering: &mut Rendering) -> Result<Map<String, Value>> {
    let mut filled = Map::new();
    for (key, value) in tree {
        if let Some(value) = leaf(value, &format!("{place}.{key}"), rendering)? {
            filled.insert(key.clone(), value);
        }
    }
    Ok(filled)
}

/// `None` for a text with tags that rendered to nothing: it is left out, as an empty file is.
pub fn leaf(value: &Value, place: &str, rendering: &mut Rendering) -> Result<Option<Value>> {
    Ok(Some(match value {
        Value::String(text) if is_template(text) => match mode(text) {
            Mode::Value => rendering.value(place)?,
            _ => match rendering.text(place)? {
                text if text.trim().is_empty() => return Ok(None),
                text => Value::String(text),
            },
        },
        Value::Array(items) => {
            let mut filled = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                filled.extend(leaf(item, &format!("{place}[{index}]"), rendering)?);
            }
            Value::Array(filled)
        }
        Value::Object(map) => Value::Object(fill(map, place, rendering)?),
        other => other.clone(),
    }))
}

pub fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}

/// A leaf that is exactly one `{{ expression }}` keeps its value's type.
fn mode(text: &str) -> Mode {
    let inner = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    let inner = inner.map(|inner| inner.trim_start_matches(['-', '+']).trim_end_matches(['-', '+']));
    if inner.is_some_and(super::engine::is_expression) { Mode::Value } else { Mode::Text }
}
