//! When a field has its place in the form, and when it must be filled in: what its siblings must say. From `x-ui.when`, `if`,
//! `dependentRequired` and `dependentSchemas`.

use super::test::{Around, Test, Truth};
use super::{Node, NodeId, Property, Schema};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Names that must be there while a condition holds.
#[derive(Clone, Debug)]
pub(crate) struct Demand {
    pub test: Test,
    pub names: BTreeSet<String>,
}

/// One way by which a property comes to have its place.
#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub test: Test,
    pub node: NodeId,
}

impl Property {
    /// The siblings on which it depends whether it is shown.
    pub(crate) fn depends_on(&self) -> Vec<String> {
        self.arms.iter().chain(&self.refined).map(|arm| &arm.test).chain(&self.hint).flat_map(Test::names).collect()
    }
}

impl Property {
    /// Whether conditions bring it in different forms.
    pub(crate) fn varies(&self) -> bool {
        self.arms.len() > 1 || !self.refined.is_empty()
    }
}

impl Schema {
    /// Whether a property has its place beside what is in `object`; `None` where it always has.
    pub(crate) fn shown(
        &self,
        node: &Node,
        property: &Property,
        object: &Map<String, Value>,
        whole: Option<&Value>,
    ) -> Option<bool> {
        let around = Around { object, described: Some((self, node)), whole };
        let holds = |test: &Test| matches!(test.truth(&around), Truth::Yes | Truth::Unknown);
        let brought = self.brought(node, property, object);
        let hinted = property.hint.as_ref().map(holds);
        match (property.arms.is_empty(), hinted) {
            (true, hinted) => hinted,
            (false, hinted) => Some(brought && hinted.unwrap_or(true)),
        }
    }

    /// Whether the schema's own conditions give a property its place.
    pub(crate) fn brought(&self, node: &Node, property: &Property, object: &Map<String, Value>) -> bool {
        let around = Around { object, described: Some((self, node)), whole: None };
        let holds = |arm: &Arm| matches!(arm.test.truth(&around), Truth::Yes | Truth::Unknown);
        property.arms.is_empty() || property.arms.iter().any(holds)
    }

    /// What describes a property beside what is in `object`: different conditions may bring it in different forms.
    pub(crate) fn described(&self, node: &Node, property: &Property, object: &Map<String, Value>) -> NodeId {
        if property.arms.len() < 2 && property.refined.is_empty() {
            return property.node;
        }
        let around = Around { object, described: Some((self, node)), whole: None };
        if let Some(refined) = property.refined.iter().find(|arm| arm.test.truth(&around) == Truth::Yes) {
            return refined.node;
        }
        let with = |truth| property.arms.iter().find(|arm| arm.test.truth(&around) == truth);
        with(Truth::Yes).or_else(|| with(Truth::Unknown)).map_or(property.node, |arm| arm.node)
    }

    /// What must be there beside what is in `object`, by the conditions that hold.
    pub(crate) fn demanded<'n>(&self, node: &'n Node, object: &Map<String, Value>) -> BTreeSet<&'n str> {
        let around = Around { object, described: Some((self, node)), whole: None };
        let holding = node.demands.iter().filter(|demand| demand.test.truth(&around) == Truth::Yes);
        holding.flat_map(|demand| demand.names.iter().map(String::as_str)).collect()
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
        let shown = |property: &&Property| schema.shown(node, property, object, None) != Some(false);
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
    fn an_if_about_something_nobody_answered_shows_neither_branch() {
        let schema = json!({"type": "object", "properties": {"animal": {"enum": ["cat", "fish"]}, "n": {"type": "integer"}},
            "if": {"properties": {"animal": {"const": "cat"}}},
            "then": {"properties": {"meat": {"type": "string"}}}, "else": {"properties": {"worms": {"type": "string"}}},
            "allOf": [{"if": {"properties": {"n": {"minimum": 3}}}, "then": {"properties": {"many": {"type": "string"}}}}]});
        check(&schema, &json!({}), "animal n");
        check(&schema, &json!({"animal": "cat", "n": 2}), "animal n meat");
        check(&schema, &json!({"animal": "fish", "n": 3}), "animal n worms many");
    }

    #[test]
    fn an_alternative_below_a_dependency_comes_with_what_it_says_of_the_controlling_field() {
        let schema = json!({"type": "object", "properties": {"pets": {"enum": ["none", "one"]}},
            "dependentSchemas": {"pets": {"oneOf": [
                {"properties": {"pets": {"const": "none"}}},
                {"properties": {"pets": {"const": "one"}, "age": {"type": "integer"}}, "required": ["age"]}]}}});
        check(&schema, &json!({}), "pets");
        check(&schema, &json!({"pets": "none"}), "pets");
        check(&schema, &json!({"pets": "one"}), "pets age");
        let schema = Schema::parse(&schema).unwrap();
        let demanded = |value: Value| schema.demanded(schema.root(), value.as_object().unwrap()).len();
        assert_eq!((demanded(json!({"pets": "none"})), demanded(json!({"pets": "one"}))), (0, 1));
    }

    #[test]
    fn conditions_that_bring_the_same_field_bring_it_in_their_own_form() {
        let food = |kinds: &[&str]| json!({"properties": {"food": {"type": "string", "enum": kinds}}});
        let is = |animal: &str| json!({"properties": {"animal": {"const": animal}}});
        let schema = json!({"type": "object", "properties": {"animal": {"type": "string"}}, "allOf": [
            {"if": is("cat"), "then": food(&["meat"])}, {"if": is("fish"), "then": food(&["worms"])}]});
        let schema = Schema::parse(&schema).unwrap();
        let first = |animal: &str| {
            let value = json!({"animal": animal});
            let id = schema.property(schema.root(), Some(&value), "food").flatten().unwrap();
            schema.node(id).choices.clone().unwrap()[0].value.clone()
        };
        assert_eq!((first("cat"), first("fish")), (json!("meat"), json!("worms")));
    }

    #[test]
    fn an_expression_hides_a_field_until_it_holds() {
        let schema = json!({"type": "object", "properties": {
            "replicas": {"type": "integer", "default": 1}, "mode": {"type": "string"},
            "quorum": {"type": "integer", "x-ui": {"when": "self.replicas > 2 && self.mode == 'strict'"}},
        }});
        check(&schema, &json!({"replicas": 3}), "replicas mode");
        check(&schema, &json!({"replicas": 3, "mode": "strict"}), "replicas mode quorum");
        check(&schema, &json!({"mode": "strict"}), "replicas mode");
    }

    #[test]
    fn a_condition_that_cannot_be_followed_hides_nothing() {
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}},
            "if": {"minProperties": 1}, "then": {"properties": {"many": {"type": "string"}}}});
        check(&schema, &json!({}), "n many");
    }
}
