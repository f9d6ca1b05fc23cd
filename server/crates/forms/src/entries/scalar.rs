//! Single values and the texts that stand for them.

use crate::schema::{Choice, Node, Types};
use serde_json::{Number, Value};
use std::collections::BTreeSet;

/// A text as the first of the place's types that it can be.
pub(crate) fn scalar_of(node: &Node, text: &str) -> Value {
    if (node.types.contains(Types::INTEGER) || node.types.contains(Types::NUMBER))
        && let Some(number) = number_of(text)
        && (node.types.contains(Types::NUMBER) || crate::schema::is_whole(&number))
    {
        return Value::Number(number);
    }
    match text {
        "true" | "false" if node.types.contains(Types::BOOLEAN) => Value::Bool(text == "true"),
        _ => Value::String(text.to_owned()),
    }
}

/// A value as it stands in a one-line control.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

pub(crate) fn number_of(text: &str) -> Option<Number> {
    let plain = text.trim().strip_prefix('+').unwrap_or(text.trim());
    if let Ok(integer) = plain.parse::<i64>() {
        return Some(integer.into());
    }
    if let Ok(large) = plain.parse::<u64>() {
        return Some(large.into());
    }
    // Rust reads "inf" and "nan" as numbers, JSON does not
    if !plain.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') {
        return None;
    }
    plain.parse::<f64>().ok().and_then(Number::from_f64)
}

/// The texts that stand for the choices, each different: plain words, or JSON where words would be ambiguous.
pub(crate) fn choice_texts(choices: &[Choice]) -> Vec<String> {
    let plain: Vec<Option<String>> =
        choices.iter().map(|choice| scalar_text(&choice.value).filter(|text| !text.is_empty())).collect();
    let distinct: BTreeSet<&String> = plain.iter().flatten().collect();
    if distinct.len() == choices.len() {
        plain.into_iter().flatten().collect()
    } else {
        choices.iter().map(|choice| choice.value.to_string()).collect()
    }
}

/// The choice a text stands for; another text is kept by the type the choices have.
pub(crate) fn chosen(node: &Node, text: &str) -> Value {
    let choices = node.choices.as_deref().unwrap_or_default();
    let known = choice_texts(choices).iter().position(|known| known == text).and_then(|index| choices.get(index));
    known.map_or_else(|| scalar_of(node, text), |choice| choice.value.clone())
}
