//! Where a resource stands and that it moves, as its status and its time line tell it.

use super::{Plan, RESCHEDULE};
use crate::{
    event::{Event, Level},
    object::Object,
    placement::Placement,
    status::{Placed, ResourceStatus},
    time::Timestamp,
};
use std::collections::BTreeSet;

/// The places that are to stay, and those that stay for a while.
pub fn placed(placements: &[Placement]) -> Vec<Placed> {
    let standing = placements.iter().filter(|placement| !placement.spec.withdrawn);
    let mut all: Vec<Placed> = standing
        .map(|placement| Placed {
            destination: placement.spec.destination.clone(),
            pipeline: placement.spec.pipeline.clone(),
            directory: placement.spec.directory.clone(),
            why: placement.why().to_owned(),
            leaving: placement.spec.leaving,
        })
        .collect();
    all.sort_by(|a, b| (&a.destination, &a.pipeline, &a.directory).cmp(&(&b.destination, &b.pipeline, &b.directory)));
    all
}

/// A move begins or ends, or was asked for and changes nothing.
pub fn told(before: &Object, plan: &Plan, now: Timestamp) -> Option<Event> {
    let resource = &plan.next.resource;
    if plan.forget || resource.deleting() {
        return None;
    }
    let of = |object: &Object, leaving: bool| -> BTreeSet<String> {
        let placed = ResourceStatus::read(&object.status).placements.into_iter();
        placed.filter(|one| one.leaving == leaving).map(|one| one.destination).collect()
    };
    let (stood, stands, was_leaving, leaving) =
        (of(before, false), of(resource, false), of(before, true), of(resource, true));
    let asked = before.metadata.annotations.get(RESCHEDULE);
    let asked = asked.filter(|_| !resource.metadata.annotations.contains_key(RESCHEDULE));
    let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    let event = |code: &str, words: String| Some(Event::about(resource, now, Level::Normal, code, words));
    let by = asked.filter(|by| !matches!(by.as_str(), "" | "true")).map(|by| format!(", as {by} asked"));
    let by = by.unwrap_or_default();
    let came: BTreeSet<String> = stands.difference(&stood).cloned().collect();
    let begins = leaving.difference(&was_leaving).next().is_some();
    if begins && !came.is_empty() {
        let from: BTreeSet<String> = leaving.difference(&was_leaving).cloned().collect();
        return event("Moving", format!("Moves from {} to {}{by}", list(&from), list(&came)));
    }
    let left: BTreeSet<String> =
        was_leaving.difference(&leaving).filter(|one| !stands.contains(*one)).cloned().collect();
    if !left.is_empty() {
        return event("Moved", format!("Stands at {}; its files leave {}", list(&stands), list(&left)));
    }
    asked.filter(|_| came.is_empty() && !stands.is_empty())?;
    event("NotMoved", format!("Was to be placed anew{by}: {} is still the best choice", list(&stands)))
}
