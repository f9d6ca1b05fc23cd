//! What stands in a spec in place of a secret: the mark of one that is sealed, the name of one that is kept elsewhere, or the wish for a new one.
//!
//! | text | stands for |
//! |---|---|
//! | `${secret:9f3a…}`, 16 hex digits | a value sealed with the resource, or with its draft |
//! | `${secret:generate}` | a value made by Midspan, unless there is one already |
//! | `${secret:renew}` | a value made by Midspan in any case |
//! | `${secret:db-login/password}` | a key of a `Secret` in the resource's namespace |
//! | `{"$output": {…}}` | an output of another resource |

use crate::reference;
use serde_json::Value;

/// The label by which a `Secret` may be named by requests of its namespace.
pub const USABLE: &str = "midspan.dev/for-requests";

/// Below this key the secrets of a spec are sealed; a JSON pointer follows.
const SEALED_AS: &str = "spec";
const OPEN: &str = "${secret:";
const MARK_DIGITS: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn<'a> {
    Sealed(&'a str),
    Generate,
    Renew,
    Of {
        name: &'a str,
        key: &'a str,
    },
    /// None of these: what a page shows of a secret that is not kept yet, or a slip of the pen.
    Unknown,
}

/// What a page shows in place of a secret that was typed and is not kept yet.
pub const TYPED: &str = "${secret:…}";

/// What a text stands for, if it is no value of its own.
pub fn read(text: &str) -> Option<StandIn<'_>> {
    let word = text.strip_prefix(OPEN)?.strip_suffix('}')?;
    match word {
        "generate" => return Some(StandIn::Generate),
        "renew" => return Some(StandIn::Renew),
        _ => {}
    }
    if let Some((name, key)) = word.split_once('/') {
        let legal = |part: &str| {
            !part.is_empty()
                && part.len() <= 253
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        return Some(if legal(name) && legal(key) { StandIn::Of { name, key } } else { StandIn::Unknown });
    }
    let is_mark = word.len() == MARK_DIGITS && word.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    Some(if is_mark { StandIn::Sealed(word) } else { StandIn::Unknown })
}

/// The same of a value.
pub fn of(value: &Value) -> Option<StandIn<'_>> {
    value.as_str().and_then(read)
}

/// Whether a value is none of its own: one of the texts above, or a reference to an output.
pub fn stands_in(value: &Value) -> bool {
    of(value).is_some() || reference::is_reference(value)
}

/// What stands for a sealed value.
pub fn sealed(mark: &str) -> Value {
    Value::String(format!("{OPEN}{mark}}}"))
}

/// What stands for a key of a secret.
pub fn named(name: &str, key: &str) -> String {
    format!("{OPEN}{name}/{key}}}")
}

/// What asks for a new value: in any case, or unless there is one.
pub fn new(in_any_case: bool) -> String {
    format!("{OPEN}{}}}", if in_any_case { "renew" } else { "generate" })
}

/// The key under which the secret at `pointer` of a spec is sealed.
pub fn sealed_as(pointer: &str) -> String {
    format!("{SEALED_AS}{pointer}")
}

/// Where in a spec the value stands that is sealed under this key.
pub fn pointer_of(key: &str) -> Option<&str> {
    key.strip_prefix(SEALED_AS).filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))
}

/// The places of a value where texts stand for sealed values, with their texts.
pub fn marks(value: &Value) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    walk(value, "", crate::document::MAX_DEPTH, &mut found);
    found
}

fn walk<'v>(value: &'v Value, at: &str, depth: usize, found: &mut Vec<(String, &'v str)>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::String(text) if matches!(read(text), Some(StandIn::Sealed(_))) => found.push((at.to_owned(), text)),
        Value::Object(map) => {
            for (key, child) in map {
                walk(child, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), depth, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{at}/{index}"), depth, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, expected: Option<StandIn<'_>>) {
        assert_eq!(read(text), expected, "{text}");
    }

    #[test]
    fn what_stands_for_a_secret_is_told_from_what_only_looks_like_it() {
        check("${secret:0123456789abcdef}", Some(StandIn::Sealed("0123456789abcdef")));
        check("${secret:generate}", Some(StandIn::Generate));
        check("${secret:renew}", Some(StandIn::Renew));
        check("${secret:db-login/password}", Some(StandIn::Of { name: "db-login", key: "password" }));
        for text in [
            "${secret:}",
            "${secret:0123}",
            "${secret:a/}",
            "${secret:/b}",
            "${secret:a/b/c}",
            "${secret:A B/c}",
            TYPED,
        ] {
            check(text, Some(StandIn::Unknown));
        }
        for text in ["", "secret", "x${secret:a/b}", "${secret:a/b} "] {
            check(text, None);
        }
    }

    #[test]
    fn marks_are_found_where_they_stand_and_name_what_they_were_sealed_as() {
        let spec = json!({"users": [{"a/b": "${secret:0123456789abcdef}"}], "name": "${secret:x/y}"});
        assert_eq!(marks(&spec), [("/users/0/a~1b".to_owned(), "${secret:0123456789abcdef}")]);
        assert_eq!(pointer_of(&sealed_as("/users/0/a~1b")), Some("/users/0/a~1b"));
        assert_eq!((pointer_of("spec"), pointer_of("spectre"), pointer_of("output/x")), (Some(""), None, None));
    }
}
