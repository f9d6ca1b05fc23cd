//! What happened, for people: lines of a resource's time line and of the live stream. And who did it, for auditors.

use crate::{run::ResourceRef, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    #[default]
    Normal,
    Warning,
}

/// One line of a time line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub at: Timestamp,
    pub level: Level,
    /// One CamelCase word: `RunStarted`, `Ready`, `StepFailed`.
    pub reason: String,
    /// One sentence.
    pub message: String,
    pub subject: ResourceRef,
    /// The run it belongs to, if any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// Who caused it; empty for the orchestrator itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub caller: String,
}

/// One line of the audit log: a mutation, by whom, from where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    pub at: Timestamp,
    pub caller: String,
    /// `create`, `update`, `patch`, `delete`, `sign-in`, …
    pub verb: String,
    pub subject: ResourceRef,
    /// `page`, `api`, `cli`.
    pub source: String,
    pub request_id: String,
    /// What was asked before and after, secrets left out.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub before: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub after: Value,
}
