//! Alternatives: which one a value has taken, and the fields each of them brings.

use super::build::{Builder, MAX_NESTING, NOTHING, Place};
use super::words::{alternative_title, blank};
use super::{Alternative, Alternatives, Field, MAX_FIELDS, Section, Widget};
use crate::entries;
use crate::schema::{Branch, Node};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A value has keys for which the form has no place; it is shown as YAML.
pub(super) struct Uncovered;

impl<'a> Builder<'a> {
    /// Whether every key of an object has its place in the form, and which alternative it has taken.
    pub(super) fn covered(
        &self,
        node: &Node,
        only: Option<&BTreeSet<String>>,
        value: &Value,
        object: &Map<String, Value>,
    ) -> Result<Option<usize>, Uncovered> {
        let taken = self.schema.branch_of(node, value);
        // an alternative may also be taken by name only, while its values are still wrong
        let taken = taken.or_else(|| {
            let owns = |branch: &Branch| object.keys().filter(|key| branch.own.contains(*key)).count();
            let best = node
                .branches
                .iter()
                .enumerate()
                .max_by_key(|(index, branch)| (owns(branch), std::cmp::Reverse(*index)))?;
            (owns(best.1) > 0).then_some(best.0)
        });
        let somewhere = |key: &String| node.branches.iter().any(|branch| branch.own.contains(key));
        let inside = |key: &String| {
            taken.and_then(|index| node.branches.get(index)).is_some_and(|branch| branch.own.contains(key))
        };
        for key in object.keys() {
            if only.is_some_and(|own| !own.contains(key)) {
                continue;
            }
            if somewhere(key) && !inside(key) {
                return Err(Uncovered);
            }
            if !somewhere(key)
                && !node.by_name(key)
                && (only.is_some() || self.schema.property(node, None, key).is_none())
            {
                return Err(Uncovered);
            }
        }
        if let Some(branch) = taken.and_then(|index| node.branches.get(index)) {
            self.covered(self.schema.node(branch.node), Some(&branch.own), value, object)?;
        }
        Ok(taken)
    }

    pub(super) fn alternatives(
        &mut self,
        node: &'a Node,
        value: Option<&'a Value>,
        object: &'a Map<String, Value>,
        place: &Place<'a>,
        name: &str,
    ) -> Option<Alternatives> {
        if node.branches.is_empty() {
            return None;
        }
        let taken = value.and_then(|value| self.covered(node, None, value, object).ok()).flatten();
        let mut list = Vec::new();
        for (index, branch) in node.branches.iter().enumerate() {
            let whole = self.schema.node(branch.node);
            let selected = taken == Some(index);
            let below = entries::child_mark(name, "of", index);
            let inner = Place {
                id: branch.node,
                pointer: place.pointer.clone(),
                name: below.clone(),
                label: None,
                key: place.key.clone(),
                required: place.required,
                in_row: true,
                value: if selected { value } else { None },
                stored: place.stored,
                chosen: place.chosen && selected,
            };
            let of = if selected { object } else { &NOTHING };
            let mut sections = if self.made < MAX_FIELDS || selected {
                self.sections(whole, Some(&branch.own), of, &inner, &below)
            } else {
                Vec::new()
            };
            // an alternative that branches again carries its own choice as a group without a name
            if let Some(more) = self.alternatives(whole, inner.value, of, &inner, &below)
                && self.path.len() < MAX_NESTING
            {
                let mut group =
                    blank(place.pointer.clone(), below.clone(), alternative_title(self.schema, whole, branch, index));
                group.widget = Widget::Group;
                group.alternatives = Some(more);
                sections.push(Section { fields: vec![group], ..Section::default() });
            }
            list.push(Alternative {
                text: index.to_string(),
                title: alternative_title(self.schema, whole, branch, index),
                description: branch.description.clone(),
                selected,
                sections,
            });
        }
        Some(Alternatives { name: entries::mark(name, "branch"), list })
    }

    pub(super) fn variants(&mut self, field: &mut Field, node: &'a Node, value: Option<&'a Value>, place: &Place<'a>) {
        field.widget = Widget::Variants;
        let taken = value.filter(|value| !value.is_null()).and_then(|value| self.schema.branch_of(node, value));
        let mut list = Vec::new();
        for (index, branch) in node.branches.iter().enumerate() {
            let selected = taken == Some(index);
            let title = alternative_title(self.schema, self.schema.node(branch.node), branch, index);
            let inner = self.field(&Place {
                id: branch.node,
                pointer: place.pointer.clone(),
                name: entries::child_mark(&place.name, "of", index),
                label: Some(title.clone()),
                key: place.key.clone(),
                required: place.required,
                in_row: true,
                value: if selected { value } else { None },
                stored: None,
                chosen: place.chosen && selected,
            });
            let sections = vec![Section { fields: vec![inner], ..Section::default() }];
            list.push(Alternative {
                text: index.to_string(),
                title,
                description: branch.description.clone(),
                selected,
                sections,
            });
        }
        field.alternatives = Some(Alternatives { name: entries::mark(&place.name, "branch"), list });
    }
}
