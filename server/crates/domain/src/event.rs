//! What happened, for people: a line per fact about one object. And who did it, for auditors.

use crate::{object::Object, time::Timestamp};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    #[default]
    Normal,
    Warning,
}

/// One line of a time line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub at: Timestamp,
    pub namespace: String,
    /// The uid of the object it is about.
    pub subject: String,
    /// One CamelCase word for machines: `Requested`, `StepFailed`, `Ready`.
    pub reason: String,
    /// One sentence for people.
    pub message: String,
    /// Who caused it; empty for Midspan itself.
    pub actor: String,
    /// `level`, and the object's `apiVersion`, `kind` and `name`; `run` where a run is behind it.
    pub data: Value,
}

impl Event {
    pub fn about(object: &Object, at: Timestamp, level: Level, reason: &str, message: impl Into<String>) -> Self {
        let level = if level == Level::Warning { "Warning" } else { "Normal" };
        Self {
            at,
            namespace: object.metadata.namespace.clone(),
            subject: object.metadata.uid.clone(),
            reason: reason.to_owned(),
            message: message.into(),
            actor: String::new(),
            data: json!({"level": level, "apiVersion": object.api_version, "kind": object.kind, "name": object.metadata.name}),
        }
    }

    #[must_use]
    pub fn by(self, actor: &str) -> Self {
        Self { actor: actor.to_owned(), ..self }
    }

    #[must_use]
    pub fn in_run(mut self, run: &str) -> Self {
        self.data["run"] = json!(run);
        self
    }

    pub fn level(&self) -> Level {
        if self.text("level") == "Warning" { Level::Warning } else { Level::Normal }
    }

    /// One of the texts in `data`; empty when it is not there.
    pub fn text(&self, key: &str) -> &str {
        self.data.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

/// One line of the audit log: who did what, when, from where, with what outcome.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditEntry {
    pub at: Timestamp,
    pub actor: String,
    /// `create`, `update`, `delete`, `draft`, …
    pub verb: String,
    pub group: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// `allowed`, `denied`, …
    pub outcome: String,
    /// The door it came through: `page`, `api`, `cli`.
    pub source: String,
    /// `requestId`, and what was asked `before` and `after`; secrets are left out.
    pub data: Value,
}
