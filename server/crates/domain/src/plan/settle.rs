//! The facts people read: phase, message, the three facts, conditions, outputs; and what became of the open requests.

use super::{FINALIZER, Pass, action, drift, expiry, health, moves, settle_kratix};
use crate::{
    condition::{self, Condition, Truth},
    drift::Drift,
    placement::{Placement, PlacementState},
    reason::Reason,
    request::{Operation, RequestPhase},
    run::{Phase, Run, RunPhase, Workflow},
    status::{Fact, LastOperation, OperationState, ResourcePhase, ResourceStatus, Sync},
};
use serde_json::Value;

/// Keys of `status` that are Midspan's to write; a pipeline's `status.yaml` cannot take them.
const OURS: [&str; 19] = [
    "drift",
    "placements",
    "lastAction",
    "fromActions",
    "expiresAt",
    "resourceBindingVersion",
    "restart",
    "observedGeneration",
    "phase",
    "health",
    "sync",
    "lastOperation",
    "conditions",
    "revision",
    "promiseVersion",
    "run",
    "outputs",
    "writtenKeys",
    "message",
];

/// Whether no pipeline may write this key of the status.
pub fn is_ours(key: &str) -> bool {
    OURS.contains(&key) || matches!(key, "conditions" | "message")
}

pub fn settle(pass: &mut Pass, reason: &Reason) {
    if !pass.observed.resource.deleting() && !pass.observed.resource.metadata.finalizers.iter().any(|f| f == FINALIZER)
    {
        pass.observed.resource.metadata.finalizers.push(FINALIZER.to_owned());
    }
    let mut status = ResourceStatus::read(&pass.observed.resource.status);
    let said = take_results(pass, &mut status);
    let generation = pass.observed.resource.metadata.generation;
    status.phase = phase(reason, pass.observed.resource.deleting());
    status.message = match (reason, said) {
        (Reason::Ready, Some(said)) => said,
        _ => settle_kratix::message(pass, reason).unwrap_or_else(|| reason.to_string()),
    };
    status.observed_generation = generation;
    status.placements = moves::placed(&pass.observed.placements);
    status.drift = drift::tell(pass, &mut status.conditions);
    status.sync = sync(&pass.observed.placements, status.drift.as_ref(), reason);
    status.last_operation = pass.run().map(|run| last_operation(pass, run, reason, status.last_operation.take()));
    if let Some(run) = pass.run() {
        status.run.clone_from(&run.metadata.name);
    }
    status.restart = pass.restart || matches!(reason, Reason::Paused | Reason::PromisePaused { .. });
    if let Some(binding) = &pass.observed.course.binding {
        status.resource_binding_version.clone_from(&binding.spec.version);
    }
    set_conditions(pass, &mut status, reason);
    action::tell(pass, &mut status);
    expiry::tell(pass, &mut status);
    settle_kratix::add(pass, &mut status, reason);
    health::tell(pass, &mut status);
    answer_requests(pass, reason);
    action::answer(pass, reason);
    pass.observed.resource.status = status.to_value();
}

fn phase(reason: &Reason, deleting: bool) -> ResourcePhase {
    match reason {
        Reason::StepFailed { .. } => ResourcePhase::Failed,
        _ if deleting => ResourcePhase::Deleting,
        Reason::Ready => ResourcePhase::Ready,
        Reason::PlacementFailing { .. } => ResourcePhase::Degraded,
        Reason::Paused | Reason::PromisePaused { .. } | Reason::Suspended { .. } => ResourcePhase::Suspended,
        Reason::PromiseMissing { .. }
        | Reason::PromiseUnavailable { .. }
        | Reason::PromiseLeaving { .. }
        | Reason::VersionMissing { .. }
        | Reason::InputMissing { .. }
        | Reason::NoDestination { .. } => ResourcePhase::Pending,
        _ => ResourcePhase::Progressing,
    }
}

/// Conditions that are Midspan's to set.
const OUR_CONDITIONS: [&str; 8] = [
    drift::DRIFTED,
    "Ready",
    "Synced",
    "Reconciled",
    "ConfigureWorkflowCompleted",
    "DeleteWorkflowCompleted",
    "LastActionSucceeded",
    expiry::EXPIRING,
];

/// Takes over what finished pipelines said: status keys, outputs. Returns the message a pipeline wrote, if one did.
fn take_results(pass: &Pass, status: &mut ResourceStatus) -> Option<String> {
    let run = pass.run()?;
    let done =
        || run.status.pipelines.iter().filter(|pipeline| matches!(pipeline.phase, Phase::Succeeded | Phase::Suspended));
    let (mut said, mut conditions) = (None, Vec::new());
    let ours = |kind: &str| OUR_CONDITIONS.contains(&kind) || kind == health::HEALTHY && health::declared(pass);
    for (key, value) in done().flat_map(|pipeline| &pipeline.result.status) {
        match (key.as_str(), value) {
            ("message", Value::String(text)) => said = Some(text.clone()),
            ("conditions", Value::Array(theirs)) => {
                let theirs = theirs.iter().filter_map(|value| serde_json::from_value::<Condition>(value.clone()).ok());
                // gathered first: where two pipelines disagree the later one has the word, and nothing flips back and forth
                theirs.filter(|new| !ours(&new.kind)).for_each(|new| condition::set(&mut conditions, new));
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
    for new in conditions {
        condition::set(
            &mut status.conditions,
            Condition { last_transition_time: pass.now, observed_generation: run.spec.generation, ..new },
        );
    }
    if run.spec.workflow == Workflow::Configure && run.status.phase == RunPhase::Succeeded {
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

fn sync(placements: &[Placement], drift: Option<&Drift>, reason: &Reason) -> Fact<Sync> {
    if let Some(failing) = placements.iter().find(|placement| placement.status.state == PlacementState::Failing) {
        let cause = &failing.status.message;
        let message = match failing.status.retry_at {
            Some(at) => format!("{cause}; next attempt at {}", at.to_second()),
            None => cause.clone(),
        };
        return Fact { state: Sync::Failing, message };
    }
    let standing =
        matches!(reason, Reason::Ready | Reason::Repairing { .. } | Reason::Paused | Reason::PromisePaused { .. });
    if let Some(drift) = drift.filter(|_| standing) {
        return Fact { state: Sync::Drifted, message: drift.words() };
    }
    let files: usize = placements.iter().map(|placement| placement.spec.files.len()).sum();
    match reason {
        Reason::Ready if placements.is_empty() => Fact { state: Sync::Synced, message: "Nothing to place".to_owned() },
        Reason::Ready => {
            let destinations: std::collections::BTreeSet<&str> =
                placements.iter().map(|p| p.spec.destination.as_str()).collect();
            let destinations = destinations.into_iter().collect::<Vec<_>>().join(", ");
            Fact {
                state: Sync::Synced,
                message: format!("{files} file{} placed at {destinations}", if files == 1 { "" } else { "s" }),
            }
        }
        _ => Fact { state: Sync::Pending, message: reason.to_string() },
    }
}

fn last_operation(pass: &Pass, run: &Run, reason: &Reason, before: Option<LastOperation>) -> LastOperation {
    let asked = pass.observed.requests.iter().map(|request| request.spec.operation).rfind(|asked| asked.is_change());
    let previous = before.filter(|last| last.run == run.metadata.name);
    let deleting = pass.observed.resource.deleting();
    // what was answered stays answered: a pause, a repair or a move that comes later is not this operation's
    let answered = |last: &&LastOperation| {
        matches!(last.state, OperationState::Failed | OperationState::Succeeded) && run.status.phase.finished()
    };
    if let Some(last) = previous.as_ref().filter(answered)
        && asked.is_none()
        && !deleting
    {
        return last.clone();
    }
    let operation = match asked {
        _ if deleting => Operation::Delete,
        Some(operation) => operation,
        _ if previous.is_some() => previous.as_ref().map_or(Operation::Update, |last| last.operation),
        _ if run.spec.generation <= 1 && run.spec.sequence == 1 => Operation::Create,
        _ => Operation::Update,
    };
    let state = match reason {
        Reason::StepFailed { .. } => OperationState::Failed,
        Reason::Ready | Reason::Deleted => OperationState::Succeeded,
        Reason::Suspended { .. } | Reason::Paused | Reason::PromisePaused { .. } => OperationState::Suspended,
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
    let mut set = |kind: &str, truth: Truth, code: &str, message: String, observed_generation: i64| {
        let (kind, reason) = (kind.to_owned(), code.to_owned());
        let new =
            Condition { kind, status: truth, reason, message, last_transition_time: pass.now, observed_generation };
        condition::set(&mut status.conditions, new);
    };
    let generation = pass.observed.resource.metadata.generation;
    set("Ready", matches!(reason, Reason::Ready).into(), reason.code(), reason.to_string(), generation);
    let (truth, code) = match reason {
        Reason::Ready => (Truth::True, "Reconciled"),
        Reason::Paused | Reason::PromisePaused { .. } => (Truth::Unknown, "Paused"),
        other => (Truth::False, other.code()),
    };
    set("Reconciled", truth, code, reason.to_string(), generation);
    let (truth, code) = match status.sync.state {
        Sync::Synced => (Truth::True, "Placed"),
        Sync::Failing => (Truth::False, "WriteFailed"),
        Sync::Drifted => (Truth::False, "Drifted"),
        Sync::Pending => (Truth::False, "Pending"),
    };
    set("Synced", truth, code, status.sync.message.clone(), generation);
    let Some(run) = pass.run() else { return };
    let (kind, truth, code, message) = run.told(&reason.to_string());
    // it speaks of the generation that was run, which a pause may keep behind the one that is asked
    set(kind, truth, code, message, run.spec.generation);
}

/// Requests are answered by what became of their generation; an older one gives way to the newer, and all give way to a delete.
fn answer_requests(pass: &mut Pass, reason: &Reason) {
    let now = pass.now;
    let run = pass.run().map(|run| (run.metadata.name.clone(), run.spec.generation, run.spec.workflow));
    let deleting = pass.observed.resource.deleting();
    let newest = pass
        .observed
        .requests
        .iter()
        .filter(|r| matches!(r.spec.operation, Operation::Create | Operation::Update))
        .map(|r| r.spec.generation)
        .max();
    for request in pass.observed.requests.iter_mut().filter(|request| request.spec.operation.is_change()) {
        let delete = request.spec.operation == Operation::Delete;
        let current = delete == deleting && (delete || Some(request.spec.generation) == newest);
        let status = &mut request.status;
        if let Some((name, generation, workflow)) = &run
            && current
            && if delete { *workflow == Workflow::Delete } else { *generation == request.spec.generation }
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
