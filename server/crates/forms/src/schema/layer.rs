//! The schema objects that hold at one place, and what their keywords say together.

use super::node::{Choice, ListType, Node, Types};
use crate::pointer::join;
use serde_json::{Map, Number, Value};

/// One schema object that holds at a place.
#[derive(Clone)]
pub(super) struct Layer<'a> {
    pub schema: &'a Map<String, Value>,
    pub at: String,
    /// The layer is the one real alternative beside `null`.
    pub or_null: bool,
}

impl<'a> Layer<'a> {
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.schema.get(key)
    }

    pub fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned)
    }

    pub fn flag(&self, key: &str) -> bool {
        self.get(key) == Some(&Value::Bool(true))
    }
}

pub(super) fn extend_distinct<'a>(layers: &mut Vec<Layer<'a>>, more: Vec<Layer<'a>>) {
    for layer in more {
        if !layers.iter().any(|known| std::ptr::eq(known.schema, layer.schema)) {
            layers.push(layer);
        }
    }
}

pub(super) fn named<'a>(
    layer: &Layer<'a>,
    key: &'static str,
) -> impl Iterator<Item = (&'a str, &'a Value, String)> + use<'a> {
    let here = join(&layer.at, key);
    let children = layer.get(key).and_then(Value::as_object);
    children.into_iter().flatten().map(move |(name, schema)| (name.as_str(), schema, join(&here, name)))
}

/// Of `anyOf: [X, {type: null}]`: X.
pub(super) fn beside_null<'a>(schema: &'a Map<String, Value>, at: &str) -> Option<(&'a Value, String)> {
    for key in ["anyOf", "oneOf"] {
        let Some(Value::Array(pair)) = schema.get(key) else { continue };
        let null = |value: &Value| value.get("type").and_then(Value::as_str) == Some("null");
        if let [first, second] = pair.as_slice() {
            match (null(first), null(second)) {
                (false, true) => return Some((first, format!("{at}/{key}/0"))),
                (true, false) => return Some((second, format!("{at}/{key}/1"))),
                _ => {}
            }
        }
    }
    None
}

pub(super) fn declared_types(layers: &[Layer<'_>]) -> Types {
    let mut types = Types::default();
    for layer in layers {
        let mut own = Types::default();
        match layer.get("type") {
            Some(Value::String(name)) => own = Types::named(name).unwrap_or_default(),
            Some(Value::Array(names)) => {
                for name in names.iter().filter_map(Value::as_str) {
                    own = own.with(Types::named(name).unwrap_or_default());
                }
            }
            _ => {}
        }
        types = types.both(own);
    }
    types
}

pub(super) fn read_words(node: &mut Node, layers: &[Layer<'_>]) {
    node.types = declared_types(layers);
    if layers.iter().any(|layer| layer.or_null) && !node.types.is_empty() {
        node.types = node.types.with(Types::NULL);
    }
    let text = |key| layers.iter().find_map(|layer| layer.text(key));
    node.title = text("title");
    node.description = text("description");
    node.format = text("format");
    node.default = layers.iter().find_map(|layer| layer.get("default")).cloned();
    node.constant = layers.iter().find_map(|layer| layer.get("const")).cloned();
    node.read_only = layers.iter().any(|layer| layer.flag("readOnly"));
    node.write_only = layers.iter().any(|layer| layer.flag("writeOnly"));
    node.deprecated = layers.iter().any(|layer| layer.flag("deprecated"));
    node.int_or_string = layers.iter().any(|layer| layer.flag("x-kubernetes-int-or-string"));
    for layer in layers {
        node.hints.absorb(layer.schema);
        if let (Some(of), None) = (layer.get(domain::reference::OF), &node.output_of) {
            let text = |key: &str| of.get(key).and_then(Value::as_str).map(str::to_owned);
            node.output_of = text("promise").zip(text("output"));
        }
        match layer.get("examples") {
            Some(Value::Array(examples)) => node.examples.extend(examples.iter().cloned()),
            _ => node.examples.extend(layer.get("example").cloned()),
        }
        match layer.get("x-kubernetes-list-type").and_then(Value::as_str) {
            Some("set") => node.list_type = ListType::Set,
            Some("map") => node.list_type = ListType::Map,
            _ => {}
        }
        if let Some(Value::Array(keys)) = layer.get("x-kubernetes-list-map-keys") {
            node.list_map_keys = keys.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        }
    }
    read_choices(node, layers);
}

fn read_choices(node: &mut Node, layers: &[Layer<'_>]) {
    let mut lists =
        layers.iter().filter_map(|layer| layer.get("enum").and_then(Value::as_array).map(|list| (layer, list)));
    let Some((first, values)) = lists.next() else { return };
    let mut values = values.clone();
    for (_, others) in lists {
        values.retain(|value| others.contains(value));
    }
    if values.contains(&Value::Null) {
        node.types = if node.types.is_empty() { node.types } else { node.types.with(Types::NULL) };
        values.retain(|value| !value.is_null());
    }
    let titles = ["enumNames", "x-enumNames", "ui:enumNames"].iter().find_map(|key| first.get(key)).cloned();
    let disabled = first.get("ui:enumDisabled").and_then(Value::as_array).cloned().unwrap_or_default();
    let choices: Vec<Choice> = values
        .into_iter()
        .enumerate()
        .map(|(index, value)| Choice {
            title: titles.as_ref().and_then(|titles| titles.get(index)).and_then(Value::as_str).map(str::to_owned),
            description: None,
            disabled: disabled.contains(&value),
            value,
        })
        .collect();
    if !choices.is_empty() {
        node.choices = Some(choices);
    }
}

/// Alternatives that are all one titled constant each.
pub(super) fn constants(alternatives: &[Vec<Layer<'_>>]) -> Option<Vec<Choice>> {
    alternatives
        .iter()
        .map(|layers| {
            let value = layers.iter().find_map(|layer| {
                layer.get("const").or_else(|| match layer.get("enum").and_then(Value::as_array).map(Vec::as_slice) {
                    Some([only]) => Some(only),
                    _ => None,
                })
            })?;
            Some(Choice {
                value: value.clone(),
                title: layers.iter().find_map(|layer| layer.text("title")),
                description: layers.iter().find_map(|layer| layer.text("description")),
                disabled: layers.iter().any(|layer| layer.flag("deprecated")),
            })
        })
        .collect()
}

pub(super) fn read_bounds(node: &mut Node, layers: &[Layer<'_>]) {
    let narrowest = |key: &str, greater: bool| {
        layers.iter().filter_map(|layer| layer.get(key)).filter_map(|value| value.as_number().cloned()).reduce(
            |a: Number, b: Number| {
                let larger = a.as_f64().unwrap_or_default() >= b.as_f64().unwrap_or_default();
                if larger == greater { a } else { b }
            },
        )
    };
    // a count may be written `3.0`; counts beyond what a form can hold need no exactness
    let count = |key: &str, greater: bool| {
        narrowest(key, greater)
            .and_then(|number| number.as_u64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok()))
    };
    node.minimum = narrowest("minimum", true);
    node.maximum = narrowest("maximum", false);
    node.exclusive_minimum = narrowest("exclusiveMinimum", true);
    node.exclusive_maximum = narrowest("exclusiveMaximum", false);
    node.multiple_of = narrowest("multipleOf", true);
    node.min_length = count("minLength", true);
    node.max_length = count("maxLength", false);
    node.min_items = count("minItems", true);
    node.max_items = count("maxItems", false);
    node.unique_items = layers.iter().any(|layer| layer.flag("uniqueItems"));
    node.pattern = layers.iter().find_map(|layer| layer.text("pattern"));
}

/// Where no `type` is given the other keywords tell what is meant.
pub(super) fn infer_types(node: &mut Node, layers: &[Layer<'_>]) {
    if !node.types.is_empty() || node.choices.is_some() || node.constant.is_some() {
        return;
    }
    let any = |keys: &[&str]| layers.iter().any(|layer| keys.iter().any(|key| layer.get(key).is_some()));
    let object_branches = !node.branches.is_empty() && node.branches.iter().all(|branch| !branch.own.is_empty());
    node.types = if any(&["properties", "patternProperties", "additionalProperties"]) || object_branches {
        Types::OBJECT
    } else if !node.branches.is_empty() {
        Types::default()
    } else if any(&["items", "prefixItems"]) {
        Types::ARRAY
    } else if any(&["minLength", "maxLength", "pattern"]) {
        Types::STRING
    } else if any(&["minimum", "maximum", "multipleOf"]) {
        Types::NUMBER
    } else {
        Types::default()
    };
    if layers.iter().any(|layer| layer.or_null) && !node.types.is_empty() {
        node.types = node.types.with(Types::NULL);
    }
}
