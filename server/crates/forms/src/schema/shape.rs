//! Which kind of control a place needs, and which alternative of a `oneOf` a value has taken.

use super::node::{Additional, Node, Types};
use super::{NodeId, Schema};
use serde_json::Value;

/// The form of a place. Model and entries both ask for it, so that what is rendered is what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Constant,
    Boolean,
    Choice,
    /// A list whose items are distinct choices.
    MultiChoice,
    Text,
    Number,
    /// One line that may be several scalar types (`int-or-string`).
    Scalar,
    List,
    Object,
    /// Alternatives that are not all objects.
    Variants,
    /// An output of another resource, by the resource's name.
    Reference,
    /// Anything: a YAML text.
    Free,
}

/// How deep alternatives are compared with a value.
const FIT_DEPTH: usize = 4;
/// How many places are compared before the first alternative is taken unseen.
const FIT_FUEL: usize = 20_000;

impl Schema {
    pub fn shape(&self, node: &Node) -> Shape {
        if node.constant.is_some() {
            return Shape::Constant;
        }
        if node.output_of.is_some() && node.by_name(domain::reference::KEY) {
            return Shape::Reference;
        }
        if node.choices.is_some() {
            return Shape::Choice;
        }
        if matches!(node.hints.widget(), Some("yaml" | "code")) {
            return if node.types == Types::STRING { Shape::Text } else { Shape::Free };
        }
        if node.int_or_string {
            return Shape::Scalar;
        }
        let types = node.types.without(Types::NULL);
        if types == Types::OBJECT {
            let open = node.additional == Additional::Any
                && node.properties.is_empty()
                && node.branches.is_empty()
                && node.patterns.is_empty();
            return if open { Shape::Free } else { Shape::Object };
        }
        if !node.branches.is_empty() {
            return Shape::Variants;
        }
        if types == Types::BOOLEAN {
            Shape::Boolean
        } else if types == Types::STRING {
            Shape::Text
        } else if types == Types::INTEGER || types == Types::NUMBER || types == Types::INTEGER.with(Types::NUMBER) {
            Shape::Number
        } else if types == Types::ARRAY {
            self.list_shape(node)
        } else if !types.is_empty() && !types.contains(Types::OBJECT) && !types.contains(Types::ARRAY) {
            Shape::Scalar
        } else {
            Shape::Free
        }
    }

    fn list_shape(&self, node: &Node) -> Shape {
        let Some(items) = node.items else {
            return if node.prefix_items.is_empty() { Shape::Free } else { Shape::List };
        };
        let distinct =
            node.unique_items || node.list_type == super::ListType::Set || node.hints.widget() == Some("checkboxes");
        if distinct && node.prefix_items.is_empty() && self.node(items).choices.is_some() {
            Shape::MultiChoice
        } else {
            Shape::List
        }
    }

    /// The alternative that `value` has taken: the first that fits, or while something is still missing the one whose constants it says.
    pub fn branch_of(&self, node: &Node, value: &Value) -> Option<usize> {
        let mut fuel = FIT_FUEL;
        let fits = node.branches.iter().position(|branch| self.fits(branch.node, value, FIT_DEPTH, &mut fuel));
        fits.or_else(|| {
            let object = value.as_object()?;
            node.branches.iter().position(|branch| {
                let whole = self.node(branch.node);
                let own = whole.properties.iter().filter(|property| branch.own.contains(&property.name));
                let constants = own.filter_map(|property| {
                    let described = self.node(property.node);
                    let only = described.choices.as_deref().filter(|choices| choices.len() == 1);
                    let constant = described.constant.as_ref().or(only.map(|choices| &choices[0].value))?;
                    Some((&property.name, constant))
                });
                let mut told = constants.map(|(name, constant)| object.get(name).map(|given| given == constant));
                told.clone().any(|same| same == Some(true)) && told.all(|same| same != Some(false))
            })
        })
    }

    /// Whether a value looks like what a node describes: types, constants, choices, required and known properties. Not validation; it
    /// tells alternatives apart even while the value is still wrong in detail. Out of fuel, everything fits.
    fn fits(&self, id: NodeId, value: &Value, depth: usize, fuel: &mut usize) -> bool {
        let Some(rest) = fuel.checked_sub(1) else { return true };
        *fuel = rest;
        let node = self.node(id);
        if !node.types.admit(value) || node.constant.as_ref().is_some_and(|constant| constant != value) {
            return false;
        }
        if node.choices.as_ref().is_some_and(|choices| choices.iter().all(|choice| choice.value != *value)) {
            return false;
        }
        let Some(next) = depth.checked_sub(1) else { return true };
        match value {
            Value::Object(object) => {
                node.required.iter().all(|name| object.contains_key(name))
                    && (node.branches.is_empty()
                        || node.branches.iter().any(|branch| self.fits(branch.node, value, next, fuel)))
                    && object
                        .iter()
                        .filter(|(name, _)| !node.branches.iter().any(|branch| branch.own.contains(*name)))
                        .all(|(name, value)| match self.property(node, None, name) {
                            None => false,
                            Some(None) => true,
                            Some(Some(id)) => self.fits(id, value, next, fuel),
                        })
            }
            Value::Array(items) => items
                .iter()
                .take(16)
                .enumerate()
                .all(|(index, item)| node.item(index).is_none_or(|id| self.fits(id, item, next, fuel))),
            _ => true,
        }
    }
}
