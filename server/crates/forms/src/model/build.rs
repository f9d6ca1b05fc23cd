//! Schema and value walked together into fields.

use super::controls::{self, shows};
use super::was::was;
use super::words::{arrange, blank, words};
use super::{Field, Filled, MAX_FIELDS, Row, Section, State, Widget};
use crate::entries::{self, Was};
use crate::pointer::join;
use crate::schema::{Additional, Node, NodeId, Schema, Shape};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Deeper than this a form is one YAML text.
pub(super) const MAX_NESTING: usize = 16;
/// Longer lists are one YAML text.
const MAX_ROWS: usize = 500;

pub(super) static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

pub(super) fn root(schema: &Schema, filled: Filled<'_>) -> Field {
    let whole = schema.has_expressions().then(|| crate::admission::complete(schema, filled.value));
    let mut builder = Builder { schema, filled, whole, made: 0, path: Vec::new() };
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
    };
    builder.field(&place)
}

/// Where a field stands and what it holds.
pub(super) struct Place<'a> {
    pub id: NodeId,
    pub pointer: String,
    pub name: String,
    /// Instead of the schema's title: rows are numbered.
    pub label: Option<String>,
    pub key: String,
    pub required: bool,
    /// Rows and the root exist whatever is in them.
    pub in_row: bool,
    pub value: Option<&'a Value>,
    pub stored: Option<&'a Value>,
    /// False inside an alternative that is not chosen.
    pub chosen: bool,
}

pub(super) struct Builder<'a> {
    pub schema: &'a Schema,
    pub filled: Filled<'a>,
    /// The whole value with its defaults, where an expression may look at it.
    whole: Option<Value>,
    pub made: usize,
    /// The nodes around the one at hand: one that contains itself is not drawn without end.
    pub path: Vec<NodeId>,
}

impl<'a> Builder<'a> {
    pub(super) fn field(&mut self, place: &Place<'a>) -> Field {
        self.made += 1;
        let node = self.schema.node(place.id);
        let mut field = words(node, place);
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
        if node.secret() {
            return self.secret(field, node, place);
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
        let origin = self.filled.origins.and_then(|origins| origins.get(&place.pointer));
        field.origin = origin.map(|origin| origin.says.clone());
        field.as_begun = origin.is_some_and(|origin| place.value == Some(&origin.value));
        field.default_text = node.default.as_ref().and_then(|default| controls::in_words(node, default));
        field.by_default = default.is_some();
        field.was = was(node, shape, place, default.is_some());
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
        self.fill(&mut field, node, shape, value, place);
        self.path.pop();
        self.in_the_world(&mut field, node);
        field
    }

    fn drawable(&self, node: &Node, shape: Shape, value: &Value) -> bool {
        shows(self.schema, node, shape, value)
            && match (shape, value) {
                (Shape::List, Value::Array(items)) => {
                    items.len() <= MAX_ROWS && (node.items.is_some() || items.len() <= node.prefix_items.len())
                }
                (Shape::Object, Value::Object(object)) => {
                    object.len() <= MAX_ROWS && self.covered(node, None, value, object).is_ok()
                }
                (Shape::Variants, value) => value.is_null() || self.schema.branch_of(node, value).is_some(),
                _ => true,
            }
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
        field.can_add = node.item(items.len()).is_some() && node.max_items.is_none_or(|max| (items.len() as u64) < max);
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
            };
            let pointer = inner.pointer.clone();
            let field_of_row = self.field(&inner);
            let fixed = index < node.prefix_items.len();
            field.rows.push(Row { id: segment, pointer, fixed, key: None, field: field_of_row });
        }
    }

    fn object(&mut self, field: &mut Field, node: &'a Node, value: Option<&'a Value>, place: &Place<'a>) {
        field.widget = Widget::Group;
        let object = value.and_then(Value::as_object).unwrap_or(&NOTHING);
        field.sections = self.sections(node, None, object, place, &place.name);
        self.rows(field, node, object, place);
        field.alternatives = self.alternatives(node, value, object, place, &place.name);
    }

    pub(super) fn sections(
        &mut self,
        node: &'a Node,
        only: Option<&BTreeSet<String>>,
        object: &'a Map<String, Value>,
        place: &Place<'a>,
        name: &str,
    ) -> Vec<Section> {
        let mut fields = Vec::new();
        let switches: BTreeSet<String> = node.properties.iter().flat_map(crate::schema::Property::depends_on).collect();
        let demanded = self.schema.demanded(node, object);
        for property in &node.properties {
            let key = &property.name;
            if only.is_some_and(|own| !own.contains(key)) || node.branches.iter().any(|branch| branch.own.contains(key))
            {
                continue;
            }
            let id = self.schema.described(node, property, object);
            let described = self.schema.node(id);
            if described.hints.widget() == Some("hidden") && object.get(key).is_none() {
                continue;
            }
            let inner = Place {
                id,
                pointer: join(&place.pointer, key),
                name: entries::child(name, key),
                label: None,
                key: key.clone(),
                required: node.required.contains(key)
                    || (demanded.contains(key.as_str()) && self.schema.shape(described) != Shape::Object),
                in_row: false,
                value: object.get(key),
                stored: place.stored.and_then(|stored| stored.get(key)),
                chosen: place.chosen,
            };
            let mut field = self.field(&inner);
            field.required |= demanded.contains(key.as_str());
            field.shown = self.schema.shown(node, property, object, self.whole.as_ref());
            field.varies = property.varies();
            field.switches = switches.contains(key);
            fields.push((described, key.as_str(), field));
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
            let inner = if let Some(id) = self.schema.property(node, None, key).flatten() {
                self.field(&Place {
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
                })
            } else {
                let mut free = blank(pointer.clone(), name, label);
                self.yaml(&mut free, &Node::default(), Some(value));
                free
            };
            field.rows.push(Row {
                id: String::new(),
                pointer,
                fixed: false,
                key: Some((entries::mark(&row, "key"), key.clone())),
                field: inner,
            });
        }
    }
}
