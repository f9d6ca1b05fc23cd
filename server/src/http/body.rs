//! Request bodies: JSON or YAML, bounded, with errors that say where.

use super::protobuf;
use crate::service::patches::Change;
use axum::http::{HeaderMap, header};
use domain::{Error, ErrorKind, Result, document};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{cell::Cell, fmt};

/// As many values as the YAML reader takes: a megabyte of `1,1,1,…` would be a hundred of memory.
const MAX_VALUES: usize = 250_000;

/// A body that is an object.
pub fn object(headers: &HeaderMap, bytes: &[u8]) -> Result<Value> {
    match media_type(headers).as_str() {
        "" | "application/json" => json(bytes),
        "application/yaml" | "application/x-yaml" | "text/yaml" => yaml(bytes),
        protobuf::MEDIA_TYPE => protobuf::object(bytes),
        _ => Err(unsupported("application/json, application/yaml, application/vnd.kubernetes.protobuf")),
    }
}

/// A body that is a patch. A strategic merge without directives is a merge where an object has no lists of its own.
pub fn patch(headers: &HeaderMap, bytes: &[u8], strategic: bool) -> Result<Change> {
    match media_type(headers).as_str() {
        "application/strategic-merge-patch+json" if strategic => {
            let patch = json(bytes)?;
            match directive(&patch) {
                Some(key) => Err(Error::bad_request(format!(
                    "the directive {key:?} of a strategic merge patch is not supported"
                ))),
                None => Ok(Change::Merge(patch)),
            }
        }
        "application/merge-patch+json" => json(bytes).map(Change::Merge),
        "application/json-patch+json" => json(bytes).map(Change::Json),
        _ => Err(unsupported("application/json-patch+json, application/merge-patch+json")),
    }
}

/// What makes more of a strategic merge patch than a merge patch.
fn directive(patch: &Value) -> Option<&str> {
    match patch {
        Value::Object(map) => {
            let own = map.keys().map(String::as_str).find(|key| key.starts_with('$'));
            own.or_else(|| map.values().find_map(directive))
        }
        Value::Array(items) => items.iter().find_map(directive),
        _ => None,
    }
}

/// What is too long to be read at all.
pub fn too_large() -> Error {
    let message = format!(
        "the request is too large: the limit is {} bytes. Split the documents into several requests",
        document::MAX_BYTES
    );
    Error::new(ErrorKind::RequestEntityTooLarge, message)
}

fn yaml(bytes: &[u8]) -> Result<Value> {
    let text = std::str::from_utf8(bytes)
        .map_err(|e| Error::bad_request(format!("request body: not UTF-8 at byte {}", e.valid_up_to())))?;
    on_a_deep_stack(|| document::parse_one(text, "request body"))?
}

/// The YAML reader recurses along the nesting; unoptimised, a worker's stack is too small for all the nesting that is allowed.
fn on_a_deep_stack<T: Send>(read: impl FnOnce() -> T + Send) -> Result<T> {
    const STACK: usize = 32 * 1024 * 1024;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, read);
        let thread =
            thread.map_err(|e| Error::unavailable("the server is too busy to read the request").with_detail(e))?;
        thread.join().map_err(|_| Error::internal("the YAML reader panicked"))
    })
}

fn json(bytes: &[u8]) -> Result<Value> {
    let values = Values { left: &Cell::new(MAX_VALUES), depth: document::MAX_DEPTH };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = values.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|e| Error::bad_request(format!("request body: {e}")))
}

/// Reads a value as `serde_json` does, with no more than so many values, no deeper than so, and no key given twice.
#[derive(Clone, Copy)]
struct Values<'a> {
    left: &'a Cell<usize>,
    depth: usize,
}

impl Values<'_> {
    /// One level down. Deeper than this, a document that is kept inside another could not be read again.
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        let depth =
            self.depth.checked_sub(1).ok_or_else(|| E::custom(format!("nests deeper than {}", document::MAX_DEPTH)))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self
            .left
            .get()
            .checked_sub(1)
            .ok_or_else(|| de::Error::custom(format!("more than {MAX_VALUES} values")))?;
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let (mut list, inner) = (Vec::new(), self.inner()?);
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let (mut map, inner) = (Map::new(), self.inner()?);
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(format!("the key {key:?} is given twice")));
            }
            let value = entries.next_value_seed(inner)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub fn unsupported_kind(what: &str) -> Error {
    Error::new(ErrorKind::UnsupportedMediaType, format!("this server does not read {what}"))
}

fn unsupported(accepted: &str) -> Error {
    Error::new(
        ErrorKind::UnsupportedMediaType,
        format!("the body of the request was in an unknown format - accepted media types include: {accepted}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(text: &str, expected: Result<Value, &str>) {
        assert_eq!(
            json(text.as_bytes()).map_err(|error| error.message),
            expected.map_err(|message| format!("request body: {message}"))
        );
    }

    #[test]
    fn json_is_read_as_it_is_written() {
        check(
            r#"{"b": [1, -2, 1.5, true, null, "é"], "a": {}}"#,
            Ok(json!({"b": [1, -2, 1.5, true, null, "é"], "a": {}})),
        );
    }

    #[test]
    fn what_could_mean_two_things_is_refused_where_it_stands() {
        check(r#"{"a": 1, "a": 2}"#, Err("the key \"a\" is given twice at line 1 column 12"));
        check("{} {}", Err("trailing characters at line 1 column 4"));
        check("", Err("EOF while parsing a value at line 1 column 0"));
    }

    #[test]
    fn there_is_a_bound_on_values_and_on_nesting() {
        let many = format!("[{}1]", "1,".repeat(300_000));
        check(&many, Err("more than 250000 values at line 1 column 499999"));
        let deep = "[".repeat(10_000);
        check(&deep, Err("nests deeper than 100 at line 1 column 101"));
    }
}
