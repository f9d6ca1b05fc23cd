//! The destinations: each takes few resources, people cordon them, and somebody always waits for room.

use super::{Mutant, World, places};
use domain::{
    Object,
    destination::{Capacity, Destination},
    object::Typed,
    plan::{FOLLOWS, RESCHEDULE},
    status::ResourceStatus,
};
use serde_json::json;
use store::{Guard, Op};

/// What each destination takes: together less than there are things.
const ROOM: usize = 1;

pub fn destination(name: &str) -> Destination {
    let value = json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": {"name": name, "uid": format!("dst_{name}")},
        "spec": {"path": name, "stateStoreRef": {"name": places::STORE}, "capacity": {"resources": ROOM}},
    });
    Typed::parse(Object::from_value(value).expect("it is an object")).expect("it is a destination")
}

impl World {
    /// The destinations as they are read now.
    pub(super) fn seen_destinations(&self) -> Vec<Destination> {
        let mut all = self.destinations.clone();
        for one in &mut all {
            one.status.standing = self.standing(&one.metadata.name);
        }
        all
    }

    fn standing(&self, name: &str) -> usize {
        self.db.owners(&orchestrator::seats(name)).len()
    }

    /// A cordon is laid or taken away.
    pub(super) fn cordon(&mut self) {
        let one = self.rng.index(self.destinations.len());
        self.set_cordon(one, !self.destinations[one].spec.cordoned);
    }

    /// All destinations at once.
    pub(super) fn set_cordons(&mut self, cordoned: bool) {
        for one in 0..self.destinations.len() {
            self.set_cordon(one, cordoned);
        }
    }

    fn set_cordon(&mut self, one: usize, cordoned: bool) {
        let Destination { metadata, spec, .. } = &mut self.destinations[one];
        spec.cordoned = cordoned;
        let name = metadata.name.clone();
        self.tell(|| format!("{name} is cordoned: {cordoned}"));
        let wakes = self.waiting();
        let _ = self.db.commit(wakes);
    }

    /// Somebody wants a thing placed anew.
    pub(super) fn move_on(&mut self, door: usize, mut thing: Object) {
        thing.metadata.annotations.insert(RESCHEDULE.to_owned(), "somebody".to_owned());
        let wake = self.wake(&thing);
        let told = self.commit(self.replicas[door].who(), vec![Op::Update(thing.clone()), wake]);
        self.tell(|| format!("somebody wants {} placed anew: {told:?}", thing.metadata.uid));
    }

    /// Those that a new room wakes: what the query of the real transaction finds.
    fn waiting(&self) -> Vec<Op> {
        let waits = |thing: &Object| {
            let phase = ResourceStatus::read(&thing.status).phase;
            let phase = if thing.status.is_null() { "" } else { phase.as_str() };
            let follows = thing.metadata.labels.contains_key(FOLLOWS);
            follows || ["", "Pending", "Progressing", "Degraded", "Deleting"].contains(&phase)
        };
        self.db.of_kind("Thing").iter().filter(|thing| waits(thing)).map(|thing| self.wake(thing)).collect()
    }

    /// The transaction with each selection of whom to wake in the names it stands for.
    pub(super) fn named(&self, mut ops: Vec<Op>) -> Vec<Op> {
        let selects = |op: &Op| matches!(op, Op::WakeSelected { .. });
        let wakes = if ops.iter().any(selects) { self.waiting() } else { Vec::new() };
        ops.retain(|op| !selects(op));
        match self.mutant {
            Some(Mutant::NoCheckOfRoom) => {
                ops.retain(|op| !matches!(op, Op::Require { guard: Guard::Room { .. }, .. }));
            }
            Some(Mutant::RoomIsNotTold) => return ops,
            Some(Mutant::NoSecondLook) => {
                let settled = ops.iter().find_map(|op| match op {
                    Op::Settle { lease, .. } => Some(lease.key.clone()),
                    _ => None,
                });
                // a pass wakes its own key for nothing else
                ops.retain(|op| !matches!(op, Op::Wake { key, .. } if Some(key) == settled.as_ref()));
            }
            _ => {}
        }
        ops.extend(wakes);
        ops
    }

    /// No destination ever has more resources than it takes.
    pub(super) fn count_seats(&mut self) {
        let full = self.destinations.iter().find(|one| {
            one.spec.capacity.is_some_and(|Capacity { resources }| self.standing(&one.metadata.name) > resources)
        });
        if let Some(one) = full {
            let rule = format!("{} has {} resources", one.metadata.name, self.standing(&one.metadata.name));
            self.ledger.breaks(rule);
        }
    }

    /// Whether it waits for room, and there is none.
    pub(super) fn waits_rightly(&self, status: &ResourceStatus) -> bool {
        let waits = status.condition("Ready").is_some_and(|ready| ready.reason == "NoDestination");
        let mut seen = self.seen_destinations().into_iter();
        waits && seen.all(|one| one.spec.cordoned || one.status.standing >= ROOM)
    }
}
