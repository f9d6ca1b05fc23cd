//! The hints beside a schema: `x-ui: {…}`, and `ui:…` as Backstage writes them inline, read as one.

use serde_json::{Map, Value};

/// Every hint we know. [`crate::lint`] warns about others.
pub const KNOWN: [&str; 17] = [
    "advanced",
    "group",
    "help",
    "icon",
    "immutable",
    "label",
    "messages",
    "order",
    "picker",
    "placeholder",
    "rows",
    "secret",
    "title",
    "unit",
    "when",
    "widget",
    "width",
];

/// Every widget that may be asked for by name.
pub const WIDGETS: [&str; 12] = [
    "text",
    "textarea",
    "password",
    "number",
    "updown",
    "checkbox",
    "radio",
    "select",
    "checkboxes",
    "yaml",
    "code",
    "hidden",
];

/// The hints of one place in a schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints(Map<String, Value>);

impl Hints {
    /// Adds the hints of one schema object; what is there already wins.
    pub(crate) fn absorb(&mut self, schema: &Map<String, Value>) {
        if let Some(Value::Object(own)) = schema.get("x-ui") {
            for (name, value) in own {
                self.0.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        for (key, value) in schema {
            if let Some(name) = key.strip_prefix("ui:") {
                match (name, value) {
                    ("options", Value::Object(options)) => {
                        for (name, value) in options {
                            self.0.entry(name.clone()).or_insert_with(|| value.clone());
                        }
                    }
                    _ => {
                        self.0.entry(name.to_owned()).or_insert_with(|| value.clone());
                    }
                }
            }
        }
        if let Some(messages) = schema.get("errorMessage") {
            self.0.entry("messages").or_insert_with(|| messages.clone());
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(Value::as_i64)
    }

    pub fn widget(&self) -> Option<&str> {
        self.text("widget")
    }

    /// The order of an object's properties by name; `*` stands for the rest.
    pub fn order(&self) -> Option<Vec<&str>> {
        self.0.get("order")?.as_array().map(|names| names.iter().filter_map(Value::as_str).collect())
    }

    /// The author's own sentence for a broken keyword; one string serves every keyword.
    pub fn message(&self, keyword: &str) -> Option<&str> {
        match self.0.get("messages")? {
            Value::String(text) => Some(text),
            Value::Object(by_keyword) => by_keyword.get(keyword).and_then(Value::as_str),
            _ => None,
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
