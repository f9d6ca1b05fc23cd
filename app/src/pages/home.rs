//! `/`: what needs me, what is mine, what is moving, what I can start.

use domain::Timestamp;

use crate::view::{PromiseCard, ResourceRow, RunRow, Tone};

/// What the home page shows.
#[derive(Clone, Debug, Default)]
pub struct Home {
    pub needs_you: Vec<Need>,
    /// The caller's resources, most recently changed first; at most ten.
    pub resources: Vec<ResourceRow>,
    pub resources_total: u64,
    /// At most eight.
    pub runs: Vec<RunRow>,
    /// Promises to start from, best first; at most six.
    pub start: Vec<PromiseCard>,
}

/// Something only the caller can move on: a failed run, a draft, later an approval.
#[derive(Clone, Debug, Default)]
pub struct Need {
    pub tone: Tone,
    pub title: String,
    pub sentence: String,
    /// `Open the failed step`, `Continue the draft`
    pub action: String,
    pub href: String,
    pub at: Timestamp,
}
