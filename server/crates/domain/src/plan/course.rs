//! Which revision a resource runs and when it runs again: pins, bindings, pauses, rounds and intervals.

use super::{PAUSED, Pass, RECONCILE};
use crate::{
    binding::{self, Binding, LATEST},
    condition::{self, Condition, Truth},
    digest::Digest,
    object::Object,
    reason::Reason,
    run::{RunPhase, Workflow},
    time::Timestamp,
};
use std::time::Duration;

/// What decides which revision a resource runs, and when it runs again though nobody asked.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and none follows from another")]
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The promise is there, whether or not it has the version that is wanted.
    pub promised: bool,
    /// The version it is held at; `None` follows the promise.
    pub pin: Option<String>,
    /// The promise is Kratix's: the resource has a binding, and one that is gone is made anew.
    pub binds: bool,
    pub binding: Option<Binding>,
    pub promise_paused: bool,
    /// How often the promise has asked all of its resources to run again.
    pub round: u64,
    /// How long after its newest run it is run again; `None` leaves it alone.
    pub interval: Option<Duration>,
    /// Whether that holds for a run that failed, too.
    pub after_failure: bool,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            promised: true,
            pin: None,
            binds: false,
            binding: None,
            promise_paused: false,
            round: 0,
            interval: Some(Self::INTERVAL),
            after_failure: true,
        }
    }
}

impl Course {
    /// Kratix's.
    pub const INTERVAL: Duration = Duration::from_hours(10);
}

impl Pass {
    /// Whose pause holds it, if one does.
    pub(super) fn paused(&self) -> Option<Reason> {
        if self.labelled(PAUSED) {
            return Some(Reason::Paused);
        }
        let promise = self.observed.resource.facets().promise.to_owned();
        self.observed.course.promise_paused.then_some(Reason::PromisePaused { promise })
    }

    /// When the newest run is old enough to be made again.
    pub(super) fn next_look(&self) -> Option<Timestamp> {
        let course = &self.observed.course;
        let interval = course.interval?;
        let run = self.run().filter(|run| match run.status.phase {
            RunPhase::Succeeded => run.spec.workflow == Workflow::Configure,
            RunPhase::Failed => course.after_failure,
            _ => false,
        })?;
        // up to a sixteenth later, so that what was made at once is not run again at once
        let digest = Digest::of(&run.metadata.uid);
        let spread = u32::from_str_radix(digest.short(4), 16).unwrap_or(0);
        Some(run.status.finished_at? + interval + interval.mul_f64(f64::from(spread) / 65_536.0 / 16.0))
    }

    /// Sets the alarm for the next look.
    pub(super) fn look_again(&mut self) {
        if let Some(at) = self.next_look() {
            self.wake_at(at);
        }
    }
}

/// Whether a pause that has ended is still to be answered by a run.
pub fn restart_due(resource: &Object) -> bool {
    resource.status.get("restart").is_some_and(|restart| restart == true)
}

pub fn asked_again(binding: &Binding) -> bool {
    binding.metadata.labels.get(RECONCILE).is_some_and(|value| value == "true")
}

/// Makes sure that a Kratix promise's resource has its binding, and that it tells how the resource stands.
pub fn settle(pass: &mut Pass) {
    if !pass.observed.course.binds || pass.forget {
        pass.observed.course.binding = None;
        return;
    }
    let resource = &pass.observed.resource;
    if pass.observed.course.binding.is_none() && !resource.deleting() && pass.observed.offer.is_some() {
        let version = pass.observed.course.pin.as_deref().unwrap_or(LATEST);
        pass.observed.course.binding = Some(binding::of(resource, version, pass.now));
    }
    let Some(mut binding) = pass.observed.course.binding.take() else { return };
    if !binding.metadata.owner_references.iter().any(|owner| owner.controller) {
        binding.metadata.owner_references.push(pass.observed.resource.as_owner());
    }
    tell(pass, &mut binding);
    let version = binding.spec.version.clone();
    if pass.observed.resource.status["resourceBindingVersion"] != version.as_str() {
        pass.observed.resource.status["resourceBindingVersion"] = version.into();
    }
    pass.observed.course.binding = Some(binding);
}

/// How the upgrade goes, as Kratix words it.
fn tell(pass: &Pass, binding: &mut Binding) {
    let Some(run) = pass.run().filter(|run| run.spec.workflow == Workflow::Configure) else { return };
    let offer = pass.observed.offer.as_ref().filter(|offer| offer.revision == run.spec.revision);
    let Some(version) = offer.map(|offer| offer.promise.version.clone()) else { return };
    let status = &mut binding.status;
    let (truth, reason, message) = match run.status.phase {
        RunPhase::Succeeded => {
            status.last_applied_version.clone_from(&version);
            status.failed_version.clear();
            (Truth::True, "UpgradeComplete", format!("The resource is at version {version}"))
        }
        RunPhase::Failed => {
            status.failed_version.clone_from(&version);
            (Truth::False, "UpgradeFailed", format!("Version {version} failed: {}", run.status.message))
        }
        RunPhase::Running | RunPhase::Suspended if status.last_applied_version == version => return,
        RunPhase::Running | RunPhase::Suspended => {
            status.failed_version.clear();
            (Truth::False, "UpgradeInProgress", format!("The resource is brought to version {version}"))
        }
        RunPhase::Superseded => return,
    };
    let new = Condition {
        kind: "UpgradeSucceeded".to_owned(),
        status: truth,
        reason: reason.to_owned(),
        message,
        last_transition_time: pass.now,
        observed_generation: binding.metadata.generation,
    };
    condition::set(&mut status.conditions, new);
}
