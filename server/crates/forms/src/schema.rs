//! A schema, read once and used many times: for the form, for defaults and pruning, for validation and for rules.
//!
//! Whatever dialect comes in is rewritten to JSON Schema 2020-12 ([`dialect`]), compiled for validation, and beside it read as a graph
//! of [`Node`]s ([`graph`]) in which `$ref` and `allOf` are already followed.

mod cost;
mod dialect;
mod graph;
mod layer;
mod node;
mod shape;
mod shown;
mod test;

pub(crate) use dialect::target;
pub(crate) use node::is_whole;
pub use node::{Additional, Branch, Choice, ListType, Node, NodeId, Property, Types};
pub use shape::Shape;
pub(crate) use test::{Around, Test, Truth};

use crate::pick::Picker;
use crate::rules::Rule;
use domain::{Cause, Error, Result};
use serde_json::Value;
use std::collections::BTreeSet;

/// The largest schema, counted in JSON values.
pub const MAX_VALUES: usize = 200_000;
/// The deepest nesting of a schema document.
pub const MAX_SCHEMA_DEPTH: usize = 96;
/// The deepest nesting of a value; schemas that branch while they recurse allow less ([`Schema::max_depth`]).
pub const MAX_DEPTH: usize = 64;
/// The largest value that is looked at, counted in JSON values.
pub const MAX_DATA: usize = 100_000;

/// By which rules unknown fields and missing keywords are understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// JSON Schema (2020-12, draft-07) and OpenAPI: an object without declared properties is free-form.
    #[default]
    JsonSchema,
    /// A structural schema of a Kubernetes CustomResourceDefinition: what is not declared is unknown.
    Structural,
}

/// A parsed schema. Immutable, `Send + Sync`; keep it per revision and share it.
#[derive(Debug)]
pub struct Schema {
    dialect: Dialect,
    document: Value,
    nodes: Vec<Node>,
    rules: Vec<Rule>,
    validator: jsonschema::Validator,
    max_depth: usize,
}

impl Schema {
    /// Reads a JSON Schema or OpenAPI v3 schema.
    pub fn parse(schema: &Value) -> Result<Self> {
        Self::parse_as(Dialect::JsonSchema, schema)
    }

    /// Reads the structural schema of a CustomResourceDefinition.
    pub fn parse_structural(schema: &Value) -> Result<Self> {
        Self::parse_as(Dialect::Structural, schema)
    }

    pub fn parse_as(dialect: Dialect, schema: &Value) -> Result<Self> {
        measure(schema)?;
        let document = dialect::to_2020_12(schema, dialect)?;
        let max_depth = cost::depth_allowed(&document)?;
        let graph::Graph { nodes, rules } = graph::read(&document, dialect)?;
        let validator = compile(&document)?;
        Ok(Self { dialect, document, nodes, rules, validator, max_depth })
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The schema as JSON Schema 2020-12, for editors and other clients.
    pub fn document(&self) -> &Value {
        &self.document
    }

    pub fn root(&self) -> &Node {
        self.node(NodeId::ROOT)
    }

    pub fn node(&self, id: NodeId) -> &Node {
        // ids come only from this graph; the root stands in for what cannot be
        self.nodes.get(id.index()).unwrap_or(&self.nodes[0])
    }

    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Everything that fields pick from: what to load before the form is drawn.
    pub fn pickers(&self) -> BTreeSet<Picker> {
        self.nodes.iter().filter_map(Node::picker).collect()
    }

    /// How deep a value may be nested for validation to stay bounded.
    pub fn max_depth(&self) -> usize {
        self.max_depth
    }

    /// Whether some place has a CEL rule.
    pub fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Whether a field comes and goes by an expression, which may look at the whole form.
    pub(crate) fn has_expressions(&self) -> bool {
        let hints = self.nodes.iter().flat_map(|node| &node.properties).filter_map(|property| property.hint.as_ref());
        hints.into_iter().any(|hint| matches!(hint, Test::Cel(_)))
    }

    pub(crate) fn rules(&self, node: &Node) -> impl Iterator<Item = &Rule> {
        node.rules.iter().filter_map(|index| self.rules.get(*index))
    }

    pub(crate) fn validator(&self) -> &jsonschema::Validator {
        &self.validator
    }

    /// The node that describes what `pointer` names within `value`.
    pub fn at(&self, value: &Value, pointer: &str) -> Option<&Node> {
        let mut node = self.root();
        let mut here = Some(value);
        for segment in crate::pointer::segments(pointer) {
            let next = match here {
                Some(Value::Array(_)) => node.item(segment.parse().ok()?),
                _ => self.property(node, here, &segment).flatten(),
            }?;
            node = self.node(next);
            here = here.and_then(|value| match value {
                Value::Array(items) => segment.parse::<usize>().ok().and_then(|index| items.get(index)),
                other => other.get(&segment),
            });
        }
        Some(node)
    }

    /// What describes the property `name` of an object: `None` if it is unknown, `Some(None)` if anything may stand there.
    ///
    /// `object` decides between the branches of a `oneOf` or `anyOf` that declare the same name.
    pub fn property(&self, node: &Node, object: Option<&Value>, name: &str) -> Option<Option<NodeId>> {
        if !node.branches.is_empty() {
            let chosen = object.and_then(|value| self.branch_of(node, value));
            let inside = |branch: &Branch| {
                let owner = self.node(branch.node);
                if branch.own.contains(name) {
                    return owner.declared(name);
                }
                // a branch may itself branch
                if owner.branches.is_empty() { None } else { self.property(owner, object, name).flatten() }
            };
            let found = chosen.and_then(|index| node.branches.get(index)).and_then(inside);
            if let Some(found) = found.or_else(|| node.branches.iter().find_map(inside)) {
                return Some(Some(found));
            }
        }
        if let (Some(property), Some(Value::Object(object))) = (node.property(name), object) {
            return Some(Some(self.described(node, property, object)));
        }
        if let Some(declared) = node.declared(name) {
            return Some(Some(declared));
        }
        match node.additional {
            Additional::Closed => None,
            Additional::Any => Some(None),
            Additional::Schema(id) => Some(Some(id)),
        }
    }
}

fn compile(document: &Value) -> Result<jsonschema::Validator> {
    jsonschema::Validator::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_pattern_options(jsonschema::PatternOptions::regex().size_limit(1 << 20).dfa_size_limit(1 << 20))
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_format("x-go-duration", crate::admission::is_go_duration)
        .with_format("x-quantity", crate::formats::is_quantity)
        .with_format("x-cidr", crate::formats::is_cidr)
        .with_format("x-cron", crate::formats::is_cron)
        .offline()
        .build(document)
        .map_err(|error| {
            let at = error.instance_path().to_string();
            let mut text = error.masked().to_string();
            if text.len() > 500 {
                text = text.chars().take(500).collect();
            }
            refused(&at, text)
        })
}

/// Size and depth, without recursion: a schema from outside must not exhaust the stack while it is measured.
fn measure(schema: &Value) -> Result<()> {
    let (values, depth) = crate::admission::extent(schema);
    if values > MAX_VALUES {
        return Err(refused("", format!("the schema has {values} values; the limit is {MAX_VALUES}")));
    }
    if depth > MAX_SCHEMA_DEPTH {
        return Err(refused("", format!("the schema is nested {depth} deep; the limit is {MAX_SCHEMA_DEPTH}")));
    }
    Ok(())
}

/// The refusal of a schema, located by a JSON Pointer into it.
pub(crate) fn refused(pointer: &str, message: impl Into<String>) -> Error {
    let message = message.into();
    let place = if pointer.is_empty() { "/" } else { pointer };
    let cause = Cause {
        reason: "FieldValueInvalid".into(),
        message: message.clone(),
        field: String::new(),
        pointer: pointer.to_owned(),
        human: String::new(),
    };
    Error::invalid(format!("schema at {place}: {message}"), vec![cause])
}
