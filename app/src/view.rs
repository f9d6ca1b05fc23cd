//! What several pages show: the three facts, rows of lists, files, diffs, steps. Page-shaped, already permitted, no secrets.

mod diff;

use domain::Timestamp;

use crate::paths::ResourceKey;

pub use diff::{Beside, ChangedLine, DiffPart, DiffView, FileDiff, SameLine, Word};

/// Does it work?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    Healthy,
    Progressing,
    /// Somebody looks and cannot tell.
    Unknown,
    Degraded,
    /// The promise declares no check, or nobody has looked yet: nothing is claimed.
    #[default]
    NotChecked,
}

/// Is what is placed what was asked?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    Synced,
    /// Asked for, not placed yet.
    Pending,
    /// The destination holds something else.
    Drifted,
    #[default]
    Unknown,
}

/// What became of the last request?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    #[default]
    None,
    Waiting,
    Running,
    Succeeded,
    Failed,
    Deleting,
}

impl Operation {
    pub fn is_moving(self) -> bool {
        matches!(self, Self::Waiting | Self::Running | Self::Deleting)
    }
}

/// The three facts, each with the sentence that says why; never merged into one.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub health: Health,
    pub health_says: String,
    pub sync: Sync,
    pub sync_says: String,
    pub operation: Operation,
    pub operation_says: String,
}

/// A resource as a row.
#[derive(Clone, Debug, Default)]
pub struct ResourceRow {
    pub key: ResourceKey,
    /// The promise's title: `PostgreSQL database`.
    pub promise_title: String,
    /// The promise's icon name: `database|box|globe|clock|bucket|layers`.
    pub icon: String,
    /// The promise version it runs.
    pub version: String,
    pub facts: Facts,
    /// One sentence when something waits or failed; empty when all is well.
    pub message: String,
    pub created: Timestamp,
    pub changed: Timestamp,
}

/// A run's or a step's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    #[default]
    Pending,
    Running,
    /// Between attempts, or something outside must answer.
    Waiting,
    Succeeded,
    Failed,
    /// Overtaken by a newer change, or the promise said to stop here.
    Skipped,
}

impl Phase {
    pub fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Running | Self::Waiting)
    }
}

/// A run as a row.
#[derive(Clone, Debug, Default)]
pub struct RunRow {
    pub name: String,
    pub resource: ResourceKey,
    pub promise_title: String,
    pub icon: String,
    /// `configure`, `delete`, or the action's name.
    pub workflow: String,
    /// Why it runs: `created`, `spec changed`, `run again`, `retry after failure` ….
    pub because: String,
    pub by: String,
    pub phase: Phase,
    /// The failing or active step's sentence; empty when all is well.
    pub message: String,
    pub steps_done: u32,
    pub steps_total: u32,
    pub queued: Timestamp,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
}

/// A promise as a card.
#[derive(Clone, Debug, Default)]
pub struct PromiseCard {
    pub name: String,
    pub title: String,
    pub description: String,
    pub icon: String,
    pub tags: Vec<String>,
    pub owner: String,
    pub version: String,
    /// Half of the last creations were ready within this many seconds; `None` before there is a history.
    pub typical_seconds: Option<i64>,
    /// How many resources the caller has of it.
    pub mine: u64,
    /// Why the caller cannot request it, and who can help; empty = may.
    pub refusal: String,
}

/// One step of a run, with its log.
#[derive(Clone, Debug, Default)]
pub struct StepView {
    pub pipeline: String,
    pub name: String,
    /// `template`, `command`, `http` ….
    pub uses: String,
    pub phase: Phase,
    pub attempt: u32,
    pub max_attempts: u32,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    pub next_retry: Option<Timestamp>,
    /// Why it waits or failed, in the system's own words.
    pub message: String,
    /// What to try next; empty when nobody knows better.
    pub hint: String,
    /// The last lines (at most a few hundred); all of them are at `paths::raw_log`.
    pub log: Vec<LogLine>,
    /// How many lines there are in all.
    pub log_total: u64,
}

impl StepView {
    /// Its place on the page and in addresses: `pipeline/step`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.pipeline, self.name)
    }
}

/// One line of a step's log, masked already. `number` counts from 1 within the step.
#[derive(Clone, Debug, Default)]
pub struct LogLine {
    pub number: u64,
    pub at: Timestamp,
    pub is_error: bool,
    pub text: String,
}

/// What happens to a file, a field or a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    #[default]
    Create,
    Change,
    Remove,
    Same,
}

/// A field of the spec before and after.
#[derive(Clone, Debug, Default)]
pub struct FieldChange {
    pub label: String,
    /// `spec.size`
    pub path: String,
    /// Empty = was not set. Secrets come as dots.
    pub before: String,
    pub after: String,
}

/// Paging by cursor; both cursors are opaque to the page.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    pub previous: Option<String>,
    pub next: Option<String>,
    /// How many match in all, when that is cheap to know.
    pub total: Option<u64>,
}

/// A value to filter by, with how many there are.
#[derive(Clone, Debug, Default)]
pub struct Facet {
    pub value: String,
    pub label: String,
    pub count: u64,
}

/// An entry of a time line.
#[derive(Clone, Debug, Default)]
pub struct Happening {
    pub at: Timestamp,
    pub tone: Tone,
    /// `Size changed from small to medium`
    pub title: String,
    pub detail: String,
    pub who: String,
    /// `portal`, `cli`, `api`, `git`, `midspan`
    pub source: String,
    /// Where to read more; empty = nowhere.
    pub href: String,
    pub changes: Vec<FieldChange>,
}

/// What a colour means. Colour never stands alone: an icon and a word go with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    Good,
    Busy,
    Warn,
    Bad,
    #[default]
    Quiet,
}
