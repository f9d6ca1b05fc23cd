//! Controls for single values, and which values they can hold.

use super::{Field, Limits, Opt, Widget};
use crate::entries::{choice_texts, chosen, number_of, scalar_of, scalar_text};
use crate::formats::moment;
use crate::pick::{Choosable, MOST_LISTED, Picker};
use crate::schema::{Node, Schema, Shape, Types};
use serde_json::Value;

/// Up to this many choices are radios.
const RADIOS: usize = 5;
/// Suggestions sent with a page.
const MOST_SUGGESTED: usize = 500;
/// Texts that may be longer than this get several lines.
const ONE_LINE: u64 = 200;

/// Whether a control of this shape shows a value so that it comes back the same.
pub(super) fn shows(schema: &Schema, node: &Node, shape: Shape, value: &Value) -> bool {
    if value.is_null() {
        return true;
    }
    match shape {
        Shape::Constant => node.constant.as_ref() == Some(value),
        Shape::Boolean => value.is_boolean(),
        Shape::Text => value.as_str().is_some_and(typable),
        // a text that is no number is what somebody typed: it is shown to be corrected
        Shape::Number => match value {
            Value::Number(number) => number_of(&number.to_string()).as_ref() == Some(number),
            Value::String(text) => {
                text.is_empty() || (one_line(text) && text.trim() == text && number_of(text).is_none())
            }
            _ => false,
        },
        Shape::Scalar => match value {
            Value::String(text) => one_line(text),
            other => scalar_text(other).is_some_and(|text| scalar_of(node, &text) == *other),
        },
        Shape::Choice => {
            let known = node.choices.as_deref().unwrap_or_default().iter().any(|choice| choice.value == *value);
            known
                || scalar_text(value)
                    .is_some_and(|text| text.is_empty() || (one_line(&text) && chosen(node, &text) == *value))
        }
        Shape::MultiChoice => value.as_array().is_some_and(|items| {
            let choices = node.items.and_then(|id| schema.node(id).choices.as_deref()).unwrap_or_default();
            let known = |item: &Value| choices.iter().any(|choice| choice.value == *item);
            items.iter().enumerate().all(|(index, item)| known(item) && !items[..index].contains(item))
        }),
        Shape::Reference => crate::pick::reference_text(node, value).is_some(),
        Shape::List => value.is_array(),
        Shape::Object => value.is_object(),
        Shape::Variants | Shape::Free => true,
    }
}

/// What a browser gives back as it got it: no control characters but tab and line feed.
fn typable(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t')
}

fn one_line(text: &str) -> bool {
    !text.contains(char::is_control)
}

/// A value as YAML that reads back as the same value, or as JSON where YAML would not.
pub(super) fn yaml_text(value: &Value) -> String {
    let yaml = domain::document::to_yaml(value);
    let typed = yaml.strip_suffix('\n').unwrap_or(&yaml);
    if typable(typed) && domain::document::parse_one(typed, "").is_ok_and(|read| read == *value) {
        return typed.to_owned();
    }
    serde_json::to_string_pretty(value).unwrap_or_default()
}

pub(super) fn fill(schema: &Schema, field: &mut Field, node: &Node, shape: Shape, value: Option<&Value>, chosen: bool) {
    field.text = value.and_then(scalar_text).unwrap_or_default();
    match shape {
        Shape::Constant => {
            field.widget = Widget::Constant;
            // an alternative that is not chosen yet brings its constant when it is
            let posts = value.is_some() || field.required || !chosen;
            field.text =
                if posts { node.constant.as_ref().map(scalar_or_json).unwrap_or_default() } else { String::new() };
            field.checked = posts;
        }
        Shape::Boolean => boolean(field, node, value),
        Shape::Choice => options(field, node, value),
        Shape::MultiChoice => many(schema, field, node, value),
        Shape::Number => {
            field.widget = Widget::Number;
            field.input = "number";
            field.limits = number_limits(node);
        }
        Shape::Reference => {
            field.text = value.and_then(|value| crate::pick::reference_text(node, value)).unwrap_or_default();
            field.placeholder = Some("namespace/name".to_owned());
        }
        _ => {
            text(field, node);
            if shape == Shape::Text {
                zoned(field);
            }
        }
    }
}

/// A field whose choices are in the world: a select of few, suggestions while one types among many. What is not among them stays, and is
/// told where nothing else may be said.
pub(super) fn pick(field: &mut Field, picker: &Picker, offered: &[Choosable]) {
    if !matches!(field.widget, Widget::Text | Widget::Textarea) {
        return;
    }
    let known = offered.iter().any(|choice| choice.text == field.text);
    field.unoffered = !known && !field.text.is_empty() && !picker.open;
    let option = |choice: &Choosable| Opt {
        selected: choice.text == field.text,
        text: choice.text.clone(),
        title: choice.title.clone(),
        ..Opt::default()
    };
    field.options = offered.iter().take(MOST_SUGGESTED).map(option).collect();
    if picker.open || offered.len() > MOST_LISTED {
        field.widget = Widget::Text;
        return;
    }
    field.widget = Widget::Select;
    let none = if offered.is_empty() { "There is none you may use" } else { "Choose one" };
    let none = Opt { title: none.to_owned(), selected: field.text.is_empty(), ..Opt::default() };
    field.options.insert(0, none);
    if field.unoffered {
        let title = format!("{} (not among those you may use)", field.text);
        field.options.push(Opt { text: field.text.clone(), title, selected: true, ..Opt::default() });
    }
}

/// A single value as the control would say it.
pub(super) fn in_words(node: &Node, value: &Value) -> Option<String> {
    let choice = node.choices.iter().flatten().find(|choice| choice.value == *value);
    match (choice.and_then(|choice| choice.title.clone()), value) {
        (Some(title), _) => Some(title),
        (None, Value::Bool(flag)) => Some(if *flag { "Yes" } else { "No" }.to_owned()),
        (None, other) => scalar_text(other).filter(|text| !text.is_empty() && text.chars().count() <= 80),
    }
}

fn scalar_or_json(value: &Value) -> String {
    scalar_text(value).unwrap_or_else(|| value.to_string())
}

fn boolean(field: &mut Field, node: &Node, value: Option<&Value>) {
    let flag = value.and_then(Value::as_bool);
    if field.required && node.default.is_none() || matches!(node.hints.widget(), Some("radio" | "select")) {
        field.widget = Widget::YesNo;
        let option = |text: &str, title: &str, of| Opt {
            text: text.to_owned(),
            title: title.to_owned(),
            selected: flag == Some(of),
            ..Opt::default()
        };
        field.options = vec![option("true", "Yes", true), option("false", "No", false)];
    } else {
        field.widget = Widget::Checkbox;
        field.input = "checkbox";
        field.checked = flag == Some(true);
    }
}

fn options(field: &mut Field, node: &Node, value: Option<&Value>) {
    let choices = node.choices.as_deref().unwrap_or_default();
    let texts = choice_texts(choices);
    let value = value.filter(|value| !value.is_null());
    let radios = match node.hints.widget() {
        Some("radio") => true,
        Some("select") => false,
        _ => choices.len() <= RADIOS,
    };
    let told = choices.iter().any(|choice| choice.description.is_some());
    field.widget = match (radios, told) {
        (true, true) => Widget::RadioCards,
        (true, false) => Widget::Radios,
        (false, _) => Widget::Select,
    };
    field.options = choices
        .iter()
        .zip(&texts)
        .map(|(choice, text)| Opt {
            text: text.clone(),
            title: choice.title.clone().unwrap_or_else(|| scalar_or_json(&choice.value)),
            description: choice.description.clone(),
            disabled: choice.disabled,
            selected: value == Some(&choice.value),
        })
        .collect();
    let selected = field.options.iter().any(|option| option.selected);
    field.text =
        field.options.iter().find(|option| option.selected).map(|option| option.text.clone()).unwrap_or_default();
    if let (false, Some(other)) = (selected, value.and_then(scalar_text).filter(|text| !text.is_empty())) {
        field.text.clone_from(&other);
        field.options.push(Opt {
            title: format!("{other} (no longer offered)"),
            text: other,
            selected: true,
            ..Opt::default()
        });
    }
    // with a default there is always an answer
    if node.default.is_none() && (field.widget == Widget::Select || !field.required) {
        let title = if field.required { "Choose …" } else { "Not set" };
        let unanswered = !field.options.iter().any(|option| option.selected);
        field.options.insert(0, Opt { title: title.to_owned(), selected: unanswered, ..Opt::default() });
    }
}

fn many(schema: &Schema, field: &mut Field, node: &Node, value: Option<&Value>) {
    field.widget = Widget::MultiSelect;
    let Some(items) = node.items.map(|id| schema.node(id)) else { return };
    let choices = items.choices.as_deref().unwrap_or_default();
    let given = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let place = |value: &Value| given.iter().position(|item| item == value);
    field.options = choices
        .iter()
        .zip(choice_texts(choices))
        .map(|(choice, text)| Opt {
            text,
            title: choice.title.clone().unwrap_or_else(|| scalar_or_json(&choice.value)),
            description: choice.description.clone(),
            disabled: choice.disabled,
            selected: place(&choice.value).is_some(),
        })
        .collect();
    // boxes post in the order they stand: a list in another order is drawn in its own
    let order: Vec<usize> = choices.iter().filter_map(|choice| place(&choice.value)).collect();
    if !order.is_sorted() {
        let mut keyed: Vec<(usize, Opt)> = choices
            .iter()
            .zip(std::mem::take(&mut field.options))
            .map(|(choice, option)| (place(&choice.value).unwrap_or(usize::MAX), option))
            .collect();
        keyed.sort_by_key(|(place, _)| *place);
        field.options = keyed.into_iter().map(|(_, option)| option).collect();
    }
}

fn number_limits(node: &Node) -> Limits {
    let integer = !node.types.contains(Types::NUMBER);
    let step = node.multiple_of.as_ref().map(ToString::to_string);
    Limits {
        min: node.minimum.as_ref().or(node.exclusive_minimum.as_ref()).map(ToString::to_string),
        max: node.maximum.as_ref().or(node.exclusive_maximum.as_ref()).map(ToString::to_string),
        step: step.or_else(|| Some(if integer { "1" } else { "any" }.to_owned())),
        ..Limits::default()
    }
}

fn text(field: &mut Field, node: &Node) {
    let long = field.text.contains('\n') || node.max_length.is_some_and(|max| max > ONE_LINE) || field.lines.is_some();
    let asked = matches!(node.hints.widget(), Some("textarea" | "code" | "yaml"));
    field.widget = if (long || asked) && node.hints.widget() != Some("text") || field.text.contains('\n') {
        Widget::Textarea
    } else {
        Widget::Text
    };
    field.input = match node.format.as_deref() {
        Some("email" | "idn-email") => "email",
        Some("uri" | "url") => "url",
        Some("date") => "date",
        _ => "text",
    };
    field.format.clone_from(&node.format);
    if field.placeholder.is_none() {
        field.placeholder =
            node.format.as_deref().and_then(crate::formats::example).map(|example| format!("e.g. {example}"));
    }
    field.limits = Limits {
        min_length: node.min_length,
        max_length: node.max_length,
        pattern: node.pattern.as_deref().map(whole),
        ..Limits::default()
    };
}

/// A time is typed without its zone, which is chosen beside it. One that a browser's control cannot hold stays a text.
fn zoned(field: &mut Field) {
    let Some(format @ ("time" | "date-time")) = field.format.as_deref() else { return };
    if field.widget != Widget::Text {
        return;
    }
    let (local, zone) = match moment::split(format, &field.text) {
        Some((local, zone)) => (local.to_owned(), zone.to_owned()),
        None if field.text.is_empty() => (String::new(), "Z".to_owned()),
        None => return,
    };
    field.input = if format == "time" { "time" } else { "datetime-local" };
    let option = |text: String| Opt {
        title: if text == "Z" { "UTC".to_owned() } else { format!("UTC{text}") },
        selected: text == zone,
        text,
        ..Opt::default()
    };
    field.zones = moment::zones().map(option).collect();
    if field.zones.iter().all(|known| known.text != zone) {
        field.zones.push(option(zone.clone()));
    }
    field.text = local;
}

/// HTML matches a pattern against the whole text, JSON Schema looks for it anywhere.
fn whole(pattern: &str) -> String {
    let open = if pattern.starts_with('^') { "" } else { ".*" };
    let close = if pattern.ends_with('$') && !pattern.ends_with("\\$") { "" } else { ".*" };
    // an alternation has to be held together before anything stands beside it
    if open.is_empty() && close.is_empty() { pattern.to_owned() } else { format!("{open}(?:{pattern}){close}") }
}
