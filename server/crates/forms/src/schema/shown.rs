//! When a field has its place in the form: what its siblings must say. From `x-ui.when`, and from the plain cases of `if` and `dependentSchemas`.

use super::layer::Layer;
use super::{Node, Property, Schema, Types};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A field is shown when one of these holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When(Vec<Clause>);

/// All of the tests, or not all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Clause {
    tests: Vec<(String, Test)>,
    negated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    OneOf(Vec<Value>),
    /// It is there, whatever it says.
    Given,
}

impl When {
    /// `{enabled: true, engine: [postgresql, mysql]}`: all of the named siblings have one of the values.
    pub(crate) fn of_hint(hint: &Value) -> Option<Self> {
        let one_of = |value: &Value| match value {
            Value::Array(values) => values.clone(),
            value => vec![value.clone()],
        };
        let tests = hint.as_object()?.iter().map(|(name, value)| (name.clone(), Test::OneOf(one_of(value))));
        Some(Self(vec![Clause { tests: tests.collect(), negated: false }]))
    }

    /// The siblings it looks at.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|clause| &clause.tests).map(|(name, _)| name.as_str())
    }

    fn holds(&self, sibling: &impl Fn(&str) -> Option<Value>) -> bool {
        let passes = |(name, test): &(String, Test)| match (sibling(name), test) {
            (None, _) => false,
            (Some(_), Test::Given) => true,
            (Some(value), Test::OneOf(values)) => values.contains(&value),
        };
        self.0.iter().any(|clause| clause.tests.iter().all(passes) != clause.negated)
    }
}

/// What conditions bring, by property; one that comes by a condition we cannot follow is always shown.
pub(super) fn brought<'a>(
    layers: &[Layer<'a>],
    properties: impl Fn(&'a Value) -> Vec<&'a str>,
) -> BTreeMap<&'a str, Option<When>> {
    let mut found: BTreeMap<&str, Option<When>> = BTreeMap::new();
    let mut note = |schema: &'a Value, clause: Option<&Clause>| {
        for name in properties(schema) {
            let known = found.entry(name).or_insert_with(|| Some(When::default()));
            match (clause, known.as_mut()) {
                (Some(clause), Some(known)) => known.0.push(clause.clone()),
                (None, _) => *known = None,
                (Some(_), None) => {}
            }
        }
    };
    for layer in layers {
        let clause = layer.get("if").and_then(plain);
        if let Some(schema) = layer.get("then") {
            note(schema, clause.as_ref());
        }
        if let Some(schema) = layer.get("else") {
            let otherwise = clause.clone().map(|clause| Clause { negated: true, ..clause });
            note(schema, otherwise.as_ref());
        }
        for (name, schema) in layer.get("dependentSchemas").and_then(Value::as_object).into_iter().flatten() {
            note(schema, Some(&Clause { tests: vec![(name.clone(), Test::Given)], negated: false }));
        }
    }
    found
}

/// `if` that only says which values siblings have.
fn plain(condition: &Value) -> Option<Clause> {
    let condition = condition.as_object()?;
    let known = |key: &String| matches!(key.as_str(), "properties" | "required" | "type");
    if !condition.keys().all(known) {
        return None;
    }
    let test = |(name, schema): (&String, &Value)| {
        let schema: &Map<String, Value> = schema.as_object()?;
        let only = |key: &str| (schema.len() == 1).then(|| schema.get(key)).flatten();
        let values = only("const").map(|value| vec![value.clone()]);
        let values = values.or_else(|| only("enum").and_then(Value::as_array).cloned());
        Some((name.clone(), Test::OneOf(values?)))
    };
    let properties = condition.get("properties").and_then(Value::as_object);
    let mut tests = properties.into_iter().flatten().map(test).collect::<Option<Vec<_>>>()?;
    for name in condition.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !tests.iter().any(|(known, _)| known == name) {
            tests.push((name.to_owned(), Test::Given));
        }
    }
    (!tests.is_empty()).then_some(Clause { tests, negated: false })
}

impl Schema {
    /// On what it depends whether a property is shown; `None` = it always is.
    pub(crate) fn when(&self, property: &Property) -> Option<When> {
        let hint = self.node(property.node).hints.value("when").and_then(When::of_hint);
        hint.or_else(|| property.when.clone())
    }

    /// Whether a property has its place beside what is in `object`; `None` where it always has.
    pub(crate) fn shown(&self, node: &Node, property: &Property, object: &Map<String, Value>) -> Option<bool> {
        Some(self.when(property)?.holds(&|name| self.present(node, name, object)))
    }

    /// What a sibling says, or would say by its default. A switch that nobody touched is off.
    fn present(&self, node: &Node, name: &str, object: &Map<String, Value>) -> Option<Value> {
        let described = node.declared(name).map(|id| self.node(id));
        let given = object.get(name).or_else(|| described?.default.as_ref()).cloned();
        given.or_else(|| described.filter(|node| node.types == Types::BOOLEAN).map(|_| Value::Bool(false)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(schema: &Value, value: &Value, expected: &str) {
        let schema = Schema::parse(schema).unwrap();
        let (node, object) = (schema.root(), value.as_object().unwrap());
        let shown = |property: &&Property| schema.shown(node, property, object) != Some(false);
        let names: Vec<&str> = node.properties.iter().filter(shown).map(|property| property.name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{value}");
    }

    #[test]
    fn a_hint_hides_a_field_until_its_switch_is_on() {
        let schema = json!({"type": "object", "properties": {
            "on": {"type": "boolean"}, "engine": {"type": "string", "default": "a"},
            "rate": {"type": "string", "x-ui": {"when": {"on": true}}},
            "both": {"type": "string", "x-ui": {"when": {"on": true, "engine": ["b", "c"]}}},
            "off": {"type": "string", "x-ui": {"when": {"on": false}}},
        }});
        check(&schema, &json!({}), "on engine off");
        check(&schema, &json!({"on": true}), "on engine rate");
        check(&schema, &json!({"on": true, "engine": "c"}), "on engine rate both");
    }

    #[test]
    fn then_else_and_dependent_schemas_bring_their_fields_when_they_hold() {
        let schema = json!({"type": "object", "properties": {"kind": {"enum": ["x", "y"]}, "extra": {"type": "string"}},
            "if": {"properties": {"kind": {"const": "x"}}, "required": ["kind"]},
            "then": {"properties": {"of-x": {"type": "string"}}}, "else": {"properties": {"of-others": {"type": "string"}}},
            "dependentSchemas": {"extra": {"properties": {"more": {"type": "string"}}}},
        });
        check(&schema, &json!({}), "kind extra of-others");
        check(&schema, &json!({"kind": "x"}), "kind extra of-x");
        check(&schema, &json!({"kind": "y", "extra": "e"}), "kind extra of-others more");
    }

    #[test]
    fn a_condition_that_cannot_be_followed_hides_nothing() {
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}},
            "if": {"properties": {"n": {"minimum": 3}}}, "then": {"properties": {"many": {"type": "string"}}}});
        check(&schema, &json!({}), "n many");
    }
}
