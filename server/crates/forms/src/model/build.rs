//! Schema and value walked together into fields.

use super::controls::{self, shows};
use super::{Alternative, Alternatives, Field, Filled, Limits, MAX_FIELDS, Row, Section, State, Widget};
use crate::entries::{self, Was};
use crate::labels::humanised;
use crate::pointer::join;
use crate::schema::{Additional, Branch, Node, NodeId, Schema, Shape};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Deeper than this a form is one YAML text.
const MAX_NESTING: usize = 16;
/// Longer lists are one YAML text.
const MAX_ROWS: usize = 500;

static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

pub(super) fn root(schema: &Schema, filled: Filled<'_>) -> Field {
    let mut builder = Builder { schema, filled, made: 0, path: Vec::new() };
    let place = Place {
        id: NodeId::ROOT,
        pointer: String::new(),
        name: entries::ROOT.to_owned(),
        label: None,
        key: String::new(),
        required: true,
        in_row: true,
        value: filled.value.filter(|value| !value.is_null()),
        stored: filled.stored,
        chosen: true,
        secret: false,
    };
    builder.field(place)
}

/// Where a field stands and what it holds.
struct Place<'a> {
    id: NodeId,
    pointer: String,
    name: String,
    /// Instead of the schema's title: rows are numbered.
    label: Option<String>,
    key: String,
    required: bool,
    /// Rows and the root exist whatever is in them.
    in_row: bool,
    value: Option<&'a Value>,
    stored: Option<&'a Value>,
    /// False inside an alternative that is not chosen.
    chosen: bool,
    secret: bool,
}

struct Builder<'a> {
    schema: &'a Schema,
    filled: Filled<'a>,
    made: usize,
    /// The nodes around the one at hand: one that contains itself is not drawn without end.
    path: Vec<NodeId>,
}

impl<'a> Builder<'a> {
    fn field(&mut self, place: Place<'a>) -> Field {
        self.made += 1;
        let node = self.schema.node(place.id);
        let mut field = words(node, &place);
        let fixed = if node.read_only {
            State::ReadOnly
        } else if place.stored.is_some()
            && (node.hints.flag("immutable") || self.schema.rules(node).any(crate::rules::Rule::is_immutability))
        {
            State::Immutable
        } else {
            State::Editable
        };
        field.state = fixed;
        if place.secret || node.secret() {
            return self.secret(field, node, &place);
        }
        let shape = self.schema.shape(node);
        let default =
            node.default.as_ref().filter(|default| place.value.is_none() && shows(self.schema, node, shape, default));
        let default = default.filter(|default| !matches!(default, Value::Object(object) if object.is_empty()));
        let value = place.value.or(default);
        // what holds other fields may hold secrets
        let single = !matches!(shape, Shape::Object | Shape::List | Shape::Variants | Shape::Free);
        field.value = place.value.filter(|value| single && !value.is_object() && !value.is_array()).cloned();
        field.default.clone_from(&node.default);
        field.was = self.was(node, shape, &place, default.is_some());
        if fixed != State::Editable {
            field.was = Some(Was::Kept);
        }
        let recursive = place.value.is_none() && self.path.contains(&place.id);
        let too_much = self.path.len() >= MAX_NESTING || self.made >= MAX_FIELDS || recursive;
        if too_much && matches!(shape, Shape::Object | Shape::List | Shape::Variants)
            || !value.is_none_or(|value| self.drawable(node, shape, value))
        {
            self.yaml(&mut field, node, value);
            return field;
        }
        self.path.push(place.id);
        self.fill(&mut field, node, shape, value, &place);
        self.path.pop();
        field
    }

    /// What the control alone cannot tell when it comes back.
    fn was(&self, node: &Node, shape: Shape, place: &Place<'_>, shows_default: bool) -> Option<Was> {
        match place.value {
            Some(Value::Null) => Some(Was::Null),
            Some(Value::String(text)) if text.is_empty() => Some(Was::Empty),
            Some(Value::Array(items)) if items.is_empty() => Some(Was::Empty),
            Some(Value::Object(object)) if object.is_empty() => Some(Was::Empty),
            Some(value @ Value::String(text)) if shape == Shape::Scalar && entries::scalar_of(node, text) != *value => {
                Some(Was::Text)
            }
            Some(_) => None,
            None if shows_default => Some(Was::Default),
            // a group that must be there is there, so that its own fields say what is missing
            None if place.required && shape == Shape::Object && !place.in_row => Some(Was::Empty),
            None => Some(Was::Absent),
        }
    }

    fn drawable(&self, node: &Node, shape: Shape, value: &Value) -> bool {
        shows(self.schema, node, shape, value)
            && match (shape, value) {
                (Shape::List, Value::Array(items)) => {
                    items.len() <= MAX_ROWS && (node.items.is_some() || items.len() <= node.prefix_items.len())
                }
                (Shape::Object, Value::Object(object)) => {
                    object.len() <= MAX_ROWS && self.covered(node, None, value, object).is_some()
                }
                (Shape::Variants, value) => value.is_null() || self.schema.branch_of(node, value).is_some(),
                _ => true,
            }
    }

    /// Whether every key of an object has its place in the form, and which alternative it has taken.
    fn covered(
        &self,
        node: &Node,
        only: Option<&BTreeSet<String>>,
        value: &Value,
        object: &Map<String, Value>,
    ) -> Option<Option<usize>> {
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
                return None;
            }
            if !somewhere(key)
                && !node.by_name(key)
                && (only.is_some() || self.schema.property(node, None, key).is_none())
            {
                return None;
            }
        }
        if let Some(branch) = taken.and_then(|index| node.branches.get(index)) {
            self.covered(self.schema.node(branch.node), Some(&branch.own), value, object)?;
        }
        Some(taken)
    }

    fn fill(&mut self, field: &mut Field, node: &'a Node, shape: Shape, value: Option<&'a Value>, place: &Place<'a>) {
        match shape {
            Shape::List => self.list(field, node, value, place),
            Shape::Object => self.object(field, node, value, place),
            Shape::Variants => self.variants(field, node, value, place),
            Shape::Free => self.yaml(field, node, value),
            _ => controls::fill(self.schema, field, node, shape, value, place.chosen),
        }
    }

    /// A secret is asked for, never shown.
    fn secret(&self, mut field: Field, node: &Node, place: &Place<'_>) -> Field {
        let one_line = matches!(self.schema.shape(node), Shape::Text | Shape::Number | Shape::Scalar);
        field.widget = if one_line { Widget::Password } else { Widget::Yaml };
        field.input = "password";
        field.stored = place.value.is_some();
        field.was = Some(if field.stored { Was::Kept } else { Was::Absent });
        field
    }

    fn yaml(&self, field: &mut Field, node: &Node, value: Option<&Value>) {
        field.widget = Widget::Yaml;
        field.text = match self.filled.texts.and_then(|texts| texts.get(&field.pointer)) {
            Some(typed) => typed.clone(),
            None => value
                .filter(|value| !value.is_null() && !holds_secret(self.schema, node, value))
                .map(controls::yaml_text)
                .unwrap_or_default(),
        };
        // what holds secrets cannot be shown as text: it stays unless it is given anew
        if field.text.is_empty() && value.is_some_and(|value| !value.is_null()) {
            field.stored = true;
            field.was = Some(Was::Kept);
        }
        if field.was == Some(Was::Empty) && !field.text.is_empty() {
            field.was = None;
        }
    }

    fn list(&mut self, field: &mut Field, node: &'a Node, value: Option<&'a Value>, place: &Place<'a>) {
        let items = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let rows = items.len().max(node.prefix_items.len().min(MAX_ROWS));
        let objects =
            node.items.or_else(|| node.prefix_items.first().copied()).map(|id| self.schema.shape(self.schema.node(id)));
        field.widget = if matches!(objects, Some(Shape::Object | Shape::List | Shape::Variants | Shape::Free)) {
            Widget::ObjectList
        } else {
            Widget::ScalarList
        };
        field.can_add = node.items.is_some() && node.max_items.is_none_or(|max| (items.len() as u64) < max);
        for index in 0..rows {
            let Some(id) = node.item(index) else { break };
            let segment = index.to_string();
            let title = self.schema.node(id).title.clone().unwrap_or_else(|| field.label.clone());
            // the rows of a tuple that is not there are not there either
            if index >= items.len() && items.is_empty() && !place.required && value.is_none() {
                break;
            }
            let inner = Place {
                id,
                pointer: join(&place.pointer, &segment),
                name: entries::child(&place.name, &segment),
                label: Some(if index < node.prefix_items.len() { title } else { format!("{title} {}", index + 1) }),
                key: segment.clone(),
                required: true,
                in_row: true,
                value: items.get(index),
                stored: None,
                chosen: place.chosen,
                secret: false,
            };
            let pointer = inner.pointer.clone();
            let field_of_row = self.field(inner);
            field.rows.push(Row { id: segment, pointer, key: None, field: field_of_row });
        }
    }

    fn object(&mut self, field: &mut Field, node: &'a Node, value: Option<&'a Value>, place: &Place<'a>) {
        field.widget = Widget::Group;
        let object = value.and_then(Value::as_object).unwrap_or(&NOTHING);
        field.sections = self.sections(node, None, object, place, &place.name);
        self.rows(field, node, object, place);
        field.alternatives = self.alternatives(node, value, object, place, &place.name);
    }

    fn sections(
        &mut self,
        node: &'a Node,
        only: Option<&BTreeSet<String>>,
        object: &'a Map<String, Value>,
        place: &Place<'a>,
        name: &str,
    ) -> Vec<Section> {
        let mut fields = Vec::new();
        for property in &node.properties {
            let key = &property.name;
            if only.is_some_and(|own| !own.contains(key)) || node.branches.iter().any(|branch| branch.own.contains(key))
            {
                continue;
            }
            let described = self.schema.node(property.node);
            if described.hints.widget() == Some("hidden") && object.get(key).is_none() {
                continue;
            }
            let inner = Place {
                id: property.node,
                pointer: join(&place.pointer, key),
                name: entries::child(name, key),
                label: None,
                key: key.clone(),
                required: node.required.contains(key),
                in_row: false,
                value: object.get(key),
                stored: place.stored.and_then(|stored| stored.get(key)),
                chosen: place.chosen,
                secret: false,
            };
            fields.push((described, key.as_str(), self.field(inner)));
        }
        arrange(node, fields)
    }

    /// The entries of a map, or what an open object has beside its declared properties.
    fn rows(&mut self, field: &mut Field, node: &'a Node, object: &'a Map<String, Value>, place: &Place<'a>) {
        let open = node.additional != Additional::Closed || !node.patterns.is_empty();
        if !open {
            return;
        }
        if node.properties.is_empty() && node.branches.is_empty() {
            field.widget = Widget::KeyValue;
        }
        field.can_add = true;
        let names = entries::mark(&place.name, "rows");
        let own = |key: &String| node.by_name(key) || node.branches.iter().any(|branch| branch.own.contains(key));
        for (index, (key, value)) in object.iter().filter(|(key, _)| !own(key)).enumerate() {
            let row = entries::child(&names, &index.to_string());
            let pointer = join(&place.pointer, key);
            let name = entries::mark(&row, "value");
            let label = if key.is_empty() { format!("Value {}", index + 1) } else { format!("Value of {key}") };
            let inner = match self.schema.property(node, None, key).flatten() {
                Some(id) => self.field(Place {
                    id,
                    pointer: pointer.clone(),
                    name,
                    label: Some(label),
                    key: key.clone(),
                    required: true,
                    in_row: true,
                    value: Some(value),
                    stored: place.stored.and_then(|stored| stored.get(key)),
                    chosen: place.chosen,
                    secret: false,
                }),
                None => {
                    let mut free = blank(pointer.clone(), name, label);
                    self.yaml(&mut free, &Node::default(), Some(value));
                    free
                }
            };
            field.rows.push(Row {
                id: String::new(),
                pointer,
                key: Some((entries::mark(&row, "key"), key.clone())),
                field: inner,
            });
        }
    }

    fn alternatives(
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
        let taken = value.and_then(|value| self.covered(node, None, value, object)).flatten();
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
                secret: false,
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
                let mut group = blank(place.pointer.clone(), below.clone(), alternative_title(whole, branch, index));
                group.widget = Widget::Group;
                group.alternatives = Some(more);
                sections.push(Section { fields: vec![group], ..Section::default() });
            }
            list.push(Alternative {
                text: index.to_string(),
                title: alternative_title(whole, branch, index),
                description: branch.description.clone(),
                selected,
                sections,
            });
        }
        Some(Alternatives { name: entries::mark(name, "branch"), list })
    }

    fn variants(&mut self, field: &mut Field, node: &'a Node, value: Option<&'a Value>, place: &Place<'a>) {
        field.widget = Widget::Variants;
        let taken = value.filter(|value| !value.is_null()).and_then(|value| self.schema.branch_of(node, value));
        let mut list = Vec::new();
        for (index, branch) in node.branches.iter().enumerate() {
            let selected = taken == Some(index);
            let title = alternative_title(self.schema.node(branch.node), branch, index);
            let inner = self.field(Place {
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
                secret: false,
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

fn holds_secret(schema: &Schema, node: &Node, value: &Value) -> bool {
    let mut todo = vec![(node, value, crate::schema::MAX_DEPTH)];
    while let Some((node, value, depth)) = todo.pop() {
        if node.secret() {
            return true;
        }
        let Some(depth) = depth.checked_sub(1) else { continue };
        match value {
            Value::Object(object) => {
                for (name, child) in object {
                    if let Some(Some(id)) = schema.property(node, Some(value), name) {
                        todo.push((schema.node(id), child, depth));
                    }
                }
            }
            Value::Array(items) => {
                todo.extend(
                    items
                        .iter()
                        .enumerate()
                        .filter_map(|(index, item)| node.item(index).map(|id| (schema.node(id), item, depth))),
                );
            }
            _ => {}
        }
    }
    false
}

fn alternative_title(whole: &Node, branch: &Branch, index: usize) -> String {
    let constant = || {
        let constants = whole
            .properties
            .iter()
            .find(|property| branch.own.contains(&property.name) && whole.required.contains(&property.name));
        constants.map(|property| humanised(&property.name))
    };
    branch.title.clone().or_else(constant).unwrap_or_else(|| format!("Option {}", index + 1))
}

fn words(node: &Node, place: &Place<'_>) -> Field {
    let own = node.hints.text("label").or(node.hints.text("title")).map(str::to_owned).or_else(|| node.title.clone());
    let label = place.label.clone().or(own).unwrap_or_else(|| humanised(&place.key));
    let mut field = blank(place.pointer.clone(), place.name.clone(), label);
    field.help = node.hints.text("help").map(str::to_owned).or_else(|| node.description.clone());
    field.required = place.required;
    field.deprecated = node.deprecated;
    field.placeholder = node.hints.text("placeholder").map(str::to_owned).or_else(|| {
        let example = node.examples.first().and_then(entries::scalar_text).filter(|_| !node.secret());
        example.map(|example| format!("e.g. {example}"))
    });
    field.unit = node.hints.text("unit").map(str::to_owned);
    field.lines = node.hints.number("rows").and_then(|rows| u64::try_from(rows).ok());
    field
}

fn blank(pointer: String, name: String, label: String) -> Field {
    Field {
        id: name.replace(char::is_whitespace, "_"),
        pointer,
        name,
        label,
        help: None,
        required: false,
        deprecated: false,
        widget: Widget::Text,
        input: "text",
        text: String::new(),
        checked: false,
        stored: false,
        options: Vec::new(),
        limits: Limits::default(),
        placeholder: None,
        unit: None,
        lines: None,
        default: None,
        value: None,
        state: State::Editable,
        errors: Vec::new(),
        was: None,
        sections: Vec::new(),
        rows: Vec::new(),
        can_add: false,
        alternatives: None,
    }
}

/// Orders fields by `x-ui.order` and puts them into their groups; advanced ones come last, folded.
fn arrange(node: &Node, fields: Vec<(&Node, &str, Field)>) -> Vec<Section> {
    let named = node.hints.order().unwrap_or_default();
    let rest = named.iter().position(|name| *name == "*").unwrap_or(named.len());
    let mut fields: Vec<(usize, i64, &Node, Field)> = fields
        .into_iter()
        .map(|(described, key, field)| {
            let place = named.iter().position(|name| *name == key).unwrap_or(rest);
            (place, described.hints.number("order").unwrap_or(i64::MAX), described, field)
        })
        .collect();
    fields.sort_by_key(|(place, number, ..)| (*place, *number));
    let mut sections: Vec<Section> = Vec::new();
    for (_, _, described, field) in fields {
        let advanced = described.hints.flag("advanced");
        let title =
            described.hints.text("group").map(str::to_owned).or_else(|| advanced.then(|| "Advanced".to_owned()));
        match sections.iter_mut().find(|section| section.title == title && section.advanced == advanced) {
            Some(section) => section.fields.push(field),
            None => sections.push(Section { title, advanced, fields: vec![field] }),
        }
    }
    sections.sort_by_key(|section| (section.advanced, section.title.is_some()));
    sections
}
