//! An object of a kind whose spec and status are Rust types.

use super::{API_VERSION, Metadata, Object, decode};
use crate::error::Result;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// A kind of ours whose spec and status are Rust types.
pub trait Kind {
    /// Of another's group where a kind is another's.
    const API_VERSION: &'static str = API_VERSION;
    const KIND: &'static str;
    const PLURAL: &'static str;
    const NAMESPACED: bool;
    type Spec: Serialize + DeserializeOwned;
    type Status: Serialize + DeserializeOwned + Default;
}

/// An object of kind `K`, its spec and status parsed.
pub struct Typed<K: Kind> {
    pub metadata: Metadata,
    pub spec: K::Spec,
    pub status: K::Status,
}

impl<K: Kind> Typed<K> {
    /// Reads an object of this kind. Errors point at the field.
    pub fn parse(object: Object) -> Result<Self> {
        let spec = field::<K::Spec>(object.spec, "spec", K::KIND, &object.metadata.name)?;
        let status = match object.status {
            Value::Null => K::Status::default(),
            status => field::<K::Status>(status, "status", K::KIND, &object.metadata.name)?,
        };
        Ok(Self { metadata: object.metadata, spec, status })
    }

    pub fn to_object(&self) -> Object {
        Object {
            api_version: K::API_VERSION.to_owned(),
            kind: K::KIND.to_owned(),
            metadata: self.metadata.clone(),
            spec: serde_json::to_value(&self.spec).unwrap_or_default(),
            status: serde_json::to_value(&self.status).unwrap_or_default(),
            rest: Map::new(),
        }
    }
}

impl<K: Kind<Spec: Clone, Status: Clone>> Clone for Typed<K> {
    fn clone(&self) -> Self {
        Self { metadata: self.metadata.clone(), spec: self.spec.clone(), status: self.status.clone() }
    }
}

impl<K: Kind<Spec: PartialEq, Status: PartialEq>> PartialEq for Typed<K> {
    fn eq(&self, other: &Self) -> bool {
        self.metadata == other.metadata && self.spec == other.spec && self.status == other.status
    }
}

impl<K: Kind<Spec: std::fmt::Debug, Status: std::fmt::Debug>> std::fmt::Debug for Typed<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(K::KIND)
            .field("metadata", &self.metadata)
            .field("spec", &self.spec)
            .field("status", &self.status)
            .finish()
    }
}

fn field<T: DeserializeOwned>(value: Value, name: &str, kind: &str, object: &str) -> Result<T> {
    let value = if value.is_null() { Value::Object(Map::new()) } else { value };
    decode(value, name).map_err(|mut error| {
        error.message = format!("{kind} {object:?} is invalid: {}", error.message);
        error
    })
}
