//! YAML and JSON from outside: one parser, bounded in size, depth and aliases, with errors that name line and column.

use crate::error::{Error, ErrorKind, Result};
use serde_json::Value;

/// The largest document set accepted at a door, in bytes. Kubernetes stops at 3 MiB per request; a promise with large CRDs fits.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// The deepest nesting accepted.
pub const MAX_DEPTH: usize = 100;

/// Reads all documents of a YAML (or JSON) text, empty ones left out. `origin` names the text in errors (a file name, "request body").
pub fn parse_all(text: &str, origin: &str) -> Result<Vec<Value>> {
    check_size(text.len(), origin)?;
    let documents =
        serde_saphyr::from_multiple_with_options::<Value>(text, options()).map_err(|e| located(&e, origin))?;
    Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
}

/// Reads exactly one document.
pub fn parse_one(text: &str, origin: &str) -> Result<Value> {
    let mut documents = parse_all(text, origin)?;
    match documents.len() {
        1 => Ok(documents.remove(0)),
        0 => Err(Error::bad_request(format!("{origin}: the document is empty"))),
        count => Err(Error::bad_request(format!("{origin}: one document is expected here, this has {count}"))),
    }
}

/// Reads one JSON document. Faster than YAML, equally bounded (the parser itself refuses nesting beyond 128).
pub fn parse_json(bytes: &[u8], origin: &str) -> Result<Value> {
    check_size(bytes.len(), origin)?;
    serde_json::from_slice(bytes).map_err(|e| Error::bad_request(format!("{origin}: {e}")))
}

/// Writes a value as YAML, in the block style people expect.
pub fn to_yaml(value: &Value) -> String {
    serde_saphyr::to_string(value).unwrap_or_default()
}

fn check_size(size: usize, origin: &str) -> Result<()> {
    if size > MAX_BYTES {
        let message = format!(
            "{origin}: {size} bytes are too many; the limit is {MAX_BYTES}. Split the documents into several files"
        );
        return Err(Error::new(ErrorKind::RequestEntityTooLarge, message));
    }
    Ok(())
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_documents: 10_000,
            max_aliases: 1_000,
            max_anchors: 1_000,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 },
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
        legacy_octal_numbers: true,
        strict_booleans: true,
    }
}

fn located(error: &serde_saphyr::Error, origin: &str) -> Error {
    let error = error.without_snippet();
    let message = match error {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key {key:?} is given twice in one mapping; keep one of them")
        }
        serde_saphyr::Error::DuplicateMappingKey { key: None, .. } => {
            "a key is given twice in one mapping; keep one of them".to_owned()
        }
        error => error.to_string(),
    };
    let place = error.location().map_or_else(String::new, |at| format!(":{}:{}", at.line(), at.column()));
    Error::bad_request(format!("{origin}{place}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_words_stay_strings() {
        let value =
            parse_one("country: no\nversion: 1.10\nport: 5432\non: true\nmode: 0755\nempty:\n", "a.yaml").unwrap();
        assert_eq!(
            value,
            json!({"country": "no", "version": 1.1, "port": 5432, "on": true, "mode": 493, "empty": null})
        );
    }

    #[test]
    fn several_documents_come_in_order_and_empty_ones_are_left_out() {
        assert_eq!(parse_all("---\na: 1\n---\n---\nb: 2\n", "x").unwrap(), vec![json!({"a": 1}), json!({"b": 2})]);
    }

    #[track_caller]
    fn check_refused(text: &str, part: &str) {
        let error = parse_all(text, "bad.yaml").unwrap_err();
        assert!(error.message.starts_with("bad.yaml"), "{error}");
        assert!(error.message.contains(part), "{error}");
    }

    #[test]
    fn a_syntax_error_names_line_and_column() {
        check_refused("a: 1\nb: [1, 2\n", "bad.yaml:");
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        check_refused("a: 1\na: 2\n", "bad.yaml:2:1: the key \"a\" is given twice in one mapping; keep one of them");
    }

    #[test]
    fn an_alias_bomb_is_refused_quickly() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for i in 1..12 {
            let aliases = vec![format!("*a{}", i - 1); 10].join(",");
            bomb.push_str(&format!("a{i}: &a{i} [{aliases}]\n"));
        }
        check_refused(&bomb, "bad.yaml");
    }

    #[test]
    fn nesting_without_end_is_refused() {
        check_refused(&"[".repeat(10_000), "bad.yaml");
        assert!(parse_json("[".repeat(10_000).as_bytes(), "body").is_err());
    }
}
