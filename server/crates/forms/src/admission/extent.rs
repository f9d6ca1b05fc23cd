//! How large a value is, measured without recursion.

use serde_json::Value;

/// The number of values in `value`, and how deep they are nested.
pub(crate) fn extent(value: &Value) -> (usize, usize) {
    let (mut count, mut deepest) = (0, 0);
    let mut todo = vec![(value, 1)];
    while let Some((value, depth)) = todo.pop() {
        count += 1;
        deepest = deepest.max(depth);
        match value {
            Value::Array(items) => todo.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(object) => todo.extend(object.values().map(|child| (child, depth + 1))),
            _ => {}
        }
    }
    (count, deepest)
}

/// The number of values in `value` (a long text counts for several), and the size of its largest collection.
pub(crate) fn largest(value: &Value) -> (usize, usize) {
    let (mut count, mut longest) = (0, 0);
    let mut todo = vec![value];
    while let Some(value) = todo.pop() {
        count += 1;
        match value {
            Value::String(text) => count += text.len() / 64,
            Value::Array(items) => {
                longest = longest.max(items.len());
                todo.extend(items);
            }
            Value::Object(object) => {
                longest = longest.max(object.len());
                todo.extend(object.values());
            }
            _ => {}
        }
    }
    (count, longest)
}
