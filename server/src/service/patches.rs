//! The three ways to describe a change of a stored object: whole, merge patch, JSON patch.

use domain::{Error, ErrorKind, Object, Result, document};
use json_patch::PatchOperation;
use serde_json::Value;

/// A change as it came in.
#[derive(Clone, Debug)]
pub enum Change {
    /// The whole object; a `resourceVersion` in it must be the stored one.
    Replace(Value),
    /// RFC 7386.
    Merge(Value),
    /// RFC 6902.
    Json(Value),
}

impl Change {
    /// The object as the change would have it.
    pub fn apply(&self, stored: &Object) -> Result<Object> {
        let patched = match self {
            Self::Replace(value) => value.clone(),
            Self::Merge(patch) => {
                let mut value = stored.to_value();
                json_patch::merge(&mut value, patch);
                value
            }
            Self::Json(patch) => {
                let patch: json_patch::Patch = serde_json::from_value(patch.clone())
                    .map_err(|e| Error::bad_request(format!("the body is not a JSON patch: {e}")))?;
                operate(stored.to_value(), patch)?
            }
        };
        Object::from_value(patched)
    }

    /// Whether losing a race against another writer may be answered by applying the change to the newer object.
    pub fn may_repeat(&self) -> bool {
        match self {
            Self::Replace(value) | Self::Merge(value) => {
                value.pointer("/metadata/resourceVersion").is_none_or(Value::is_null)
            }
            Self::Json(patch) => {
                let names_version = |operation: &Value| operation["path"] == "/metadata/resourceVersion";
                !patch.as_array().is_some_and(|operations| operations.iter().any(names_version))
            }
        }
    }
}

/// Carries out a JSON patch one operation after the other, so that copies of copies end before they fill the memory.
fn operate(mut value: Value, patch: json_patch::Patch) -> Result<Value> {
    const MOST: usize = 10_000;
    let refused = |why: String| {
        Error::new(ErrorKind::Invalid, format!("the server rejected our request due to an error in our request: {why}"))
    };
    if patch.0.len() > MOST {
        return Err(refused(format!("a JSON patch has at most {MOST} operations, this has {}", patch.0.len())));
    }
    let mut copied = Copied::default();
    for (index, operation) in patch.0.into_iter().enumerate() {
        let located = |why: String| refused(format!("operation {index}: {why}"));
        if operation.path().as_str().matches('/').count() > document::MAX_DEPTH {
            return Err(located(format!("the path is deeper than {}", document::MAX_DEPTH)));
        }
        if let PatchOperation::Copy(copy) = &operation {
            copied.add(value.pointer(copy.from.as_str())).map_err(located)?;
        }
        if let PatchOperation::Move(moved) = &operation {
            copied.add(value.pointer(moved.from.as_str())).map_err(located)?;
        }
        json_patch::patch(&mut value, &[operation]).map_err(|error| located(error.kind.to_string()))?;
    }
    count(&value, document::MAX_DEPTH).map_err(refused)?;
    Ok(value)
}

/// What the copies of one patch come to.
#[derive(Default)]
struct Copied {
    values: usize,
}

impl Copied {
    fn add(&mut self, value: Option<&Value>) -> std::result::Result<(), String> {
        const MOST: usize = 250_000;
        self.values += value.map_or(Ok(0), |value| count(value, document::MAX_DEPTH))?;
        if self.values > MOST { Err(format!("copies come to more than {MOST} values")) } else { Ok(()) }
    }
}

/// How many values there are in a value. An error where they nest too deep, before anything else recurses into them.
fn count(value: &Value, depth: usize) -> std::result::Result<usize, String> {
    let Some(below) = depth.checked_sub(1) else {
        return Err(format!("the value nests deeper than {}", document::MAX_DEPTH));
    };
    let inner = match value {
        Value::Array(items) => {
            items.iter().map(|item| count(item, below)).sum::<std::result::Result<usize, String>>()?
        }
        Value::Object(map) => {
            map.values().map(|item| count(item, below)).sum::<std::result::Result<usize, String>>()?
        }
        // text counts by its length, or copies of one long text would cost nothing
        Value::String(text) => text.len() / 64,
        _ => 0,
    };
    Ok(inner + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stored() -> Object {
        Object::from_value(json!({"apiVersion": "g/v1", "kind": "K", "metadata": {"name": "n"}, "spec": {"a": "x".repeat(1000), "list": [1]}})).unwrap()
    }

    #[track_caller]
    fn check_refused(patch: Value, expected: &str) {
        let error = Change::Json(patch).apply(&stored()).unwrap_err();
        assert_eq!(
            error.message,
            format!("the server rejected our request due to an error in our request: {expected}")
        );
    }

    #[test]
    fn copies_of_copies_end() {
        let doubling: Vec<Value> =
            (0..60).map(|i| json!({"op": "copy", "from": "/spec", "path": format!("/spec/copy{i}")})).collect();
        check_refused(json!(doubling), "operation 13: copies come to more than 250000 values");
    }

    #[test]
    fn copies_into_copies_end() {
        let path = |i: usize| format!("/spec{}", "/in".repeat(i));
        let nested: Vec<Value> =
            (0..200).map(|i| json!({"op": "copy", "from": "/spec", "path": path(i + 1)})).collect();
        let error = Change::Json(json!(nested)).apply(&stored()).unwrap_err();
        assert!(error.message.contains("copies come to") || error.message.contains("nests deeper"), "{error}");
    }

    #[test]
    fn an_operation_that_does_not_fit_is_named() {
        check_refused(
            json!([{"op": "test", "path": "/spec/list/0", "value": 1}, {"op": "remove", "path": "/spec/none"}]),
            "operation 1: path is invalid",
        );
    }
}
