//! One step of a run: where it stands, who is at it, and what came of it.

use super::{Left, Phase};
use crate::{digest::Digest, time::Timestamp, workflow::StepKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StepRun {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<StepKind>,
    /// Starts together with the step before it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub parallel: bool,
    pub phase: Phase,
    /// Attempts begun.
    pub attempt: u32,
    /// How often this attempt was taken up again after its holder died; the idempotency key stays.
    #[serde(skip_serializing_if = "is_zero")]
    pub resumed: u32,
    /// Attempts whose end nobody knows: each was followed by another one under the same key.
    #[serde(skip_serializing_if = "is_zero")]
    pub unclear: u32,
    /// The attempt before this one was of that kind.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repeats: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// The object as this attempt was given it: whoever takes the attempt up or repeats it must do the same under the same key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// What it left, until the steps beside it are done too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
}

/// Who performs a running step, and under which fence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    pub replica: String,
    pub fence: i64,
}

/// A step's place in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StepAt {
    pub pipeline: usize,
    pub step: usize,
}

impl StepRun {
    /// Counts the attempts as the outside world sees them: one of unclear outcome and the one after it are the same.
    pub fn deed(&self) -> u32 {
        self.attempt.saturating_sub(self.unclear)
    }

    /// Whether something may have been done under its key already.
    pub fn again(&self) -> bool {
        self.resumed > 0 || self.repeats
    }

    /// Nothing is left to do for it.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Succeeded | Phase::Skipped)
    }

    /// The intent: who performs it, from now.
    pub(crate) fn begin(&mut self, holder: Holder, now: Timestamp) {
        self.phase = Phase::Running;
        self.holder = Some(holder);
        self.started_at = Some(now);
        self.finished_at = None;
        self.next_attempt_at = None;
        self.exit_code = None;
    }

    /// The same step before its first attempt.
    pub(crate) fn afresh(&self) -> Self {
        Self { name: self.name.clone(), uses: self.uses, parallel: self.parallel, ..Self::default() }
    }
}

pub(super) fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}
