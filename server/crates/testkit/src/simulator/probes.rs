//! A look of a probe: it changes nothing outside, so it is held by nobody. One that is lost is made again; none counts twice.

use super::{
    Mutant, World,
    replica::{Task, Who},
};
use domain::{
    Timestamp,
    health::{Probe, ProbeKind, ProbeState, Probed},
    object::Typed,
    plan::Observed,
    status::ResourceStatus,
};
use std::time::Duration;
use store::Op;

/// A look in somebody's hands.
pub struct Look {
    probe: String,
    sequence: i64,
    resource: String,
    lane: String,
}

impl Look {
    pub fn of(next: &Observed) -> Option<Self> {
        let probe = next.probe.as_ref()?;
        let of = &next.resource.metadata;
        Some(Self {
            probe: probe.metadata.uid.clone(),
            sequence: probe.status.sequence,
            resource: of.uid.clone(),
            lane: of.namespace.clone(),
        })
    }
}

impl World {
    /// The row of a resource's probe as a pass sees it.
    pub(super) fn probe_of(&self, probe: Option<Probe>, now: Timestamp) -> Option<Probe> {
        let mut probe = probe?;
        if self.breaks_with(Mutant::LostLookIsWaitedFor) {
            probe.status.begun_at = probe.status.begun_at.map(|_| now);
        }
        Some(probe)
    }

    pub(super) fn begin_look(&mut self, who: Who, look: Option<Look>) {
        if let Some(look) = look {
            self.replicas[who.replica].busy += 1;
            self.later(who, Task::Look(Box::new(look)), Duration::ZERO, Duration::from_secs(2));
        }
    }

    /// It is answered, and what was found is taken down once or never.
    pub(super) fn take_down(&mut self, who: Who, look: &Look) {
        let clock = self.replicas[who.replica].clock(self.now);
        let row = self.db.by_uid(&look.probe).filter(|_| !self.replicas[who.replica].is_cut(self.now));
        let fails = self.stormy() && self.rng.percent(30);
        let probed = if fails { Probed::Failed("no answer".to_owned()) } else { Probed::Passed("fine".to_owned()) };
        if let Some(row) = row {
            let mut probe = Typed::<ProbeKind>::parse(row).expect("a probe can be read");
            if probe.record(look.sequence, probed, clock) {
                let wake = Op::Wake { key: look.resource.clone(), lane: look.lane.clone(), due: self.now };
                let kept = self.commit(who, vec![Op::Update(probe.to_object()), wake]);
                self.tell(|| format!("look {} of {} is taken down: {kept:?}", look.sequence, look.resource));
                if kept.is_ok() {
                    self.ledger.looked(&look.probe, look.sequence);
                }
            }
        }
        self.end(who);
    }

    /// In the end whatever is ready has been looked at.
    pub(super) fn judge_looks(&mut self) {
        for thing in self.db.of_kind("Thing") {
            let status = ResourceStatus::read(&thing.status);
            if status.phase.as_str() != "Ready" {
                continue;
            }
            let owned = self.db.owned(&thing.metadata.uid);
            let row = owned.into_iter().find(|row| row.kind == "Probe");
            let probe = row.map(|row| Typed::<ProbeKind>::parse(row).expect("a probe can be read"));
            if probe.is_none_or(|probe| probe.status.state == ProbeState::Pending || probe.status.begun_at.is_some()) {
                self.ledger.breaks(format!("{} is ready and was never looked at", thing.metadata.uid));
            }
        }
    }
}
