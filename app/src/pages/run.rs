//! `/runs/{name}`: one execution of a workflow: steps, attempts, timings, logs.

use crate::view::{RunRow, StepView};

/// What a run's page shows.
#[derive(Clone, Debug, Default)]
pub struct RunPage {
    pub run: RunRow,
    pub version: String,
    /// The request that asked for it; empty = none (drift repair, schedule).
    pub request: String,
    pub steps: Vec<StepView>,
    /// The frozen spec this run works with, as YAML; secrets masked.
    pub inputs: String,
}
