//! The tree of posted pairs read along the schema.

use super::name::encoded;
use super::posted::Posted;
use super::scalar::{chosen, number_of, scalar_of};
use super::{Entry, Was};
use crate::pointer::join;
use crate::schema::{MAX_DEPTH, Node, NodeId, Schema, Shape, Types};
use domain::{Cause, Result};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A posted form, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// What the person gave, and nothing else. Text that could not be typed stands as text.
    pub value: Value,
    /// What could not be read, at the field it stands in.
    pub causes: Vec<Cause>,
    /// Texts to be shown again as they were typed, by JSON Pointer: YAML that does not parse.
    pub texts: BTreeMap<String, String>,
}

/// Reads a posted form. `previous` is the value the form was made from; secrets and fields that cannot change are taken from it.
///
/// Fails only when the form is larger than any form of ours.
pub fn decode(schema: &Schema, entries: &[Entry], previous: Option<&Value>) -> Result<Decoded> {
    read(schema, entries, previous, false)
}

pub(super) fn read(schema: &Schema, entries: &[Entry], previous: Option<&Value>, keep_blank: bool) -> Result<Decoded> {
    let posted = Posted::read(entries)?;
    let mut reader = Reader { schema, keep_blank, given: 0, causes: Vec::new(), texts: BTreeMap::new() };
    let value = reader.place(NodeId::ROOT, &posted, previous, "", MAX_DEPTH);
    let empty = || match schema.shape(schema.root()) {
        Shape::Object => Value::Object(Map::new()),
        _ => Value::Null,
    };
    Ok(Decoded { value: value.unwrap_or_else(empty), causes: reader.causes, texts: reader.texts })
}

struct Reader<'a> {
    schema: &'a Schema,
    /// Keep rows that are still empty: the form is about to be shown again.
    keep_blank: bool,
    /// How many answers came from the person: constants, and groups that are there because they must, are none.
    given: usize,
    causes: Vec<Cause>,
    texts: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn place(
        &mut self,
        id: NodeId,
        posted: &Posted,
        previous: Option<&Value>,
        pointer: &str,
        depth: usize,
    ) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        let node = self.schema.node(id);
        let was = posted.was();
        let yaml = posted.mark("__yaml");
        let blank = |text: Option<&str>| text.is_none_or(str::is_empty);
        if was == Some(Was::Kept) && !(node.secret() && (!blank(posted.text()) || !blank(yaml))) {
            return previous.cloned();
        }
        let shape = self.schema.shape(node);
        let given = self.given;
        let read = match (yaml, shape) {
            (Some(text), _) => self.yaml(text, pointer),
            (None, Shape::Free) => posted.text().and_then(|text| self.yaml(text, pointer)),
            (None, Shape::Constant) => posted.text().and_then(|_| node.constant.clone()),
            (None, Shape::Boolean) => self.boolean(posted, was, pointer),
            (None, Shape::Choice) => posted.text().filter(|text| !text.is_empty()).map(|text| chosen(node, text)),
            (None, Shape::MultiChoice) => self.choices(node, posted, was),
            (None, Shape::Text) => text(node, posted, was),
            (None, Shape::Number) => self.number(node, posted, pointer),
            (None, Shape::Scalar) => scalar(node, posted, was),
            (None, Shape::List) => self.list(node, posted, previous, pointer, depth),
            (None, Shape::Object) => {
                let mut object = Map::new();
                self.object(node, None, posted, previous, pointer, depth, &mut object);
                (!object.is_empty()).then_some(Value::Object(object))
            }
            (None, Shape::Variants) => {
                branch(node, posted).and_then(|(branch, posted)| self.place(branch, posted, previous, pointer, depth))
            }
        };
        let value = match (read, was) {
            // a group nobody filled in does not come to be by its constants
            (Some(_), Some(Was::Absent)) if shape == Shape::Object && self.given == given && yaml.is_none() => None,
            (Some(value), Some(Was::Default)) if node.default.as_ref() == Some(&value) => None,
            (None, Some(Was::Null)) => Some(Value::Null),
            (None, Some(Was::Empty)) => Some(match shape {
                Shape::List | Shape::MultiChoice => Value::Array(Vec::new()),
                Shape::Object => Value::Object(Map::new()),
                _ => Value::String(String::new()),
            }),
            (read, _) => read,
        };
        self.given += usize::from(value.is_some() && !matches!(shape, Shape::Constant | Shape::Object));
        value
    }

    fn yaml(&mut self, text: &str, pointer: &str) -> Option<Value> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return None;
        }
        if matches!(trimmed, "null" | "~") {
            return Some(Value::Null);
        }
        match domain::document::parse_one(text, "line") {
            Ok(value) => Some(value),
            Err(error) => {
                self.texts.insert(pointer.to_owned(), text.to_owned());
                self.unreadable(pointer, "\"yaml\"", &crate::labels::sentence(&error.message));
                Some(Value::String(text.to_owned()))
            }
        }
    }

    fn boolean(&mut self, posted: &Posted, was: Option<Was>, pointer: &str) -> Option<Value> {
        if posted.get("__present").is_some() {
            let ticked = posted.text().is_some();
            return if ticked || !matches!(was, Some(Was::Absent | Was::Null)) {
                Some(Value::Bool(ticked))
            } else {
                None
            };
        }
        match posted.text()? {
            "" => None,
            "true" | "on" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            other => {
                self.unreadable(pointer, "boolean", "Choose yes or no.");
                Some(Value::String(other.to_owned()))
            }
        }
    }

    fn choices(&self, node: &Node, posted: &Posted, was: Option<Was>) -> Option<Value> {
        let items = self.schema.node(node.items?);
        let values: Vec<Value> =
            posted.texts.iter().filter(|text| !text.is_empty()).map(|text| chosen(items, text)).collect();
        let emptied = values.is_empty() && posted.get("__present").is_some() && cleared(node, was);
        (!values.is_empty() || emptied).then_some(Value::Array(values))
    }

    fn number(&mut self, node: &Node, posted: &Posted, pointer: &str) -> Option<Value> {
        let text = posted.text()?.trim();
        if text.is_empty() {
            return None;
        }
        Some(number_of(text).map_or_else(
            || {
                let integer = !node.types.contains(Types::NUMBER);
                let (wanted, human) =
                    if integer { ("integer", "Enter a whole number.") } else { ("number", "Enter a number.") };
                self.unreadable(pointer, wanted, human);
                Value::String(text.to_owned())
            },
            Value::Number,
        ))
    }

    fn list(
        &mut self,
        node: &Node,
        posted: &Posted,
        previous: Option<&Value>,
        pointer: &str,
        depth: usize,
    ) -> Option<Value> {
        let mut items = Vec::new();
        for (token, row) in posted.children.iter().filter(|(_, row)| row.get("__row").is_some()) {
            let id = node.item(items.len())?;
            let before = previous.and_then(Value::as_array).and_then(|items| items.get(token.parse::<usize>().ok()?));
            let at = format!("{pointer}/{}", items.len());
            let fixed = items.len() < node.prefix_items.len();
            match self.place(id, row, before, &at, depth) {
                Some(item) => items.push(item),
                None => match self.schema.shape(self.schema.node(id)) {
                    Shape::Object => items.push(Value::Object(Map::new())),
                    Shape::List | Shape::MultiChoice => items.push(Value::Array(Vec::new())),
                    _ if self.keep_blank || fixed => items.push(Value::Null),
                    _ => {}
                },
            }
        }
        let emptied = items.is_empty() && posted.get("__present").is_some() && cleared(node, posted.was());
        (!items.is_empty() || emptied).then_some(Value::Array(items))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step of a walk along schema, posted tree and previous value at once"
    )]
    fn object(
        &mut self,
        node: &Node,
        only: Option<&BTreeSet<String>>,
        posted: &Posted,
        previous: Option<&Value>,
        pointer: &str,
        depth: usize,
        object: &mut Map<String, Value>,
    ) {
        for property in &node.properties {
            let name = &property.name;
            if only.is_some_and(|own| !own.contains(name))
                || node.branches.iter().any(|branch| branch.own.contains(name))
            {
                continue;
            }
            let Some(field) = posted.get(&encoded(name)) else { continue };
            let before = previous.and_then(|previous| previous.get(name));
            if let Some(value) = self.place(property.node, field, before, &join(pointer, name), depth) {
                object.insert(name.clone(), value);
            }
        }
        if let Some(rows) = posted.get("__rows") {
            self.rows(node, rows, previous, pointer, depth, object);
        }
        let chosen = posted.mark("__branch").and_then(|number| number.parse::<usize>().ok());
        self.given += usize::from(chosen.is_some());
        if let Some(branch) = chosen.and_then(|index| node.branches.get(index))
            && let Some(fields) = chosen.and_then(|index| posted.get("__of")?.get(&index.to_string()))
            && let Some(depth) = depth.checked_sub(1)
        {
            self.object(self.schema.node(branch.node), Some(&branch.own), fields, previous, pointer, depth, object);
        }
    }

    /// The entries of a map.
    fn rows(
        &mut self,
        node: &Node,
        rows: &Posted,
        previous: Option<&Value>,
        pointer: &str,
        depth: usize,
        object: &mut Map<String, Value>,
    ) {
        for (_, row) in &rows.children {
            let mut key = row.mark("__key").unwrap_or_default().to_owned();
            let at = join(pointer, &key);
            let before = previous.and_then(|previous| previous.get(&key));
            let value = match (row.get("__value"), self.schema.property(node, None, &key)) {
                (Some(field), Some(Some(id))) => {
                    let blank_object = self.schema.shape(self.schema.node(id)) == Shape::Object && !key.is_empty();
                    self.place(id, field, before, &at, depth)
                        .or_else(|| blank_object.then(|| Value::Object(Map::new())))
                }
                (Some(field), _) => field.mark("__yaml").or(field.text()).and_then(|text| self.yaml(text, &at)),
                (None, _) => None,
            };
            let Some(value) = value.or_else(|| self.unnamed(&key, node)) else { continue };
            if key.is_empty() && !value.is_null() {
                self.problem(&at, "FieldValueRequired", "Required value".to_owned(), "Enter a name for this value.");
            }
            if object.contains_key(&key) {
                self.problem(
                    &at,
                    "FieldValueDuplicate",
                    format!("Duplicate value: {key:?}"),
                    "This name is used twice. Change one of them.",
                );
                let mut number = 2;
                while object.contains_key(&format!("{key} ({number})")) {
                    number += 1;
                }
                key = format!("{key} ({number})");
            }
            object.insert(key, value);
        }
    }

    /// An entry with a name and without a value is an empty text where texts are the values; without both it is nothing.
    fn unnamed(&self, key: &str, node: &Node) -> Option<Value> {
        if key.is_empty() {
            return self.keep_blank.then_some(Value::Null);
        }
        match self.schema.property(node, None, key) {
            Some(Some(id)) if self.schema.shape(self.schema.node(id)) == Shape::Text => {
                Some(Value::String(String::new()))
            }
            _ => Some(Value::Null),
        }
    }

    fn unreadable(&mut self, pointer: &str, wanted: &str, human: &str) {
        self.problem(
            pointer,
            "FieldValueTypeInvalid",
            format!("Invalid value: \"string\": must be of type {wanted}: \"string\""),
            human,
        );
    }

    fn problem(&mut self, pointer: &str, reason: &str, message: String, human: &str) {
        self.causes.push(Cause {
            reason: reason.to_owned(),
            message,
            field: String::new(),
            pointer: pointer.to_owned(),
            human: human.to_owned(),
        });
    }
}

/// Whether an empty control must be kept as an empty value: absent, the default would come back.
fn cleared(node: &Node, was: Option<Was>) -> bool {
    let default = match &node.default {
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::String(text)) => !text.is_empty(),
        _ => false,
    };
    default && !node.secret() && matches!(was, None | Some(Was::Default))
}

fn branch<'p>(node: &Node, posted: &'p Posted) -> Option<(NodeId, &'p Posted)> {
    let index: usize = posted.mark("__branch")?.parse().ok()?;
    Some((node.branches.get(index)?.node, posted.get("__of")?.get(&index.to_string())?))
}

/// Browsers post line ends as CR LF; documents have LF. Cleared text is absent, unless a default would then come back.
fn text(node: &Node, posted: &Posted, was: Option<Was>) -> Option<Value> {
    let text = posted.text()?.replace("\r\n", "\n");
    (!text.is_empty() || cleared(node, was)).then_some(Value::String(text))
}

fn scalar(node: &Node, posted: &Posted, was: Option<Was>) -> Option<Value> {
    let text = posted.text()?.replace("\r\n", "\n");
    if text.is_empty() {
        return None;
    }
    Some(if was == Some(Was::Text) { Value::String(text) } else { scalar_of(node, &text) })
}
