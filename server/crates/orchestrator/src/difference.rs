//! The transaction of a pass: what stands in the rows, made to say what the plan says.

use crate::{
    STORES_LANE,
    content::Content,
    places::seats,
    resource_pass::wake,
    store_key,
    surroundings::made_from,
    sweep::{followers, releases, unsettled, waiting},
};
use domain::{
    Error, Object, Timestamp,
    event::{Event, Level},
    placement::PlacementState,
    plan::{self, CHILD, Observed, Plan, PromiseState, Subject},
    promise::PromiseStatus,
    reason::Reason,
    reference,
    run::Run,
    selector::{Requirement, Selector},
    status::ResourceStatus,
};
use std::collections::BTreeSet;
use store::{Guard, Lease, Op, Query};

/// Rows that stand as they should are not written.
pub fn difference(before: &Observed, plan: &Plan, lease: &Lease, content: Content, now: Timestamp) -> Vec<Op> {
    let next = &plan.next;
    let mut ops = vec![Op::Settle { lease: lease.clone(), next: plan.wake }];
    if plan.forget {
        ops.push(Op::Remove {
            uid: next.resource.metadata.uid.clone(),
            version: Some(before.resource.metadata.resource_version),
        });
    } else if next.resource != before.resource {
        ops.push(Op::Update(next.resource.clone()));
    }
    ops.extend(content.ops());
    // a run that is stored changes under its version: an outcome that was recorded meanwhile is not written over
    let stored = |run: &Run| before.runs.iter().any(|old| old.metadata.uid == run.metadata.uid);
    let written = |run: &Run| if stored(run) { Op::Update(run.to_object()) } else { Op::Put(run.to_object()) };
    ops.extend(next.runs.iter().filter(|run| !before.runs.contains(run)).map(written));
    ops.extend(
        next.requests
            .iter()
            .filter(|request| !before.requests.contains(request))
            .map(|request| Op::Put(request.to_object())),
    );
    ops.extend(next.works.iter().filter(|work| !before.works.contains(work)).map(|work| Op::Put(work.to_object())));
    ops.extend(gone(before.works.iter().map(|w| &w.metadata.uid), next.works.iter().map(|w| &w.metadata.uid)));
    ops.extend(gone(
        before.placements.iter().map(|p| &p.metadata.uid),
        next.placements.iter().map(|p| &p.metadata.uid),
    ));
    ops.extend(binding(before, next));
    ops.extend(probe(before, next));
    let mut stores = BTreeSet::new();
    for placement in next.placements.iter().filter(|placement| !before.placements.contains(placement)) {
        ops.push(Op::Put(placement.to_object()));
        if placement.status.state == PlacementState::Pending {
            stores.insert(placement.spec.state_store.as_str());
        }
    }
    ops.extend(stores.into_iter().map(|store| Op::Wake {
        key: store_key(store),
        lane: STORES_LANE.to_owned(),
        due: now,
    }));
    ops.extend(room(before, next, now));
    ops.extend(second_look(before, plan, now));
    ops.extend(wake_users(before, plan, now));
    ops.extend(wake_parent(before, plan, now));
    ops.extend(plan::told(&before.resource, plan, now).into_iter().map(Op::Event));
    ops.extend(to_others(before, plan, now));
    ops
}

/// A resource that comes to a destination with a capacity must still find room there when it is stored; one that has left it makes room.
fn room(before: &Observed, next: &Observed, now: Timestamp) -> Vec<Op> {
    let mut ops = Vec::new();
    if !matches!(next.subject, Subject::Resource(_)) {
        return ops;
    }
    for destination in next.destinations.iter() {
        let name = &destination.metadata.name;
        let Some(capacity) = destination.spec.capacity else { continue };
        let seated = |observed: &Observed| observed.placements.iter().any(|one| one.spec.destination == *name);
        match (seated(before), seated(next)) {
            (false, true) => {
                let query = Box::new(seats(name));
                let besides = next.resource.metadata.uid.clone();
                let guard = Guard::Room { query, besides, fewer_than: capacity.resources };
                let otherwise = Error::conflict(format!("the last room at {name} was taken at the same moment"));
                ops.push(Op::Require { guard, otherwise });
            }
            (true, false) if ops.iter().all(|op| !matches!(op, Op::WakeSelected { .. })) => {
                let others = [unsettled(), followers()].map(Box::new);
                ops.extend(others.map(|query| Op::WakeSelected { query, due: now }));
            }
            _ => {}
        }
    }
    ops
}

/// Who makes room, and a promise that others need, wakes those that are known to wait. Whoever begins to wait looks once more when that is
/// known, so that nothing is missed that came in between.
fn second_look(before: &Observed, plan: &Plan, now: Timestamp) -> Option<Op> {
    let code = plan.reason.code();
    let known = ResourceStatus::read(&before.resource.status).condition("Ready").is_some_and(|one| one.reason == code);
    let metadata = &plan.next.resource.metadata;
    let waits = matches!(plan.reason, Reason::NoDestination { .. } | Reason::PromiseUnavailable { .. }) && !known;
    waits.then(|| wake(&metadata.uid, &metadata.namespace, now))
}

/// Whoever uses what this resource gives back looks again when that has changed.
fn wake_users(before: &Observed, plan: &Plan, now: Timestamp) -> Option<Op> {
    let resource = &plan.next.resource;
    let outputs = |resource: &Object| resource.status.get("outputs").cloned();
    let changed = outputs(&before.resource) != outputs(resource);
    if !(changed || plan.forget && outputs(resource).is_some()) {
        return None;
    }
    let metadata = &resource.metadata;
    let label = reference::label(resource.facets().promise, &metadata.namespace, &metadata.name);
    let labels = Selector { requirements: vec![Requirement::Exists(label)] };
    let query = Query { labels, resources: true, ..Query::default() };
    Some(Op::WakeSelected { query: Box::new(query), due: now })
}

/// A parent looks again when its child has come further.
fn wake_parent(before: &Observed, plan: &Plan, now: Timestamp) -> Option<Op> {
    let resource = &plan.next.resource;
    let parent = resource.owner().filter(|_| resource.metadata.labels.contains_key(CHILD))?;
    let told = |resource: &Object| {
        ["phase", "message", "observedGeneration", "outputs", "health"].map(|key| resource.status.get(key).cloned())
    };
    let changed = plan.forget || told(&before.resource) != told(resource);
    changed.then(|| Op::Wake { key: parent.uid.clone(), lane: resource.metadata.namespace.clone(), due: now })
}

/// A look begins under the row's version: what another has found meanwhile is not written over.
fn probe(before: &Observed, next: &Observed) -> Option<Op> {
    match (&before.probe, &next.probe) {
        (old, new) if old == new => None,
        (None, Some(new)) => Some(Op::Create(new.to_object())),
        (Some(_), Some(new)) => Some(Op::Update(new.to_object())),
        (Some(old), None) => Some(Op::Remove { uid: old.metadata.uid.clone(), version: None }),
        (None, None) => None,
    }
}

/// The binding changes under its version: what somebody has just written there is not written over.
fn binding(before: &Observed, next: &Observed) -> Option<Op> {
    match (&before.course.binding, &next.course.binding) {
        (old, new) if old == new => None,
        (None, Some(new)) => Some(Op::Create(new.to_object())),
        (Some(_), Some(new)) => Some(Op::Update(new.to_object())),
        (Some(old), None) => Some(Op::Remove { uid: old.metadata.uid.clone(), version: None }),
        (None, None) => None,
    }
}

/// What a pass means for the others: those made from a promise, those that require it, and a promise that waits for what was made from it.
fn to_others(before: &Observed, plan: &Plan, now: Timestamp) -> Vec<Op> {
    let next = &plan.next;
    match &next.subject {
        Subject::Resource(PromiseState::Leaving { uid }) if plan.forget || next.runs != before.runs => {
            vec![wake(uid, "", now)]
        }
        Subject::Resource(_) => Vec::new(),
        Subject::Promise(around) => {
            let mut ops = dismissed(plan, now);
            let said = |observed: &Observed| {
                let status = PromiseStatus::read(&observed.resource.status);
                (status.status, status.message, status.required_promises)
            };
            if plan.forget {
                // a release puts its promise back
                ops.push(Op::WakeSelected { query: Box::new(releases()), due: now });
                ops.extend(around.revisions.iter().map(|uid| Op::Remove { uid: uid.clone(), version: None }));
            }
            if plan.forget || said(before) != said(next) {
                let selected = [made_from(&next.resource.metadata.name), waiting()].map(Box::new);
                ops.extend(selected.map(|query| Op::WakeSelected { query, due: now }));
                ops.extend(around.required_by.iter().map(|dependent| wake(&dependent.uid, "", now)));
            }
            ops
        }
    }
}

/// Resources that are asked to go with their promise.
fn dismissed(plan: &Plan, now: Timestamp) -> Vec<Op> {
    let promise = &plan.next.resource.metadata.name;
    let each = |resource: &Object| {
        let words = format!("The promise {promise} is being removed, and this with it");
        let event = Event::about(resource, now, Level::Warning, "DeleteRequested", words);
        let wake = wake(&resource.metadata.uid, &resource.metadata.namespace, now);
        [Op::Update(resource.clone()), Op::Event(event), wake]
    };
    plan.dismiss.iter().flat_map(each).collect()
}

fn gone<'a>(before: impl Iterator<Item = &'a String>, after: impl Iterator<Item = &'a String>) -> Vec<Op> {
    let after: BTreeSet<&String> = after.collect();
    before.filter(|uid| !after.contains(uid)).map(|uid| Op::Remove { uid: uid.clone(), version: None }).collect()
}
