//! `/r/{namespace}/{promise}/{name}`: one living resource, its three facts and everything one needs on day 2.

use domain::Timestamp;

use crate::{
    paths::ResourceKey,
    view::{Facts, Happening, RunRow, StepView, Tone},
};

/// The head shared by all tabs of a resource.
#[derive(Clone, Debug, Default)]
pub struct ResourceHead {
    pub key: ResourceKey,
    pub promise_title: String,
    pub icon: String,
    /// `data.example.com/v1`, `Postgresql`: for YAML and CLI.
    pub api_version: String,
    pub kind: String,
    pub version: String,
    pub owner: String,
    pub created: Timestamp,
    pub facts: Facts,
    /// The nearest failing or waiting leaf's sentence and what to do; `None` when all is well.
    pub notice: Option<Notice>,
    pub is_deleting: bool,
    /// What the caller may do.
    pub day2: Vec<Day2>,
}

/// What stands in the way, with the next step.
#[derive(Clone, Debug, Default)]
pub struct Notice {
    pub tone: Tone,
    pub title: String,
    pub sentence: String,
    /// Empty = no link.
    pub action: String,
    pub href: String,
}

/// A day-2 deed. Refused ones are shown disabled with the reason.
#[derive(Clone, Debug, Default)]
pub struct Day2 {
    pub deed: Deed,
    /// Why not, naming who can; empty = may.
    pub refusal: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deed {
    #[default]
    Edit,
    RunAgain,
    Delete,
}

/// What the overview shows.
#[derive(Clone, Debug, Default)]
pub struct ResourcePage {
    pub head: ResourceHead,
    pub conditions: Vec<Condition>,
    /// The run going on, or the last one if it failed.
    pub run: Option<RunStrip>,
    pub outputs: Vec<Output>,
    /// The spec, flattened for reading: label, value. Secrets come as dots.
    pub spec: Vec<SpecEntry>,
    pub placed: Vec<Placed>,
    /// The last happenings; at most six.
    pub history: Vec<Happening>,
    pub yaml: String,
}

/// A run with its steps, as shown inside the overview.
#[derive(Clone, Debug, Default)]
pub struct RunStrip {
    pub run: RunRow,
    pub steps: Vec<StepView>,
}

#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// `Ready`
    pub kind: String,
    pub status: Truth,
    pub reason: String,
    pub message: String,
    pub since: Timestamp,
    /// It speaks of an older generation than the one asked for.
    pub is_stale: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    #[default]
    Unknown,
}

#[derive(Clone, Debug, Default)]
pub struct Output {
    pub name: String,
    pub description: String,
    /// `None` = secret: `note` says where it is.
    pub value: Option<String>,
    pub note: String,
}

#[derive(Clone, Debug, Default)]
pub struct SpecEntry {
    pub label: String,
    /// `spec.size`
    pub path: String,
    pub value: String,
    pub is_default: bool,
}

/// Files at one destination.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    pub destination: String,
    /// `git · gitops.git, branch main`
    pub writes_to: String,
    /// Short commit id; empty for stores without commits.
    pub commit: String,
    pub at: Option<Timestamp>,
    pub files: u64,
    pub tone: Tone,
    /// `Written`, `Waiting to be written`, `Drifted`, `Not written: …`
    pub says: String,
}
