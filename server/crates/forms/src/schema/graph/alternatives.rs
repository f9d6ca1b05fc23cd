//! What holds only sometimes: `oneOf` and `anyOf`, `then` and `else`, `dependentSchemas`.

use super::{Address, Reader};
use crate::pointer::join;
use crate::schema::Dialect;
use crate::schema::layer::{Layer, beside_null, constants, declared_types, extend_distinct, named};
use crate::schema::node::{Branch, Node, Types};
use crate::schema::test::Test;
use domain::Result;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// More conditions at one place, or deeper in each other, are not followed.
const MAX_CONDITIONS: usize = 1_000;
const MAX_CONDITIONS_DEEP: usize = 8;

impl<'a> Reader<'a> {
    /// The layers below `then`, `else` and `dependentSchemas`, and of the alternatives inside them, each with what must hold for it.
    /// `known` are the properties that are there anyway.
    pub(super) fn conditional(&self, layers: &[Layer<'a>], known: &HashSet<&'a str>) -> Vec<(Layer<'a>, Test)> {
        let mut found = Vec::new();
        self.below(layers, &[], known, &mut Vec::new(), &mut found);
        found
    }

    fn below(
        &self,
        layers: &[Layer<'a>],
        outer: &[Test],
        known: &HashSet<&'a str>,
        path: &mut Vec<Address>,
        found: &mut Vec<(Layer<'a>, Test)>,
    ) {
        for layer in layers {
            let address = std::ptr::from_ref(layer.schema);
            // a schema that refers to itself below a condition, or conditions beyond what a form can tell
            if path.contains(&address) || path.len() > MAX_CONDITIONS_DEEP {
                continue;
            }
            path.push(address);
            for (schema, at, test) in self.conditions(layer, !outer.is_empty(), known) {
                if found.len() > MAX_CONDITIONS {
                    break;
                }
                let inner = self.layers_of(schema, at);
                let mut tests = outer.to_vec();
                tests.push(test);
                found.extend(inner.iter().map(|layer| (layer.clone(), Test::All(tests.clone()))));
                self.below(&inner, &tests, known, path, found);
            }
            path.pop();
        }
    }

    /// What one layer brings by conditions.
    fn conditions(&self, layer: &Layer<'a>, inside: bool, known: &HashSet<&'a str>) -> Vec<(&'a Value, String, Test)> {
        let mut found = Vec::new();
        if let Some(condition) = layer.get("if") {
            let branches = ["then", "else"].map(|key| (key, layer.get(key)));
            if branches.iter().any(|(_, schema)| schema.is_some()) {
                let test = Test::of_schema(condition, self.document);
                for (key, schema) in branches {
                    let test = if key == "then" { test.clone() } else { Test::Not(Box::new(test.clone())) };
                    found.extend(schema.map(|schema| (schema, join(&layer.at, key), test)));
                }
            }
        }
        found.extend(
            named(layer, "dependentSchemas").map(|(name, schema, at)| (schema, at, Test::Given(name.to_owned()))),
        );
        if !inside {
            return found;
        }
        for key in ["oneOf", "anyOf"] {
            for (index, schema) in layer.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
                let at = format!("{}/{key}/{index}", layer.at);
                let test = self.telling(schema, &at, known);
                found.push((schema, at, test));
            }
        }
        found
    }

    /// What an alternative says of properties that are there anyway tells it from the others.
    fn telling(&self, alternative: &'a Value, at: &str, known: &HashSet<&'a str>) -> Test {
        let layers = self.layers_of(alternative, at.to_owned());
        let tests: Vec<Test> = layers
            .iter()
            .flat_map(|layer| named(layer, "properties"))
            .filter(|(name, ..)| known.contains(name))
            .map(|(name, schema, _)| Test::of_property(name, schema, self.document, 4))
            .collect();
        if tests.is_empty() { Test::Unknown } else { Test::All(tests) }
    }

    /// `oneOf`/`anyOf`: titled constants are choices, alternatives that change the shape are branches, the rest only validates.
    pub(super) fn read_alternatives(
        &mut self,
        node: &mut Node,
        layers: &[Layer<'a>],
        decided: &[*const Value],
    ) -> Result<()> {
        for layer in layers {
            for key in ["oneOf", "anyOf"] {
                let Some(list @ Value::Array(alternatives)) = layer.get(key) else { continue };
                let address = std::ptr::from_ref(list);
                if decided.contains(&address)
                    || alternatives.is_empty()
                    || beside_null(layer.schema, &layer.at).is_some()
                {
                    continue;
                }
                let read: Vec<Vec<Layer<'a>>> = alternatives
                    .iter()
                    .enumerate()
                    .map(|(index, schema)| self.layers_of(schema, format!("{}/{key}/{index}", layer.at)))
                    .collect();
                if let Some(choices) = constants(&read) {
                    if node.choices.is_none() {
                        node.choices = Some(choices);
                    }
                    continue;
                }
                let shapes = read.iter().flatten().any(|layer| layer.get("properties").is_some())
                    || (node.types.is_empty()
                        && read.iter().any(|alternative| declared_types(alternative) != Types::default()));
                // a structural schema declares everything outside: its alternatives only validate
                let declared = read
                    .iter()
                    .flatten()
                    .flat_map(|layer| named(layer, "properties"))
                    .all(|(name, ..)| node.properties.iter().any(|property| property.name == name));
                let validates = self.dialect == Dialect::Structural && declared && !node.types.is_empty();
                if validates || !shapes || !node.branches.is_empty() {
                    continue;
                }
                let mut decided = decided.to_vec();
                decided.push(address);
                for alternative in read {
                    let own = alternative
                        .iter()
                        .flat_map(|layer| named(layer, "properties"))
                        .map(|(name, _, _)| name.to_owned())
                        .collect::<BTreeSet<_>>();
                    let words = |key| alternative.iter().find_map(|layer| layer.text(key));
                    let (title, description) = (words("title"), words("description"));
                    let mut whole = layers.to_vec();
                    // the alternative refines: where it has words of its own they win
                    let mut refined = alternative;
                    extend_distinct(&mut refined, std::mem::take(&mut whole));
                    let id = self.place(refined, decided.clone())?;
                    node.branches.push(Branch { node: id, own, title, description });
                }
            }
        }
        Ok(())
    }
}
