//! How deep a value may be nested for its validation to stay bounded.
//!
//! `allOf: [{$ref: "#"}, {$ref: "#"}]` below a property doubles the work with every level of the value. The work of one path through a
//! value is counted for values of depth 0, 1, 2 … until it grows over [`LIMIT`] or stops growing. A `$ref` that comes back to itself
//! without going down into the value would never end: it is refused.

use super::dialect::{LISTED, NAMED, SINGLE, target};
use super::{MAX_DEPTH, MAX_VALUES, refused};
use domain::Result;
use serde_json::Value;
use std::collections::HashMap;

/// How many subschemas may be applied along one path of a value.
const LIMIT: u64 = 100_000;
/// A schema that allows less than this depth is refused.
const USEFUL_DEPTH: usize = 4;

/// The subschemas of one subschema: those applied to the same value, and those applied one level down.
#[derive(Default)]
struct Place {
    at: String,
    same: Vec<usize>,
    /// Of these a child value meets at most one.
    one_of: Vec<usize>,
    /// Of these a child value may meet all.
    all_of: Vec<usize>,
}

pub(super) fn depth_allowed(document: &Value) -> Result<usize> {
    let places = places(document)?;
    let order = inner_first(&places)?;
    let mut below = vec![0_u64; places.len()];
    for depth in 0..=MAX_DEPTH {
        let mut here = vec![1_u64; places.len()];
        for &index in &order {
            let place = &places[index];
            let same: u64 = place.same.iter().fold(0, |sum, &child| sum.saturating_add(here[child]));
            let one = place.one_of.iter().map(|&child| below[child]).max().unwrap_or(0);
            let all: u64 = place.all_of.iter().fold(0, |sum, &child| sum.saturating_add(below[child]));
            here[index] = same.saturating_add(one).saturating_add(all).saturating_add(1);
        }
        if here[0] > LIMIT {
            return if depth > USEFUL_DEPTH {
                Ok(depth - 1)
            } else {
                Err(refused(
                    "",
                    "the schema applies too many subschemas to one value; use fewer nested allOf, anyOf and oneOf",
                ))
            };
        }
        if here == below {
            break;
        }
        below = here;
    }
    Ok(MAX_DEPTH)
}

fn places(document: &Value) -> Result<Vec<Place>> {
    let mut places = vec![Place::default()];
    let mut known: HashMap<*const Value, usize> = HashMap::from([(std::ptr::from_ref(document), 0)]);
    let mut todo = vec![(document, 0)];
    while let Some((schema, index)) = todo.pop() {
        let Value::Object(map) = schema else { continue };
        let at = places[index].at.clone();
        let mut found = |child: &'_ Value, pointer: String| -> (usize, bool) {
            let next = places.len();
            let id = *known.entry(std::ptr::from_ref(child)).or_insert(next);
            if id == next {
                places.push(Place { at: pointer, ..Place::default() });
            }
            (id, id == next)
        };
        let (mut same, mut one_of, mut all_of) = (Vec::new(), Vec::new(), Vec::new());
        let mut fresh = Vec::new();
        let mut add = |list: &mut Vec<usize>, (id, new): (usize, bool), child| {
            list.push(id);
            if new {
                fresh.push((child, id));
            }
        };
        if let Some(Value::String(reference)) = map.get("$ref") {
            let pointer = crate::pointer::join(&at, "$ref");
            let (child, to) = target(document, reference)
                .ok_or_else(|| refused(&pointer, format!("$ref {reference:?} names nothing in this schema")))?;
            add(&mut same, found(child, to), child);
        }
        for (key, value) in map {
            let here = crate::pointer::join(&at, key);
            match value {
                Value::Object(children) if NAMED.contains(&key.as_str()) => {
                    let list = match key.as_str() {
                        "properties" => &mut one_of,
                        "patternProperties" => &mut all_of,
                        "dependentSchemas" => &mut same,
                        // definitions count where they are referred to
                        _ => continue,
                    };
                    for (name, child) in children {
                        add(list, found(child, crate::pointer::join(&here, name)), child);
                    }
                }
                Value::Array(children) if LISTED.contains(&key.as_str()) => {
                    for (i, child) in children.iter().enumerate() {
                        let id = found(child, format!("{here}/{i}"));
                        add(if key == "prefixItems" { &mut one_of } else { &mut same }, id, child);
                    }
                }
                Value::Object(_) if SINGLE.contains(&key.as_str()) => {
                    let id = found(value, here);
                    let list =
                        if matches!(key.as_str(), "not" | "if" | "then" | "else") { &mut same } else { &mut all_of };
                    add(list, id, value);
                }
                _ => {}
            }
        }
        let place = &mut places[index];
        (place.same, place.one_of, place.all_of) = (same, one_of, all_of);
        todo.extend(fresh);
        if places.len() > MAX_VALUES {
            return Err(refused("", "the schema is too large"));
        }
    }
    Ok(places)
}

/// The places so that what applies to the same value comes before what applies it; refuses a circle.
fn inner_first(places: &[Place]) -> Result<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; places.len()];
    let mut order = Vec::with_capacity(places.len());
    for start in 0..places.len() {
        let mut path = vec![(start, 0)];
        while let Some((index, next)) = path.pop() {
            if next == 0 {
                if marks[index] == Mark::Done {
                    continue;
                }
                marks[index] = Mark::Open;
            }
            match places[index].same.get(next) {
                None => {
                    marks[index] = Mark::Done;
                    order.push(index);
                }
                Some(&child) => {
                    path.push((index, next + 1));
                    match marks[child] {
                        Mark::New => path.push((child, 0)),
                        Mark::Open => {
                            return Err(refused(&places[child].at, "this schema refers back to itself without end"));
                        }
                        Mark::Done => {}
                    }
                }
            }
        }
    }
    Ok(order)
}
