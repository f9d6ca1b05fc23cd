//! What a look at a destination found: it is told, and under the policy `repair` the placement is asked for anew through the ordinary path.

use super::Pass;
use crate::{
    condition::{self, Condition, Truth},
    drift::{Drift, OnDrift},
    placement::PlacementState,
};

/// The condition that says that a destination differs from what was placed.
pub const DRIFTED: &str = "Drifted";

/// Under `repair` a placement that was found different is pending again: the store's next pass writes it.
pub fn repair(pass: &mut Pass) {
    let policy = pass.observed.offer.as_ref().map(|offer| offer.promise.on_drift());
    if policy == Some(OnDrift::Repair) {
        put_back(pass);
    }
}

/// Asks for everything anew that was found different. Who has a resource run again means that, too, whatever the policy.
pub fn put_back(pass: &mut Pass) {
    let different = |one: &&mut crate::placement::Placement| one.drifted() && !one.spec.withdrawn;
    for placement in pass.observed.placements.iter_mut().filter(different) {
        placement.ask(None);
        placement.status.state = PlacementState::Pending;
        placement.status.message = String::new();
        placement.status.retry_at = None;
    }
}

/// What people read about it. A resource that never drifted says nothing.
pub fn tell(pass: &Pass, conditions: &mut Vec<Condition>) -> Option<Drift> {
    let drift = Drift::of(&pass.observed.placements);
    if drift.is_none() && !conditions.iter().any(|condition| condition.kind == DRIFTED) {
        return None;
    }
    let (status, reason, message) = match &drift {
        Some(drift) => (Truth::True, "NotAsPlaced", drift.words()),
        None => (Truth::False, "AsPlaced", "Everything stands as it was placed".to_owned()),
    };
    let new = Condition {
        kind: DRIFTED.to_owned(),
        status,
        reason: reason.to_owned(),
        message,
        last_transition_time: pass.now,
        observed_generation: pass.observed.resource.metadata.generation,
    };
    condition::set(conditions, new);
    drift
}
