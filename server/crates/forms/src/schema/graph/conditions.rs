//! What conditions bring to an object: properties that have their place while they hold, and properties that must be there then.

use super::Reader;
use crate::schema::layer::{Layer, extend_distinct, named};
use crate::schema::node::{Node, Property};
use crate::schema::shown::{Arm, Demand};
use crate::schema::test::Test;
use domain::Result;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

impl<'a> Reader<'a> {
    pub(super) fn read_conditions(
        &mut self,
        node: &mut Node,
        layers: &[Layer<'a>],
        names: Vec<(&'a str, Vec<Layer<'a>>)>,
    ) -> Result<()> {
        let known: HashSet<&'a str> = names.iter().map(|(name, _)| *name).collect();
        let conditional = self.conditional(layers, &known);
        let mut brought: Vec<(&'a str, Vec<Arm>)> = Vec::new();
        let mut refined: HashMap<&'a str, Vec<Arm>> = HashMap::new();
        for (layer, test) in &conditional {
            for (name, schema, at) in named(layer, "properties") {
                // a property that is forbidden there is none, and what a condition asks about is not changed by it
                if schema == &Value::Bool(false)
                    || known.contains(name) && test.names().iter().any(|asked| asked == name)
                {
                    continue;
                }
                let mut found = self.layers_of(schema, at);
                if let Some((_, own)) = names.iter().find(|(known, _)| *known == name) {
                    extend_distinct(&mut found, own.clone());
                    let arm = Arm { test: test.clone(), node: self.place(found, Vec::new())? };
                    refined.entry(name).or_default().push(arm);
                    continue;
                }
                let arm = Arm { test: test.clone(), node: self.place(found, Vec::new())? };
                match brought.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, arms)) => arms.push(arm),
                    None => brought.push((name, vec![arm])),
                }
            }
        }
        for (name, layers) in names {
            let id = self.place(layers, Vec::new())?;
            let refined = refined.remove(name).unwrap_or_default();
            node.properties.push(Property { name: name.to_owned(), node: id, arms: Vec::new(), refined, hint: None });
        }
        for (name, mut arms) in brought {
            let Some(first) = arms.first().map(|arm| arm.node) else { continue };
            // one way in that nobody can follow: it may always be meant
            if arms.iter().any(|arm| arm.test.is_unknown()) {
                arms.clear();
            }
            node.properties.push(Property {
                name: name.to_owned(),
                node: first,
                arms,
                refined: Vec::new(),
                hint: None,
            });
        }
        let always = Test::All(Vec::new());
        let own = layers.iter().map(|layer| (layer, &always));
        for (layer, test) in own.chain(conditional.iter().map(|(layer, test)| (layer, test))) {
            for (given, names) in layer.get("dependentRequired").and_then(Value::as_object).into_iter().flatten() {
                let test = Test::All(vec![test.clone(), Test::Given(given.clone())]);
                node.demands.extend(demand(test, names));
            }
        }
        for (layer, test) in &conditional {
            node.demands.extend(layer.get("required").and_then(|names| demand(test.clone(), names)));
        }
        Ok(())
    }
}

fn demand(test: Test, names: &Value) -> Option<Demand> {
    let names: BTreeSet<String> = names.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    (!names.is_empty()).then_some(Demand { test, names })
}

/// Reads every `x-ui.when`. One that cannot be read hides nothing; whoever publishes it is told ([`crate::lint`]).
pub(super) fn read_hints(nodes: &mut [Node]) {
    let hint = |node: &Node| node.hints.value("when").and_then(|hint| Test::of_hint(hint, "").ok());
    let hints: Vec<Option<Test>> = nodes.iter().map(hint).collect();
    if hints.iter().all(Option::is_none) {
        return;
    }
    for property in nodes.iter_mut().flat_map(|node| &mut node.properties) {
        property.hint = hints.get(property.node.index()).cloned().flatten();
    }
}
