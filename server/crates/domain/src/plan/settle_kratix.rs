//! The status that Kratix writes on a resource request, beside ours: whoever reads a Kratix promise's resources finds what they know.

use super::{Pass, PromiseState, Subject};
use crate::{
    condition::{self, Condition, Truth},
    placement::Placement,
    reason::Reason,
    run::{Phase, PipelineRun, Run, RunPhase, Workflow, WorkflowType},
    status::ResourceStatus,
};
use serde_json::{Value, json};

/// What Kratix says while nobody has said anything.
pub fn message(pass: &Pass, reason: &Reason) -> Option<String> {
    let words = match reason {
        Reason::Ready => "Resource requested",
        Reason::PromiseUnavailable { .. } if pass.run().is_none() => "Pending",
        _ => return None,
    };
    kratix(pass).then(|| words.to_owned())
}

/// Counters and conditions under Kratix's names.
pub fn add(pass: &Pass, status: &mut ResourceStatus, reason: &Reason) {
    if !kratix(pass) {
        return;
    }
    let offered = pass.observed.offer.as_ref();
    let workflows = offered.map_or(0, |offer| offer.pipelines(WorkflowType::Resource, Workflow::Configure).len());
    status.rest.insert("workflows".to_owned(), json!(workflows));
    if let Some(run) = pass.run() {
        status.rest.insert("kratix".to_owned(), pipelines_of(run));
    }
    if let Some(run) = pass.run().filter(|run| run.spec.workflow == Workflow::Configure) {
        let ended = |phase| run.status.pipelines.iter().filter(|pipeline| pipeline.phase == phase).count();
        status.rest.insert("workflowsSucceeded".to_owned(), json!(ended(Phase::Succeeded)));
        status.rest.insert("workflowsFailed".to_owned(), json!(ended(Phase::Failed)));
        if let Some(at) = run.status.finished_at.filter(|_| run.status.phase == RunPhase::Succeeded) {
            status.rest.insert("lastSuccessfulConfigureWorkflowTime".to_owned(), json!(at.to_second()));
        }
    }
    let (now, observed_generation) = (pass.now, pass.observed.resource.metadata.generation);
    let mut set = |kind: &str, status_is: Truth, code: &str, message: String| {
        let (kind, reason) = (kind.to_owned(), code.to_owned());
        let new =
            Condition { kind, status: status_is, reason, message, last_transition_time: now, observed_generation };
        condition::set(&mut status.conditions, new);
    };
    match &pass.observed.subject {
        Subject::Resource(PromiseState::Unavailable { why }) => {
            set("PromiseAvailable", Truth::False, "PromiseNotAvailable", why.clone());
        }
        _ => set("PromiseAvailable", Truth::True, "PromiseAvailable", "Promise Available".to_owned()),
    }
    let (truth, code) = match reason {
        Reason::NoDestination { .. } => (Truth::False, "UnscheduledWorkloads"),
        Reason::PlacementFailing { .. } => (Truth::False, "WorksFailing"),
        _ if all_stand(pass) => (Truth::True, "WorksSucceeded"),
        _ => (Truth::Unknown, "WorksPending"),
    };
    let told = if truth == Truth::True {
        "All works associated with this resource are ready".to_owned()
    } else {
        reason.to_string()
    };
    set("WorksSucceeded", truth, code, told);
    let (truth, code) = match reason {
        Reason::Ready => (Truth::True, "Reconciled"),
        Reason::Paused | Reason::PromisePaused { .. } => (Truth::Unknown, "Paused"),
        Reason::StepFailed { .. } => (Truth::False, "ConfigureWorkflowFailed"),
        Reason::Suspended { .. } => (Truth::False, "WorkflowSuspended"),
        _ => (Truth::Unknown, reason.code()),
    };
    set("Reconciled", truth, code, reason.to_string());
}

/// Whether all there is to write is written. Before a workflow has come to its end nobody knows that there is nothing.
pub fn all_stand(pass: &Pass) -> bool {
    let placements = &pass.observed.placements;
    let (of, offer) = (pass.observed.subject.workflow_type(), pass.observed.offer.as_ref());
    let nothing_runs = || offer.is_some_and(|offer| offer.pipelines(of, Workflow::Configure).is_empty());
    let done = || pass.run().map_or_else(nothing_runs, |run| run.status.phase == RunPhase::Succeeded);
    (!placements.is_empty() || done()) && placements.iter().all(Placement::settled)
}

/// How each pipeline of the newest run stands, where Kratix tells it: in `status.kratix`.
pub fn pipelines_of(run: &Run) -> Value {
    let pipelines: Vec<Value> = run.status.pipelines.iter().map(|pipeline| told(run, pipeline)).collect();
    let mut workflows = json!({"pipelines": pipelines});
    if run.status.phase == RunPhase::Suspended {
        workflows["suspendedGeneration"] = json!(run.spec.generation);
    }
    json!({"workflows": workflows})
}

fn told(run: &Run, pipeline: &PipelineRun) -> Value {
    let phase = match pipeline.phase {
        // Kratix has no word for what was never begun
        Phase::Pending | Phase::Skipped => "Pending",
        Phase::Running => "Running",
        Phase::Suspended => "Suspended",
        Phase::Succeeded => "Succeeded",
        Phase::Failed => "Failed",
    };
    let moments = pipeline.steps.iter().flat_map(|step| [step.started_at, step.finished_at]).flatten();
    let changed = moments.max().or(run.status.started_at);
    let mut told = json!({"name": pipeline.name, "phase": phase});
    let mut tell = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            told[key] = value;
        }
    };
    tell("message", (!pipeline.message.is_empty()).then(|| json!(pipeline.message)));
    tell("attempts", (pipeline.attempts > 0 && pipeline.phase == Phase::Suspended).then(|| json!(pipeline.attempts)));
    tell("nextRetryAt", pipeline.next_retry_at.map(|at| json!(at.to_second())));
    tell("lastTransitionTime", changed.map(|at| json!(at.to_second())));
    told
}

fn kratix(pass: &Pass) -> bool {
    pass.observed.offer.as_ref().is_some_and(|offer| offer.promise.kratix)
}
