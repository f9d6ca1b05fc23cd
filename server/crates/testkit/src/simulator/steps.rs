//! A step with an effect: begun, done at some moment, recorded when the database can be reached again.

use super::{
    Mutant, World,
    ledger::Effect,
    replica::{Lost, Task, Who},
};
use domain::{
    Digest,
    object::Typed,
    plan::Observed,
    run::{Holder, Outcome, Phase, Run, RunKind, StepAt, StepResult},
    workflow::Retry,
};
use std::time::Duration;
use store::{Op, memory::Memory};

/// A step in somebody's hands.
#[derive(Clone)]
pub struct Performing {
    pub at: StepAt,
    pub key: String,
    /// The object this attempt was given.
    pub content: Digest,
    tenure: u32,
    run: String,
    resource: String,
    lane: String,
    holder: Holder,
    round: u32,
    attempt: u32,
    retry: Retry,
    stage: Stage,
}

#[derive(Clone)]
enum Stage {
    Begin,
    Effect,
    Record(Box<Outcome>),
}

impl Performing {
    pub fn new(next: &Observed, at: StepAt, tenure: u32) -> Option<Self> {
        let run = next.runs.last()?;
        let (pipeline, step) = (run.status.pipelines.get(at.pipeline)?, run.step(at)?);
        let offer = next.offer.as_ref()?;
        Some(Self {
            at,
            key: run.idempotency_key(at),
            content: step.input.clone()?,
            tenure,
            run: run.metadata.uid.clone(),
            resource: next.resource.metadata.uid.clone(),
            lane: next.resource.metadata.namespace.clone(),
            holder: next.holder.clone(),
            round: pipeline.attempts,
            attempt: step.attempt,
            retry: offer.step(&run.spec, at)?.retry,
            stage: Stage::Begin,
        })
    }

    /// Whether its row says that this very holder is at it.
    pub fn stands(&self, db: &Memory) -> bool {
        let row = db.by_uid(&self.run).map(|row| Typed::<RunKind>::parse(row).expect("a run can be read"));
        let step = row.as_ref().and_then(|run| run.step(self.at));
        step.is_some_and(|step| step.phase == Phase::Running && step.holder.as_ref() == Some(&self.holder))
    }

    /// How its replica remembers that somebody is at it.
    pub fn mark(&self) -> (String, StepAt, i64) {
        (self.run.clone(), self.at, self.holder.fence)
    }
}

impl World {
    pub(super) fn perform(&mut self, who: Who, mut step: Performing) {
        match step.stage.clone() {
            Stage::Begin => {
                let long = if self.rng.percent(10) { 40 } else { 2 };
                step.stage = Stage::Effect;
                self.later(who, Task::Step(Box::new(step)), Duration::ZERO, Duration::from_secs(long));
            }
            Stage::Effect if !self.replicas[who.replica].holds(step.tenure, self.now) => self.hand_over(who, &step),
            Stage::Effect => {
                step.stage = Stage::Record(Box::new(self.happens(&step)));
                self.later(who, Task::Step(Box::new(step)), Duration::ZERO, Duration::from_millis(50));
            }
            Stage::Record(outcome) => {
                let over = self.replicas[who.replica].tenure != step.tenure;
                if over && !matches!(*outcome, Outcome::Done(_)) {
                    return self.hand_over(who, &step);
                }
                match self.record(who, &step, *outcome) {
                    Ok(()) => {
                        self.replicas[who.replica].performing.remove(&step.mark());
                        self.end(who);
                    }
                    Err(lost) => {
                        let pause = if lost == Lost::Conflict { Duration::ZERO } else { Duration::from_secs(1) };
                        self.later(who, Task::Step(Box::new(step)), pause, pause + Duration::from_millis(5));
                    }
                }
            }
        }
    }

    fn happens(&mut self, step: &Performing) -> Outcome {
        // who honours a key answers it as it was answered before
        if self.stormy() && self.rng.percent(20) && !self.ledger.knows(&step.key) {
            let (who, run, at, attempt) = (step.holder.replica.clone(), step.run.clone(), step.at, step.attempt);
            self.tell(|| format!("{who} fails at {run} {at:?} attempt {attempt}"));
            let message = "it did not work".to_owned();
            return Outcome::Failed { message, exit_code: Some(1), permanent: false, unclear: false };
        }
        let row = self.db.by_uid(&step.run).map(|row| Typed::<RunKind>::parse(row).expect("a run can be read"));
        let Performing { key, content, run, at, round, attempt, .. } = step;
        let effect = Effect { key, content, run, at: *at, round: *round, attempt: *attempt };
        self.ledger.effect(&effect, row.as_ref());
        let step = step.clone();
        self.tell(|| {
            format!(
                "{} performs {} {:?} attempt {} as {}",
                step.holder.replica, step.run, step.at, step.attempt, step.key
            )
        });
        if self.stormy() && self.rng.percent(15) {
            // it was done, and its answer got lost
            let unclear = !self.breaks_with(Mutant::NewKeyAfterAnUnclearEnd);
            return Outcome::Failed { message: "timed out".to_owned(), exit_code: None, permanent: false, unclear };
        }
        Outcome::Done(StepResult::default())
    }

    fn record(&mut self, who: Who, step: &Performing, outcome: Outcome) -> Result<(), Lost> {
        if self.replicas[who.replica].is_cut(self.now) {
            return Err(Lost::Unavailable);
        }
        let Some(row) = self.db.by_uid(&step.run) else { return Ok(()) };
        let mut run: Run = Typed::<RunKind>::parse(row).expect("a run can be read");
        let held =
            |row: &domain::run::StepRun| row.phase == Phase::Running && row.holder.as_ref() == Some(&step.holder);
        let ours = run.step(step.at).is_some_and(held) || self.breaks_with(Mutant::OutcomeOfAStranger);
        if !ours || !run.record(step.at, outcome, step.retry, self.replicas[who.replica].clock(self.now)) {
            return Ok(());
        }
        let wake = Op::Wake { key: step.resource.clone(), lane: step.lane.clone(), due: self.now };
        let recorded = self.commit(who, vec![Op::Update(run.to_object()), wake]);
        let (by, run, at, attempt) = (step.holder.replica.clone(), step.run.clone(), step.at, step.attempt);
        self.tell(|| format!("{by} records {run} {at:?} attempt {attempt}: {recorded:?}"));
        recorded
    }

    /// What it came to is not for this replica to say any more.
    fn hand_over(&mut self, who: Who, step: &Performing) {
        self.replicas[who.replica].performing.remove(&step.mark());
        let (uid, lane) = (step.resource.clone(), step.lane.clone());
        self.later(who, Task::HandOver { uid, lane }, Duration::ZERO, Duration::ZERO);
    }
}
