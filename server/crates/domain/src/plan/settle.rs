//! The facts people read: phase, message, the three facts, conditions, outputs; and what became of the open requests.

use super::{FINALIZER, Pass};
use crate::{
    condition::{self, Condition, Truth},
    placement::{Placement, PlacementState},
    reason::Reason,
    request::{Operation, RequestPhase},
    run::{Phase, Run, RunPhase, Workflow},
    status::{Fact, Health, LastOperation, OperationState, ResourcePhase, ResourceStatus, Sync},
};
use serde_json::Value;

/// Keys of `status` that are Midspan's to write; a pipeline's `status.yaml` cannot take them.
const OURS: [&str; 12] = [
    "observedGeneration", "phase", "health", "sync", "lastOperation", "conditions", "revision", "promiseVersion", "run", "outputs", "writtenKeys", "message",
];

pub fn settle(pass: &mut Pass, reason: &Reason) {
    if !pass.observed.resource.deleting() && !pass.observed.resource.metadata.finalizers.iter().any(|f| f == FINALIZER) {
        pass.observed.resource.metadata.finalizers.push(FINALIZER.to_owned());
    }
    let mut status = ResourceStatus::read(&pass.observed.resource.status);
    let said = take_results(pass, &mut status);
    let generation = pass.observed.resource.metadata.generation;
    status.phase = phase(reason, pass.observed.resource.deleting());
    status.message = match (reason, said) {
        (Reason::Ready, Some(said)) => said,
        _ => reason.to_string(),
    };
    status.observed_generation = generation;
    status.health = Fact { state: Health::NotChecked, message: "The promise declares no health check".to_owned() };
    status.sync = sync(&pass.observed.placements, reason);
    status.last_operation = pass.run().map(|run| last_operation(run, reason, pass));
    if let Some(run) = pass.run() {
        status.run.clone_from(&run.metadata.name);
    }
    set_conditions(pass, &mut status, reason);
    answer_requests(pass, reason);
    pass.observed.resource.status = status.to_value();
}

fn phase(reason: &Reason, deleting: bool) -> ResourcePhase {
    match reason {
        Reason::StepFailed { .. } => ResourcePhase::Failed,
        _ if deleting => ResourcePhase::Deleting,
        Reason::Ready => ResourcePhase::Ready,
        Reason::Paused | Reason::Suspended { .. } => ResourcePhase::Suspended,
        Reason::PromiseMissing { .. } | Reason::NoDestination { .. } => ResourcePhase::Pending,
        _ => ResourcePhase::Progressing,
    }
}

/// Takes over what finished pipelines said: status keys, outputs. Returns the message a pipeline wrote, if one did.
fn take_results(pass: &Pass, status: &mut ResourceStatus) -> Option<String> {
    let run = pass.run().filter(|run| run.spec.workflow == Workflow::Configure)?;
    let done = || run.status.pipelines.iter().filter(|pipeline| matches!(pipeline.phase, Phase::Succeeded | Phase::Suspended));
    let mut said = None;
    for (key, value) in done().flat_map(|pipeline| &pipeline.result.status) {
        match (key.as_str(), value) {
            ("message", Value::String(text)) => said = Some(text.clone()),
            ("conditions", Value::Array(conditions)) => {
                for new in conditions.iter().filter_map(|value| serde_json::from_value::<Condition>(value.clone()).ok()) {
                    condition::set(&mut status.conditions, Condition { last_transition_time: pass.now, ..new });
                }
            }
            (ours, _) if OURS.contains(&ours) => {}
            (key, value) => {
                status.rest.insert(key.to_owned(), value.clone());
                if !status.written_keys.iter().any(|written| written == key) {
                    status.written_keys.push(key.to_owned());
                }
            }
        }
    }
    if run.status.phase == RunPhase::Succeeded {
        status.outputs = done().flat_map(|pipeline| pipeline.result.outputs.clone()).collect();
        status.revision.clone_from(&run.spec.revision);
        if let Some(offer) = pass.observed.offer.as_ref().filter(|offer| offer.revision == run.spec.revision) {
            status.promise_version.clone_from(&offer.promise.version);
        }
        let written: Vec<&String> = done().flat_map(|pipeline| pipeline.result.status.keys()).collect();
        let vanished: Vec<String> = status.written_keys.iter().filter(|key| !written.contains(key)).cloned().collect();
        status.written_keys.retain(|key| !vanished.contains(key));
        for key in &vanished {
            status.rest.remove(key);
        }
    }
    said
}

fn sync(placements: &[Placement], reason: &Reason) -> Fact<Sync> {
    if let Some(failing) = placements.iter().find(|placement| placement.status.state == PlacementState::Failing) {
        return Fact { state: Sync::Failing, message: failing.status.message.clone() };
    }
    let files: usize = placements.iter().map(|placement| placement.spec.files.len()).sum();
    match reason {
        Reason::Ready if placements.is_empty() => Fact { state: Sync::Synced, message: "Nothing to place".to_owned() },
        Reason::Ready => {
            let destinations: std::collections::BTreeSet<&str> = placements.iter().map(|p| p.spec.destination.as_str()).collect();
            let destinations = destinations.into_iter().collect::<Vec<_>>().join(", ");
            Fact { state: Sync::Synced, message: format!("{files} file{} placed at {destinations}", if files == 1 { "" } else { "s" }) }
        }
        _ => Fact { state: Sync::Pending, message: reason.to_string() },
    }
}

fn last_operation(run: &Run, reason: &Reason, pass: &Pass) -> LastOperation {
    let asked = pass.observed.requests.last().map(|request| request.spec.operation);
    let previous = ResourceStatus::read(&pass.observed.resource.status).last_operation.filter(|last| last.run == run.metadata.name);
    let operation = match (run.spec.workflow, asked) {
        (Workflow::Delete, _) => Operation::Delete,
        (_, Some(operation)) => operation,
        _ if previous.is_some() => previous.as_ref().map_or(Operation::Update, |last| last.operation),
        _ if run.spec.generation <= 1 && run.spec.sequence == 1 => Operation::Create,
        _ => Operation::Update,
    };
    let state = match (reason, run.status.phase) {
        (Reason::StepFailed { .. }, _) | (_, RunPhase::Failed) => OperationState::Failed,
        (Reason::Ready, _) => OperationState::Succeeded,
        (Reason::Suspended { .. } | Reason::Paused, _) => OperationState::Suspended,
        _ => OperationState::Running,
    };
    let ended = matches!(state, OperationState::Failed | OperationState::Succeeded);
    let before = previous.as_ref().filter(|last| last.state == state);
    LastOperation {
        operation,
        state,
        message: reason.to_string(),
        generation: run.spec.generation,
        run: run.metadata.name.clone(),
        started_at: run.status.started_at,
        finished_at: ended.then(|| before.and_then(|last| last.finished_at).unwrap_or(pass.now)),
    }
}

fn set_conditions(pass: &Pass, status: &mut ResourceStatus, reason: &Reason) {
    let generation = pass.observed.resource.metadata.generation;
    let mut set = |kind: &str, truth: Truth, code: &str, message: String| {
        let new = Condition {
            kind: kind.to_owned(),
            status: truth,
            reason: code.to_owned(),
            message,
            last_transition_time: pass.now,
            observed_generation: generation,
        };
        condition::set(&mut status.conditions, new);
    };
    let ready = matches!(reason, Reason::Ready);
    set("Ready", ready.into(), reason.code(), reason.to_string());
    if let Some(run) = pass.run().filter(|run| run.spec.workflow == Workflow::Configure) {
        let (truth, code, message) = match run.status.phase {
            RunPhase::Succeeded => (Truth::True, "PipelinesExecutedSuccessfully", "All pipelines have run".to_owned()),
            RunPhase::Failed => (Truth::False, "ConfigureWorkflowFailed", run.status.message.clone()),
            RunPhase::Suspended => (Truth::False, "WorkflowSuspended", reason.to_string()),
            _ => (Truth::False, "PipelinesInProgress", reason.to_string()),
        };
        set("ConfigureWorkflowCompleted", truth, code, message);
    }
    let (truth, code) = match status.sync.state {
        Sync::Synced => (Truth::True, "Placed"),
        Sync::Failing => (Truth::False, "WriteFailed"),
        _ => (Truth::False, "Pending"),
    };
    let message = status.sync.message.clone();
    let new = Condition { kind: "Synced".to_owned(), status: truth, reason: code.to_owned(), message, last_transition_time: pass.now, observed_generation: generation };
    condition::set(&mut status.conditions, new);
}

/// Requests are answered by what became of their generation; an older one gives way to the newer.
fn answer_requests(pass: &mut Pass, reason: &Reason) {
    let now = pass.now;
    let run = pass.run().map(|run| (run.metadata.name.clone(), run.spec.generation));
    let deleting = pass.observed.resource.deleting();
    let newest = pass.observed.requests.iter().map(|request| request.spec.generation).max();
    for request in &mut pass.observed.requests {
        let current = Some(request.spec.generation) == newest && (request.spec.operation == Operation::Delete) == deleting;
        let status = &mut request.status;
        if let Some((name, generation)) = &run
            && *generation == request.spec.generation
            && current
        {
            status.run.clone_from(name);
        }
        let (phase, message) = match reason {
            _ if !current => (RequestPhase::Superseded, "A newer request took its place".to_owned()),
            Reason::Ready | Reason::Deleted => (RequestPhase::Succeeded, String::new()),
            Reason::StepFailed { .. } => (RequestPhase::Failed, reason.to_string()),
            _ => (RequestPhase::Running, reason.to_string()),
        };
        if !phase.open() {
            status.finished_at = Some(now);
        }
        status.phase = phase;
        status.message = message;
    }
}
