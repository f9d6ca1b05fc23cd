//! What siblings must say for a condition to hold, in three answers: a condition about something nobody has answered yet is undecided.
//!
//! By the letter of JSON Schema `if: {properties: {animal: {const: cat}}}` holds where `animal` is absent. In a form that would show, and
//! ask for, what belongs to cats before anyone spoke of an animal.

use super::dialect::target;
use super::{Node, Schema, Types};
use crate::rules::Condition;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Conditions nested deeper than this are not followed.
const MAX_NESTING: usize = 12;

/// One condition over the properties of an object.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    /// The property is there, whatever it says.
    Given(String),
    OneOf(String, Vec<Value>),
    /// The property's own properties say something.
    Says(String, Box<Test>),
    /// The property is valid by a schema.
    Fits(String, Arc<jsonschema::Validator>),
    Cel(Arc<Condition>),
    /// Something we cannot follow.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Yes,
    No,
    /// What it asks about is not there yet.
    Undecided,
    /// It cannot be followed.
    Unknown,
}

/// The object a condition looks at.
pub(crate) struct Around<'a> {
    pub object: &'a Map<String, Value>,
    /// What describes it: a sibling says its default where it says nothing else.
    pub described: Option<(&'a Schema, &'a Node)>,
    /// The whole value, for expressions.
    pub whole: Option<&'a Value>,
}

impl Test {
    /// `{enabled: true, engine: [postgresql, mysql]}`, or an expression over `self` and `form`.
    pub(crate) fn of_hint(hint: &Value, at: &str) -> domain::Result<Self> {
        let one_of = |value: &Value| match value {
            Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        };
        match hint {
            Value::Object(siblings) => {
                Ok(Self::All(siblings.iter().map(|(name, value)| Self::OneOf(name.clone(), one_of(value))).collect()))
            }
            Value::String(source) => Ok(Self::Cel(Arc::new(Condition::read(source, &["self", "form"], at)?))),
            _ => {
                Err(super::refused(at, "when names siblings and their values, or is an expression over self and form"))
            }
        }
    }

    /// What an `if` asks.
    pub(crate) fn of_schema(condition: &Value, document: &Value) -> Self {
        Self::read(condition, document, MAX_NESTING)
    }

    fn read(condition: &Value, document: &Value, depth: usize) -> Self {
        let Some(depth) = depth.checked_sub(1) else { return Self::Unknown };
        let map = match condition {
            Value::Bool(true) => return Self::All(Vec::new()),
            Value::Bool(false) => return Self::Any(Vec::new()),
            Value::Object(map) => map,
            _ => return Self::Unknown,
        };
        let each = |list: &Value| -> Vec<Self> {
            list.as_array().into_iter().flatten().map(|one| Self::read(one, document, depth)).collect()
        };
        let mut all = Vec::new();
        for (key, value) in map {
            match key.as_str() {
                "properties" => {
                    let properties = value.as_object().into_iter().flatten();
                    all.extend(properties.map(|(name, schema)| Self::of_property(name, schema, document, depth)));
                }
                "required" => {
                    let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                    all.extend(names.map(|name| Self::Given(name.to_owned())));
                }
                "allOf" => all.extend(each(value)),
                "anyOf" | "oneOf" => all.push(Self::Any(each(value))),
                "not" => all.push(Self::Not(Box::new(Self::read(value, document, depth)))),
                "$ref" => all.push(match value.as_str().and_then(|reference| target(document, reference)) {
                    Some((schema, _)) => Self::read(schema, document, depth),
                    None => Self::Unknown,
                }),
                "type" if value == "object" => {}
                "title" | "description" | "default" | "examples" | "$comment" => {}
                _ => all.push(Self::Unknown),
            }
        }
        match <[Self; 1]>::try_from(all) {
            Ok([only]) => only,
            Err(all) => Self::All(all),
        }
    }

    /// What a schema asks of one property.
    pub(super) fn of_property(name: &str, schema: &Value, document: &Value, depth: usize) -> Self {
        let Some(depth) = depth.checked_sub(1) else { return Self::Unknown };
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(false) => return Self::Not(Box::new(Self::Given(name.to_owned()))),
            _ => return Self::All(Vec::new()),
        };
        let only = |key: &str| map.iter().all(|(other, _)| other == key || matches!(other.as_str(), "type" | "title"));
        match (map.get("const"), map.get("enum"), map.get("not")) {
            (Some(value), None, None) if only("const") => return Self::OneOf(name.to_owned(), vec![value.clone()]),
            (None, Some(Value::Array(values)), None) if only("enum") => {
                return Self::OneOf(name.to_owned(), values.clone());
            }
            (None, None, Some(other)) if only("not") => {
                return Self::Not(Box::new(Self::of_property(name, other, document, depth)));
            }
            _ => {}
        }
        let of_object = |key: &String| matches!(key.as_str(), "properties" | "required" | "type" | "allOf" | "anyOf");
        if map.contains_key("properties") && map.keys().all(of_object) {
            return Self::Says(name.to_owned(), Box::new(Self::read(schema, document, depth)));
        }
        match alone(document, map) {
            Some(validator) => Self::Fits(name.to_owned(), Arc::new(validator)),
            None => Self::Unknown,
        }
    }

    pub(crate) fn truth(&self, around: &Around<'_>) -> Truth {
        match self {
            Self::All(tests) => {
                // the firmest doubt wins
                let rank = |truth: &Truth| match truth {
                    Truth::No => 0,
                    Truth::Undecided => 1,
                    Truth::Unknown => 2,
                    Truth::Yes => 3,
                };
                tests.iter().map(|test| test.truth(around)).min_by_key(rank).unwrap_or(Truth::Yes)
            }
            Self::Any(tests) => {
                let rank = |truth: &Truth| match truth {
                    Truth::Yes => 0,
                    Truth::Undecided => 1,
                    Truth::Unknown => 2,
                    Truth::No => 3,
                };
                tests.iter().map(|test| test.truth(around)).min_by_key(rank).unwrap_or(Truth::No)
            }
            Self::Not(test) => match test.truth(around) {
                Truth::Yes => Truth::No,
                Truth::No => Truth::Yes,
                open => open,
            },
            Self::Given(name) => settled(around.given(name).is_some()),
            Self::OneOf(name, values) => match around.says(name) {
                None => Truth::Undecided,
                Some(value) => settled(values.contains(&value)),
            },
            Self::Says(name, test) => match around.says(name) {
                None => Truth::Undecided,
                Some(Value::Object(object)) => {
                    let described = around.described;
                    let described =
                        described.and_then(|(schema, node)| Some((schema, schema.node(node.declared(name)?))));
                    test.truth(&Around { object: &object, described, whole: around.whole })
                }
                Some(_) => Truth::No,
            },
            Self::Fits(name, validator) => match around.says(name) {
                None => Truth::Undecided,
                Some(value) => settled(validator.is_valid(&value)),
            },
            Self::Cel(condition) => {
                let own = around.filled();
                let whole = around.whole.cloned().unwrap_or_else(|| own.clone());
                condition.holds(&[("self", own), ("form", whole)]).map_or(Truth::Undecided, settled)
            }
            Self::Unknown => Truth::Unknown,
        }
    }

    /// The siblings it looks at.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut todo = vec![self];
        while let Some(test) = todo.pop() {
            match test {
                Self::All(tests) | Self::Any(tests) => todo.extend(tests),
                Self::Not(test) => todo.push(test),
                Self::Given(name) | Self::OneOf(name, _) | Self::Says(name, _) | Self::Fits(name, _) => {
                    names.push(name.clone());
                }
                Self::Cel(condition) => names.extend(condition.fields_of("self")),
                Self::Unknown => {}
            }
        }
        names
    }

    /// The siblings of which it asks a certain answer, as long as all of them must hold.
    pub(crate) fn answers(&self) -> Vec<(&str, &[Value])> {
        match self {
            Self::OneOf(name, values) => vec![(name, values)],
            Self::All(tests) => tests.iter().flat_map(Self::answers).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it can never be answered, whatever a form says.
    pub(crate) fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::All(tests) | Self::Any(tests) => !tests.is_empty() && tests.iter().all(Self::is_unknown),
            Self::Not(test) => test.is_unknown(),
            _ => false,
        }
    }
}

impl Around<'_> {
    /// What is there, or would be by its default.
    fn given(&self, name: &str) -> Option<Value> {
        let described = || self.described.and_then(|(schema, node)| Some(schema.node(node.declared(name)?)));
        self.object.get(name).or_else(|| described()?.default.as_ref()).cloned()
    }

    /// The same; a switch that nobody touched is off, and a constant says itself.
    fn says(&self, name: &str) -> Option<Value> {
        let described = || self.described.and_then(|(schema, node)| Some(schema.node(node.declared(name)?)));
        self.given(name).or_else(|| {
            let node = described()?;
            match &node.constant {
                Some(constant) => Some(constant.clone()),
                None if node.types == Types::OBJECT => Some(Value::Object(Map::new())),
                None => (node.types == Types::BOOLEAN).then_some(Value::Bool(false)),
            }
        })
    }

    /// The object as an expression sees it: with the defaults of its own fields.
    fn filled(&self) -> Value {
        let mut object = self.object.clone();
        if let Some((_, node)) = self.described {
            for property in &node.properties {
                if let Some(value) = self.says(&property.name) {
                    object.entry(property.name.clone()).or_insert(value);
                }
            }
        }
        Value::Object(object)
    }
}

fn settled(holds: bool) -> Truth {
    if holds { Truth::Yes } else { Truth::No }
}

/// A schema compiled by itself, with the definitions it may refer to.
fn alone(document: &Value, schema: &Map<String, Value>) -> Option<jsonschema::Validator> {
    let definitions = document
        .as_object()?
        .iter()
        .filter(|(key, _)| matches!(key.as_str(), "$defs" | "definitions" | "components"))
        .map(|(key, value)| (key.clone(), value.clone()));
    let mut whole: Map<String, Value> = definitions.collect();
    whole.extend(schema.iter().map(|(key, value)| (key.clone(), value.clone())));
    super::compile(&Value::Object(whole)).ok()
}
