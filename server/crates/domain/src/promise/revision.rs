//! One immutable content of a promise. Its name carries the content's digest.

use crate::{
    digest::Digest,
    object::{Kind, Object, Typed},
};
use serde::{Deserialize, Serialize};

/// The labels by which revisions are found.
pub const PROMISE_OF_REVISION: &str = "midspan.dev/promise";
pub const VERSION_OF_REVISION: &str = "midspan.dev/version";

pub struct RevisionKind;
impl Kind for RevisionKind {
    const KIND: &'static str = "Revision";
    const PLURAL: &'static str = "revisions";
    const NAMESPACED: bool = false;
    type Spec = RevisionSpec;
    type Status = RevisionStatus;
}
pub type Revision = Typed<RevisionKind>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionSpec {
    pub promise: String,
    pub version: String,
    pub digest: Digest,
    /// The promise document as it was applied, without its status.
    pub content: Object,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RevisionStatus {
    pub current: bool,
}

/// The content of a promise that makes a revision: its format, version and spec; labels and annotations may change without one.
pub fn content_digest(object: &Object, version: &str) -> Digest {
    Digest::of_parts([object.api_version.as_bytes(), version.as_bytes(), object.spec.to_string().as_bytes()])
}

/// The revision's object name.
pub fn revision_name(promise: &str, digest: &Digest) -> String {
    format!("{promise}-{}", digest.short(10))
}
