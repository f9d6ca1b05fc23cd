//! A promise's status: whether it is available, what it waits for, and Kratix's counters.

use super::{RequiredBy, RequirementStatus};
use crate::{condition::Condition, drift::Drift, health::HealthFact, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PromiseStatus {
    pub observed_generation: i64,
    pub status: Availability,
    /// The same word under the name that lists and filters know; `Deleting` on the way out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phase: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    pub version: String,
    /// The current revision's name.
    pub revision: String,
    /// The API it serves.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Pipelines of its own workflow, and how they went the last time.
    pub workflows: usize,
    pub workflows_succeeded: usize,
    pub workflows_failed: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_promises: Vec<RequirementStatus>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required_by: Vec<RequiredBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_available_time: Option<Timestamp>,
    /// Set once its own workflow has succeeded: from then on it stays available while a later one runs or fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_successful_configure_workflow_time: Option<Timestamp>,
    /// The newest run's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
    pub conditions: Vec<Condition>,
    /// How a destination was found to differ from what the promise itself placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// What others have recorded about the promise itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthFact>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Availability {
    Available,
    #[default]
    Unavailable,
}

impl Availability {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::Unavailable => "Unavailable",
        }
    }
}

impl PromiseStatus {
    /// Reads a stored status; what cannot be read is written anew by the next pass.
    pub fn read(status: &Value) -> Self {
        serde_json::from_value(status.clone()).unwrap_or_default()
    }

    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }
}
