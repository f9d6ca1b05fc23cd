//! Names of form fields.

use crate::pointer;

/// The name of the whole value.
pub const ROOT: &str = "v";

/// The name of a property or item below `name`.
pub fn child(name: &str, segment: &str) -> String {
    format!("{name}/{}", encoded(segment))
}

/// The name of a mark below `name`: `mark("v/rules", "row")` is `v/rules/__row`.
pub fn mark(name: &str, word: &str) -> String {
    format!("{name}/__{word}")
}

/// The name of the `index`-th part below a mark: `v/store/__of/1`.
pub(crate) fn child_mark(name: &str, word: &str, index: usize) -> String {
    format!("{}/{index}", mark(name, word))
}

/// The name of the field at a JSON Pointer, outside of alternatives and maps.
pub fn named(pointer: &str) -> String {
    pointer::segments(pointer).fold(ROOT.to_owned(), |name, segment| child(&name, &segment))
}

pub(super) fn encoded(segment: &str) -> String {
    let escaped = pointer::escape(segment);
    match escaped.strip_prefix("__") {
        Some(rest) => format!("~2{rest}"),
        None => escaped,
    }
}
