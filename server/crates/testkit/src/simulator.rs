//! A deterministic simulator: several replicas, one database, two destinations with little room, people who ask for things, and everything that can go wrong, in
//! virtual time and told by one seed.
//!
//! **What is real**: the decision ([`domain::plan`]), the transaction it becomes ([`orchestrator::difference`]), the rules by which the database takes
//! or refuses one ([`store::memory`]), how an outcome is recorded ([`domain::run::Run::record`]). **What is told once more** here, because it is async
//! and asks a clock: the loop around them. Each await of the real driver is a moment here between which anything may happen.
//!
//! **Faults**: crash and restart, pause, partition from the database, skewed clocks, wake-ups that come twice, late or for nothing, commits that happened though
//! they were reported lost, steps that fail or whose answer is lost, destinations that refuse, files that somebody changes there. After a minute the faults stop, and everything must come to rest.
//!
//! **Rules**, see [`ledger`]: nothing acknowledged is lost; no key is given to two contents; nothing is done twice under two keys; no effect without its
//! committed intent; no older write over a newer one; nothing is called drifted that nobody meddled with; what stands at the destinations in the end is
//! what was asked; no destination ever has more resources than it takes, and nobody waits while there is room; nothing is deleted before its time is over, or outlives it.

mod ends;
mod ledger;
mod looks;
mod mutant;
mod offers;
mod passes;
mod pauses;
mod people;
mod places;
mod probes;
mod replica;
mod rng;
mod room;
mod steps;

pub use mutant::Mutant;

use domain::{Timestamp, destination::Destination, object::Object, plan::Offer, status::ResourceStatus};
use ledger::Ledger;
use replica::{Replica, Task, Who};
use rng::Rng;
use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};
use store::{Op, memory::Memory};

const BEGIN: Timestamp = Timestamp::from_micros(1_795_370_400_000_000);
/// Faults happen and people act this long.
const STORM: Duration = Duration::from_secs(60);
/// What the dead have left is noticed within a lease or two, by then all are up again.
const AFTERMATH: Duration = Duration::from_secs(60);
/// Then the last things are let begin, and for a while no destination takes them.
const EVENING: Duration = Duration::from_secs(15);
/// Everything must be at rest by then: hours of backoff are in it.
const CALM: Duration = Duration::from_secs(4 * 3600);
/// A key that is due only after this long waits for nothing: it is looked at now and then.
const RARELY: Duration = Duration::from_secs(3600);
const LEASE: Duration = Duration::from_secs(10);
/// Replicas' clocks differ from the true time by at most so many microseconds.
const SKEW: u64 = 2_000_000;
const REPLICAS: usize = 3;

/// What a seed came to: how much happened, and at the end no rule was broken.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    pub moments: u64,
    pub effects: usize,
    pub crashes: u64,
}

/// A rule that was broken, with the moments before it.
pub struct Violation {
    pub seed: u64,
    pub rule: String,
    pub story: Vec<String>,
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.rule)?;
        self.story.iter().rev().take(80).rev().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// Lives one seed to its end. With a mutant, one protection is gone.
pub fn run(seed: u64, mutant: Option<Mutant>) -> Result<Report, Violation> {
    let mut world = World::new(seed, mutant);
    world.live();
    match world.ledger.broken.take() {
        Some(rule) => Err(Violation { seed, rule, story: world.story }),
        None => Ok(Report { moments: world.moments, effects: world.ledger.count(), crashes: world.crashes }),
    }
}

enum Event {
    Beat(Who),
    Turn(Who),
    Task(Who, Task),
    Restart(usize),
    Person,
    Meddling,
    Question,
    GoOn,
    Uncordon,
    Extension(String),
    Fault,
}

struct World {
    rng: Rng,
    now: Timestamp,
    agenda: BTreeMap<(Timestamp, u64), Event>,
    scheduled: u64,
    db: Memory,
    replicas: Vec<Replica>,
    ledger: Ledger,
    /// What a thing is made from: one with effects, or one that is computed in a single pass.
    offers: [Arc<Offer>; 2],
    destinations: Vec<Destination>,
    mutant: Option<Mutant>,
    story: Vec<String>,
    moments: u64,
    crashes: u64,
    asked: u64,
}

impl World {
    fn new(seed: u64, mutant: Option<Mutant>) -> Self {
        let mut world = Self {
            rng: Rng::new(seed),
            now: BEGIN,
            agenda: BTreeMap::new(),
            scheduled: 0,
            db: Memory::default(),
            replicas: Vec::new(),
            ledger: Ledger::default(),
            offers: offers::offers(),
            destinations: vec![room::destination("here"), room::destination("there")],
            mutant,
            story: Vec::new(),
            moments: 0,
            crashes: 0,
            asked: 0,
        };
        for number in 0..REPLICAS {
            let skew = world.rng.below(2 * SKEW + 1).cast_signed() - SKEW.cast_signed();
            world.replicas.push(Replica::new(number, skew));
            world.start(number);
        }
        for _ in 0..12 {
            world.in_storm(Event::Person);
            world.in_storm(Event::Fault);
        }
        for _ in 0..3 {
            world.in_storm(Event::Meddling);
            world.in_storm(Event::Question);
        }
        world.at(BEGIN + STORM + AFTERMATH, Event::GoOn);
        world.at(BEGIN + STORM + AFTERMATH, Event::Question);
        world
    }

    fn live(&mut self) {
        while let Some(((at, _), event)) = self.agenda.pop_first() {
            self.now = self.now.max(at);
            self.moments += 1;
            if self.ledger.broken.is_some() || self.now > BEGIN + CALM {
                break;
            }
            self.happen(event);
            if self.now > BEGIN + STORM + AFTERMATH + EVENING && self.at_rest() {
                break;
            }
        }
        self.judge();
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Person => self.somebody_acts(),
            Event::Fault => self.something_goes_wrong(),
            Event::Meddling => self.somebody_meddles(),
            Event::Question => self.somebody_asks_for_a_look(),
            Event::GoOn => self.all_go_on(),
            Event::Extension(uid) => {
                let thing = self.db.by_uid(&uid).filter(|thing| !thing.deleting());
                if let Some(thing) = thing {
                    self.extend(0, thing);
                }
            }
            Event::Uncordon => self.set_cordons(false),
            Event::Restart(number) => self.start(number),
            Event::Beat(who) if self.is_alive(who) => match self.held_up(who) {
                Some(until) => self.at(until, Event::Beat(who)),
                None => self.beat(who),
            },
            Event::Turn(who) if self.is_alive(who) => match self.held_up(who) {
                Some(until) => self.at(until, Event::Turn(who)),
                None => self.turn(who),
            },
            Event::Task(who, task) if self.is_alive(who) => match self.held_up(who) {
                Some(until) => self.at(until, Event::Task(who, task)),
                None => self.go_on(who, task),
            },
            Event::Beat(_) | Event::Turn(_) | Event::Task(..) => {}
        }
    }

    fn stormy(&self) -> bool {
        self.now < BEGIN + STORM
    }

    /// Nothing is on its way: what was asked for is settled, nobody is at anything, no key is waited for.
    fn at_rest(&self) -> bool {
        self.db.next_due().is_none_or(|due| due > self.now + RARELY)
            && self.replicas.iter().all(|replica| replica.busy == 0)
    }

    /// The rules that only the end can tell.
    fn judge(&mut self) {
        if self.ledger.broken.is_some() {
            return;
        }
        for (uid, generation) in self.ledger.acknowledged.clone() {
            let Some(object) = self.db.by_uid(&uid) else {
                if !self.ledger.deleted.contains(&uid) {
                    self.ledger.breaks(format!("{uid} was acknowledged and is lost"));
                }
                continue;
            };
            let status = ResourceStatus::read(&object.status);
            if object.metadata.generation < generation {
                self.ledger.breaks(format!("{uid}: generation {generation} was acknowledged and is lost"));
            } else if !object.deleting() && status.observed_generation >= generation && self.waits_rightly(&status) {
                // it goes on when there is room
            } else if object.deleting() || !status.phase.as_str().eq("Ready") || status.observed_generation < generation
            {
                let (phase, message) = (status.phase.as_str(), status.message);
                self.ledger.breaks(format!("{uid} did not come to rest: {phase}: {message}"));
            }
        }
        self.judge_actions();
        self.judge_looks();
        self.judge_ends();
        self.compare_destination();
    }

    /// Every action whose asker was told that it is stored has been answered.
    fn judge_actions(&mut self) {
        for uid in std::mem::take(&mut self.ledger.actions) {
            let phase = self.db.by_uid(&uid).map(|request| request.facets().phase.to_owned());
            match phase.as_deref() {
                None => self.ledger.breaks(format!("{uid} was acknowledged and is lost")),
                Some("Submitted" | "Running") => {
                    self.ledger.breaks(format!("{uid} was acknowledged and never answered"));
                }
                Some(_) => {}
            }
        }
    }

    fn at(&mut self, at: Timestamp, event: Event) {
        self.scheduled += 1;
        self.agenda.insert((at.max(self.now), self.scheduled), event);
    }

    fn after(&mut self, least: Duration, most: Duration, event: Event) {
        let pause = self.rng.between(least, most);
        self.at(self.now + pause, event);
    }

    fn in_storm(&mut self, event: Event) {
        self.after(Duration::ZERO, STORM, event);
    }

    fn tell(&mut self, line: impl FnOnce() -> String) {
        let second = self.now.since(BEGIN).as_secs_f64();
        self.story.push(format!("{second:>9.3} {}", line()));
    }

    fn breaks_with(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    fn wake(&self, object: &Object) -> Op {
        let metadata = &object.metadata;
        Op::Wake { key: metadata.uid.clone(), lane: metadata.namespace.clone(), due: self.now }
    }
}
