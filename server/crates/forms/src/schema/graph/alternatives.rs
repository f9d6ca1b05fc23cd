//! What holds only sometimes: `oneOf` and `anyOf`, `then` and `else`, `dependentSchemas`.

use super::Reader;
use crate::pointer::join;
use crate::schema::Dialect;
use crate::schema::layer::{Layer, beside_null, constants, declared_types, extend_distinct, named};
use crate::schema::node::{Branch, Node, Types};
use domain::Result;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

impl<'a> Reader<'a> {
    /// The layers below `then`, `else` and `dependentSchemas`, and the alternatives inside them.
    pub(super) fn conditional(&self, layers: &[Layer<'a>]) -> Vec<Layer<'a>> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut todo: Vec<(&'a Value, String)> = Vec::new();
        let push = |todo: &mut Vec<(&'a Value, String)>, layer: &Layer<'a>, inside: bool| {
            for key in ["then", "else"] {
                if let Some(schema) = layer.get(key) {
                    todo.push((schema, join(&layer.at, key)));
                }
            }
            todo.extend(named(layer, "dependentSchemas").map(|(_, schema, at)| (schema, at)));
            if inside {
                for key in ["oneOf", "anyOf"] {
                    if let Some(Value::Array(all)) = layer.get(key) {
                        todo.extend(
                            all.iter()
                                .enumerate()
                                .map(|(index, schema)| (schema, format!("{}/{key}/{index}", layer.at))),
                        );
                    }
                }
            }
        };
        for layer in layers {
            push(&mut todo, layer, false);
        }
        todo.reverse();
        while let Some((schema, at)) = todo.pop() {
            for layer in self.layers_of(schema, at) {
                if seen.insert(std::ptr::from_ref(layer.schema)) {
                    let mut next = Vec::new();
                    push(&mut next, &layer, true);
                    todo.extend(next.into_iter().rev());
                    found.push(layer);
                }
            }
        }
        found
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
                if self.dialect == Dialect::Structural || !shapes || !node.branches.is_empty() {
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
