//! Works to destinations: where each group of files goes, and what must go away.

use super::{
    Pass, Subject,
    schedule::{self, Choice, FOLLOWS, RESCHEDULE},
};
use crate::{
    destination::{Destination, Layout},
    digest::derive_uid,
    placement::{Placement, PlacementSpec, PlacementState, PlacementStatus, dependencies_root, nested_root},
    promise::Scheduling,
    reason::Reason,
    request::Request,
    selector::Labels,
    work::{Group, Work, group_id, home},
};
use std::collections::BTreeSet;

/// Makes the placements follow the works. `Some` says which destination is not there yet.
///
/// A pending placement is the intent; the store's pass writes it. That write compares before it changes anything, so it may be repeated.
/// Who moves stands at both places until the new one is written.
pub fn place(pass: &mut Pass) -> Option<Reason> {
    let choices = schedule::choices(&pass.observed);
    let (works, destinations) = (pass.observed.works.clone(), pass.observed.destinations.clone());
    let groups = works.iter().flat_map(|work| work.spec.groups.iter().map(move |group| (work, group)));
    let (mut nowhere, mut kept) = (None, Vec::new());
    for ((work, group), choice) in groups.zip(&choices) {
        for destination in destinations.iter() {
            if let Some(look) = choice.chosen().find(|look| look.destination == destination.metadata.name) {
                kept.push(put(pass, work, group, destination, || choice.why(look)));
            }
        }
        kept.extend(leave(pass, work, group, choice));
        nowhere = choice.nowhere().or(nowhere);
    }
    follow(pass);
    let stays = |placement: &Placement| kept.contains(&placement.metadata.uid);
    let place = |placement: &Placement| (placement.spec.state_store.clone(), placement.spec.root.clone());
    let nested = |placement: &&Placement| placement.spec.layout == Layout::Nested;
    let taken: BTreeSet<_> =
        pass.observed.placements.iter().filter(|placement| stays(placement)).filter(nested).map(place).collect();
    forsake(pass);
    // a destination under a new name stands at the old place: there the new placement replaces the files, and nothing may take them away
    pass.observed.placements.retain(|placement| stays(placement) || !taken.contains(&place(placement)));
    let by = asked_by(pass);
    for placement in pass.observed.placements.iter_mut().filter(|placement| !stays(placement)) {
        withdraw(placement, by.as_deref());
    }
    pass.observed.placements.retain(|placement| !(placement.spec.withdrawn && placement.settled()));
    nowhere.or_else(|| waiting(&pass.observed.placements))
}

/// Forgets what was placed on destinations that are gone and whose files were to outlive them.
pub fn forsake(pass: &mut Pass) {
    let destinations = pass.observed.destinations.clone();
    let there = |name: &str| destinations.iter().any(|destination| destination.metadata.name == name);
    pass.observed.placements.retain(|placement| !placement.spec.outlives || there(&placement.spec.destination));
}

/// Whose request is being carried out: the newest that is not answered.
pub fn asked_by(pass: &Pass) -> Option<String> {
    let generation = pass.observed.resource.metadata.generation;
    let now = |request: &&Request| request.status.phase.open() && request.spec.generation <= generation;
    let newest = pass.observed.requests.iter().filter(now).max_by_key(|request| request.spec.generation)?;
    Some(newest.spec.asked_by.clone()).filter(|by| !by.is_empty())
}

/// Asks a destination to give the files back.
pub fn withdraw(placement: &mut Placement, asked_by: Option<&str>) {
    if !placement.spec.withdrawn {
        placement.ask(asked_by);
        placement.spec.withdrawn = true;
        placement.status.drift = None;
        placement.status.state = PlacementState::Pending;
        placement.status.message = String::new();
        placement.status.retry_at = None;
    }
}

/// What the placements wait for, a refusal before a mere delay.
pub fn waiting(placements: &[Placement]) -> Option<Reason> {
    let failing = placements.iter().find(|placement| placement.status.state == PlacementState::Failing);
    if let Some(Placement { spec, status, .. }) = failing {
        return Some(Reason::PlacementFailing { destination: spec.destination.clone(), cause: status.message.clone() });
    }
    let open = placements.iter().find(|placement| !placement.settled())?;
    let destination = open.spec.destination.clone();
    if open.status.drift.is_some() {
        return Some(Reason::Repairing { destination });
    }
    Some(if open.spec.withdrawn { Reason::Withdrawing { destination } } else { Reason::Placing { destination } })
}

/// Those that are no longer chosen stay until all that are stand. Returns their uids.
fn leave(pass: &mut Pass, work: &Work, group: &Group, choice: &Choice) -> Vec<String> {
    let destinations = pass.observed.destinations.clone();
    let chosen = |placement: &Placement| choice.chosen().any(|look| look.destination == placement.spec.destination);
    let there = |placement: &Placement| {
        destinations.iter().any(|one| one.metadata.name == placement.spec.destination && !one.deleting())
    };
    let mine = |placement: &&mut Placement| placement.of_group(&work.metadata.uid, &group.directory);
    let arrived = pass.observed.placements.iter_mut().filter(mine).all(|one| !chosen(one) || one.settled());
    if arrived {
        return Vec::new();
    }
    let staying = pass.observed.placements.iter_mut().filter(mine).filter(|one| !chosen(one) && there(one));
    let mark = |placement: &mut Placement| {
        placement.spec.leaving = true;
        placement.metadata.uid.clone()
    };
    staying.map(mark).collect()
}

/// A resource that may have to move though it is ready is found by its label; a wish to choose anew is fulfilled by now.
fn follow(pass: &mut Pass) {
    if matches!(pass.observed.subject, Subject::Promise(_)) {
        return;
    }
    let rule = pass.observed.offer.as_ref().map(|offer| &offer.promise.spec.placement);
    let follows = rule.is_some_and(Scheduling::follows_destinations);
    pass.label(FOLLOWS, follows.then_some("true"));
    pass.observed.resource.metadata.annotations.remove(RESCHEDULE);
}

/// Brings the placement of one group up to date and returns its uid.
fn put(pass: &mut Pass, work: &Work, group: &Group, destination: &Destination, why: impl FnOnce() -> String) -> String {
    let by = asked_by(pass);
    let observed = &mut pass.observed;
    let resource = &observed.resource.metadata;
    let (path, id) = (&destination.spec.path, group_id(&group.directory));
    let (promise, pipeline) = (&work.spec.promise, &work.spec.pipeline);
    let nested = match observed.subject {
        Subject::Resource(_) => nested_root("", path, &resource.namespace, promise, &resource.name, pipeline, &id),
        Subject::Promise(_) => dependencies_root(path, promise, pipeline, &id),
    };
    let state_store = destination.spec.state_store_ref.key();
    let spec = PlacementSpec {
        promise: work.spec.promise.clone(),
        resource: work.spec.resource.clone(),
        pipeline: work.spec.pipeline.clone(),
        work: work.metadata.uid.clone(),
        directory: group.directory.clone(),
        destination: destination.metadata.name.clone(),
        state_store,
        files: group.files.clone(),
        ignore: observed.offer.as_ref().map_or_else(Vec::new, |offer| offer.promise.ignored()),
        ..PlacementSpec::default()
    }
    .laid_out(destination, nested);
    // where the files stand is part of the identity: a destination that moves leaves a placement behind, to be withdrawn from the old place
    let place = [&spec.work, &spec.directory, &spec.destination, &spec.state_store, &spec.root];
    let mut place: Vec<&str> = place.into_iter().map(String::as_str).collect();
    place.extend((spec.layout == Layout::Aggregated).then_some(spec.filename.as_str()));
    let uid = derive_uid("placement", &place);
    if let Some(placement) = observed.placements.iter_mut().find(|placement| placement.metadata.uid == uid) {
        if placement.spec != spec {
            if placement.spec.withdrawn || placement.spec.leaving {
                placement.explain(why());
            }
            placement.spec = spec;
            placement.status.drift = None;
            placement.ask(by.as_deref());
            placement.status.state = PlacementState::Pending;
            placement.status.message = String::new();
            placement.status.retry_at = None;
        }
        return uid;
    }
    let metadata = crate::Metadata {
        name: uid.replace('_', "-"),
        namespace: home(&resource.namespace),
        labels: Labels::from([
            ("midspan.dev/promise".to_owned(), spec.promise.clone()),
            ("midspan.dev/resource".to_owned(), spec.resource.clone()),
            ("midspan.dev/destination".to_owned(), spec.destination.clone()),
            ("midspan.dev/state-store".to_owned(), spec.state_store.clone()),
        ]),
        owner_references: vec![observed.resource.as_owner()],
        creation_timestamp: Some(pass.now.to_second()),
        uid: uid.clone(),
        ..crate::Metadata::default()
    };
    let mut placement = Placement { metadata, spec, status: PlacementStatus::default() };
    placement.ask(by.as_deref());
    placement.explain(why());
    observed.placements.push(placement);
    uid
}
