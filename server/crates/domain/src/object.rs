//! The Kubernetes resource model: everything with an identity is an [`Object`], typed ones are a [`Typed`] view of it.

mod decode;
mod typed;

pub(crate) use decode::pointer_of;
pub use decode::{decode, nearest};
pub use typed::{Kind, Typed};

use crate::{
    error::{Error, Result},
    selector::Labels,
    time::Timestamp,
};
use decode::located;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The group of Midspan's own kinds and the version all of them are served in.
pub const GROUP: &str = "midspan.dev";
pub const VERSION: &str = "v1alpha1";
pub const API_VERSION: &str = "midspan.dev/v1alpha1";

/// An object as it is stored and as clients see it. Keys beside the five well-known ones (`data` of a `ConfigMap`) are kept in `rest`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    pub api_version: String,
    pub kind: String,
    pub metadata: Metadata,
    pub spec: Value,
    pub status: Value,
    pub rest: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub generate_name: String,
    /// Empty for kinds that live in no namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// The store's commit order; 0 is "not stored yet". Text in documents, as clients must treat it as opaque.
    #[serde(skip_serializing_if = "is_zero", with = "version_text")]
    pub resource_version: i64,
    /// Counts changes of what was asked (`spec`), not of what became of it (`status`).
    #[serde(skip_serializing_if = "is_zero")]
    pub generation: i64,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient_time")]
    pub creation_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient_time")]
    pub deletion_timestamp: Option<Timestamp>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub labels: Labels,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub annotations: Labels,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub finalizers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub owner_references: Vec<OwnerReference>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub uid: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub controller: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub block_owner_deletion: bool,
}

impl Object {
    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The API version without its group.
    pub fn version(&self) -> &str {
        self.api_version.rsplit('/').next().unwrap_or_default()
    }

    pub fn owner(&self) -> Option<&OwnerReference> {
        self.metadata.owner_references.iter().find(|owner| owner.controller)
    }

    pub fn deleting(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// How others refer to this object as their owner.
    pub fn as_owner(&self) -> OwnerReference {
        OwnerReference {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            name: self.metadata.name.clone(),
            uid: self.metadata.uid.clone(),
            controller: true,
            block_owner_deletion: false,
        }
    }

    pub fn from_value(value: Value) -> Result<Self> {
        let Value::Object(mut rest) = value else {
            return Err(Error::bad_request(format!(
                "an object must be a mapping with apiVersion and kind, not {}",
                type_name(&value)
            )));
        };
        let mut text = |key: &str| match rest.remove(key) {
            Some(Value::String(text)) => Ok(text),
            None | Some(Value::Null) => Ok(String::new()),
            Some(other) => Err(located(key, format!("{key} must be a string, not {}", type_name(&other)))),
        };
        let (api_version, kind) = (text("apiVersion")?, text("kind")?);
        let metadata = match rest.remove("metadata") {
            None | Some(Value::Null) => Metadata::default(),
            Some(metadata) => {
                serde_json::from_value(metadata).map_err(|e| located("metadata", format!("metadata: {e}")))?
            }
        };
        let spec = rest.remove("spec").unwrap_or_default();
        let status = rest.remove("status").unwrap_or_default();
        Ok(Self { api_version, kind, metadata, spec, status, rest })
    }

    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("apiVersion", &self.api_version)?;
        map.serialize_entry("kind", &self.kind)?;
        map.serialize_entry("metadata", &self.metadata)?;
        if !self.spec.is_null() {
            map.serialize_entry("spec", &self.spec)?;
        }
        for (key, value) in &self.rest {
            map.serialize_entry(key, value)?;
        }
        if !self.status.is_null() {
            map.serialize_entry("status", &self.status)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A JSON value's type as people name it.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Files written by generators say `creationTimestamp: null`, `labels: null`; both mean "absent".
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn lenient_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Option::<Timestamp>::deserialize(deserializer)
}

mod version_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `with` passes a reference")]
    pub fn serialize<S: Serializer>(version: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(version)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        if text.is_empty() {
            Ok(0)
        } else {
            text.parse().map_err(|_| D::Error::custom(format!("resourceVersion {text:?} is not one of ours")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_reads_back_as_it_was_written() {
        let written = json!({
            "apiVersion": "data.example.com/v1", "kind": "Postgresql",
            "metadata": {"name": "shop", "namespace": "default", "resourceVersion": "7", "labels": {"team": "a"}},
            "spec": {"z": 1, "a": {"b": [1, 2.5, "x"]}}, "data": {"kept": true}
        });
        assert_eq!(Object::from_value(written.clone()).unwrap().to_value(), written);
    }

    #[test]
    fn null_metadata_fields_count_as_absent() {
        let object =
            Object::from_value(json!({"kind": "X", "metadata": {"creationTimestamp": null, "labels": null}})).unwrap();
        assert_eq!(object.metadata, Metadata::default());
    }

    #[test]
    fn a_wrong_type_says_where() {
        let error = Object::from_value(json!({"kind": 7})).unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.causes[0].pointer.as_str()),
            ("kind must be a string, not integer", "/kind")
        );
    }
}
