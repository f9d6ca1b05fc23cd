//! The buttons of lists and maps: `name=_do value="add:/rules"`.

use super::Entry;
use super::read::{Decoded, read};
use crate::pointer::segments;
use crate::schema::{Node, Schema, Shape};
use domain::{Error, Result};
use serde_json::{Map, Value};

/// What a submit button inside the form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show the form again with what was given: `refresh`.
    Refresh,
    /// One more row: `add:/rules`.
    Add(String),
    /// One row less: `remove:/rules/0`.
    Remove(String),
    /// The row once more, after itself: `duplicate:/rules/0`.
    Duplicate(String),
    /// One row up: `up:/rules/1`.
    Up(String),
    /// One row down: `down:/rules/0`.
    Down(String),
    /// Back to the default: `reset:/size`.
    Reset(String),
}

impl Action {
    /// Reads the value of the button.
    pub fn read(text: &str) -> Option<Self> {
        if text == "refresh" {
            return Some(Self::Refresh);
        }
        let (verb, pointer) = text.split_once(':')?;
        if !(pointer.is_empty() || pointer.starts_with('/')) || pointer.matches('/').count() > crate::schema::MAX_DEPTH
        {
            return None;
        }
        let pointer = pointer.to_owned();
        Some(match verb {
            "add" => Self::Add(pointer),
            "remove" => Self::Remove(pointer),
            "duplicate" => Self::Duplicate(pointer),
            "up" => Self::Up(pointer),
            "down" => Self::Down(pointer),
            "reset" => Self::Reset(pointer),
            _ => return None,
        })
    }

    /// The button's value.
    pub fn text(&self) -> String {
        match self {
            Self::Refresh => "refresh".to_owned(),
            Self::Add(pointer) => format!("add:{pointer}"),
            Self::Remove(pointer) => format!("remove:{pointer}"),
            Self::Duplicate(pointer) => format!("duplicate:{pointer}"),
            Self::Up(pointer) => format!("up:{pointer}"),
            Self::Down(pointer) => format!("down:{pointer}"),
            Self::Reset(pointer) => format!("reset:{pointer}"),
        }
    }
}

/// Reads a posted form and does what the button asks. Rows that are still empty stay.
pub fn apply_action(schema: &Schema, entries: &[Entry], previous: Option<&Value>, action: &Action) -> Result<Decoded> {
    let mut decoded = read(schema, entries, previous, true)?;
    match action {
        Action::Refresh => {}
        Action::Add(pointer) => add(schema, &mut decoded.value, pointer)?,
        Action::Remove(pointer) => {
            row(&mut decoded.value, pointer, |items, index| {
                items.remove(index);
            });
            entry(&mut decoded.value, pointer);
        }
        Action::Duplicate(pointer) => row(&mut decoded.value, pointer, |items, index| {
            let copy = items[index].clone();
            items.insert(index + 1, copy);
        }),
        Action::Up(pointer) => {
            row(&mut decoded.value, pointer, |items, index| items.swap(index, index.saturating_sub(1)));
        }
        Action::Reset(pointer) => entry(&mut decoded.value, pointer),
        Action::Down(pointer) => row(&mut decoded.value, pointer, |items, index| {
            let last = items.len() - 1;
            items.swap(index, (index + 1).min(last));
        }),
    }
    if *action != Action::Refresh {
        // texts and problems stand at places that may have moved
        let value = &decoded.value;
        decoded.texts.retain(|pointer, text| value.pointer(pointer).and_then(Value::as_str) == Some(text));
        decoded.causes.retain(|cause| value.pointer(&cause.pointer).is_some());
    }
    Ok(decoded)
}

/// Appends an empty row to the list, or an empty entry to the map, at `pointer`. Objects on the way are made.
fn add(schema: &Schema, value: &mut Value, pointer: &str) -> Result<()> {
    let unknown = || Error::bad_request(format!("this form has no list at {pointer:?}"));
    let node: &Node = schema.at(value, pointer).ok_or_else(unknown)?;
    let mut here = value;
    for segment in segments(pointer) {
        here = match here {
            Value::Array(items) => {
                segment.parse::<usize>().ok().and_then(|index| items.get_mut(index)).ok_or_else(unknown)?
            }
            Value::Object(object) => object.entry(segment).or_insert(Value::Null),
            Value::Null => {
                *here = Value::Object(Map::new());
                match here {
                    Value::Object(object) => object.entry(segment).or_insert(Value::Null),
                    _ => return Err(unknown()),
                }
            }
            _ => return Err(unknown()),
        };
    }
    match schema.shape(node) {
        Shape::List => {
            if here.is_null() {
                *here = Value::Array(Vec::new());
            }
            let Value::Array(items) = here else { return Err(unknown()) };
            let blank = match node.item(items.len()).map(|id| schema.shape(schema.node(id))) {
                Some(Shape::Object) => Value::Object(Map::new()),
                Some(_) => Value::Null,
                None => return Err(unknown()),
            };
            items.push(blank);
        }
        Shape::Object => {
            if here.is_null() {
                *here = Value::Object(Map::new());
            }
            let Value::Object(object) = here else { return Err(unknown()) };
            object.entry("").or_insert(Value::Null);
        }
        _ => return Err(unknown()),
    }
    Ok(())
}

fn row(value: &mut Value, pointer: &str, change: impl FnOnce(&mut Vec<Value>, usize)) {
    let Some((list, index)) = pointer.rsplit_once('/') else { return };
    let Ok(index) = index.parse::<usize>() else { return };
    if let Some(Value::Array(items)) = value.pointer_mut(list)
        && index < items.len()
    {
        change(items, index);
    }
}

fn entry(value: &mut Value, pointer: &str) {
    let Some((map, _)) = pointer.rsplit_once('/') else { return };
    let key = segments(pointer).last().unwrap_or_default();
    if let Some(Value::Object(object)) = value.pointer_mut(map) {
        object.shift_remove(&key);
    }
}
