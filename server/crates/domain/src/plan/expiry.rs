//! The end of a resource's time: it is written down, told beforehand, and then the resource is asked to go like every other.

use super::Pass;
use crate::{
    condition::{self, Condition, Truth},
    expiry::{EXPIRES_AT, Expiry, Standing, end_of, words},
    status::ResourceStatus,
    time::Timestamp,
};
use std::time::Duration;

/// A deletion that was refused is asked for again after this.
const AGAIN: Duration = Duration::from_mins(1);
/// The condition that warns.
pub const EXPIRING: &str = "Expiring";

/// Gives a resource its end if it has none, sets the alarm, and asks for the deletion when it is time.
pub fn look(pass: &mut Pass) {
    let Some(policy) = policy(pass) else { return };
    let now = pass.now;
    let metadata = &mut pass.observed.resource.metadata;
    if !metadata.annotations.contains_key(EXPIRES_AT)
        && let Some(end) = policy.first(now)
    {
        metadata.annotations.insert(EXPIRES_AT.to_owned(), end.to_string());
    }
    let Some(end) = end_of(&pass.observed.resource) else { return };
    if policy.standing(end, now) == Standing::Over {
        pass.expire = true;
        pass.wake_at(now + AGAIN);
    } else {
        pass.wake_at(policy.next(end, now));
    }
}

/// What people read about it.
pub fn tell(pass: &Pass, status: &mut ResourceStatus) {
    let deleting = pass.observed.resource.deleting();
    let known = policy(pass).zip(end_of(&pass.observed.resource)).filter(|_| !deleting);
    let Some((policy, end)) = known else {
        status.expires_at = None;
        status.conditions.retain(|condition| condition.kind != EXPIRING);
        return;
    };
    status.expires_at = Some(end);
    let (truth, reason, message) = told(&policy, end, pass.now);
    let new = Condition {
        kind: EXPIRING.to_owned(),
        status: truth,
        reason: reason.to_owned(),
        message,
        last_transition_time: pass.now,
        observed_generation: pass.observed.resource.metadata.generation,
    };
    condition::set(&mut status.conditions, new);
}

fn told(policy: &Expiry, end: Timestamp, now: Timestamp) -> (Truth, &'static str, String) {
    match policy.standing(end, now) {
        Standing::Far => (Truth::False, "TimeLeft", format!("Its time is over at {end}")),
        Standing::Soon(span) => {
            let how = if policy.extend.is_some() { "; extend it to keep it" } else { "" };
            (Truth::True, "ExpiresSoon", format!("Less than {} left: it is deleted at {end}{how}", words(span)))
        }
        Standing::Over => (Truth::True, "Expired", format!("Its time was over at {end}; it is being deleted")),
    }
}

fn policy(pass: &Pass) -> Option<Expiry> {
    pass.observed.offer.as_ref()?.promise.spec.expiry.clone()
}
