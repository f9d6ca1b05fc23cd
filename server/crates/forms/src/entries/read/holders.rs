//! Places that hold other places: the rows of a list, the properties of an object, the entries of a map.

use super::{Reader, cleared};
use crate::entries::{Was, name::encoded, posted::Posted};
use crate::pointer::join;
use crate::schema::{Node, Shape};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

impl Reader<'_> {
    pub(super) fn list(
        &mut self,
        node: &Node,
        posted: &Posted,
        previous: Option<&Value>,
        pointer: &str,
        depth: usize,
    ) -> Option<Value> {
        let mut items = Vec::new();
        for (token, row) in posted.children.iter().filter(|(_, row)| row.get("__row").is_some()) {
            let id = node.item(items.len())?;
            let before = previous.and_then(Value::as_array).and_then(|items| items.get(token.parse::<usize>().ok()?));
            let at = format!("{pointer}/{}", items.len());
            let fixed = items.len() < node.prefix_items.len();
            match self.place(id, row, before, &at, depth) {
                Some(item) => items.push(item),
                None => match self.schema.shape(self.schema.node(id)) {
                    Shape::Object => items.push(Value::Object(Map::new())),
                    Shape::List | Shape::MultiChoice => items.push(Value::Array(Vec::new())),
                    _ if self.keep_blank || fixed => items.push(Value::Null),
                    _ => {}
                },
            }
        }
        // the places of a tuple are in the form whether anyone said something there or not
        if matches!(posted.was(), Some(Was::Absent | Was::Empty))
            && items.iter().all(Value::is_null)
            && !self.keep_blank
        {
            items.clear();
        }
        let emptied = items.is_empty() && posted.get("__present").is_some() && cleared(node, posted.was());
        (!items.is_empty() || emptied).then_some(Value::Array(items))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one step of a walk along schema, posted tree and previous value at once"
    )]
    pub(super) fn object(
        &mut self,
        node: &Node,
        only: Option<&BTreeSet<String>>,
        posted: &Posted,
        previous: Option<&Value>,
        pointer: &str,
        depth: usize,
        object: &mut Map<String, Value>,
    ) {
        for property in &node.properties {
            let name = &property.name;
            if only.is_some_and(|own| !own.contains(name))
                || node.branches.iter().any(|branch| branch.own.contains(name))
            {
                continue;
            }
            let Some(field) = posted.get(&encoded(name)) else { continue };
            let before = previous.and_then(|previous| previous.get(name));
            let described = self.schema.described(node, property, object);
            if let Some(value) = self.place(described, field, before, &join(pointer, name), depth) {
                object.insert(name.clone(), value);
            }
        }
        if let Some(rows) = posted.get("__rows") {
            self.rows(node, rows, previous, pointer, depth, object);
        }
        let chosen = posted.mark("__branch").and_then(|number| number.parse::<usize>().ok());
        self.given += usize::from(chosen.is_some());
        if let Some(branch) = chosen.and_then(|index| node.branches.get(index))
            && let Some(fields) = chosen.and_then(|index| posted.get("__of")?.get(&index.to_string()))
            && let Some(depth) = depth.checked_sub(1)
        {
            self.object(self.schema.node(branch.node), Some(&branch.own), fields, previous, pointer, depth, object);
        }
    }

    /// The entries of a map.
    fn rows(
        &mut self,
        node: &Node,
        rows: &Posted,
        previous: Option<&Value>,
        pointer: &str,
        depth: usize,
        object: &mut Map<String, Value>,
    ) {
        for (_, row) in &rows.children {
            let mut key = row.mark("__key").unwrap_or_default().to_owned();
            let at = join(pointer, &key);
            let before = previous.and_then(|previous| previous.get(&key));
            let value = match (row.get("__value"), self.schema.property(node, None, &key)) {
                (Some(field), Some(Some(id))) => {
                    let blank_object = self.schema.shape(self.schema.node(id)) == Shape::Object && !key.is_empty();
                    self.place(id, field, before, &at, depth)
                        .or_else(|| blank_object.then(|| Value::Object(Map::new())))
                }
                (Some(field), _) => field.mark("__yaml").or(field.text()).and_then(|text| self.yaml(text, &at)),
                (None, _) => None,
            };
            let Some(value) = value.or_else(|| self.unnamed(&key, node)) else { continue };
            if key.is_empty() && !value.is_null() {
                self.problem(&at, "FieldValueRequired", "Required value".to_owned(), "Enter a name for this value.");
            }
            if object.contains_key(&key) {
                self.problem(
                    &at,
                    "FieldValueDuplicate",
                    format!("Duplicate value: {key:?}"),
                    "This name is used twice. Change one of them.",
                );
                let mut number = 2;
                while object.contains_key(&format!("{key} ({number})")) {
                    number += 1;
                }
                key = format!("{key} ({number})");
            }
            object.insert(key, value);
        }
    }

    /// An entry with a name and without a value is an empty text where texts are the values; without both it is nothing.
    fn unnamed(&self, key: &str, node: &Node) -> Option<Value> {
        if key.is_empty() {
            return self.keep_blank.then_some(Value::Null);
        }
        match self.schema.property(node, None, key) {
            Some(Some(id)) if self.schema.shape(self.schema.node(id)) == Shape::Text => {
                Some(Value::String(String::new()))
            }
            _ => Some(Value::Null),
        }
    }
}
