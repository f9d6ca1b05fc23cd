//! The heart: from all that is known about one resource to what its rows should say next and what to do in the world.
//!
//! [`plan`] is pure, total and deterministic: no clock, no randomness, no I/O, no error. It is level-triggered: it does not ask what happened,
//! only how things stand, so an event, a timer, a restart and a full sweep all run the same code.
//!
//! The rules, in order: a paused resource is left alone; [`retire`] (a deleted one); otherwise [`admit`] (may and must a run start?),
//! [`advance`] (the run's next step), [`place`] (works to destinations), and always [`settle`] (the facts people read).
//!
//! A promise is planned by the same rules ([`promise`]): its own workflow runs, its dependencies are placed, and it says whether it is available.

mod action;
mod admit;
mod advance;
mod children;
mod course;
mod drift;
mod expiry;
mod health;
mod moves;
mod place;
mod promise;
mod retire;
mod schedule;
mod settle;
mod settle_kratix;
mod settle_promise;
mod subject;
#[cfg(test)]
mod tests;
mod told;

pub use action::{ACTING, Judged, pipeline_of as action_pipeline};
pub use children::{CHILD, CHILD_OF_STEP, CHILD_WAIT, child_of_step, child_trouble};
pub use course::Course;
pub use drift::DRIFTED;
pub use expiry::EXPIRING;
pub use health::{HEALTHY, Ruled, asked_about};
pub use schedule::{Choice, FOLLOWS, Look, RESCHEDULE, Verdict, choices as explain};
pub use subject::{Dependent, PromiseState, Subject, Surroundings};
pub use told::told;

use crate::{
    destination::Destination,
    health::{HealthRecord, Probe},
    object::Object,
    placement::Placement,
    promise::Promise,
    reason::Reason,
    reference::Inputs,
    request::Request,
    run::{Holder, Run, RunSpec, StepAt, Workflow, WorkflowType},
    time::Timestamp,
    work::Work,
    workflow::{Action, Pipeline, Step},
};
use std::{collections::BTreeSet, sync::Arc};

/// Our finalizer: the row stays until the delete workflow has run and every file is withdrawn.
pub const FINALIZER: &str = "midspan.dev/placements";
/// Kratix's control labels.
pub const PAUSED: &str = "kratix.io/paused";
pub const RECONCILE: &str = "kratix.io/manual-reconciliation";
/// The annotation that says who set [`RECONCILE`]; the run takes it over.
pub const ASKED_AGAIN_BY: &str = "midspan.dev/asked-again-by";
pub const SUSPENDED: &str = "kratix.io/workflow-suspended";

/// The annotation that holds a resource at a version of its promise; `latest`, or none, follows the promise.
pub const PIN: &str = "midspan.dev/version";
/// Kratix's label on a promise that makes all of its resources run again.
pub const RECONCILE_RESOURCES: &str = "kratix.io/reconcile-resources";

/// Everything a decision about one resource needs, as it was read.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub resource: Object,
    /// Whether that is a resource or a promise, and what of the others it stands among matters to it.
    pub subject: Subject,
    /// The newest run of the resource's own workflow, and after it that of an action that is under way; a plan may add some.
    pub runs: Vec<Run>,
    /// Requests that are not answered yet, oldest first.
    pub requests: Vec<Request>,
    pub works: Vec<Work>,
    pub placements: Vec<Placement>,
    /// The promise revision this resource runs: the one it is pinned to or else the current one; for a deletion the last applied. Absent when
    /// the promise is, or the version it is pinned to.
    pub offer: Option<Arc<Offer>>,
    pub course: Course,
    /// What it takes from others.
    pub inputs: Inputs,
    /// Resources it has asked for.
    pub children: Vec<Object>,
    /// Actions that were asked for and whose condition has been asked about in this pass, by the request's uid.
    pub judged: Judged,
    /// Whether it works, as its probe has last seen it.
    pub probe: Option<Probe>,
    /// What others say about whether it works.
    pub records: Vec<HealthRecord>,
    /// What the promise's rules about health came to in this pass.
    pub ruled: Option<Ruled>,
    /// Steps that wait and have been looked at in this pass.
    pub looked: BTreeSet<StepAt>,
    pub destinations: Arc<Vec<Destination>>,
    /// Replicas that are alive; steps held by others have lost their holder.
    pub live: BTreeSet<String>,
    /// Steps that nobody performs though their holder is alive.
    pub abandoned: BTreeSet<StepAt>,
    /// Who performs what this plan starts.
    pub holder: Holder,
}

/// One revision of a promise, parsed.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    pub revision: String,
    pub promise: Promise,
}

/// What the rows should say, and what to do once they do.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an order of its own, and none follows from another")]
pub struct Plan {
    pub next: Observed,
    /// Steps to perform, at the same time. Their run row, committed first, is the intent.
    pub perform: Vec<StepAt>,
    /// The request of an action that would begin now: whether it may is to be asked first.
    pub judge: Option<String>,
    /// The rules about health are to be asked about the resource as it stands in `next`.
    pub rule: bool,
    /// A look of the probe has begun with this plan: it is to be made.
    pub probe: bool,
    /// Its time is over: it is to be deleted, through the door of everybody's requests.
    pub expire: bool,
    /// Children to be deleted, through the door of everybody's requests.
    pub remove: Vec<Object>,
    /// Resources that are asked to go with their promise, marked as deleted.
    pub dismiss: Vec<Object>,
    /// Nothing is left to do or to undo: the resource's row goes.
    pub forget: bool,
    /// When to look again if nothing else happens. `None`: only a change matters.
    pub wake: Option<Timestamp>,
    pub reason: Reason,
}

/// Decides. Total: every state has a plan, and every plan that does nothing says why.
pub fn plan(observed: Observed, now: Timestamp) -> Plan {
    let mut pass = Pass::begin(observed, now);
    // as in Kratix, a pause holds a deletion too: nothing is started, nothing is taken away
    let reason = if let Some(paused) = pass.paused() {
        paused
    } else {
        match (&pass.observed.subject, pass.observed.resource.deleting()) {
            (Subject::Resource(_), true) => retire::retire(&mut pass),
            (Subject::Resource(_), false) => converge(&mut pass),
            (Subject::Promise(_), true) => promise::retire(&mut pass),
            (Subject::Promise(_), false) => promise::converge(&mut pass),
        }
    };
    match pass.observed.subject {
        Subject::Resource(_) => {
            health::look(&mut pass, &reason);
            settle::settle(&mut pass, &reason);
            action::mark(&mut pass);
        }
        Subject::Promise(_) => settle_promise::settle(&mut pass, &reason),
    }
    course::settle(&mut pass);
    let Pass { observed: next, perform, judge, rule, probe, expire, remove, dismiss, forget, wake, .. } = pass;
    Plan { next, perform, judge, rule, probe, expire, remove, dismiss, forget, wake, reason }
}

fn converge(pass: &mut Pass) -> Reason {
    expiry::look(pass);
    if pass.observed.offer.is_some() {
        action::go_on(pass);
    }
    let held = admit::admit(pass);
    match held {
        // what was begun before goes on meanwhile
        None | Some(Reason::PromiseUnavailable { .. }) => {}
        Some(reason) => return reason,
    }
    let running = advance::advance(pass);
    pass.look_again();
    drift::repair(pass);
    let placing = place::place(pass);
    let begins = held.is_none();
    let reason = held.or(running).or(placing).or_else(|| children::troubled(pass)).unwrap_or(Reason::Ready);
    if begins && !pass.expire && !reason.moving() {
        action::begin_next(pass);
    }
    reason
}

/// One decision in the making.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and none follows from another")]
struct Pass {
    now: Timestamp,
    observed: Observed,
    /// What is moved now is the action, not the resource's own workflow.
    acting: bool,
    perform: Vec<StepAt>,
    judge: Option<String>,
    rule: bool,
    probe: bool,
    expire: bool,
    remove: Vec<Object>,
    dismiss: Vec<Object>,
    forget: bool,
    wake: Option<Timestamp>,
    /// A pause has ended, or is on: the next run that starts has this for its reason.
    restart: bool,
}

impl Pass {
    fn begin(observed: Observed, now: Timestamp) -> Self {
        let restart = course::restart_due(&observed.resource);
        let (remove, dismiss) = (Vec::new(), Vec::new());
        Self {
            now,
            acting: false,
            perform: Vec::new(),
            judge: None,
            rule: false,
            probe: false,
            expire: false,
            remove,
            dismiss,
            forget: false,
            wake: None,
            restart,
            observed,
        }
    }

    /// The newest run of the resource's own workflow.
    fn run(&self) -> Option<&Run> {
        self.observed.runs.iter().rev().find(|run| run.spec.action.is_none())
    }

    /// The run that is moved now.
    fn current(&self) -> Option<&Run> {
        if self.acting { self.observed.runs.last() } else { self.run() }
    }

    fn current_mut(&mut self) -> Option<&mut Run> {
        if self.acting {
            self.observed.runs.last_mut()
        } else {
            self.observed.runs.iter_mut().rev().find(|run| run.spec.action.is_none())
        }
    }

    /// Whether a control label is set; any value but `true` is as good as none.
    fn labelled(&self, key: &str) -> bool {
        self.observed.resource.metadata.labels.get(key).is_some_and(|value| value == "true")
    }

    /// The promise it is about: its own name, or that of the promise it was made from.
    fn promise_name(&self) -> &str {
        match self.observed.subject {
            Subject::Resource(_) => self.observed.resource.facets().promise,
            Subject::Promise(_) => &self.observed.resource.metadata.name,
        }
    }

    /// Whether somebody alive performs the running step. Asked before it is taken up.
    fn attended(&self, at: StepAt) -> bool {
        let holder = self.current().and_then(|run| run.step(at)?.holder.as_ref());
        holder.is_some_and(|holder| self.observed.live.contains(&holder.replica))
            && !self.observed.abandoned.contains(&at)
    }

    /// The holder is gone and nobody knows how far it came: the same attempt again, under the same key.
    fn take_up(&mut self, at: StepAt) {
        let (now, holder) = (self.now, self.observed.holder.clone());
        self.observed.abandoned.remove(&at);
        if let Some(step) = self.current_mut().and_then(|run| run.step_mut(at)) {
            step.resumed += 1;
            step.begin(holder, now);
            self.perform.push(at);
        }
    }

    fn wake_at(&mut self, at: Timestamp) {
        self.wake = Some(self.wake.map_or(at, |other| other.min(at)));
    }

    /// Sets or removes a label; touching nothing when it stands as it should.
    fn label(&mut self, key: &str, value: Option<&str>) {
        let labels = &mut self.observed.resource.metadata.labels;
        match value {
            Some(value) if labels.get(key).is_none_or(|old| old != value) => {
                labels.insert(key.to_owned(), value.to_owned());
            }
            Some(_) => {}
            None => {
                labels.remove(key);
            }
        }
    }
}

impl Offer {
    /// The definition of a step of the workflow that a run is of.
    pub fn step(&self, run: &RunSpec, at: StepAt) -> Option<&Step> {
        self.pipeline(run, at)?.steps.get(at.step)
    }

    /// The pipeline of the step.
    pub fn pipeline(&self, run: &RunSpec, at: StepAt) -> Option<&Pipeline> {
        match &run.action {
            Some(call) => self.action(&call.name)?.pipelines.get(at.pipeline),
            None => self.pipelines(run.workflow_type, run.workflow).get(at.pipeline),
        }
    }

    /// An action of the promise.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.promise.spec.workflows.resource.actions.get(name)
    }

    pub fn pipelines(&self, of: WorkflowType, workflow: Workflow) -> &[Pipeline] {
        let workflows = &self.promise.spec.workflows;
        match (of, workflow) {
            (WorkflowType::Resource, Workflow::Configure) => &workflows.resource.configure,
            (WorkflowType::Resource, Workflow::Delete) => &workflows.resource.delete,
            (WorkflowType::Promise, Workflow::Configure) => &workflows.promise.configure,
            (WorkflowType::Promise, Workflow::Delete) => &workflows.promise.delete,
            // each action has its own
            (_, Workflow::Action) => &[],
        }
    }
}

/// The works that pipelines with these outputs would leave: for a preview, which schedules them with [`place_only`].
pub fn works_of(
    resource: &Object,
    promise: &str,
    outputs: impl Iterator<Item = (String, crate::work::Files, Vec<crate::work::DirectorySelector>)>,
    now: Timestamp,
) -> Vec<Work> {
    outputs
        .map(|(pipeline, output, selectors)| {
            advance::work(resource, promise, &pipeline, "", crate::work::group(&output, &selectors), now)
        })
        .filter(|work| !work.spec.groups.is_empty())
        .collect()
}

/// Where the works as they stand would go, and why one would go nowhere.
pub fn place_only(observed: Observed, now: Timestamp) -> (Vec<Placement>, Option<Reason>) {
    let mut pass = Pass::begin(observed, now);
    let reason = place::place(&mut pass).filter(|reason| matches!(reason, Reason::NoDestination { .. }));
    (pass.observed.placements, reason)
}
