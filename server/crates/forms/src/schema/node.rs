//! One place of a schema, with everything `$ref` and `allOf` bring together there.

use crate::hints::Hints;
use regex::Regex;
use serde_json::{Number, Value};
use std::collections::{BTreeSet, HashMap};

/// Names a [`Node`] of one schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    pub const ROOT: Self = Self(0);

    pub(super) fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of JSON types; empty means that nothing is said about the type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Types(u8);

impl Types {
    pub const NULL: Self = Self(1);
    pub const BOOLEAN: Self = Self(2);
    pub const INTEGER: Self = Self(4);
    pub const NUMBER: Self = Self(8);
    pub const STRING: Self = Self(16);
    pub const ARRAY: Self = Self(32);
    pub const OBJECT: Self = Self(64);

    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => return None,
        })
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0 && other.0 != 0
    }

    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What both sets allow; a number that must also be an integer is an integer.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let widen = |set: Self| if set.contains(Self::NUMBER) { set.with(Self::INTEGER) } else { set };
        Self(widen(self).0 & widen(other).0)
    }

    /// Whether a value has one of the types.
    pub fn admit(self, value: &Value) -> bool {
        self.is_empty()
            || match value {
                Value::Null => self.contains(Self::NULL),
                Value::Bool(_) => self.contains(Self::BOOLEAN),
                Value::String(_) => self.contains(Self::STRING),
                Value::Array(_) => self.contains(Self::ARRAY),
                Value::Object(_) => self.contains(Self::OBJECT),
                Value::Number(number) => {
                    self.contains(Self::NUMBER) || (self.contains(Self::INTEGER) && is_whole(number))
                }
            }
    }
}

/// Whether a number has no fraction (`5.0` is an integer to JSON Schema).
pub(crate) fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

/// One of the values offered for a choice.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub value: Value,
    pub title: Option<String>,
    pub description: Option<String>,
    pub disabled: bool,
}

#[derive(Clone, Debug)]
pub struct Property {
    pub name: String,
    pub node: NodeId,
    /// The conditions of the schema by which it comes; empty where it is always there.
    pub(crate) arms: Vec<super::shown::Arm>,
    /// What it is instead while a condition holds: another default, fewer choices.
    pub(crate) refined: Vec<super::shown::Arm>,
    /// `x-ui.when`
    pub(crate) hint: Option<super::test::Test>,
}

/// What an object allows beside its declared properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Additional {
    /// Nothing: other fields are unknown.
    #[default]
    Closed,
    /// Anything at all.
    Any,
    /// Values described by a node: a map.
    Schema(NodeId),
}

/// One alternative of a `oneOf` or `anyOf` that changes the shape.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The whole place, as it is when this alternative holds.
    pub node: NodeId,
    /// The properties that this alternative itself declares.
    pub own: BTreeSet<String>,
    pub title: Option<String>,
    pub description: Option<String>,
}

/// `x-kubernetes-list-type`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    #[default]
    Atomic,
    Set,
    Map,
}

/// One place of a schema. Fields say what the keywords of the same name say.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are the keywords of the same names")]
pub struct Node {
    /// JSON Pointer of the place in the schema document.
    pub location: String,
    pub types: Types,
    pub title: Option<String>,
    pub description: Option<String>,
    pub default: Option<Value>,
    pub examples: Vec<Value>,
    pub format: Option<String>,
    pub constant: Option<Value>,
    /// From `enum`, or from `oneOf`/`anyOf` whose alternatives are all `const`.
    pub choices: Option<Vec<Choice>>,
    pub minimum: Option<Number>,
    pub maximum: Option<Number>,
    pub exclusive_minimum: Option<Number>,
    pub exclusive_maximum: Option<Number>,
    pub multiple_of: Option<Number>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub pattern: Option<String>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub unique_items: bool,
    pub prefix_items: Vec<NodeId>,
    pub items: Option<NodeId>,
    pub properties: Vec<Property>,
    pub patterns: Vec<(Regex, NodeId)>,
    pub additional: Additional,
    pub required: BTreeSet<String>,
    pub branches: Vec<Branch>,
    pub read_only: bool,
    pub write_only: bool,
    pub deprecated: bool,
    pub int_or_string: bool,
    pub list_type: ListType,
    pub list_map_keys: Vec<String>,
    /// Promise and output: the place takes an output of another resource.
    pub output_of: Option<(String, String)>,
    pub hints: Hints,
    pub(crate) rules: Vec<usize>,
    /// What must be there by conditions.
    pub(crate) demands: Vec<super::shown::Demand>,
    pub(super) by_name: HashMap<String, usize>,
}

impl Node {
    /// The node of a declared property, or of a pattern that the name matches.
    pub fn declared(&self, name: &str) -> Option<NodeId> {
        if let Some(index) = self.by_name.get(name) {
            return self.properties.get(*index).map(|property| property.node);
        }
        self.patterns.iter().find(|(pattern, _)| pattern.is_match(name)).map(|(_, node)| *node)
    }

    /// The declared property of this very name.
    pub(crate) fn property(&self, name: &str) -> Option<&Property> {
        self.by_name.get(name).and_then(|index| self.properties.get(*index))
    }

    /// Whether a property of this very name is declared.
    pub fn by_name(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The node of the item at `index`.
    pub fn item(&self, index: usize) -> Option<NodeId> {
        self.prefix_items.get(index).copied().or(self.items)
    }

    pub fn nullable(&self) -> bool {
        self.types.contains(Types::NULL)
    }

    /// A value that must not be shown again: `writeOnly`, `format: password` or the hint `secret`.
    pub fn secret(&self) -> bool {
        self.write_only
            || self.format.as_deref() == Some("password")
            || self.hints.flag("secret")
            || self.hints.widget() == Some("password")
    }
}
