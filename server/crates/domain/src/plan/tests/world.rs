//! A world of one resource: rows, a clock, and somebody who performs steps and writes files when the story says so.

use super::{
    given::{Left, destination, offer, promise},
    invariants,
};
use crate::{
    Object, Timestamp,
    destination::Destination,
    health::{HealthRecord, Probe, Verdict},
    placement::{Placement, PlacementState},
    plan::{self, Course, Observed, Offer, Plan, Subject, Surroundings},
    reason::Reason,
    reference::Inputs,
    request::{Operation, Request, RequestSpec},
    run::{Holder, Outcome, ResourceRef, Run, StepAt},
    work::{Files, Work},
};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
    time::Duration,
};

pub const START: Timestamp = Timestamp::from_micros(1_795_370_400_000_000);

#[derive(Clone)]
pub struct World {
    pub resource: Object,
    pub subject: Subject,
    /// All runs there ever were; the plan sees the newest.
    pub runs: Vec<Run>,
    /// All requests; the plan sees the open ones.
    pub requests: Vec<Request>,
    pub works: Vec<Work>,
    pub placements: Vec<Placement>,
    pub offer: Option<Arc<Offer>>,
    pub course: Course,
    pub inputs: Inputs,
    pub children: Vec<Object>,
    pub probe: Option<Probe>,
    pub records: Vec<HealthRecord>,
    /// What each of the promise's rules about health comes to.
    pub verdicts: Vec<Verdict>,
    /// Why the condition of an action does not hold; empty where it does.
    pub forbidden: String,
    pub destinations: Vec<Destination>,
    pub live: BTreeSet<String>,
    pub holder: Holder,
    pub now: Timestamp,
    pub forgotten: bool,
    /// Resources that were asked to go with their promise.
    pub dismissed: Vec<Object>,
    /// What stands in the stores: store and folder to files.
    pub disk: BTreeMap<(String, String), Files>,
    /// What each idempotency key was given out for.
    keys: BTreeMap<String, String>,
    pub story: String,
}

impl World {
    /// A freshly asked-for resource of a promise with these workflows, and one destination.
    pub fn of(workflows: &str) -> Self {
        let resource = Object::from_value(json!({
            "apiVersion": "data.example.com/v1", "kind": "Database",
            "metadata": {"name": "shop", "namespace": "default", "uid": "res_shop", "generation": 1, "labels": {"kratix.io/promise-name": "database"}},
            "spec": {"size": 1},
        }));
        let holder = Holder { replica: "one".to_owned(), fence: 1 };
        let mut world = Self {
            resource: resource.unwrap(),
            subject: Subject::default(),
            runs: Vec::new(),
            requests: Vec::new(),
            works: Vec::new(),
            placements: Vec::new(),
            offer: Some(offer("r1", workflows)),
            course: Course::default(),
            inputs: Inputs::default(),
            children: Vec::new(),
            probe: None,
            records: Vec::new(),
            verdicts: Vec::new(),
            forbidden: String::new(),
            destinations: vec![destination("dev", "environment=dev")],
            live: BTreeSet::from([holder.replica.clone()]),
            holder,
            now: START,
            forgotten: false,
            dismissed: Vec::new(),
            disk: BTreeMap::new(),
            keys: BTreeMap::new(),
            story: String::new(),
        };
        world.ask(Operation::Create);
        world
    }

    /// The promise itself, freshly published.
    pub fn of_promise(spec: &str) -> Self {
        let mut world = Self::of("configure: []");
        world.resource = Object::from_value(json!({
            "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise",
            "metadata": {"name": "database", "uid": "promise_1", "generation": 1},
        }))
        .unwrap();
        world.subject = Subject::Promise(Surroundings::default());
        world.offer = Some(promise("r1", spec));
        world.requests.clear();
        world
    }

    /// The same, its first step running.
    #[track_caller]
    pub fn started(workflows: &str) -> Self {
        let mut world = Self::of(workflows);
        world.pass();
        assert!(world.running().is_some(), "{}", world.story);
        world
    }

    /// The same, already ready.
    pub fn ready(workflows: &str) -> Self {
        let mut world = Self::of(workflows);
        world.carry_on();
        assert_eq!(world.status().phase.as_str(), "Ready");
        world.story.clear();
        world
    }

    // ---- what people do

    pub fn ask(&mut self, operation: Operation) {
        let generation = self.resource.metadata.generation;
        let spec =
            RequestSpec { operation, generation, resource: ResourceRef::to(&self.resource), ..RequestSpec::default() };
        self.requests.push(Request::submitted(&format!("req_{}", self.requests.len() + 1), spec, self.now));
    }

    /// Somebody asks for an action of the promise.
    pub fn act(&mut self, action: &str) {
        self.ask(Operation::Action);
        let request = self.requests.last_mut().unwrap();
        action.clone_into(&mut request.spec.action);
        "dana".clone_into(&mut request.spec.asked_by);
        self.tell(&format!("somebody asks for {action}"));
    }

    pub fn change_spec(&mut self) {
        self.resource.metadata.generation += 1;
        self.resource.spec["size"] = self.resource.metadata.generation.into();
        self.ask(Operation::Update);
        self.tell("the spec changes");
    }

    pub fn delete(&mut self) {
        if !self.resource.deleting() {
            self.resource.metadata.deletion_timestamp = Some(self.now);
            self.ask(Operation::Delete);
            self.tell("somebody deletes it");
        }
    }

    pub fn label(&mut self, key: &str, value: &str) {
        self.resource.metadata.labels.insert(key.to_owned(), value.to_owned());
        self.tell(&format!("label {key}={value}"));
    }

    pub fn unlabel(&mut self, key: &str) {
        self.resource.metadata.labels.remove(key);
        self.tell(&format!("label {key} removed"));
    }

    pub fn new_revision(&mut self, revision: &str, workflows: &str) {
        self.offer = Some(offer(revision, workflows));
        self.tell(&format!("the promise is now {revision}"));
    }

    pub fn labelled(&self, key: &str) -> bool {
        self.resource.metadata.labels.contains_key(key)
    }

    // ---- what the world does

    pub fn later(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// Another replica takes over; the one before is gone.
    pub fn holder_dies(&mut self) {
        self.holder = Holder { replica: format!("{}'", self.holder.replica), fence: self.holder.fence + 1 };
        self.live = BTreeSet::from([self.holder.replica.clone()]);
        self.tell("the replica dies, another takes over");
    }

    #[track_caller]
    pub fn step(&mut self, left: Left) {
        self.record("is done", Outcome::Done(left.0));
    }

    #[track_caller]
    pub fn step_fails(&mut self, cause: &str) {
        self.record(
            &format!("fails: {cause}"),
            Outcome::Failed { message: cause.to_owned(), exit_code: Some(1), permanent: false, unclear: false },
        );
    }

    /// Nobody knows how the attempt ended.
    #[track_caller]
    pub fn step_is_lost(&mut self, cause: &str) {
        let message = cause.to_owned();
        self.record(
            &format!("is lost: {cause}"),
            Outcome::Failed { message, exit_code: None, permanent: false, unclear: true },
        );
    }

    #[track_caller]
    pub fn step_is_refused(&mut self, cause: &str) {
        self.record(
            &format!("is refused: {cause}"),
            Outcome::Failed { message: cause.to_owned(), exit_code: None, permanent: true, unclear: false },
        );
    }

    /// What a step leaves if the story does not care: a file named like its pipeline, new for each generation.
    pub fn usual(&self) -> Left {
        let (run, at) = (self.runs.last().unwrap(), self.running().unwrap());
        let pipeline = &run.status.pipelines[at.pipeline].name;
        Left::default().with(&[&format!("{pipeline}.yaml")], &format!("of generation {}", run.spec.generation))
    }

    #[track_caller]
    fn record(&mut self, how: &str, outcome: Outcome) {
        let at = self.running().expect("a step is running");
        let (now, run) = (self.now, self.runs.last_mut().unwrap());
        let retry =
            self.offer.as_ref().and_then(|offer| offer.step(&run.spec, at)).map(|step| step.retry).unwrap_or_default();
        let name = run.step(at).unwrap().name.clone();
        assert!(run.record(at, outcome, retry, now));
        self.tell(&format!("step {name} {how}"));
    }

    /// The store's pass: everything that is not as it should be is written.
    pub fn store_writes(&mut self) {
        for placement in
            self.placements.iter_mut().filter(|placement| placement.status.state != PlacementState::Written)
        {
            let place = (placement.spec.state_store.clone(), placement.spec.root.clone());
            if placement.spec.withdrawn {
                self.disk.remove(&place);
            } else {
                self.disk.insert(place, placement.spec.files.clone());
            }
            placement.status.state = PlacementState::Written;
            placement.status.written = Some(placement.spec.content());
            placement.status.message = String::new();
            placement.status.drift = None;
        }
        self.tell("the store writes");
    }

    pub fn store_refuses(&mut self, cause: &str) {
        for placement in
            self.placements.iter_mut().filter(|placement| placement.status.state != PlacementState::Written)
        {
            placement.status.state = PlacementState::Failing;
            cause.clone_into(&mut placement.status.message);
        }
        self.tell(&format!("the store refuses: {cause}"));
    }

    // ---- passes

    pub fn observed(&self) -> Observed {
        Observed {
            resource: self.resource.clone(),
            subject: self.subject.clone(),
            runs: self.newest_runs(),
            requests: self.requests.iter().filter(|request| request.status.phase.open()).cloned().collect(),
            works: self.works.clone(),
            placements: self.placements.clone(),
            offer: self.offer.clone(),
            course: self.course.clone(),
            inputs: self.inputs.clone(),
            children: self.children.clone(),
            judged: self.requests.iter().map(|request| (request.metadata.uid.clone(), self.judged())).collect(),
            probe: self.probe.clone(),
            records: self.records.clone(),
            ruled: None,
            looked: BTreeSet::new(),
            destinations: Arc::new(self.destinations.clone()),
            live: self.live.clone(),
            abandoned: BTreeSet::new(),
            holder: self.holder.clone(),
        }
    }

    fn judged(&self) -> Result<(), String> {
        if self.forbidden.is_empty() { Ok(()) } else { Err(self.forbidden.clone()) }
    }

    /// The newest of the resource's own workflow, and an action that is under way.
    fn newest_runs(&self) -> Vec<Run> {
        let own = self.runs.iter().rev().find(|run| run.spec.action.is_none());
        let action = self.runs.last().filter(|run| run.spec.action.is_some() && !run.status.phase.finished());
        own.into_iter().chain(action).cloned().collect()
    }

    /// Plans and commits.
    #[track_caller]
    pub fn pass(&mut self) -> Reason {
        let before = self.observed();
        let plan = super::health::planned(self, before.clone());
        invariants::check(&before, &plan, self.now);
        self.commit(&plan);
        let (seconds, status) =
            (self.now.since(START).as_secs(), |key: &str| self.resource.status[key].as_str().unwrap_or_default());
        let _ = writeln!(
            self.story,
            "{seconds:>3}s {:<11} {:<17} {}",
            status("phase"),
            plan.reason.code(),
            status("message")
        );
        plan.reason
    }

    /// Plans, and the process ends before the commit: whoever plans next decides the same.
    pub fn pass_that_crashes(&self) {
        let before = self.observed();
        let (plan, again) = (plan::plan(before.clone(), self.now), plan::plan(before, self.now));
        assert!(invariants::same(&plan, &again), "the same rows gave two plans:\n{plan:#?}\n{again:#?}");
    }

    #[track_caller]
    fn commit(&mut self, plan: &Plan) {
        for run in &plan.next.runs {
            match self.runs.iter_mut().find(|old| old.metadata.uid == run.metadata.uid) {
                Some(old) => old.clone_from(run),
                None => self.runs.push(run.clone()),
            }
        }
        for request in &plan.next.requests {
            let old = self.requests.iter_mut().find(|old| old.metadata.uid == request.metadata.uid);
            old.expect("a plan makes no requests").clone_from(request);
        }
        self.resource = plan.next.resource.clone();
        self.works.clone_from(&plan.next.works);
        self.placements.clone_from(&plan.next.placements);
        self.probe.clone_from(&plan.next.probe);
        self.course.binding.clone_from(&plan.next.course.binding);
        self.forgotten = plan.forget;
        self.dismissed.extend(plan.dismiss.iter().cloned());
        for at in &plan.perform {
            self.give_out_key(*at);
        }
    }

    #[track_caller]
    fn give_out_key(&mut self, at: StepAt) {
        let run = self.runs.last().unwrap();
        let (pipeline, step) = (&run.status.pipelines[at.pipeline], run.step(at).unwrap());
        let (key, resumed) = (run.idempotency_key(at), step.again());
        let attempt = format!(
            "{} {at:?} started {:?} round {} attempt {}",
            run.metadata.uid,
            run.status.started_at,
            pipeline.attempts,
            step.deed()
        );
        match self.keys.insert(key, attempt.clone()) {
            Some(before) => assert!(resumed && before == attempt, "the key of {before} was used again for {attempt}"),
            None => assert!(!resumed, "{attempt} was taken up under another key"),
        }
    }

    /// Passes, with every step done as usual and every write taken, until nothing moves. Neither time passes nor does anybody act.
    #[track_caller]
    pub fn carry_on(&mut self) -> Reason {
        for _ in 0..40 {
            let reason = self.pass();
            if self.forgotten {
                return reason;
            }
            if self.running().is_some() {
                self.step(self.usual());
            } else if self.placements.iter().any(|placement| !placement.settled()) {
                self.store_writes();
            } else {
                return reason;
            }
        }
        panic!("it does not come to rest:\n{}", self.story);
    }
}
