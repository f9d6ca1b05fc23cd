//! JSON Pointers, and the same places as an API server writes them (`spec.rules[0].port`).

use serde_json::Value;
use std::fmt::Write as _;

/// Escapes one segment for a JSON Pointer.
pub fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// The segment that [`escape`] wrote.
pub fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

/// `pointer` with one more segment.
pub fn join(pointer: &str, segment: &str) -> String {
    format!("{pointer}/{}", escape(segment))
}

/// The unescaped segments of a pointer.
pub fn segments(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(unescape)
}

/// Writes `pointer` within `value` as an API server does, below `root` (`spec`).
///
/// Whether a numeric segment is an index or a key is read from the value itself. Keys that are no plain words are written
/// `[key]`, as an API server does for the entries of a map.
pub fn field_path(root: &str, value: &Value, pointer: &str) -> String {
    let mut path = root.to_owned();
    let mut here = Some(value);
    for segment in segments(pointer) {
        match here {
            Some(Value::Array(items)) => {
                let _ = write!(path, "[{segment}]");
                here = segment.parse::<usize>().ok().and_then(|index| items.get(index));
            }
            other => {
                if path.is_empty() {
                    path.push_str(&segment);
                } else {
                    let _ = write!(path, ".{segment}");
                }
                here = other.and_then(|value| value.get(&segment));
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_index_is_written_in_brackets_and_a_numeric_key_is_not() {
        let value = json!({"rules": [{"port": 1}], "map": {"0": {"x": 1}}});
        assert_eq!(field_path("spec", &value, "/rules/0/port"), "spec.rules[0].port");
        assert_eq!(field_path("spec", &value, "/map/0/x"), "spec.map.0.x");
        assert_eq!(field_path("spec", &value, ""), "spec");
    }

    #[test]
    fn a_segment_survives_escaping() {
        for segment in ["a/b", "~", "~1", "a~/b", ""] {
            assert_eq!(unescape(&escape(segment)), segment);
        }
    }
}
