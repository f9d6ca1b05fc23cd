//! The schema document read as a graph of [`Node`]s.
//!
//! A node is made of *layers*: the schema objects that hold at the same place, found by following `$ref` and `allOf`. The first layer
//! wins for words (title, default), all of them narrow types, bounds and choices. The same layers are the same node, so recursion is
//! a circle in the graph and ends.

mod alternatives;
mod conditions;

use super::layer::{Layer, beside_null, extend_distinct, infer_types, named, read_bounds, read_words};
use super::node::{Additional, Node, NodeId};
use super::{Dialect, dialect, refused};
use crate::pointer::join;
use crate::rules::Rule;
use domain::Result;
use regex::RegexBuilder;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet, VecDeque};

/// Combinations of alternatives multiply; this many nodes are enough for any form.
const MAX_NODES: usize = 50_000;
/// All layers of all nodes together.
const MAX_LAYERS: usize = 400_000;

pub(super) struct Graph {
    pub nodes: Vec<Node>,
    pub rules: Vec<Rule>,
}

pub(super) fn read(document: &Value, dialect: Dialect) -> Result<Graph> {
    let mut reader = Reader {
        document,
        dialect,
        nodes: Vec::new(),
        rules: Vec::new(),
        known: HashMap::new(),
        rules_at: HashMap::new(),
        todo: VecDeque::new(),
        layers: 0,
    };
    let root = reader.layers_of(document, String::new());
    reader.place(root, Vec::new())?;
    while let Some(work) = reader.todo.pop_front() {
        reader.fill(work)?;
    }
    conditions::read_hints(&mut reader.nodes);
    Ok(Graph { nodes: reader.nodes, rules: reader.rules })
}

type Address = *const Map<String, Value>;

struct Work<'a> {
    id: NodeId,
    layers: Vec<Layer<'a>>,
    /// `oneOf`/`anyOf` lists already decided on the way here.
    decided: Vec<*const Value>,
}

struct Reader<'a> {
    document: &'a Value,
    dialect: Dialect,
    nodes: Vec<Node>,
    rules: Vec<Rule>,
    known: HashMap<(Vec<Address>, Vec<*const Value>), NodeId>,
    rules_at: HashMap<Address, Vec<usize>>,
    todo: VecDeque<Work<'a>>,
    layers: usize,
}

impl<'a> Reader<'a> {
    fn place(&mut self, layers: Vec<Layer<'a>>, decided: Vec<*const Value>) -> Result<NodeId> {
        let key = (layers.iter().map(|layer| std::ptr::from_ref(layer.schema)).collect(), decided.clone());
        if let Some(id) = self.known.get(&key) {
            return Ok(*id);
        }
        self.layers += layers.len();
        if self.nodes.len() >= MAX_NODES || self.layers > MAX_LAYERS {
            let at = layers.first().map_or("", |layer| layer.at.as_str());
            return Err(refused(at, "too many combinations of oneOf and anyOf; split the schema"));
        }
        let id = NodeId::from_index(self.nodes.len());
        self.nodes.push(Node::default());
        self.known.insert(key, id);
        self.todo.push_back(Work { id, layers, decided });
        Ok(id)
    }

    /// The schema and everything that `$ref`, `allOf` and "or null" add at the same place, nearest first.
    fn layers_of(&self, schema: &'a Value, at: String) -> Vec<Layer<'a>> {
        let mut layers = Vec::new();
        let mut seen = HashSet::new();
        let mut todo = vec![(schema, at, false)];
        while let Some((schema, at, or_null)) = todo.pop() {
            let Value::Object(map) = schema else { continue };
            if !seen.insert(std::ptr::from_ref(map)) {
                continue;
            }
            let mut next = Vec::new();
            if let Some((target, to)) =
                map.get("$ref").and_then(Value::as_str).and_then(|reference| dialect::target(self.document, reference))
            {
                next.push((target, to, or_null));
            }
            if let Some(Value::Array(all)) = map.get("allOf") {
                next.extend(
                    all.iter().enumerate().map(|(index, schema)| (schema, format!("{at}/allOf/{index}"), or_null)),
                );
            }
            if let Some((schema, pointer)) = beside_null(map, &at) {
                next.push((schema, pointer, true));
            }
            layers.push(Layer { schema: map, at, or_null });
            todo.extend(next.into_iter().rev());
        }
        layers
    }

    fn fill(&mut self, Work { id, layers, decided }: Work<'a>) -> Result<()> {
        let mut node =
            Node { location: layers.first().map(|layer| layer.at.clone()).unwrap_or_default(), ..Node::default() };
        read_words(&mut node, &layers);
        read_bounds(&mut node, &layers);
        for layer in &layers {
            node.rules.extend(self.rules_of(layer)?);
        }
        self.read_children(&mut node, &layers)?;
        self.read_alternatives(&mut node, &layers, &decided)?;
        infer_types(&mut node, &layers);
        node.additional = self.additional(&node, &layers)?;
        node.by_name =
            node.properties.iter().enumerate().map(|(index, property)| (property.name.clone(), index)).collect();
        self.nodes[id.index()] = node;
        Ok(())
    }

    fn rules_of(&mut self, layer: &Layer<'a>) -> Result<Vec<usize>> {
        let address = std::ptr::from_ref(layer.schema);
        if let Some(found) = self.rules_at.get(&address) {
            return Ok(found.clone());
        }
        let mut found = Vec::new();
        if let Some(Value::Array(rules)) = layer.get("x-kubernetes-validations") {
            for (index, rule) in rules.iter().enumerate() {
                let at = format!("{}/x-kubernetes-validations/{index}", layer.at);
                found.push(self.rules.len());
                self.rules.push(Rule::read(rule, &at)?);
            }
        }
        self.rules_at.insert(address, found.clone());
        Ok(found)
    }

    fn read_children(&mut self, node: &mut Node, layers: &[Layer<'a>]) -> Result<()> {
        let mut names: Vec<(&'a str, Vec<Layer<'a>>)> = Vec::new();
        let mut index: HashMap<&'a str, usize> = HashMap::new();
        for layer in layers {
            for (name, schema, at) in named(layer, "properties") {
                let found = self.layers_of(schema, at);
                let slot = *index.entry(name).or_insert_with(|| {
                    names.push((name, Vec::new()));
                    names.len() - 1
                });
                extend_distinct(&mut names[slot].1, found);
            }
            if let Some(Value::Array(required)) = layer.get("required") {
                node.required.extend(required.iter().filter_map(Value::as_str).map(str::to_owned));
            }
        }
        self.read_conditions(node, layers, names)?;
        for layer in layers {
            for (pattern, schema, at) in named(layer, "patternProperties") {
                let regex = RegexBuilder::new(pattern)
                    .size_limit(1 << 20)
                    .build()
                    .map_err(|_| refused(&at, format!("{pattern:?} is not a regular expression we accept")))?;
                let found = self.layers_of(schema, at);
                let id = self.place(found, Vec::new())?;
                node.patterns.push((regex, id));
            }
        }
        let mut items = Vec::new();
        for layer in layers {
            if let Some(schema @ Value::Object(_)) = layer.get("items") {
                extend_distinct(&mut items, self.layers_of(schema, join(&layer.at, "items")));
            }
            if let (Some(Value::Array(prefix)), true) = (layer.get("prefixItems"), node.prefix_items.is_empty()) {
                for (index, schema) in prefix.iter().enumerate() {
                    let found = self.layers_of(schema, format!("{}/prefixItems/{index}", layer.at));
                    let id = self.place(found, Vec::new())?;
                    node.prefix_items.push(id);
                }
            }
        }
        if !items.is_empty() {
            node.items = Some(self.place(items, Vec::new())?);
        }
        Ok(())
    }

    fn additional(&mut self, node: &Node, layers: &[Layer<'a>]) -> Result<Additional> {
        if layers.iter().any(|layer| {
            layer.flag("x-kubernetes-preserve-unknown-fields") || layer.flag("x-kubernetes-embedded-resource")
        }) {
            return Ok(Additional::Any);
        }
        let mut values = Vec::new();
        let mut open = false;
        for key in ["additionalProperties", "unevaluatedProperties"] {
            for layer in layers {
                match layer.get(key) {
                    Some(Value::Bool(false)) => return Ok(Additional::Closed),
                    Some(Value::Bool(true)) => open = true,
                    Some(schema @ Value::Object(map)) => {
                        open |= map.is_empty();
                        extend_distinct(&mut values, self.layers_of(schema, join(&layer.at, key)));
                    }
                    _ => {}
                }
            }
        }
        if values.iter().any(|layer| !layer.schema.is_empty()) {
            return Ok(Additional::Schema(self.place(values, Vec::new())?));
        }
        let silent = node.properties.is_empty()
            && node.patterns.is_empty()
            && node.branches.iter().all(|branch| branch.own.is_empty());
        let free = match self.dialect {
            Dialect::JsonSchema => silent,
            Dialect::Structural => silent && node.types.is_empty(),
        };
        Ok(if open || free { Additional::Any } else { Additional::Closed })
    }
}
