//! Kratix's `PromiseRelease`: a promise that is kept at an address, installed at a version and kept installed.

use crate::{
    condition::Condition,
    object::{Kind, Typed},
    promise::KRATIX_GROUP,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// On a promise: the release that installed it.
pub const RELEASE_LABEL: &str = "kratix.io/promise-release-name";

pub struct ReleaseKind;
impl Kind for ReleaseKind {
    const API_VERSION: &'static str = "platform.kratix.io/v1alpha1";
    const KIND: &'static str = "PromiseRelease";
    const PLURAL: &'static str = "promisereleases";
    const NAMESPACED: bool = false;
    type Spec = ReleaseSpec;
    type Status = ReleaseStatus;
}
pub type Release = Typed<ReleaseKind>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseSpec {
    /// The version to install; left out, it is filled in with the one that is found.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    pub source_ref: Source,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    #[serde(rename = "type", default)]
    pub kind: SourceKind,
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretRef>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    #[default]
    Http,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRef {
    pub name: String,
    #[serde(default = "default_namespace")]
    pub namespace: String,
}

fn default_namespace() -> String {
    "default".to_owned()
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReleaseStatus {
    pub observed_generation: i64,
    /// Kratix's word: `Installed`, or what else.
    pub status: String,
    /// The same for lists and filters.
    pub phase: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The promise it installed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub promise: String,
    pub conditions: Vec<Condition>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Whether an object of this group and kind is a release.
pub fn is_release(group: &str, kind: &str) -> bool {
    group == KRATIX_GROUP && kind == ReleaseKind::KIND
}
