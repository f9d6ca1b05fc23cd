//! Kratix's `ResourceBinding`: which version of its promise a resource runs, as an object of its own.

use crate::{
    condition::Condition,
    digest::derive_uid,
    facets::PROMISE_LABEL,
    object::{Kind, Object, Typed},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The version that follows the promise.
pub const LATEST: &str = "latest";
/// Kratix finds a binding by its labels, whatever it is called.
pub const RESOURCE_LABEL: &str = "kratix.io/resource-name";

pub struct BindingKind;
impl Kind for BindingKind {
    const API_VERSION: &'static str = "platform.kratix.io/v1alpha1";
    const KIND: &'static str = "ResourceBinding";
    const PLURAL: &'static str = "resourcebindings";
    const NAMESPACED: bool = true;
    type Spec = BindingSpec;
    type Status = BindingStatus;
}
pub type Binding = Typed<BindingKind>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BindingSpec {
    /// `latest`, or a version of the promise.
    pub version: String,
    pub promise_ref: PromiseRef,
    pub resource_ref: BoundResource,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseRef {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundResource {
    pub name: String,
    pub namespace: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BindingStatus {
    /// The version the resource has last been brought to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_applied_version: String,
    /// The version that was tried last and failed; gone with the next try.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub failed_version: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

impl BindingSpec {
    /// The version it holds the resource at; `None` follows the promise.
    pub fn pin(&self) -> Option<&str> {
        Some(self.version.as_str()).filter(|version| !matches!(*version, "" | LATEST))
    }
}

/// The binding of a resource that has none. Its identity follows from the resource.
pub fn of(resource: &Object, version: &str, now: Timestamp) -> Binding {
    let uid = derive_uid("binding", &[&resource.metadata.uid]);
    let promise = resource.facets().promise.to_owned();
    let name = format!("{}-{}", resource.metadata.name.chars().take(200).collect::<String>(), &uid[uid.len() - 5..]);
    let mut binding = Binding {
        metadata: crate::Metadata {
            name,
            namespace: resource.metadata.namespace.clone(),
            uid,
            generation: 1,
            creation_timestamp: Some(now.to_second()),
            ..crate::Metadata::default()
        },
        spec: BindingSpec {
            version: version.to_owned(),
            promise_ref: PromiseRef { name: promise },
            resource_ref: BoundResource {
                name: resource.metadata.name.clone(),
                namespace: resource.metadata.namespace.clone(),
                generation: None,
            },
        },
        status: BindingStatus::default(),
    };
    label(&mut binding.metadata, &binding.spec);
    binding
}

/// The labels by which a binding is found say what its spec says.
pub fn label(metadata: &mut crate::Metadata, spec: &BindingSpec) {
    metadata.labels.insert(PROMISE_LABEL.to_owned(), spec.promise_ref.name.clone());
    metadata.labels.insert(RESOURCE_LABEL.to_owned(), spec.resource_ref.name.clone());
}
