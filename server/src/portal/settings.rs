//! A spec as people read it: one line per setting, in the schema's own words and order, secrets covered.

use super::secrets::{self, COVERED, child_of, item_of};
use app::{pages::resource::SpecEntry, view::FieldChange};
use forms::{
    labels::humanised,
    schema::{Node, NodeId, Schema},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Settings listed of one spec; what lies beyond stands in its YAML.
const MOST: usize = 400;
/// Deeper than this a value is one line.
const DEEPEST: usize = 12;
const LONGEST: usize = 300;

/// Every setting with its value.
pub fn entries(schema: &Schema, spec: &Value) -> Vec<SpecEntry> {
    let entry = |setting: Setting| SpecEntry {
        label: setting.label,
        path: setting.path,
        value: setting.shown,
        is_default: setting.is_default,
    };
    read(schema, spec).into_iter().map(entry).collect()
}

/// The settings in which two specs differ, in the order of the newer one.
pub fn changes(schema: &Schema, before: &Value, after: &Value) -> Vec<FieldChange> {
    let (old, new) = (read(schema, before), read(schema, after));
    let known: BTreeMap<&str, &Setting> = old.iter().map(|setting| (setting.path.as_str(), setting)).collect();
    let changed = new.iter().filter_map(|setting| {
        let before = known.get(setting.path.as_str());
        let same = before.is_some_and(|before| before.value == setting.value);
        (!same).then(|| setting.change(before.map_or("", |before| before.shown.as_str()), &setting.shown))
    });
    let gone = old.iter().filter(|setting| new.iter().all(|other| other.path != setting.path));
    changed.chain(gone.map(|setting| setting.change(&setting.shown, ""))).collect()
}

/// What somebody chose for something new: all that is not the default.
pub fn chosen(schema: &Schema, spec: &Value) -> Vec<FieldChange> {
    let settings = read(schema, spec);
    settings.iter().filter(|setting| !setting.is_default).map(|setting| setting.change("", &setting.shown)).collect()
}

#[derive(Debug)]
struct Setting {
    /// `spec.backups.enabled`
    path: String,
    label: String,
    shown: String,
    is_default: bool,
    /// To compare with; never shown.
    value: Value,
}

impl Setting {
    fn change(&self, before: &str, after: &str) -> FieldChange {
        FieldChange {
            label: self.label.clone(),
            path: self.path.clone(),
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }
}

fn read(schema: &Schema, spec: &Value) -> Vec<Setting> {
    let mut reader = Reader { schema, settings: Vec::new() };
    reader.read(Some(schema.node(NodeId::ROOT)), spec, "spec", "", DEEPEST);
    reader.settings
}

struct Reader<'a> {
    schema: &'a Schema,
    settings: Vec<Setting>,
}

impl Reader<'_> {
    fn read(&mut self, node: Option<&Node>, value: &Value, path: &str, label: &str, depth: usize) {
        if self.settings.len() >= MOST || value.is_null() {
            return;
        }
        let secret = node.is_some_and(Node::secret);
        match value {
            Value::Object(map) if !secret && depth > 0 && !map.is_empty() => {
                for key in ordered(self.schema, node, value) {
                    let (Some(child), described) = (map.get(key), child_of(self.schema, node, value, key)) else {
                        continue;
                    };
                    let label = below(label, &named(described, key));
                    self.read(described, child, &format!("{path}.{key}"), &label, depth - 1);
                }
            }
            Value::Array(items) if !secret && depth > 0 && items.iter().any(|item| !is_scalar(item)) => {
                for (index, item) in items.iter().enumerate() {
                    let described = item_of(self.schema, node, index);
                    self.read(
                        described,
                        item,
                        &format!("{path}[{index}]"),
                        &format!("{label} {}", index + 1),
                        depth - 1,
                    );
                }
            }
            _ => {
                let shown = if secret { COVERED.to_owned() } else { cut(self.shown(node, value)) };
                let is_default = node.and_then(|node| node.default.as_ref()) == Some(value);
                let (path, label) = (path.to_owned(), label.to_owned());
                self.settings.push(Setting { path, label, shown, is_default, value: value.clone() });
            }
        }
    }

    fn shown(&self, node: Option<&Node>, value: &Value) -> String {
        let choice =
            node.and_then(|node| node.choices.as_ref()).and_then(|all| all.iter().find(|one| one.value == *value));
        if let Some(title) = choice.and_then(|choice| choice.title.clone()) {
            return title;
        }
        let unit = node.and_then(|node| node.hints.text("unit")).map(|unit| format!(" {unit}")).unwrap_or_default();
        match value {
            Value::Null => String::new(),
            Value::Bool(yes) => if *yes { "Yes" } else { "No" }.to_owned(),
            Value::String(text) => format!("{text}{unit}"),
            Value::Number(number) => format!("{number}{unit}"),
            Value::Array(items) if items.is_empty() => "None".to_owned(),
            Value::Object(map) if map.is_empty() => "None".to_owned(),
            Value::Array(items) if items.iter().all(is_scalar) => {
                let item = |(index, item)| self.shown(item_of(self.schema, node, index), item);
                items.iter().enumerate().map(item).collect::<Vec<_>>().join(", ")
            }
            other => secrets::cover(self.schema, node, other, DEEPEST).to_string(),
        }
    }
}

/// An object's keys in the order the form asks for them, unknown ones last.
fn ordered<'v>(schema: &Schema, node: Option<&Node>, object: &'v Value) -> Vec<&'v str> {
    let place = |key: &str| {
        let declared = node.and_then(|node| node.properties.iter().position(|property| property.name == key));
        let order = child_of(schema, node, object, key).and_then(|child| child.hints.number("order"));
        (order.unwrap_or(i64::MAX), declared.unwrap_or(usize::MAX))
    };
    let mut keys: Vec<&str> = object.as_object().into_iter().flat_map(|map| map.keys().map(String::as_str)).collect();
    keys.sort_by_key(|key| place(key));
    keys
}

fn named(node: Option<&Node>, key: &str) -> String {
    let own = node.and_then(|node| node.hints.text("label").or(node.hints.text("title")).or(node.title.as_deref()));
    own.map_or_else(|| humanised(key), str::to_owned)
}

fn below(parent: &str, label: &str) -> String {
    if parent.is_empty() { label.to_owned() } else { format!("{parent} / {label}") }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

fn cut(text: String) -> String {
    if text.chars().nth(LONGEST).is_none() {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        Schema::parse(&json!({"type": "object", "properties": {
            "size": {"title": "Size", "default": "small", "x-ui": {"order": 1},
                "oneOf": [{"const": "small", "title": "Small"}, {"const": "large", "title": "Large"}]},
            "disk": {"title": "Disk", "type": "integer", "x-ui": {"unit": "GiB", "order": 2}},
            "backups": {"title": "Backups", "type": "object", "properties": {"enabled": {"type": "boolean", "default": false}}},
            "tags": {"type": "array", "items": {"type": "string"}},
            "rules": {"title": "Rule", "type": "array", "items": {"type": "object", "properties": {"port": {"title": "Port", "type": "integer"}}}},
            "password": {"title": "Password", "type": "string", "writeOnly": true},
        }}))
        .unwrap()
    }

    fn told(changes: &[FieldChange]) -> String {
        let line =
            |change: &FieldChange| format!("{} ({}): {} -> {}", change.label, change.path, change.before, change.after);
        changes.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_spec_reads_in_the_schema_s_words_and_order() {
        let spec = json!({"tags": ["a", "b"], "password": "hunter22", "backups": {"enabled": false}, "disk": 50, "size": "small",
            "rules": [{"port": 80}], "extraThing": {}});
        let lines: Vec<String> = entries(&schema(), &spec)
            .into_iter()
            .map(|entry| {
                format!("{}: {}{}", entry.label, entry.value, if entry.is_default { " (default)" } else { "" })
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        Size: Small (default)
        Disk: 50 GiB
        Backups / Enabled: No (default)
        Tags: a, b
        Rule 1 / Port: 80
        Password: ••••••
        Extra thing: None
        ");
    }

    #[test]
    fn a_change_names_the_setting_before_and_after() {
        let before = json!({"size": "small", "disk": 10, "password": "hunter22", "tags": ["a"]});
        let after = json!({"size": "large", "disk": 10, "password": "hunter33", "backups": {"enabled": true}});
        insta::assert_snapshot!(told(&changes(&schema(), &before, &after)), @"
        Size (spec.size): Small -> Large
        Backups / Enabled (spec.backups.enabled):  -> Yes
        Password (spec.password): •••••• -> ••••••
        Tags (spec.tags): a -> 
        ");
    }

    #[test]
    fn equal_specs_differ_in_nothing() {
        let spec = json!({"size": "large", "rules": [{"port": 1}], "password": "hunter22"});
        assert_eq!(told(&changes(&schema(), &spec, &spec)), "");
    }

    #[test]
    fn of_something_new_only_the_choices_are_told() {
        let spec = json!({"size": "small", "disk": 20, "backups": {"enabled": true}});
        insta::assert_snapshot!(told(&chosen(&schema(), &spec)), @"
        Disk (spec.disk):  -> 20 GiB
        Backups / Enabled (spec.backups.enabled):  -> Yes
        ");
    }
}
