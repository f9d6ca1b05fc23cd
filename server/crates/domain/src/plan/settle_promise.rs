//! What people read of a promise: whether it is available, what it waits for, how its own workflow went.

use super::{FINALIZER, Pass, Subject, drift, health, promise, settle_kratix};
use crate::{
    condition::{self, Condition, Truth},
    promise::{Availability, Promise, PromiseStatus},
    reason::Reason,
    run::{Phase, RunPhase, Workflow, WorkflowType},
};

pub fn settle(pass: &mut Pass, reason: &Reason) {
    let resource = &mut pass.observed.resource;
    let owns =
        !(pass.observed.runs.is_empty() && pass.observed.works.is_empty() && pass.observed.placements.is_empty());
    if owns && !resource.deleting() && !resource.metadata.finalizers.iter().any(|f| f == FINALIZER) {
        resource.metadata.finalizers.push(FINALIZER.to_owned());
    }
    let mut status = PromiseStatus::read(&pass.observed.resource.status);
    status.observed_generation = pass.observed.resource.metadata.generation;
    count(pass, &mut status);
    if let Subject::Promise(around) = &pass.observed.subject {
        status.required_promises.clone_from(&around.requires);
        status.required_by = around.required_by.iter().map(|dependent| dependent.told.clone()).collect();
    }
    judge(pass, &mut status);
    let said = said(pass).filter(|_| matches!(reason, Reason::Ready));
    status.message = said.unwrap_or_else(|| reason.to_string());
    set_conditions(pass, &mut status, reason);
    status.drift = drift::tell(pass, &mut status.conditions);
    status.health = health::recorded(pass, status.health.as_ref(), &mut status.rest);
    if pass.restart || matches!(reason, Reason::Paused) {
        status.rest.insert("restart".to_owned(), true.into());
    } else {
        status.rest.remove("restart");
    }
    pass.observed.resource.status = status.to_value();
}

/// Kratix's counters of the promise's own pipelines.
fn count(pass: &Pass, status: &mut PromiseStatus) {
    let offered = pass.observed.offer.as_ref();
    status.workflows = offered.map_or(0, |offer| offer.pipelines(WorkflowType::Promise, Workflow::Configure).len());
    (status.workflows_succeeded, status.workflows_failed) = (0, 0);
    let Some(run) = pass.run() else { return };
    status.run.clone_from(&run.metadata.name);
    if Promise::is_kratix(&pass.observed.resource) {
        status.rest.insert("kratix".to_owned(), settle_kratix::pipelines_of(run));
    }
    if run.spec.workflow == Workflow::Configure {
        let ended = |phase| run.status.pipelines.iter().filter(|pipeline| pipeline.phase == phase).count();
        (status.workflows_succeeded, status.workflows_failed) = (ended(Phase::Succeeded), ended(Phase::Failed));
        if run.status.phase == RunPhase::Succeeded {
            status.last_successful_configure_workflow_time = run.status.finished_at;
        }
    }
}

/// Available: what it requires is there, and its own workflow has succeeded once.
fn judge(pass: &Pass, status: &mut PromiseStatus) {
    let prepared = status.workflows == 0 || status.last_successful_configure_workflow_time.is_some();
    let leaving = pass.observed.resource.deleting();
    let available = prepared && !leaving && promise::unmet(pass).is_none();
    let before = status.status;
    status.status = if available { Availability::Available } else { Availability::Unavailable };
    if available && (before != status.status || status.last_available_time.is_none()) {
        status.last_available_time = Some(pass.now);
    }
    let word = if leaving { "Deleting" } else { status.status.as_str() };
    word.clone_into(&mut status.phase);
}

/// The one key of `status.yaml` that a promise's pipelines may set, as in Kratix.
fn said(pass: &Pass) -> Option<String> {
    let pipelines = pass.run()?.status.pipelines.iter().rev();
    pipelines.filter(|pipeline| matches!(pipeline.phase, Phase::Succeeded | Phase::Suspended)).find_map(|pipeline| {
        pipeline.result.status.get("message").and_then(serde_json::Value::as_str).map(ToOwned::to_owned)
    })
}

fn set_conditions(pass: &Pass, status: &mut PromiseStatus, reason: &Reason) {
    let generation = pass.observed.resource.metadata.generation;
    let conditions = &mut status.conditions;
    let mut set = |kind: &str, truth: Truth, code: &str, message: String, observed_generation: i64| {
        let (kind, reason) = (kind.to_owned(), code.to_owned());
        let new =
            Condition { kind, status: truth, reason, message, last_transition_time: pass.now, observed_generation };
        condition::set(conditions, new);
    };
    let ready = matches!(reason, Reason::Ready);
    let everything = reason.to_string();
    set("Ready", ready.into(), reason.code(), everything.clone(), generation);
    let available = status.status == Availability::Available;
    let (code, message) = if available {
        ("PromiseAvailable", "Ready to fulfil requests".to_owned())
    } else {
        ("PromiseUnavailable", everything.clone())
    };
    set("Available", available.into(), code, message, generation);
    match promise::unmet(pass) {
        Some(unmet) => {
            set("RequirementsFulfilled", Truth::False, "RequirementsNotInstalled", unmet.to_string(), generation);
        }
        None => set(
            "RequirementsFulfilled",
            Truth::True,
            "RequirementsInstalled",
            "Requirements fulfilled".to_owned(),
            generation,
        ),
    }
    let (truth, code) = match reason {
        Reason::NoDestination { .. } => (Truth::False, "UnscheduledWorkloads"),
        Reason::PlacementFailing { .. } => (Truth::False, "WorksFailing"),
        _ if settle_kratix::all_stand(pass) => (Truth::True, "WorksSucceeded"),
        _ => (Truth::Unknown, "WorksPending"),
    };
    let message = if truth == Truth::True {
        "All works associated with this promise are placed".to_owned()
    } else {
        everything.clone()
    };
    set("WorksSucceeded", truth, code, message, generation);
    let (truth, code) = match reason {
        Reason::Ready => (Truth::True, "Reconciled"),
        Reason::Paused => (Truth::Unknown, "Paused"),
        Reason::StepFailed { .. } => (Truth::False, "ConfigureWorkflowFailed"),
        _ => (Truth::Unknown, reason.code()),
    };
    set("Reconciled", truth, code, everything.clone(), generation);
    if let Some(run) = pass.run() {
        let (kind, truth, code, message) = run.told(&everything);
        set(kind, truth, code, message, run.spec.generation);
    }
}
