//! A resource's status: three facts that are never merged into one (health, sync, last operation), conditions, outputs.

pub use crate::health::{Health, HealthFact};

use crate::{condition::Condition, drift::Drift, request::Operation, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What Midspan writes into `status`. Keys that a promise's pipelines wrote (`status.yaml`) stay beside it, in `rest`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceStatus {
    pub observed_generation: i64,
    pub phase: ResourcePhase,
    /// One sentence: why it is in this phase. A pipeline may write its own.
    pub message: String,
    pub health: HealthFact,
    pub sync: Fact<Sync>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_operation: Option<LastOperation>,
    pub conditions: Vec<Condition>,
    /// Where its files are, and why there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub placements: Vec<Placed>,
    /// The promise revision that made what is placed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub revision: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub promise_version: String,
    /// What the resource's `ResourceBinding` says, so that a deleted one can be made anew.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_binding_version: String,
    /// It is or was paused: the next pass that may starts a new run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub restart: bool,
    /// The newest run's name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Value>,
    /// What became of the last action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_action: Option<LastAction>,
    /// What actions have said, which stays when the configure workflow runs again.
    #[serde(skip_serializing_if = "FromActions::is_empty")]
    pub from_actions: FromActions,
    /// How a destination was found to differ from what was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// When its time is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Keys written by pipelines, so that those of a vanished pipeline can go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub written_keys: Vec<String>,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// One group of files at one destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Placed {
    pub destination: String,
    pub pipeline: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub directory: String,
    pub why: String,
    /// It stays only until it stands where it goes instead.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub leaving: bool,
}

/// The summary people filter by; a word for what the facts and the operation say together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResourcePhase {
    #[default]
    Pending,
    Progressing,
    /// A destination does not take the files; it is asked again and again.
    Degraded,
    Ready,
    /// Waits for a person or a time.
    Suspended,
    Failed,
    Deleting,
}

impl ResourcePhase {
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Progressing, Self::Degraded, Self::Ready, Self::Suspended, Self::Failed, Self::Deleting];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Progressing => "Progressing",
            Self::Degraded => "Degraded",
            Self::Ready => "Ready",
            Self::Suspended => "Suspended",
            Self::Failed => "Failed",
            Self::Deleting => "Deleting",
        }
    }
}

/// The word that lists go by: the phase, or of what is ready what is the matter with it all the same. Read from the stored status as it is,
/// since every write of every object asks.
pub fn listed(status: &Value) -> &str {
    let phase = status["phase"].as_str().unwrap_or_default();
    if phase != ResourcePhase::Ready.as_str() {
        return phase;
    }
    let health = status["health"]["state"].as_str();
    let is = |state: Health| health == Some(state.as_str());
    match () {
        () if is(Health::Degraded) => "Unhealthy",
        () if is(Health::Unknown) => "Unknown",
        () if is(Health::Progressing) => "Settling",
        () if status["drift"].is_object() => "Drifted",
        () => phase,
    }
}

/// A state and the sentence that explains it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fact<T> {
    pub state: T,
    pub message: String,
}

/// Is what is placed what was asked?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sync {
    #[default]
    Pending,
    Synced,
    Drifted,
    Failing,
}

/// What became of the last request?
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LastOperation {
    pub operation: Operation,
    pub state: OperationState,
    pub message: String,
    pub generation: i64,
    pub run: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// A fact beside the others: an action that fails does not make a resource less ready.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LastAction {
    pub name: String,
    pub state: OperationState,
    pub message: String,
    pub run: String,
    pub asked_by: String,
    /// Counts the actions of the resource, from 1.
    pub sequence: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// Status keys and outputs that actions gave; of each the newest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FromActions {
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub status: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Value>,
}

impl FromActions {
    pub fn is_empty(&self) -> bool {
        self.status.is_empty() && self.outputs.is_empty()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperationState {
    #[default]
    Pending,
    Running,
    Suspended,
    Succeeded,
    Failed,
}

impl ResourceStatus {
    /// Reads a stored status; what cannot be read is kept in `rest`-less form and written anew by the next pass.
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
