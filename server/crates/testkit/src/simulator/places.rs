//! One pass over the state store: what is open is read, written to the destination under a fence, and recorded.

use super::{
    LEASE, Mutant, World,
    replica::{Lost, Task, Who},
};
use domain::{
    drift::Found,
    object::Typed,
    placement::{Placement, PlacementKind, PlacementState},
};
use std::{collections::BTreeMap, time::Duration};
use store::{Lease, Op};

pub const STORE: &str = "repository";

/// The queue key of the one state store there is.
pub fn key() -> String {
    orchestrator::store_key(STORE)
}

pub struct StorePass {
    lease: Lease,
    tenure: u32,
    pub stage: Stage,
}

pub enum Stage {
    Read,
    Write(Vec<Placement>),
    Record(Vec<Placement>),
    Look(Vec<Placement>),
    Found(Vec<(Placement, Option<Found>)>),
}

impl StorePass {
    pub fn new(lease: Lease, tenure: u32) -> Self {
        Self { lease, tenure, stage: Stage::Read }
    }
}

impl World {
    pub(super) fn store_pass(&mut self, who: Who, mut pass: StorePass) {
        let replica = &self.replicas[who.replica];
        let given_up = !replica.holds(pass.tenure, self.now) || replica.is_cut(self.now);
        if given_up {
            return self.later(
                who,
                Task::GiveBack(pass.lease, Duration::ZERO),
                Duration::ZERO,
                Duration::from_millis(10),
            );
        }
        let until = replica.clock(self.now) + LEASE;
        match pass.stage {
            Stage::Read => {
                let open = self
                    .db
                    .of_kind("Placement")
                    .into_iter()
                    .map(|row| Typed::<PlacementKind>::parse(row).expect("a placement"));
                pass.stage =
                    Stage::Write(open.filter(|placement| placement.status.state != PlacementState::Written).collect());
                let long = if self.rng.percent(10) { 30 } else { 1 };
                self.later(who, Task::Store(Box::new(pass)), Duration::ZERO, Duration::from_secs(long));
            }
            Stage::Write(open) if open.is_empty() => {
                pass.stage = Stage::Look(self.to_be_looked_at());
                let long = if self.rng.percent(10) { 30 } else { 1 };
                self.later(who, Task::Store(Box::new(pass)), Duration::ZERO, Duration::from_secs(long));
            }
            Stage::Look(placements) => {
                pass.stage = Stage::Read;
                self.look(who, pass, placements);
            }
            Stage::Found(found) => {
                for (placement, found) in found {
                    self.record_finding(who, &pass.lease, &placement, found);
                }
                self.settle(who, pass.lease, None);
            }
            Stage::Write(_)
                if !self.db.renew(&pass.lease, until) && !self.breaks_with(Mutant::NoFenceAtTheDestination) =>
            {
                self.end(who);
            }
            Stage::Write(_) if self.stormy() && self.rng.percent(15) => {
                self.settle(who, pass.lease, Some(Duration::from_secs(2)));
            }
            Stage::Write(open) => {
                if !self.write(&open, pass.lease.fence) {
                    return self.settle(who, pass.lease, Some(Duration::ZERO));
                }
                pass.stage = Stage::Record(open);
                self.later(who, Task::Store(Box::new(pass)), Duration::ZERO, Duration::from_secs(1));
            }
            Stage::Record(open) => {
                let mut again = false;
                for placement in open {
                    again |= self.record_write(who, &pass.lease, placement) != Ok(());
                }
                if again {
                    return self.settle(who, pass.lease, Some(Duration::ZERO));
                }
                pass.stage = Stage::Look(self.to_be_looked_at());
                self.later(who, Task::Store(Box::new(pass)), Duration::ZERO, Duration::from_secs(1));
            }
        }
    }

    fn settle(&mut self, who: Who, lease: Lease, next: Option<Duration>) {
        let next = next.map(|pause| self.now + pause);
        match self.commit(who, vec![Op::Settle { lease: lease.clone(), next }]) {
            Ok(()) | Err(Lost::Conflict) => self.end(who),
            Err(Lost::Unavailable) => {
                self.later(who, Task::GiveBack(lease, Duration::ZERO), Duration::from_secs(1), Duration::from_secs(1));
            }
        }
    }

    /// The destination itself: it remembers the highest fence and takes nothing from below.
    fn write(&mut self, placements: &[Placement], fence: i64) -> bool {
        if fence < self.ledger.fence && !self.breaks_with(Mutant::NoFenceAtTheDestination) {
            return false;
        }
        self.ledger.fence = fence.max(self.ledger.fence);
        for Placement { spec, .. } in placements {
            if spec.withdrawn {
                self.ledger.files.remove(&spec.root);
            } else {
                self.ledger.files.insert(spec.root.clone(), spec.files.clone());
            }
        }
        self.tell(|| format!("{} placements are written under fence {fence}", placements.len()));
        true
    }

    fn record_write(&mut self, who: Who, lease: &Lease, placement: Placement) -> Result<(), Lost> {
        let mut next = placement.clone();
        next.status.state = PlacementState::Written;
        next.status.written = Some(placement.spec.content());
        next.status.drift = None;
        let owner = placement.metadata.owner_references.first().map_or("", |owner| owner.uid.as_str());
        let wake = Op::Wake { key: owner.to_owned(), lane: placement.metadata.namespace, due: self.now };
        self.commit(who, vec![Op::while_leased(lease), Op::Update(next.to_object()), wake])
    }

    /// In the end there stands what is placed, and nothing else.
    pub(super) fn compare_destination(&mut self) {
        let placed = self
            .db
            .of_kind("Placement")
            .into_iter()
            .map(|row| Typed::<PlacementKind>::parse(row).expect("a placement"));
        let placed: BTreeMap<_, _> =
            placed.filter(|p| !p.spec.withdrawn).map(|p| (p.spec.root, p.spec.files)).collect();
        if self.ledger.files != placed {
            let roots = |files: &BTreeMap<String, _>| files.keys().cloned().collect::<Vec<_>>().join(", ");
            let rule = format!("at the destination stands {}; placed is {}", roots(&self.ledger.files), roots(&placed));
            self.ledger.breaks(rule);
        }
    }
}
