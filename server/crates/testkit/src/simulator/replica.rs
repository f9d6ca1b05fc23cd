//! Replicas: how they live, beat, take turns, fall silent and die; and what their way to the database does to a commit.

use super::{Event, LEASE, Mutant, World, passes::Pass, places::StorePass, probes::Look, steps::Performing};
use domain::{ErrorKind, Timestamp, plan, run::StepAt, status::ResourceStatus};
use std::{collections::BTreeSet, time::Duration};
use store::{Guard, Lease, Op};

/// One life of one replica: what belongs to an earlier one is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub replica: usize,
    life: u32,
}

pub struct Replica {
    number: usize,
    life: u32,
    alive: bool,
    /// Microseconds by which its clock is ahead.
    skew: i64,
    paused_until: Timestamp,
    cut_until: Timestamp,
    pub tenure: u32,
    proven: Option<Timestamp>,
    pub live: BTreeSet<String>,
    pub performing: BTreeSet<(String, StepAt, i64)>,
    sweep_due: bool,
    /// Tasks on their way.
    pub busy: usize,
}

/// What a replica is in the middle of.
pub enum Task {
    Pass(Box<Pass>),
    Step(Box<Performing>),
    Store(Box<StorePass>),
    /// A look of a probe is under way.
    Look(Box<Look>),
    /// A pass found that the time of a resource is over.
    Expire(String),
    /// A pass broke off: its key must be looked at again.
    GiveBack(Lease, Duration),
    /// Whoever looks next takes the step up.
    HandOver {
        uid: String,
        lane: String,
    },
}

/// Why a commit did not happen, as far as its caller knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    Conflict,
    Unavailable,
}

impl Replica {
    pub fn new(number: usize, skew: i64) -> Self {
        Self {
            number,
            life: 0,
            alive: false,
            skew,
            paused_until: Timestamp::default(),
            cut_until: Timestamp::default(),
            tenure: 0,
            proven: None,
            live: BTreeSet::new(),
            performing: BTreeSet::new(),
            sweep_due: true,
            busy: 0,
        }
    }

    pub fn who(&self) -> Who {
        Who { replica: self.number, life: self.life }
    }

    pub fn name(&self) -> String {
        format!("r{}.{}~{}", self.number, self.life, self.tenure)
    }

    pub fn is_down(&self, now: Timestamp) -> bool {
        !self.alive || self.paused_until > now
    }

    pub fn is_cut(&self, now: Timestamp) -> bool {
        self.cut_until > now
    }

    /// What its clock says.
    pub fn clock(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_micros(now.micros() + self.skew)
    }

    /// Whether others still count this tenure as alive, as far as it can tell by itself.
    pub fn holds(&self, tenure: u32, now: Timestamp) -> bool {
        self.tenure == tenure && self.proven.is_some_and(|at| now.since(at) < LEASE)
    }
}

impl World {
    pub(super) fn is_alive(&self, who: Who) -> bool {
        let replica = &self.replicas[who.replica];
        replica.alive && replica.life == who.life
    }

    /// Until when a paused process does nothing.
    pub(super) fn held_up(&self, who: Who) -> Option<Timestamp> {
        let until = self.replicas[who.replica].paused_until;
        (until > self.now).then_some(until)
    }

    pub(super) fn start(&mut self, number: usize) {
        let replica = &mut self.replicas[number];
        *replica = Replica { life: replica.life + 1, alive: true, ..Replica::new(number, replica.skew) };
        let who = replica.who();
        self.tell(|| format!("r{number} starts"));
        self.beat(who);
        self.at(self.now, Event::Turn(who));
    }

    pub(super) fn something_goes_wrong(&mut self) {
        let number = self.rng.index(self.replicas.len());
        let (now, long) = (self.now, self.rng.between(Duration::from_millis(100), 2 * LEASE));
        match self.rng.below(3) {
            0 => self.crash(number),
            1 => {
                self.replicas[number].paused_until = now + long;
                self.tell(|| format!("r{number} is stopped for {long:?}"));
            }
            _ => {
                self.replicas[number].cut_until = now + long;
                self.tell(|| format!("r{number} is cut off for {long:?}"));
            }
        }
    }

    pub(super) fn crash(&mut self, number: usize) {
        if !self.replicas[number].alive {
            return;
        }
        self.crashes += 1;
        self.tell(|| format!("r{number} dies"));
        let replica = &mut self.replicas[number];
        (replica.alive, replica.busy) = (false, 0);
        self.after(Duration::from_millis(50), 2 * LEASE, Event::Restart(number));
    }

    pub(super) fn beat(&mut self, who: Who) {
        let (now, reachable) = (self.now, !self.replicas[who.replica].is_cut(self.now));
        let replica = &mut self.replicas[who.replica];
        if replica.proven.is_some() && !replica.holds(replica.tenure, now) {
            let name = replica.name();
            (replica.tenure, replica.proven) = (replica.tenure + 1, None);
            let (successor, clock) = (replica.name(), replica.clock(now));
            if reachable {
                self.db.retire(&name, clock);
            }
            self.tell(|| format!("{name} has lapsed and goes on as {successor}"));
        }
        let replica = &mut self.replicas[who.replica];
        if reachable {
            let clock = replica.clock(now);
            self.db.beat(&replica.name(), clock + LEASE);
            replica.proven = Some(now);
            let mut live: BTreeSet<String> = self.db.live_replicas(clock).map(ToOwned::to_owned).collect();
            live.insert(replica.name());
            let before = std::mem::replace(&mut replica.live, live);
            replica.sweep_due |= !before.is_subset(&replica.live);
        }
        self.at(now + LEASE / 3, Event::Beat(who));
    }

    /// One turn of the loop: sweep if there is reason to, claim what is due, begin its passes.
    pub(super) fn turn(&mut self, who: Who) {
        let replica = &mut self.replicas[who.replica];
        let (now, clock, name, tenure) = (self.now, replica.clock(self.now), replica.name(), replica.tenure);
        let able = replica.holds(tenure, now) && !replica.is_cut(now);
        if able && std::mem::take(&mut replica.sweep_due) && self.mutant != Some(Mutant::NoSweep) {
            self.sweep(clock);
        }
        let leases = if able { self.db.claim(&name, clock, clock + LEASE, 4) } else { Vec::new() };
        let next = match self.db.next_due() {
            _ if !leases.is_empty() || !able => now + Duration::from_millis(5),
            // its own clock may be behind: then it looks a little later
            Some(due) => due.max(now).min(now + Duration::from_secs(5)) + Duration::from_millis(20),
            None => now + Duration::from_secs(1),
        };
        let performing = self.replicas[who.replica].performing.clone();
        for lease in leases {
            self.ledger.claimed.insert(lease.key.clone(), lease.fence);
            let task = if lease.key == super::places::key() {
                Task::Store(Box::new(StorePass::new(lease, tenure)))
            } else {
                Task::Pass(Box::new(Pass::new(lease, tenure, performing.clone())))
            };
            self.begin(who, task);
        }
        let late = self.rng.between(Duration::ZERO, Duration::from_millis(20));
        self.at(next + late, Event::Turn(who));
    }

    fn sweep(&mut self, clock: Timestamp) {
        self.tell(|| "sweep".to_owned());
        self.db.release_dead(clock);
        for thing in self.db.of_kind("Thing") {
            let phase = ResourceStatus::read(&thing.status).phase;
            let acting = thing.metadata.labels.contains_key(plan::ACTING);
            if acting || ["", "Pending", "Progressing", "Deleting"].contains(&phase.as_str()) {
                let wake = self.wake(&thing);
                let _ = self.db.commit(vec![wake]);
            }
        }
    }

    /// A new task: its first moment comes soon.
    pub(super) fn begin(&mut self, who: Who, task: Task) {
        self.replicas[who.replica].busy += 1;
        self.later(who, task, Duration::ZERO, Duration::from_millis(10));
    }

    /// The next moment of a task. Its replica's pauses, and its death, come in between.
    pub(super) fn later(&mut self, who: Who, task: Task, least: Duration, most: Duration) {
        self.after(least, most, Event::Task(who, task));
    }

    pub(super) fn end(&mut self, who: Who) {
        let busy = &mut self.replicas[who.replica].busy;
        *busy = busy.saturating_sub(1);
    }

    pub(super) fn go_on(&mut self, who: Who, task: Task) {
        match task {
            Task::Pass(pass) => self.pass(who, *pass),
            Task::Step(step) => self.perform(who, *step),
            Task::Store(pass) => self.store_pass(who, *pass),
            Task::Look(look) => self.take_down(who, &look),
            Task::Expire(uid) => self.expire(who, &uid),
            Task::GiveBack(lease, pause) => self.give_back(who, lease, pause),
            Task::HandOver { uid, lane } => {
                let wake = Op::Wake { key: uid.clone(), lane: lane.clone(), due: self.now };
                match self.commit(who, vec![wake]) {
                    Ok(()) => self.end(who),
                    Err(_) => {
                        self.later(who, Task::HandOver { uid, lane }, Duration::from_secs(1), Duration::from_secs(1));
                    }
                }
            }
        }
    }

    /// A commit that failed may still have happened, and with it the end of the lease: then the key is woken anew.
    fn give_back(&mut self, who: Who, lease: Lease, pause: Duration) {
        let due = self.now + pause;
        let kept = match self.commit(who, vec![Op::Settle { lease: lease.clone(), next: Some(due) }]) {
            Err(Lost::Conflict) => {
                self.commit(who, vec![Op::Wake { key: lease.key.clone(), lane: lease.lane.clone(), due }])
            }
            settled => settled,
        };
        match kept {
            Ok(()) => self.end(who),
            Err(_) => self.later(who, Task::GiveBack(lease, pause), Duration::from_secs(1), Duration::from_secs(1)),
        }
    }

    /// One transaction, over a way on which answers are lost.
    pub(super) fn commit(&mut self, who: Who, ops: Vec<Op>) -> Result<(), Lost> {
        let storm = self.stormy();
        if self.replicas[who.replica].is_cut(self.now) || storm && self.rng.percent(4) {
            return Err(Lost::Unavailable);
        }
        let leases: Vec<Lease> = ops.iter().filter_map(leased).cloned().collect();
        let (first, rest) = self.without_protection(self.named(ops));
        let mut stored = self.db.commit(first);
        if let (Ok(_), Some(rest)) = (&stored, rest) {
            if storm && self.rng.percent(10) {
                self.crash(who.replica);
                return Err(Lost::Unavailable);
            }
            stored = self.db.commit(rest);
        }
        if stored.is_ok() {
            self.count_seats();
            for lease in &leases {
                self.ledger.wrote(lease);
            }
        }
        match stored {
            Ok(_) if storm && self.rng.percent(8) => Err(Lost::Unavailable),
            Ok(_) => Ok(()),
            Err(error) if error.kind == ErrorKind::Conflict || error.kind == ErrorKind::NotFound => Err(Lost::Conflict),
            Err(error) => {
                self.ledger.breaks(format!("the database refused a transaction for good: {error}"));
                Err(Lost::Conflict)
            }
        }
    }

    /// The transaction as a mutant would make it: as one, or torn in two.
    fn without_protection(&self, mut ops: Vec<Op>) -> (Vec<Op>, Option<Vec<Op>>) {
        match self.mutant {
            Some(Mutant::NoCheckOfTheLease) => ops.retain(|op| match op {
                Op::Settle { lease, .. } | Op::Require { guard: Guard::Leased(lease), .. } => self.db.holds(lease),
                _ => true,
            }),
            Some(Mutant::NoCheckOfVersions) => {
                for op in &mut ops {
                    if let Op::Update(object) = op {
                        *op = Op::Put(object.clone());
                    }
                }
            }
            Some(Mutant::WakeUpsDroppedWhileLeased) => {
                ops.retain(|op| !matches!(op, Op::Wake { key, .. } if self.db.is_leased(key)));
            }
            Some(Mutant::TwoTransactions) if ops.len() > 1 && matches!(ops[0], Op::Settle { .. }) => {
                let rest = ops.split_off(1);
                return (ops, Some(rest));
            }
            _ => {}
        }
        (ops, None)
    }
}

/// The lease an op stands on.
fn leased(op: &Op) -> Option<&Lease> {
    match op {
        Op::Settle { lease, .. } | Op::Require { guard: Guard::Leased(lease), .. } => Some(lease),
        _ => None,
    }
}
