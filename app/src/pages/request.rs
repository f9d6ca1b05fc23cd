//! `/requests/{name}`: the plan of a draft, to be submitted or dropped; afterwards what became of it.

use domain::Timestamp;

use crate::{
    paths::ResourceKey,
    view::{Change, FieldChange, FileDiff, RunRow},
};

/// What a request's page shows.
#[derive(Clone, Debug, Default)]
pub struct RequestPage {
    pub name: String,
    pub resource: ResourceKey,
    pub promise_title: String,
    pub icon: String,
    pub version: String,
    pub what: RequestKind,
    pub phase: RequestPhase,
    /// Why it waits or failed; empty when all is well.
    pub message: String,
    pub by: String,
    pub created: Timestamp,
    pub submitted: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    /// What would change, or what did.
    pub plan: Plan,
    /// The runs that carried it out, newest first.
    pub runs: Vec<RunRow>,
    /// Where *Back to edit* leads, with everything still filled in; empty = cannot be edited any more.
    pub edit_href: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestKind {
    #[default]
    Create,
    Update,
    Upgrade,
    Delete,
    /// Run the workflow again with the same inputs.
    Rerun,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestPhase {
    #[default]
    Draft,
    Submitted,
    Running,
    Succeeded,
    Failed,
    Superseded,
    Withdrawn,
}

/// What submitting does, computed without doing it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub files: Vec<FileDiff>,
    pub fields: Vec<FieldChange>,
    pub destinations: Vec<PlannedDestination>,
    /// Steps whose effect cannot be computed beforehand: `notify: POST https://…`.
    pub effects: Vec<PlannedEffect>,
    /// Median seconds to ready, from history.
    pub expected_seconds: Option<i64>,
    /// How many runs that figure rests on.
    pub expected_from: u64,
    /// Why the plan could not be computed in full (a template's error with file and line); empty = it could.
    pub incomplete: String,
    /// The document that would be applied.
    pub yaml: String,
}

/// A place that will be written, and why it was chosen.
#[derive(Clone, Debug, Default)]
pub struct PlannedDestination {
    pub name: String,
    /// `environment=dev`
    pub because: String,
    /// `git · gitops.git, branch main, path dev/`
    pub writes_to: String,
}

/// Something that happens outside and is not a file.
#[derive(Clone, Debug, Default)]
pub struct PlannedEffect {
    pub step: String,
    pub uses: String,
    pub sentence: String,
}

impl Plan {
    /// How many files are to be created, changed, removed.
    pub fn counts(&self) -> (usize, usize, usize) {
        let of = |change| self.files.iter().filter(|file| file.change == change).count();
        (of(Change::Create), of(Change::Change), of(Change::Remove))
    }
}
