//! May a run go on, and must a new one start?

use super::{ASKED_AGAIN_BY, Pass, PromiseState, RECONCILE, SUSPENDED, Subject, action, children, course, drift};
use crate::{
    reason::Reason,
    run::{Phase, ResourceRef, Run, RunPhase, RunSpec, Workflow, WorkflowType},
    workflow::Pipeline,
};

/// The trigger of a run that a person or a client asked for though nothing had changed.
const ASKED_AGAIN: &str = "asked to run again";

/// Makes sure that the newest run is the one for what is asked now. `Some` says why nothing may go on.
pub fn admit(pass: &mut Pass) -> Option<Reason> {
    let Some(offer) = pass.observed.offer.clone() else {
        let promise = pass.promise_name().to_owned();
        return Some(match pass.observed.course.pin.clone() {
            Some(version) if pass.observed.course.promised => Reason::VersionMissing { promise, version },
            _ => Reason::PromiseMissing { promise },
        });
    };
    if let Subject::Resource(PromiseState::Leaving { .. }) = pass.observed.subject {
        let promise = offer.promise.name.clone();
        let waits = action::give_way(pass).or_else(|| supersede(pass));
        return waits.or(Some(Reason::PromiseLeaving { promise }));
    }
    let trigger = needed(pass, &offer.revision)?;
    if let Subject::Resource(PromiseState::Unavailable { why }) = &pass.observed.subject {
        return Some(Reason::PromiseUnavailable { promise: offer.promise.name.clone(), why: why.clone() });
    }
    if let Some(what) = pass.observed.inputs.missing.clone() {
        return Some(Reason::InputMissing { what });
    }
    let of = pass.observed.subject.workflow_type();
    let pipelines = offer.pipelines(of, Workflow::Configure);
    if of == WorkflowType::Promise && pipelines.is_empty() && pass.run().is_none() {
        return None;
    }
    if let Some(call) = pass.action().and_then(|run| run.spec.action.as_ref()) {
        return Some(Reason::ActionRunning { action: call.name.clone() });
    }
    if let Some(reason) = supersede(pass) {
        return Some(reason);
    }
    if trigger == ASKED_AGAIN {
        drift::put_back(pass);
    }
    start(pass, Workflow::Configure, pipelines, trigger);
    None
}

/// Why a new run is needed; `None` when the newest one is for just this.
fn needed(pass: &Pass, revision: &str) -> Option<&'static str> {
    let Some(run) = pass.run() else { return Some("created") };
    if run.spec.generation != pass.observed.resource.metadata.generation {
        Some("the spec changed")
    } else if pass.observed.inputs.missing.is_none() && run.spec.inputs != pass.observed.inputs.digest() {
        Some("an output it uses changed")
    } else if run.spec.revision == revision {
        again(pass)
    } else if pass.observed.course.pin.is_some() {
        Some("it is pinned to another version")
    } else {
        Some("the promise has a new revision")
    }
}

/// Why a run is needed though nothing it would work on has changed.
pub fn again(pass: &Pass) -> Option<&'static str> {
    let run = pass.run()?;
    let course = &pass.observed.course;
    if pass.restart {
        Some("taken out of its pause")
    } else if pass.labelled(RECONCILE) || course.binding.as_ref().is_some_and(course::asked_again) {
        Some(ASKED_AGAIN)
    } else if children::lost(pass) {
        Some("a child of it is gone")
    } else if run.spec.round < course.round {
        Some("the promise asked all of its resources to run again")
    } else if pass.next_look().is_some_and(|at| at <= pass.now) {
        Some("it was time to look again")
    } else {
        None
    }
}

/// Ends an unfinished run that is no longer wanted. `Some` when its running step must come to its end first: an effect is never left unknown.
pub fn supersede(pass: &mut Pass) -> Option<Reason> {
    let run = pass.current().filter(|run| !run.status.phase.finished())?;
    let (now, generation, running) = (pass.now, run.spec.generation, run.running().collect::<Vec<_>>());
    if !running.is_empty() {
        for at in running {
            if !pass.attended(at) {
                pass.take_up(at);
            }
        }
        return Some(Reason::FinishingOlder { generation });
    }
    pass.current_mut()?.finish(RunPhase::Superseded, "Something newer was asked for", now);
    pass.label(SUSPENDED, None);
    None
}

/// Appends a run. Its sequence, and so its identity, follows from the one before.
pub fn start(pass: &mut Pass, workflow: Workflow, pipelines: &[Pipeline], trigger: &str) {
    let asked_by = pass.observed.resource.metadata.annotations.remove(ASKED_AGAIN_BY);
    let resource = &pass.observed.resource;
    let spec = RunSpec {
        promise: pass.promise_name().to_owned(),
        revision: pass.observed.offer.as_ref().map_or_else(String::new, |offer| offer.revision.clone()),
        resource: ResourceRef::to(resource),
        workflow,
        workflow_type: pass.observed.subject.workflow_type(),
        generation: resource.metadata.generation,
        sequence: pass.run().map_or(1, |run| run.spec.sequence + 1),
        round: pass.observed.course.round,
        trigger: trigger.to_owned(),
        asked_by: asked_by.filter(|_| trigger == ASKED_AGAIN).unwrap_or_default(),
        inputs: pass.observed.inputs.digest(),
        action: None,
    };
    let mut run = Run::new(spec, pipelines, pass.now);
    run.metadata.owner_references = vec![resource.as_owner()];
    // a pipeline without steps has nothing to wait for
    for pipeline in run.status.pipelines.iter_mut().filter(|pipeline| pipeline.steps.is_empty()) {
        pipeline.phase = Phase::Succeeded;
    }
    pass.observed.runs.push(run);
    pass.label(RECONCILE, None);
    pass.label(SUSPENDED, None);
    pass.restart = false;
    if let Some(binding) = &mut pass.observed.course.binding {
        binding.metadata.labels.remove(RECONCILE);
    }
}
