//! One asked-for change of a resource: who asked, what exactly, and what became of it.

use crate::{
    object::{Kind, Object, Typed},
    run::ResourceRef,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// A draft that nobody has submitted by then is withdrawn.
pub const DRAFT_KEPT: Duration = Duration::from_hours(7 * 24);

/// The label that says what a request asks for: `create`, `update`, `delete`.
pub const OPERATION_LABEL: &str = "midspan.dev/operation";

pub struct RequestKind;
impl Kind for RequestKind {
    const KIND: &'static str = "Request";
    const PLURAL: &'static str = "requests";
    const NAMESPACED: bool = true;
    type Spec = RequestSpec;
    type Status = RequestStatus;
}
pub type Request = Typed<RequestKind>;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestSpec {
    pub operation: Operation,
    pub promise: String,
    pub resource: ResourceRef,
    /// The frozen input: what the resource's spec is to be. Absent for a delete.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub input: Value,
    /// Labels and annotations asked for with a create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<crate::Metadata>,
    /// The resource version the asker saw; a draft made on an older one is told so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub based_on: String,
    /// The generation this request made.
    #[serde(default)]
    pub generation: i64,
    /// The action that is asked for, by name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// Why, where nobody asked: `expired`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    pub asked_by: String,
    /// Where it came from: `page`, `api`, `cli`.
    pub source: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    #[default]
    Create,
    Update,
    Delete,
    /// A day-2 action of the promise.
    Action,
    /// A later end of its time.
    Extend,
}

impl Operation {
    /// Whether it asks for another state of the resource, which its own workflow brings about.
    pub fn is_change(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Delete)
    }

    /// In the middle of a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Action => "act on",
            Self::Extend => "extend",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestStatus {
    pub phase: RequestPhase,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// The run that carried it out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestPhase {
    /// Filled in and planned, not asked for yet.
    #[default]
    Draft,
    Submitted,
    Running,
    Succeeded,
    Failed,
    /// A newer request for the same resource took its place.
    Superseded,
    /// Discarded before it was submitted.
    Withdrawn,
}

impl RequestPhase {
    /// Asked for and not yet answered.
    pub fn open(self) -> bool {
        matches!(self, Self::Submitted | Self::Running)
    }
}

impl Request {
    /// The request an object change made through the API stands for.
    pub fn submitted(uid: &str, spec: RequestSpec, now: Timestamp) -> Self {
        Self {
            metadata: crate::Metadata {
                name: uid.replace('_', "-"),
                namespace: spec.resource.namespace.clone(),
                uid: uid.to_owned(),
                creation_timestamp: Some(now.to_second()),
                labels: [
                    ("midspan.dev/promise".to_owned(), spec.promise.clone()),
                    ("midspan.dev/resource".to_owned(), spec.resource.name.clone()),
                    (OPERATION_LABEL.to_owned(), spec.operation.as_str().to_owned()),
                    (crate::facets::REQUESTED_BY.to_owned(), crate::name::to_value(&spec.asked_by)),
                ]
                .into(),
                ..crate::Metadata::default()
            },
            spec,
            status: RequestStatus {
                phase: RequestPhase::Submitted,
                submitted_at: Some(now),
                ..RequestStatus::default()
            },
        }
    }
}

impl Request {
    /// Discards a draft; `why` is for whoever looks for it later.
    pub fn withdraw(&mut self, why: &str, now: Timestamp) {
        self.status.phase = RequestPhase::Withdrawn;
        why.clone_into(&mut self.status.message);
        self.status.finished_at = Some(now);
    }
}

impl ResourceRef {
    pub fn to(object: &Object) -> Self {
        Self {
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            namespace: object.metadata.namespace.clone(),
            name: object.metadata.name.clone(),
            uid: object.metadata.uid.clone(),
        }
    }
}
