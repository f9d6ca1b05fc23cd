//! Labels, help and order: the words of a field, and where it stands.

use super::build::Place;
use super::{Field, Limits, Section, State, Widget};
use crate::entries;
use crate::labels::humanised;
use crate::schema::{Branch, Node, Schema};
use serde_json::Value;

pub(super) fn holds_secret(schema: &Schema, node: &Node, value: &Value) -> bool {
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

/// What an alternative is called: its own title, the constant that tells it from the others, or the field that only it asks for.
pub(super) fn alternative_title(schema: &Schema, whole: &Node, branch: &Branch, index: usize) -> String {
    let own = || whole.properties.iter().filter(|property| branch.own.contains(&property.name));
    let constant = || {
        let constants = own().filter_map(|property| schema.node(property.node).constant.as_ref());
        constants.filter_map(Value::as_str).map(humanised).next()
    };
    let needed =
        || own().find(|property| whole.required.contains(&property.name)).map(|property| humanised(&property.name));
    branch.title.clone().or_else(constant).or_else(needed).unwrap_or_else(|| format!("Option {}", index + 1))
}

pub(super) fn words(node: &Node, place: &Place<'_>) -> Field {
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

pub(super) fn blank(pointer: String, name: String, label: String) -> Field {
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
        stands: None,
        ways: None,
        options: Vec::new(),
        limits: Limits::default(),
        placeholder: None,
        unit: None,
        format: None,
        zones: Vec::new(),
        means: None,
        unoffered: false,
        lines: None,
        default: None,
        default_text: None,
        origin: None,
        as_begun: false,
        by_default: false,
        value: None,
        state: State::Editable,
        shown: None,
        varies: false,
        switches: false,
        errors: Vec::new(),
        was: None,
        sections: Vec::new(),
        rows: Vec::new(),
        can_add: false,
        alternatives: None,
    }
}

/// Orders fields by `x-ui.order` and puts them into their groups; advanced ones come last, folded.
pub(super) fn arrange(node: &Node, fields: Vec<(&Node, &str, Field)>) -> Vec<Section> {
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
