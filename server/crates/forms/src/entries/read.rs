//! The tree of posted pairs read along the schema.

mod holders;

use super::posted::Posted;
use super::scalar::{chosen, number_of, scalar_of};
use super::{Entry, Was};
use crate::model::Way;
use crate::schema::{MAX_DEPTH, Node, NodeId, Schema, Shape, Types};
use domain::stand_in::{self, StandIn};
use domain::{Cause, Result};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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
    let mut decoded = read(schema, entries, previous, false)?;
    super::hidden::drop_hidden(schema, &mut decoded.value, previous);
    let value = &decoded.value;
    decoded.causes.retain(|cause| cause.pointer.is_empty() || value.pointer(&cause.pointer).is_some());
    Ok(decoded)
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
        let way = posted.mark("__way").and_then(Way::named).filter(|_| node.secret());
        match way {
            Some(Way::Make) => return Some(Value::String(stand_in::new(was == Some(Was::Kept)))),
            Some(Way::Use) => return posted.mark("__use").and_then(crate::model::named_secret),
            Some(Way::Keep | Way::Type) | None => {}
        }
        let typed = way != Some(Way::Keep) && node.secret() && (!blank(posted.text()) || !blank(yaml));
        if was == Some(Was::Kept) && !typed {
            // a draft's own secret comes before that of the resource it would change
            let stands = posted.mark("__stored").filter(|_| node.secret());
            let stands = stands.filter(|text| matches!(stand_in::read(text), Some(StandIn::Sealed(_))));
            return stands.map(|text| Value::String(text.to_owned())).or_else(|| previous.cloned());
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
            (None, Shape::Reference) => posted.text().and_then(|line| crate::pick::reference_of(node, line)),
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
            (Some(value), Some(Was::Default)) if node.default.as_ref() == Some(&value) => {
                // the default's own parts are no answers either
                self.given = given;
                None
            }
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
    let zone = posted.mark("__zone").zip(node.format.as_deref());
    let whole = zone.and_then(|(zone, format)| crate::formats::moment::joined(format, &text, zone));
    let text = whole.unwrap_or(text);
    (!text.is_empty() || cleared(node, was)).then_some(Value::String(text))
}

fn scalar(node: &Node, posted: &Posted, was: Option<Was>) -> Option<Value> {
    let text = posted.text()?.replace("\r\n", "\n");
    if text.is_empty() {
        return None;
    }
    Some(if was == Some(Was::Text) { Value::String(text) } else { scalar_of(node, &text) })
}
