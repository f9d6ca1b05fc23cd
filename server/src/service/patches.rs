//! The three ways to describe a change of a stored object: whole, merge patch, JSON patch.

use domain::{Error, ErrorKind, Object, Result};
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
                let patch: json_patch::Patch =
                    serde_json::from_value(patch.clone()).map_err(|e| Error::bad_request(format!("the body is not a JSON patch: {e}")))?;
                let mut value = stored.to_value();
                json_patch::patch(&mut value, &patch)
                    .map_err(|e| Error::new(ErrorKind::Invalid, format!("the server rejected our request due to an error in our request: {e}")))?;
                value
            }
        };
        Object::from_value(patched)
    }

    /// Whether losing a race against another writer may be answered by applying the change to the newer object.
    pub fn may_repeat(&self) -> bool {
        match self {
            Self::Replace(value) | Self::Merge(value) => value.pointer("/metadata/resourceVersion").is_none_or(Value::is_null),
            Self::Json(_) => true,
        }
    }
}
