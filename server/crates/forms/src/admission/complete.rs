//! What a form holds that shows a value: its defaults as well, also those of groups that are not there yet.
//!
//! A document gets the defaults of what it has ([`super::fill_defaults`]); a form shows fields of what it has not, with their defaults in
//! them. Conditions and expressions look at what the form shows.

use crate::schema::{MAX_DEPTH, Node, NodeId, Schema, Shape};
use serde_json::{Map, Value};

/// Places visited at most; what lies beyond has no defaults.
const FUEL: usize = 50_000;

/// `value` with everything that a form of it shows. What is hidden and what no field shows stays as it is.
pub fn complete(schema: &Schema, value: Option<&Value>) -> Value {
    let mut pass = Pass { schema, fuel: FUEL, path: Vec::new() };
    let value = value.filter(|value| !value.is_null());
    pass.place(NodeId::ROOT, value, true, MAX_DEPTH).unwrap_or(Value::Null)
}

struct Pass<'a> {
    schema: &'a Schema,
    fuel: usize,
    /// The absent places around the one at hand: one that contains itself is not filled without end.
    path: Vec<NodeId>,
}

impl<'a> Pass<'a> {
    fn place(&mut self, id: NodeId, value: Option<&Value>, required: bool, depth: usize) -> Option<Value> {
        let node = self.schema.node(id);
        let (Some(depth), Some(fuel)) = (depth.checked_sub(1), self.fuel.checked_sub(1)) else {
            return value.cloned();
        };
        self.fuel = fuel;
        if value.is_none() {
            if node.default.is_none() && self.path.contains(&id) {
                return None;
            }
            self.path.push(id);
        }
        let filled = self.filled(node, value.or(node.default.as_ref()), required, depth);
        if value.is_none() {
            self.path.pop();
        }
        filled
    }

    fn filled(&mut self, node: &'a Node, value: Option<&Value>, required: bool, depth: usize) -> Option<Value> {
        let shape = self.schema.shape(node);
        match (shape, value) {
            (Shape::Constant, None) => node.constant.clone(),
            (_, Some(Value::Object(object))) => Some(Value::Object(self.object(node, object.clone(), depth))),
            (Shape::Object, None) => {
                let object = self.object(node, Map::new(), depth);
                (required || !object.is_empty()).then_some(Value::Object(object))
            }
            (_, Some(Value::Array(items))) => Some(Value::Array(
                items.iter().enumerate().map(|(index, item)| self.item(node, index, item, depth)).collect(),
            )),
            (Shape::List | Shape::MultiChoice, None) => {
                let fixed: Vec<Option<Value>> =
                    node.prefix_items.clone().into_iter().map(|id| self.place(id, None, false, depth)).collect();
                let any = fixed.iter().any(Option::is_some);
                let items = if any { fixed.into_iter().map(Option::unwrap_or_default).collect() } else { Vec::new() };
                (any || required).then_some(Value::Array(items))
            }
            (_, value) => value.cloned(),
        }
    }

    fn item(&mut self, node: &Node, index: usize, item: &Value, depth: usize) -> Value {
        let Some(id) = node.item(index) else { return item.clone() };
        let given = Some(item).filter(|item| !item.is_null() || self.schema.node(id).nullable());
        self.place(id, given, false, depth).unwrap_or_default()
    }

    fn object(&mut self, node: &'a Node, mut object: Map<String, Value>, depth: usize) -> Map<String, Value> {
        self.properties(node, &mut object, depth);
        if !node.branches.is_empty() {
            let taken = self.schema.branch_of(node, &Value::Object(object.clone())).unwrap_or(0);
            if let Some(branch) = node.branches.get(taken) {
                self.properties(self.schema.node(branch.node), &mut object, depth);
            }
        }
        let open: Vec<(String, NodeId)> = object
            .keys()
            .filter(|name| !node.by_name(name) && !node.branches.iter().any(|branch| branch.own.contains(*name)))
            .filter_map(|name| Some((name.clone(), self.schema.property(node, None, name).flatten()?)))
            .collect();
        for (name, id) in open {
            if let Some(value) = object.get(&name).cloned()
                && let Some(filled) = self.place(id, Some(&value), true, depth)
            {
                object.insert(name, filled);
            }
        }
        object
    }

    /// The declared properties: those that are always there first, since they decide about the others.
    fn properties(&mut self, node: &'a Node, object: &mut Map<String, Value>, depth: usize) {
        for conditional in [false, true] {
            for property in &node.properties {
                let name = &property.name;
                let given = object.get(name).cloned();
                let shown = self.schema.shown(node, property, object, None);
                if shown.is_some() != conditional || shown == Some(false) && given.is_none() {
                    continue;
                }
                let id = self.schema.described(node, property, object);
                let nullable = self.schema.node(id).nullable();
                let given = given.filter(|given| !given.is_null() || nullable);
                let required =
                    node.required.contains(name) || self.schema.demanded(node, object).contains(name.as_str());
                if let Some(filled) = self.place(id, given.as_ref(), required, depth) {
                    object.insert(name.clone(), filled);
                }
            }
        }
    }
}
