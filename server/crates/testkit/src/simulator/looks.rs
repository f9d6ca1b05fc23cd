//! Somebody changes files at the destination behind everybody's back; a look of the store's pass finds it, and what was placed is placed again.

use super::{
    Mutant, World,
    places::{Stage, StorePass},
    replica::{Task, Who},
};
use domain::{
    Digest,
    drift::{Found, Seen, compare},
    object::Typed,
    placement::{Placement, PlacementKind},
    work::Files,
};
use std::{collections::BTreeMap, time::Duration};
use store::{Lease, Op};

impl World {
    /// One folder at the destination loses a file, gets another, or is gone.
    pub(super) fn somebody_meddles(&mut self) {
        let roots: Vec<String> = self.ledger.files.keys().cloned().collect();
        let Some(root) = roots.get(self.rng.index(roots.len())).cloned() else { return };
        let files = self.ledger.files.entry(root.clone()).or_default();
        match self.rng.below(3) {
            0 => drop(self.ledger.files.remove(&root)),
            1 => files.values_mut().for_each(|content| *content = Digest::of("meddled with")),
            _ => drop(files.insert("foreign".to_owned(), Digest::of("foreign"))),
        }
        self.tell(|| format!("somebody meddles with {root}"));
        self.ledger.meddled.insert(root);
    }

    /// After the storm somebody asks for a last look.
    pub(super) fn somebody_asks_for_a_look(&mut self) {
        let wake = Op::Wake { key: super::places::key(), lane: orchestrator::STORES_LANE.to_owned(), due: self.now };
        let _ = self.db.commit(vec![wake]);
    }

    /// What was written and is not asked for anew.
    pub(super) fn to_be_looked_at(&self) -> Vec<Placement> {
        let rows = self.db.of_kind("Placement").into_iter();
        let placements = rows.map(|row| Typed::<PlacementKind>::parse(row).expect("a placement"));
        placements.filter(|placement| placement.settled() && !placement.spec.withdrawn).collect()
    }

    pub(super) fn look(&mut self, who: Who, mut pass: StorePass, placements: Vec<Placement>) {
        let seen = |files: &Files| -> BTreeMap<String, Seen> {
            files.iter().map(|(path, content)| (path.clone(), Seen::File(content.clone()))).collect()
        };
        let found = placements.into_iter().map(|placement| {
            let standing = self.ledger.files.get(&placement.spec.root).map(seen).unwrap_or_default();
            let found = compare(&placement.spec.files, &standing, true, &[], self.now);
            (placement, found)
        });
        pass.stage = Stage::Found(found.collect());
        self.later(who, Task::Store(Box::new(pass)), Duration::ZERO, Duration::from_secs(1));
    }

    pub(super) fn record_finding(&mut self, who: Who, lease: &Lease, placement: &Placement, found: Option<Found>) {
        if placement.status.drift.is_some() == found.is_some() || self.breaks_with(Mutant::FindingsDropped) {
            return;
        }
        let mut next = placement.clone();
        next.status.drift = found;
        let owner = placement.metadata.owner_references.first().map_or("", |owner| owner.uid.as_str());
        let wake = Op::Wake { key: owner.to_owned(), lane: placement.metadata.namespace.clone(), due: self.now };
        let ops = if self.breaks_with(Mutant::FindingsOfAStranger) {
            vec![Op::Put(next.to_object()), wake]
        } else {
            vec![Op::while_leased(lease), Op::Update(next.to_object()), wake]
        };
        // a finding that is lost is found again by the next look
        let _ = self.commit(who, ops);
        let root = &placement.spec.root;
        let told = self.db.by_uid(&placement.metadata.uid).and_then(|row| Typed::<PlacementKind>::parse(row).ok());
        if told.is_some_and(|told| told.status.drift.is_some()) && !self.ledger.meddled.contains(root) {
            self.ledger.breaks(format!("{root} is called drifted, and nobody has meddled with it"));
        }
    }
}
