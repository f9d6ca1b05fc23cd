//! The hints beside a schema: `x-ui: {…}`, and `ui:…` as Backstage writes them inline, read as one.

use serde_json::{Map, Value};

/// Every hint we know. [`crate::lint`] warns about others.
pub const KNOWN: [&str; 19] = [
    "advanced",
    "group",
    "help",
    "icon",
    "immutable",
    "label",
    "messages",
    "order",
    "pages",
    "picker",
    "placeholder",
    "remember",
    "rows",
    "secret",
    "title",
    "unit",
    "when",
    "widget",
    "width",
];

/// Every widget that may be asked for by name.
pub const WIDGETS: [&str; 16] = [
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
    "quantity",
    "cidr",
    "cron",
    "duration",
];

/// A schema with the hints of a separate `uiSchema` written beside its keywords: `ui:…` at the places the tree names, `items` and all.
///
/// A hint below a `$ref` stands beside it, so that other uses of the same definition do not get it.
pub fn applied(schema: &Value, ui: &Value) -> Value {
    let mut schema = schema.clone();
    apply(&mut schema, ui, crate::schema::MAX_DEPTH);
    schema
}

fn apply(schema: &mut Value, ui: &Value, depth: usize) {
    let (Some(depth), Value::Object(ui)) = (depth.checked_sub(1), ui) else { return };
    let Value::Object(map) = schema else { return };
    for (key, value) in ui {
        if key.starts_with("ui:") {
            map.entry(key.clone()).or_insert_with(|| value.clone());
        } else if key == "items" && value.is_array() {
            for (place, value) in value.as_array().into_iter().flatten().enumerate() {
                let item = map.get_mut("items").and_then(|items| items.get_mut(place));
                if let Some(item) = item {
                    apply(item, value, depth);
                }
            }
        } else {
            let known = match key.as_str() {
                "items" | "additionalProperties" if map.get(key).is_some_and(Value::is_object) => map.get_mut(key),
                _ => map.get_mut("properties").and_then(|properties| properties.get_mut(key)),
            };
            if let Some(below) = known {
                apply(below, value, depth);
            } else if map.contains_key("$ref") {
                let properties = map.entry("properties").or_insert_with(|| Value::Object(Map::new()));
                let mut place = Value::Object(Map::new());
                apply(&mut place, value, depth);
                if let Value::Object(properties) = properties {
                    properties.entry(key.clone()).or_insert(place);
                }
            }
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FormModel, Schema, Widget};
    use serde_json::json;

    #[test]
    fn hints_that_stand_apart_reach_their_places() {
        let schema = json!({"definitions": {"host": {"type": "object", "properties": {"notes": {"type": "string"}}}}, "type": "object",
            "properties": {"a": {"$ref": "#/definitions/host"}, "b": {"$ref": "#/definitions/host"},
                "list": {"type": "array", "items": {"type": "object", "properties": {"text": {"type": "string"}}}}}});
        let ui = json!({"ui:order": ["list", "*"], "a": {"notes": {"ui:widget": "textarea", "ui:options": {"rows": 7}}},
            "list": {"items": {"text": {"ui:placeholder": "here"}}}, "unknown": {"ui:widget": "text"}});
        let schema = Schema::parse(&applied(&schema, &ui)).unwrap();
        let value = json!({"a": {}, "b": {}, "list": [{}]});
        let form = FormModel::build(&schema, crate::Filled { value: Some(&value), ..crate::Filled::default() });
        let field = |pointer: &str| form.fields().into_iter().find(|field| field.pointer == pointer).unwrap().clone();
        assert_eq!((field("/a/notes").widget, field("/a/notes").lines), (Widget::Textarea, Some(7)));
        assert_eq!(field("/b/notes").widget, Widget::Text);
        assert_eq!(field("/list/0/text").placeholder.as_deref(), Some("here"));
        assert_eq!(form.root.sections[0].fields[0].pointer, "/list");
    }
}
