//! What a run of an action carries out.

use super::Run;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An action as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    pub name: String,
    /// The request's uid: there is one run for each.
    pub request: String,
    pub asked_by: String,
    /// Checked, with its defaults; secrets are marks.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub input: Value,
}

impl Run {
    /// The workflow, or the action's name.
    pub fn occasion(&self) -> &str {
        self.spec.action.as_ref().map_or(self.spec.workflow.as_str(), |call| &call.name)
    }
}
