//! Kratix's `HealthRecord`: what somebody outside has found out about a resource. Read from its `data`; the document itself stays as it was written.

use super::{CheckSource, Health, HealthCheck};
use crate::{
    digest::derive_uid,
    error::Result,
    object::{Object, decode},
    selector::Labels,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub const HEALTH_RECORD: &str = "HealthRecord";
/// The label by which the records of a resource are found, wherever they stand.
pub const HEALTH_OF: &str = "midspan.dev/health-of";

/// What a record says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthRecord {
    /// Where the record stands; not part of what it says.
    #[serde(skip)]
    pub namespace: String,
    #[serde(skip)]
    pub name: String,
    #[serde(default)]
    pub promise_ref: PromiseRef,
    #[serde(default)]
    pub resource_ref: Option<ResourceRef>,
    #[serde(default)]
    pub state: RecordState,
    /// Seconds since 1970.
    #[serde(default)]
    pub last_run: Option<i64>,
    #[serde(default)]
    pub details: Option<serde_json::Map<String, Value>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseRef {
    #[serde(default)]
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceRef {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub namespace: String,
    #[serde(default)]
    pub generation: Option<i64>,
}

/// Kratix's words, the worst first, as it weighs them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordState {
    Unhealthy,
    Degraded,
    #[default]
    Unknown,
    Healthy,
    Ready,
}

/// The label's value for the records of a resource; for those of a promise itself the other two are empty.
pub fn health_of(promise: &str, namespace: &str, name: &str) -> String {
    derive_uid("health", &[promise, namespace, name])
}

impl HealthRecord {
    /// Errors point at the field.
    pub fn read(object: &Object) -> Result<Self> {
        let data = object.rest.get("data").cloned().unwrap_or_else(|| json!({}));
        let read: Self = decode(data, "data")?;
        Ok(Self { namespace: object.metadata.namespace.clone(), name: object.metadata.name.clone(), ..read })
    }

    /// By whose health it is found.
    pub fn subject(&self) -> String {
        let of = self.resource_ref.as_ref();
        let (namespace, name) = of.map_or(("", ""), |of| (of.namespace.as_str(), of.name.as_str()));
        health_of(&self.promise_ref.name, namespace, name)
    }

    pub fn label(&self, labels: &mut Labels) {
        labels.insert(HEALTH_OF.to_owned(), self.subject());
    }

    pub(crate) fn check(&self) -> HealthCheck {
        let state = match self.state {
            RecordState::Unhealthy | RecordState::Degraded => Health::Degraded,
            RecordState::Unknown => Health::Unknown,
            RecordState::Healthy | RecordState::Ready => Health::Healthy,
        };
        // what a check found is free in form; many say it in one sentence
        let words = self.details.as_ref().and_then(|details| details.get("message")).and_then(Value::as_str);
        let word = json!(self.state);
        let word = word.as_str().unwrap_or_default();
        let message = match words.map(str::trim).filter(|words| !words.is_empty()) {
            Some(words) => format!("{word}: {}", words.chars().take(300).collect::<String>()),
            None => word.to_owned(),
        };
        HealthCheck::new(CheckSource::Record, &format!("{}/{}", self.namespace, self.name), (state, message))
    }

    /// Where Kratix tells it: `status.healthStatus`. Nothing where there are no records.
    pub(crate) fn status_of(records: &[Self]) -> Option<Value> {
        let state = records.iter().map(|record| record.state).min()?;
        let told = |record: &Self| {
            let source = json!({"name": record.name, "namespace": record.namespace});
            let mut told = json!({"state": record.state, "lastRun": record.last_run.unwrap_or(0), "source": source});
            if let Some(details) = &record.details {
                told["details"] = json!(details);
            }
            told
        };
        Some(json!({"state": state, "healthRecords": records.iter().map(told).collect::<Vec<_>>()}))
    }
}
