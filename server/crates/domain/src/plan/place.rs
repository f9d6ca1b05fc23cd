//! Works to destinations: where each group of files goes, and what must go away.

use super::{Pass, Subject};
use crate::{
    destination::{Destination, Layout},
    digest::{Digest, derive_uid},
    placement::{Placement, PlacementSpec, PlacementState, PlacementStatus, dependencies_root, nested_root},
    reason::Reason,
    request::Request,
    selector::{LabelSelector, Labels},
    work::{Group, Work, group_id, home},
};
use std::collections::BTreeSet;

/// Makes the placements follow the works. `Some` says which destination is not there yet.
///
/// A pending placement is the intent; the store's pass writes it. That write compares before it changes anything, so it may be repeated.
pub fn place(pass: &mut Pass) -> Option<Reason> {
    let mut nowhere = None;
    let mut kept = Vec::new();
    for work in pass.observed.works.clone() {
        for group in &work.spec.groups {
            match destinations_for(pass, &work, group) {
                Ok(destinations) => {
                    kept.extend(destinations.iter().map(|destination| put(pass, &work, group, destination)));
                }
                Err(selectors) => nowhere = Some(Reason::NoDestination { selectors }),
            }
        }
    }
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

/// The labels a destination must have: the promise's selectors win over the pipeline's, key by key, as in Kratix.
/// A directory entry stands alone.
fn required_labels(promise: &[LabelSelector], group: &Group) -> Labels {
    let own = group.selectors.iter().flat_map(|selector| selector.match_labels.clone());
    let theirs = promise.iter().flat_map(|selector| selector.match_labels.clone());
    if group.directory.is_empty() { own.chain(theirs).collect() } else { own.collect() }
}

/// Where a group goes: a resource's to one place, and there it stays; a promise's own to every place that fits.
fn destinations_for(pass: &Pass, work: &Work, group: &Group) -> Result<Vec<Destination>, String> {
    let observed = &pass.observed;
    let everywhere = matches!(observed.subject, Subject::Promise(_));
    let stands = |destination: &Destination| {
        !destination.deleting()
            && observed.placements.iter().map(|placement| &placement.spec).any(|placed| {
                !placed.withdrawn
                    && placed.work == work.metadata.uid
                    && placed.directory == group.directory
                    && placed.destination == destination.metadata.name
            })
    };
    if !everywhere && let Some(destination) = observed.destinations.iter().find(|destination| stands(destination)) {
        return Ok(vec![destination.clone()]);
    }
    let selectors = observed.offer.as_ref().map_or(&[][..], |offer| &offer.promise.spec.destination_selectors);
    let required = required_labels(selectors, group);
    let fits = |destination: &&Destination| {
        let labels = destination.labels();
        let shunned = required.is_empty() && destination.spec.strict_match_labels && !labels.is_empty();
        !shunned && !destination.deleting() && required.iter().all(|(key, value)| labels.get(key) == Some(value))
    };
    if everywhere {
        // as in Kratix, what stands stays when labels change
        let all: Vec<_> = observed.destinations.iter().filter(|d| stands(d) || fits(d)).cloned().collect();
        return if all.is_empty() { Err(told(&required)) } else { Ok(all) };
    }
    // the highest score wins: spread evenly, the same choice every time, and few moves when destinations come and go
    let score = |destination: &Destination| {
        Digest::of_parts([observed.resource.metadata.uid.as_bytes(), destination.metadata.name.as_bytes()])
    };
    let chosen = observed.destinations.iter().filter(fits).max_by_key(|destination| score(destination));
    chosen.map(|destination| vec![destination.clone()]).ok_or_else(|| told(&required))
}

fn told(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// Brings the placement of one group up to date and returns its uid.
fn put(pass: &mut Pass, work: &Work, group: &Group, destination: &Destination) -> String {
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
    observed.placements.push(placement);
    uid
}
