//! What stood in a field, where the control alone cannot tell when it comes back.

use super::build::Place;
use crate::entries::{self, Was};
use crate::schema::{Node, Shape};
use serde_json::Value;

pub(super) fn was(node: &Node, shape: Shape, place: &Place<'_>, shows_default: bool) -> Option<Was> {
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
