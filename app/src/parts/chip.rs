//! A state as icon, word and colour; never colour alone.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::{
    pages::request::RequestPhase,
    view::{Change, Health, Operation, Phase, Sync, Tone},
};

/// What a state looks like and is called. Every enum of `view` has exactly one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub tone: Tone,
    pub icon: Icon,
    pub word: &'static str,
}

/// Draws a look.
pub fn chip(look: impl Into<Look>) -> impl IntoView {
    let Look { tone, icon: which, word } = look.into();
    view! { <span class="chip" data-tone=tone.name()>{icon(which)}{word}</span> }
}

impl Tone {
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Busy => "busy",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }

    pub fn icon(self) -> Icon {
        match self {
            Self::Good => Icon::Check,
            Self::Busy => Icon::Spinner,
            Self::Warn => Icon::Alert,
            Self::Bad => Icon::Cross,
            Self::Quiet => Icon::Circle,
        }
    }
}

const fn look(tone: Tone, icon: Icon, word: &'static str) -> Look {
    Look { tone, icon, word }
}

impl From<Health> for Look {
    fn from(health: Health) -> Self {
        match health {
            Health::Healthy => look(Tone::Good, Icon::Check, "Healthy"),
            Health::Progressing => look(Tone::Busy, Icon::Spinner, "Progressing"),
            Health::Unknown => look(Tone::Warn, Icon::Question, "Health unknown"),
            Health::Degraded => look(Tone::Bad, Icon::Alert, "Degraded"),
            Health::NotChecked => look(Tone::Quiet, Icon::Circle, "Not checked"),
        }
    }
}

impl From<Sync> for Look {
    fn from(sync: Sync) -> Self {
        match sync {
            Sync::Synced => look(Tone::Good, Icon::Check, "Synced"),
            Sync::Pending => look(Tone::Busy, Icon::Clock, "Waiting"),
            Sync::Drifted => look(Tone::Warn, Icon::Branch, "Drifted"),
            Sync::Unknown => look(Tone::Quiet, Icon::Question, "Unknown"),
        }
    }
}

impl From<Operation> for Look {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::None => look(Tone::Quiet, Icon::Circle, "None yet"),
            Operation::Waiting => look(Tone::Warn, Icon::Clock, "Waiting"),
            Operation::Running => look(Tone::Busy, Icon::Spinner, "Progressing"),
            Operation::Succeeded => look(Tone::Good, Icon::Check, "Succeeded"),
            Operation::Failed => look(Tone::Bad, Icon::Cross, "Failed"),
            Operation::Deleting => look(Tone::Busy, Icon::Trash, "Deleting"),
        }
    }
}

impl From<Phase> for Look {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Pending => look(Tone::Quiet, Icon::Circle, "Pending"),
            Phase::Running => look(Tone::Busy, Icon::Spinner, "Running"),
            Phase::Waiting => look(Tone::Warn, Icon::Clock, "Waiting"),
            Phase::Succeeded => look(Tone::Good, Icon::Check, "Succeeded"),
            Phase::Failed => look(Tone::Bad, Icon::Cross, "Failed"),
            Phase::Skipped => look(Tone::Quiet, Icon::Chevron, "Skipped"),
        }
    }
}

impl From<RequestPhase> for Look {
    fn from(phase: RequestPhase) -> Self {
        match phase {
            RequestPhase::Draft => look(Tone::Quiet, Icon::Edit, "Draft"),
            RequestPhase::Submitted => look(Tone::Busy, Icon::Clock, "Submitted"),
            RequestPhase::Running => look(Tone::Busy, Icon::Spinner, "Running"),
            RequestPhase::Succeeded => look(Tone::Good, Icon::Check, "Succeeded"),
            RequestPhase::Failed => look(Tone::Bad, Icon::Cross, "Failed"),
            RequestPhase::Superseded => look(Tone::Quiet, Icon::Chevron, "Superseded"),
            RequestPhase::Withdrawn => look(Tone::Quiet, Icon::Cross, "Withdrawn"),
        }
    }
}

impl From<Change> for Look {
    fn from(change: Change) -> Self {
        match change {
            Change::Create => look(Tone::Good, Icon::Plus, "Create"),
            Change::Change => look(Tone::Warn, Icon::Edit, "Change"),
            Change::Remove => look(Tone::Bad, Icon::Trash, "Remove"),
            Change::Same => look(Tone::Quiet, Icon::Circle, "Same"),
        }
    }
}
