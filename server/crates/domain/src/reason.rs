//! Why a resource is where it is. Page, API, CLI and log print these words and no others.

use crate::time::Timestamp;
use std::fmt;

/// What a pass came to, for whoever asks "why does nothing happen?".
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    Ready,
    Paused,
    /// The promise is paused, and all that was made from it with it.
    PromisePaused {
        promise: String,
    },
    PromiseMissing {
        promise: String,
    },
    /// An output of another resource that it takes is not there yet.
    InputMissing {
        what: String,
    },
    /// Pinned to a version that the promise does not have.
    VersionMissing {
        promise: String,
        version: String,
    },
    /// The promise waits for something itself; what is made from it goes on when that is there.
    PromiseUnavailable {
        promise: String,
        why: String,
    },
    /// The promise is being removed: nothing new is begun for what was made from it.
    PromiseLeaving {
        promise: String,
    },
    /// A promise that requires another.
    RequirementUnmet {
        promise: String,
        state: String,
    },
    /// A promise that is being removed lets the runs of its resources come to their end.
    ResourcesRunning {
        count: usize,
    },
    /// A promise that is being removed waits until all that was made from it is gone.
    ResourcesLeaving {
        count: usize,
    },
    StepRunning {
        pipeline: String,
        step: String,
    },
    /// A step waits for something of others.
    StepWaiting {
        pipeline: String,
        step: String,
        message: String,
    },
    ChildNotReady {
        what: String,
    },
    RemovingChild {
        what: String,
    },
    /// An attempt failed and another will follow.
    StepRetrying {
        pipeline: String,
        step: String,
        attempt: u32,
        of: u32,
        at: Timestamp,
        cause: String,
    },
    StepFailed {
        pipeline: String,
        step: String,
        cause: String,
    },
    /// A pipeline asked to wait, for a person or until a time.
    Suspended {
        pipeline: String,
        message: String,
        until: Option<Timestamp>,
    },
    /// A newer generation waits for the step that is still running.
    FinishingOlder {
        generation: i64,
    },
    /// The configure workflow waits until an action has come to its end.
    ActionRunning {
        action: String,
    },
    NoDestination {
        /// What is asked for, who comes nearest, and what would help.
        why: String,
    },
    Placing {
        destination: String,
    },
    /// What was found changed at a destination is put back.
    Repairing {
        destination: String,
    },
    PlacementFailing {
        destination: String,
        cause: String,
    },
    Withdrawing {
        destination: String,
    },
    /// Somebody else's finalizers are still on the resource.
    HeldByFinalizers {
        finalizers: String,
    },
    Deleted,
}

impl Reason {
    /// Whether the resource is on its way to another state by itself, and soon: no action begins meanwhile.
    pub fn moving(&self) -> bool {
        matches!(
            self,
            Self::StepRunning { .. }
                | Self::StepWaiting { .. }
                | Self::StepRetrying { .. }
                | Self::Suspended { .. }
                | Self::FinishingOlder { .. }
                | Self::ActionRunning { .. }
                | Self::Placing { .. }
                | Self::Repairing { .. }
                | Self::Withdrawing { .. }
                | Self::ChildNotReady { .. }
        )
    }

    /// One CamelCase word for `conditions[].reason`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Paused | Self::PromisePaused { .. } => "Paused",
            Self::PromiseMissing { .. } => "PromiseMissing",
            Self::InputMissing { .. } => "InputMissing",
            Self::VersionMissing { .. } => "VersionMissing",
            Self::PromiseUnavailable { .. } => "PromiseUnavailable",
            Self::PromiseLeaving { .. } => "PromiseLeaving",
            Self::RequirementUnmet { .. } => "RequirementUnmet",
            Self::ResourcesRunning { .. } => "ResourcesRunning",
            Self::ResourcesLeaving { .. } => "ResourcesLeaving",
            Self::StepRunning { .. } => "StepRunning",
            Self::StepWaiting { .. } => "StepWaiting",
            Self::ChildNotReady { .. } => "ChildNotReady",
            Self::RemovingChild { .. } => "RemovingChild",
            Self::StepRetrying { .. } => "StepRetrying",
            Self::StepFailed { .. } => "StepFailed",
            Self::Suspended { .. } => "Suspended",
            Self::FinishingOlder { .. } => "FinishingOlder",
            Self::ActionRunning { .. } => "ActionRunning",
            Self::NoDestination { .. } => "NoDestination",
            Self::Placing { .. } => "Placing",
            Self::Repairing { .. } => "Repairing",
            Self::PlacementFailing { .. } => "PlacementFailing",
            Self::Withdrawing { .. } => "Withdrawing",
            Self::HeldByFinalizers { .. } => "HeldByFinalizers",
            Self::Deleted => "Deleted",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("Everything asked for is in place"),
            Self::Paused => f.write_str("Paused by the label kratix.io/paused; remove it to go on"),
            Self::PromisePaused { promise } => {
                write!(f, "Paused with its promise {promise}; take the label kratix.io/paused off that to go on")
            }
            Self::InputMissing { what } => write!(f, "Waits for an output it uses: {what}"),
            Self::VersionMissing { promise, version } => {
                write!(
                    f,
                    "Pinned to version {version}, which the promise {promise} does not have; apply that version, or pin another"
                )
            }
            Self::PromiseMissing { promise } => write!(f, "The promise {promise} is not there; apply it to go on"),
            Self::PromiseUnavailable { promise, why } => write!(f, "The promise {promise} is not available yet: {why}"),
            Self::PromiseLeaving { promise } => write!(f, "The promise {promise} is being removed"),
            Self::RequirementUnmet { promise, state } => write!(f, "It requires the promise {promise}: {state}"),
            Self::ResourcesRunning { count } => {
                write!(f, "Letting {count} run{} of its resources come to an end", if *count == 1 { "" } else { "s" })
            }
            Self::ResourcesLeaving { count } => {
                write!(
                    f,
                    "Waiting until {count} resource{} made from it {} gone",
                    if *count == 1 { "" } else { "s" },
                    if *count == 1 { "is" } else { "are" }
                )
            }
            Self::StepRunning { pipeline, step } => write!(f, "Running step {step} of pipeline {pipeline}"),
            Self::StepWaiting { pipeline, step, message } => {
                write!(f, "Step {step} of pipeline {pipeline} waits: {message}")
            }
            Self::ChildNotReady { what } => write!(f, "Waits for its child {what}"),
            Self::RemovingChild { what } => write!(f, "Its own files are removed; now its child {what}"),
            Self::StepRetrying { pipeline, step, attempt, of, at, cause } => {
                write!(
                    f,
                    "Step {step} of pipeline {pipeline} failed (attempt {attempt} of {of}), next attempt at {}: {cause}",
                    at.to_second()
                )
            }
            Self::StepFailed { pipeline, step, cause } => {
                write!(f, "Step {step} of pipeline {pipeline} failed: {cause}")
            }
            Self::Suspended { pipeline, message, until } => {
                write!(f, "Pipeline {pipeline} asked to wait")?;
                if let Some(until) = until {
                    write!(f, " until {until}")?;
                }
                if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
            }
            Self::FinishingOlder { generation } => {
                write!(f, "Finishing the running step of generation {generation} before the newer one starts")
            }
            Self::ActionRunning { action } => {
                write!(f, "Waiting until the action {action} has come to its end")
            }
            Self::NoDestination { why } => f.write_str(why),
            Self::Repairing { destination } => {
                write!(f, "Putting back what was found changed at destination {destination}")
            }
            Self::Placing { destination } => write!(f, "Writing to destination {destination}"),
            Self::PlacementFailing { destination, cause } => {
                write!(f, "Destination {destination} does not take the files: {cause}")
            }
            Self::Withdrawing { destination } => write!(f, "Removing the files from destination {destination}"),
            Self::HeldByFinalizers { finalizers } => {
                write!(f, "Everything of Midspan's is removed; the finalizers {finalizers} are others' to drop")
            }
            Self::Deleted => f.write_str("Deleted"),
        }
    }
}
