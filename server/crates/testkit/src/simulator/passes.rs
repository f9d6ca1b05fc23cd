//! One pass over one resource, in two moments: rows are read and a plan is made; it is committed, and what it starts is begun.

use super::{
    LEASE, Mutant, World, people,
    probes::Look,
    replica::{Lost, Task, Who},
    steps::Performing,
};
use domain::{
    Object,
    health::ProbeKind,
    object::Typed,
    placement::PlacementKind,
    plan::{self, Course, Observed, Offer, Plan, Subject},
    request::RequestKind,
    run::{Holder, Outcome, Run, RunKind, StepAt, StepResult},
    status::ResourceStatus,
    work::{Files, WorkKind},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use store::{Lease, Op};

pub struct Pass {
    lease: Lease,
    tenure: u32,
    /// What was being performed when the key was claimed.
    performing: BTreeSet<(String, StepAt, i64)>,
    /// What was decided, once it is.
    decided: Option<Decided>,
    /// Steps whose intent may be stored or not.
    unknown: Vec<Performing>,
}

/// What is to be stored, and what is to be begun once it is.
struct Decided {
    ops: Vec<Op>,
    steps: Vec<Performing>,
    look: Option<Look>,
    expire: bool,
}

const MOMENT: Duration = Duration::from_millis(10);

impl Pass {
    pub fn new(lease: Lease, tenure: u32, performing: BTreeSet<(String, StepAt, i64)>) -> Self {
        Self { lease, tenure, performing, decided: None, unknown: Vec::new() }
    }
}

impl World {
    pub(super) fn pass(&mut self, who: Who, mut pass: Pass) {
        if !pass.unknown.is_empty() {
            return self.find_out(who, pass);
        }
        if self.replicas[who.replica].is_cut(self.now) {
            return self.later(who, Task::GiveBack(pass.lease, Duration::from_secs(5)), MOMENT, MOMENT);
        }
        let Some(Decided { ops, steps, look, expire }) = pass.decided.take() else {
            let decided = self.decide(who, &pass);
            if self.breaks_with(Mutant::EffectBeforeIntent) {
                self.begin_steps(who, &decided.steps);
            }
            pass.decided = Some(decided);
            // between the look and the commit somebody may have asked for something else
            let long = if self.rng.percent(20) { 3 * LEASE / 2 } else { MOMENT };
            return self.later(who, Task::Pass(Box::new(pass)), Duration::ZERO, long);
        };
        // begun before the intent is committed: no pass may ever find the intent and nobody at it
        for step in &steps {
            self.replicas[who.replica].performing.insert(step.mark());
        }
        let committed = self.commit(who, ops);
        let (name, key) = (self.replicas[who.replica].name(), pass.lease.key.clone());
        let begun: Vec<String> = steps.iter().map(|step| format!("{:?}", step.at)).collect();
        self.tell(|| format!("{name} commits a pass of {key}: {committed:?} {}", begun.join(" ")));
        match committed {
            Ok(()) => {
                if !self.breaks_with(Mutant::EffectBeforeIntent) {
                    self.begin_steps(who, &steps);
                }
                self.begin_look(who, look);
                if expire {
                    self.begin_to_expire(who, pass.lease.key);
                }
                self.end(who);
            }
            Err(Lost::Unavailable) if !steps.is_empty() && !self.breaks_with(Mutant::LostIsTakenForNever) => {
                pass.unknown = steps;
                self.later(who, Task::Pass(Box::new(pass)), Duration::from_secs(1), Duration::from_secs(1));
            }
            Err(Lost::Unavailable) if self.breaks_with(Mutant::LostIsTakenForNever) => self.drop_pass(who, &steps),
            Err(lost) => {
                let pause = if lost == Lost::Conflict { Duration::ZERO } else { Duration::from_secs(5) };
                self.break_off(who, pass.lease, &steps, pause);
            }
        }
    }

    /// The intent may stand in this replica's name though its commit was reported lost: nobody else would ever perform it.
    fn find_out(&mut self, who: Who, mut pass: Pass) {
        let steps = std::mem::take(&mut pass.unknown);
        if !self.replicas[who.replica].holds(pass.tenure, self.now) {
            return self.break_off(who, pass.lease, &steps, Duration::ZERO);
        }
        if self.replicas[who.replica].is_cut(self.now) {
            pass.unknown = steps;
            return self.later(who, Task::Pass(Box::new(pass)), Duration::from_secs(1), Duration::from_secs(1));
        }
        if steps.iter().all(|step| step.stands(&self.db)) {
            self.begin_steps(who, &steps);
            self.end(who);
        } else {
            self.break_off(who, pass.lease, &steps, Duration::ZERO);
        }
    }

    fn break_off(&mut self, who: Who, lease: Lease, steps: &[Performing], pause: Duration) {
        for step in steps {
            self.replicas[who.replica].performing.remove(&step.mark());
        }
        self.later(who, Task::GiveBack(lease, pause), Duration::ZERO, MOMENT);
    }

    fn drop_pass(&mut self, who: Who, steps: &[Performing]) {
        for step in steps {
            self.replicas[who.replica].performing.remove(&step.mark());
        }
        self.end(who);
    }

    fn begin_steps(&mut self, who: Who, steps: &[Performing]) {
        for step in steps {
            self.begin(who, Task::Step(Box::new(step.clone())));
        }
    }

    fn decide(&mut self, who: Who, pass: &Pass) -> Decided {
        let Some(observed) = self.observe(who, pass) else {
            let ops = vec![Op::Settle { lease: pass.lease.clone(), next: None }];
            return Decided { ops, steps: Vec::new(), look: None, expire: false };
        };
        let (before, now) = (observed.clone(), self.replicas[who.replica].clock(self.now));
        let mut plan = plan::plan(observed, now);
        let (mut effects, mut looks) = (Vec::new(), plan.probe);
        loop {
            let (pure, others): (Vec<StepAt>, Vec<StepAt>) =
                std::mem::take(&mut plan.perform).into_iter().partition(|at| self.is_computation(&plan, *at));
            effects.extend(others);
            // the condition of the simulator's action always holds
            let judge = plan.judge.take();
            plan.next.judged.extend(judge.iter().map(|request| (request.clone(), Ok(()))));
            if pure.is_empty() && judge.is_none() {
                break;
            }
            for at in pure {
                compute(&mut plan.next, at, now);
            }
            plan = plan::plan(plan.next, now);
            looks |= plan.probe;
        }
        let mut blobs = orchestrator::Content::default();
        for at in &effects {
            orchestrator::freeze_input(&mut plan.next, *at, &mut blobs);
        }
        let steps = effects.into_iter().filter_map(|at| Performing::new(&plan.next, at, pass.tenure));
        let steps = steps.map(|step| self.tampered(step, &plan)).collect();
        let ops = orchestrator::difference(&before, &plan, &pass.lease, blobs, now);
        // the bytes themselves are not kept here: their names say enough
        let ops = ops.into_iter().filter(|op| !matches!(op, Op::Blob { .. } | Op::Event(_))).collect();
        Decided { ops, steps, look: Look::of(&plan.next).filter(|_| looks), expire: plan.expire }
    }

    fn observe(&self, who: Who, pass: &Pass) -> Option<Observed> {
        let replica = &self.replicas[who.replica];
        let resource = self.db.by_uid(&pass.lease.key)?;
        let owned = self.db.owned(&pass.lease.key);
        let mut runs: Vec<Run> = parsed::<RunKind>(&owned);
        let newest = ResourceStatus::read(&resource.status).run;
        if !runs.iter().any(|run| run.spec.action.is_none()) && !newest.is_empty() {
            runs.extend(
                parsed::<RunKind>(&self.db.of_kind("Run")).into_iter().filter(|run| run.metadata.name == newest),
            );
        }
        runs.sort_by_key(|run| (run.spec.action.is_some(), run.spec.sequence));
        let mut requests = parsed::<RequestKind>(&owned);
        requests.sort_by_key(|request| request.spec.generation);
        let holders = || {
            runs.iter().flat_map(|run| &run.status.pipelines).flat_map(|p| &p.steps).filter_map(|s| s.holder.as_ref())
        };
        let mut live = replica.live.clone();
        if !holders().all(|holder| live.contains(&holder.replica)) {
            live = self.db.live_replicas(replica.clock(self.now)).map(ToOwned::to_owned).collect();
            live.insert(replica.name());
        }
        let abandoned = runs.last().map_or_else(BTreeSet::new, |run| {
            let nobody = |at: &StepAt| {
                let held = run.step(*at).and_then(|step| step.holder.as_ref());
                let held = held.filter(|held| held.replica == pass.lease.replica);
                held.is_some_and(|held| !pass.performing.contains(&(run.metadata.uid.clone(), *at, held.fence)))
            };
            run.running().filter(nobody).collect()
        });
        Some(Observed {
            runs,
            requests,
            works: parsed::<WorkKind>(&owned),
            placements: parsed::<PlacementKind>(&owned),
            offer: Some(self.offer_of(&resource)),
            destinations: Arc::new(self.seen_destinations()),
            live,
            abandoned,
            course: Course::default(),
            inputs: domain::reference::Inputs::default(),
            children: Vec::new(),
            judged: plan::Judged::new(),
            probe: self.probe_of(parsed::<ProbeKind>(&owned).pop(), replica.clock(self.now)),
            records: Vec::new(),
            ruled: None,
            looked: BTreeSet::new(),
            subject: Subject::default(),
            holder: Holder { replica: pass.lease.replica.clone(), fence: pass.lease.fence },
            resource,
        })
    }

    fn offer_of(&self, resource: &Object) -> Arc<Offer> {
        self.offers[usize::from(resource.metadata.labels.contains_key(people::PLAIN))].clone()
    }

    fn is_computation(&self, plan: &Plan, at: StepAt) -> bool {
        let step =
            plan.next.runs.last().and_then(|run| self.offer_of(&plan.next.resource).step(&run.spec, at).cloned());
        step.is_some_and(|step| step.uses.is_pure())
    }

    fn tampered(&self, mut step: Performing, plan: &Plan) -> Performing {
        let resumed = plan.next.runs.last().and_then(|run| run.step(step.at)).map_or(0, |step| step.resumed);
        match self.mutant {
            Some(Mutant::NewKeyForTheSameAttempt) if resumed > 0 => step.key = format!("{}-{resumed}", step.key),
            Some(Mutant::InputNotFrozen) => {
                step.content = domain::Digest::of(plan.next.resource.spec.to_string());
            }
            _ => {}
        }
        step
    }
}

/// What a template would leave: a file that tells what was asked for.
fn compute(next: &mut Observed, at: StepAt, now: domain::Timestamp) {
    let content = domain::Digest::of(format!("{} {}", next.resource.metadata.name, next.resource.spec));
    let result = StepResult { output: Files::from([("file.yaml".to_owned(), content)]), ..StepResult::default() };
    if let Some(run) = next.runs.last_mut() {
        run.record(at, Outcome::Done(result), domain::workflow::Retry::default(), now);
    }
}

fn parsed<K: domain::object::Kind>(owned: &[Object]) -> Vec<Typed<K>> {
    let of_kind = owned.iter().filter(|object| object.kind == K::KIND);
    of_kind.map(|object| Typed::<K>::parse(object.clone()).expect("what was stored can be read")).collect()
}
