//! Fields whose choices are in the world, not in the schema: resources, namespaces, outputs of other resources.
//!
//! A field says what it picks from (`x-ui.picker`, or `x-output-of`); whoever draws the form loads what the person may see and gives it to the
//! model ([`crate::Filled`]).

use crate::schema::Node;
use domain::reference::KEY;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Up to this many are a select; more are suggested while one types.
pub const MOST_LISTED: usize = 50;

/// Where a field's choices come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Names of resources of a promise; of any, where it is empty.
    Resources {
        promise: String,
    },
    Namespaces,
    Destinations,
    Promises,
    /// An output of a resource of a promise: the value becomes a reference to it.
    Output {
        promise: String,
        output: String,
    },
}

/// What one field picks from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Picker {
    pub source: Source,
    /// Something else may be typed.
    pub open: bool,
}

/// One of the choices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choosable {
    pub text: String,
    pub title: String,
}

/// The choices of every picker of a form.
pub type Offered = BTreeMap<Picker, Vec<Choosable>>;

/// The sources a schema may name.
pub(crate) const SOURCES: [&str; 4] = ["resources", "namespaces", "destinations", "promises"];

impl Node {
    /// What its field picks from.
    pub fn picker(&self) -> Option<Picker> {
        if let Some((promise, output)) = &self.output_of {
            let source = Source::Output { promise: promise.clone(), output: output.clone() };
            return Some(Picker { source, open: false });
        }
        let hint = self.hints.value("picker")?;
        let text = |key: &str| hint.get(key).and_then(Value::as_str).unwrap_or_default();
        let source = match hint.as_str().unwrap_or_else(|| text("source")) {
            "resources" => Source::Resources { promise: text("promise").to_owned() },
            "namespaces" => Source::Namespaces,
            "destinations" => Source::Destinations,
            "promises" => Source::Promises,
            _ => return None,
        };
        Some(Picker { source, open: hint.get("allowArbitrary") == Some(&Value::Bool(true)) })
    }
}

/// A reference to an output as one line: `name`, or `namespace/name`. `None` where it says more than that.
pub(crate) fn reference_text(node: &Node, value: &Value) -> Option<String> {
    let (promise, output) = node.output_of.as_ref()?;
    let said = value.as_object().filter(|map| map.len() == 1)?.get(KEY)?.as_object()?;
    let text = |key: &str| said.get(key).and_then(Value::as_str);
    let word = |text: &&str| {
        !text.is_empty() && !text.contains('/') && !text.contains(char::is_control) && text.trim() == *text
    };
    let name = text("name").filter(word)?;
    let known = said.keys().all(|key| matches!(key.as_str(), "name" | "namespace" | "promise" | "output"));
    if !known || text("promise") != Some(promise) || text("output") != Some(output) {
        return None;
    }
    match said.get("namespace") {
        None => Some(name.to_owned()),
        Some(_) => text("namespace").filter(word).map(|namespace| format!("{namespace}/{name}")),
    }
}

/// The reference that a line stands for.
pub(crate) fn reference_of(node: &Node, line: &str) -> Option<Value> {
    let (promise, output) = node.output_of.as_ref()?;
    let (namespace, name) = match line.trim().split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, line.trim()),
    };
    if name.is_empty() {
        return None;
    }
    let mut said = Map::new();
    said.insert("name".to_owned(), json!(name));
    said.extend(namespace.map(|namespace| ("namespace".to_owned(), json!(namespace))));
    said.insert("promise".to_owned(), json!(promise));
    said.insert("output".to_owned(), json!(output));
    Some(json!({ KEY: said }))
}
