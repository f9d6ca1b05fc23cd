//! Day-2 actions: requests that run a workflow of their own beside the one that keeps the resource as it was asked for.
//!
//! One at a time, and never together with the configure or the delete workflow. What an action comes to is a fact of its own: the resource
//! stays as ready as it is.

use super::{Offer, Pass, RECONCILE, admit, advance};
use crate::{
    condition::{self, Condition, Truth},
    output,
    reason::Reason,
    request::{Operation, Request, RequestPhase},
    run::{Call, Phase, ResourceRef, Run, RunPhase, RunSpec, Workflow, WorkflowType},
    status::{LastAction, OperationState, ResourceStatus},
    workflow::{Action, Follow},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// What an action's pipeline is called where it stands beside those of the configure workflow.
const OWN: &str = "action.";

/// The label of a resource while an action of it is under way: by it the action is found again when its holder has died, since the resource
/// itself may be ready.
pub const ACTING: &str = "midspan.dev/acting";

/// Judged before an action begins: whether it may, as the resource stands then.
pub type Judged = BTreeMap<String, Result<(), String>>;

/// The pipeline of an action, as its works and children are marked.
pub fn pipeline_of(action: &str, pipeline: &str) -> String {
    format!("{OWN}{action}.{pipeline}")
}

/// Whether a work or a child came from an action.
pub fn is_of_action(pipeline: &str) -> bool {
    pipeline.starts_with(OWN)
}

/// Whether a work stays though the configure workflow has no such pipeline: its action is still offered, and still places what it makes.
pub fn keeps(offer: Option<&Offer>, pipeline: &str) -> bool {
    let Some((action, _)) = pipeline.strip_prefix(OWN).and_then(|rest| rest.split_once('.')) else { return false };
    offer.and_then(|offer| offer.action(action)).is_some_and(|action| action.places)
}

impl Pass {
    /// The action that is under way.
    pub(super) fn action(&self) -> Option<&Run> {
        self.observed.runs.last().filter(|run| run.spec.action.is_some() && !run.status.phase.finished())
    }

    /// Requests of actions that nobody has answered, the oldest first.
    fn asked(&self) -> Vec<&Request> {
        let mut asked: Vec<&Request> = self.observed.requests.iter().filter(|request| is_action(request)).collect();
        asked.sort_by_key(|request| (request.status.submitted_at, request.metadata.uid.clone()));
        asked
    }
}

fn is_action(request: &Request) -> bool {
    request.spec.operation == Operation::Action
}

/// Moves the action that is under way by one decision.
pub fn go_on(pass: &mut Pass) {
    if pass.action().is_none() {
        return;
    }
    pass.acting = true;
    advance::advance(pass);
    pass.acting = false;
    let Some(run) = pass.observed.runs.last().filter(|run| run.status.phase == RunPhase::Succeeded) else { return };
    let name = run.spec.action.as_ref().map_or("", |call| call.name.as_str());
    let follows = pass.observed.offer.as_ref().and_then(|offer| offer.action(name)).and_then(|action| action.then);
    if follows == Some(Follow::Configure) {
        pass.label(RECONCILE, Some("true"));
    }
}

/// Begins the next action that was asked for, if it may. One that may not is answered at once, and the one after it has its turn.
pub fn begin_next(pass: &mut Pass) {
    if pass.action().is_some() {
        return;
    }
    let next = pass.asked().into_iter().find(|request| !answered(pass, request)).cloned();
    let Some(request) = next else { return };
    let Some(action) = offered(pass, &request).cloned() else { return };
    match pass.observed.judged.get(&request.metadata.uid) {
        None => pass.judge = Some(request.metadata.uid),
        Some(Err(_)) => {}
        Some(Ok(())) => {
            start(pass, &request, &action);
            go_on(pass);
        }
    }
}

/// Whether nothing is left to do for it: it has had its run, or it cannot have one.
fn answered(pass: &Pass, request: &Request) -> bool {
    run_of(pass, request).is_some()
        || offered(pass, request).is_none()
        || pass.observed.judged.get(&request.metadata.uid).is_some_and(Result::is_err)
}

fn offered<'a>(pass: &'a Pass, request: &Request) -> Option<&'a Action> {
    pass.observed.offer.as_ref()?.action(&request.spec.action)
}

fn run_of<'a>(pass: &'a Pass, request: &Request) -> Option<&'a Run> {
    let of = |run: &&Run| run.spec.action.as_ref().is_some_and(|call| call.request == request.metadata.uid);
    pass.observed.runs.iter().find(of)
}

fn start(pass: &mut Pass, request: &Request, action: &Action) {
    let resource = &pass.observed.resource;
    let before = ResourceStatus::read(&resource.status).last_action.map_or(0, |last| last.sequence);
    let in_this_pass = pass.observed.runs.iter().filter(|run| run.spec.action.is_some()).map(|run| run.spec.sequence);
    let asked_by = request.spec.asked_by.clone();
    let spec = RunSpec {
        promise: pass.promise_name().to_owned(),
        revision: pass.observed.offer.as_ref().map_or_else(String::new, |offer| offer.revision.clone()),
        resource: ResourceRef::to(resource),
        workflow: Workflow::Action,
        workflow_type: WorkflowType::Resource,
        generation: resource.metadata.generation,
        sequence: in_this_pass.chain([before]).max().unwrap_or(0) + 1,
        round: 0,
        trigger: format!("action {}", request.spec.action),
        asked_by: asked_by.clone(),
        inputs: String::new(),
        action: Some(Call {
            name: request.spec.action.clone(),
            request: request.metadata.uid.clone(),
            asked_by,
            input: request.spec.input.clone(),
        }),
    };
    let mut run = Run::new(spec, &action.pipelines, pass.now);
    run.metadata.owner_references = vec![resource.as_owner()];
    pass.observed.runs.push(run);
}

/// Marks the resource while an action is under way.
pub fn mark(pass: &mut Pass) {
    let name = pass.action().and_then(|run| run.spec.action.as_ref()).map(|call| call.name.clone());
    pass.label(ACTING, name.as_deref());
}

/// On the way out, or with a promise that leaves: the running step comes to its end, then the action gives way.
pub fn give_way(pass: &mut Pass) -> Option<Reason> {
    pass.action()?;
    pass.acting = true;
    let waits = admit::supersede(pass);
    pass.acting = false;
    waits
}

/// The facts an action leaves on its resource.
pub fn tell(pass: &Pass, status: &mut ResourceStatus) {
    for run in pass.observed.runs.iter().filter(|run| run.spec.action.is_some()) {
        if run.status.phase == RunPhase::Succeeded {
            take_over(run, status);
        }
        status.last_action = Some(last(run));
    }
    let declared = pass.observed.offer.as_ref().map(|offer| &offer.promise.spec.outputs).filter(|it| it.is_object());
    if let Some(schema) = declared {
        status.from_actions.outputs.retain(|name, _| output::described(schema, name).is_some());
    }
    status.rest.extend(status.from_actions.status.clone());
    status.outputs.extend(status.from_actions.outputs.clone());
    let Some(LastAction { name, state, message, .. }) = &status.last_action else { return };
    let (truth, reason, message) = match state {
        OperationState::Succeeded => (Truth::True, "ActionSucceeded", format!("The action {name} has succeeded")),
        OperationState::Failed => (Truth::False, "ActionFailed", format!("The action {name} has failed: {message}")),
        _ => return,
    };
    let (now, observed_generation) = (pass.now, pass.observed.resource.metadata.generation);
    let kind = "LastActionSucceeded".to_owned();
    let observed_generation = status
        .condition(&kind)
        .filter(|old| old.message == message)
        .map_or(observed_generation, |old| old.observed_generation);
    let new = Condition {
        kind,
        status: truth,
        reason: reason.to_owned(),
        message,
        last_transition_time: now,
        observed_generation,
    };
    condition::set(&mut status.conditions, new);
}

/// The newest word counts; `null` takes an older one back.
fn take_over(run: &Run, status: &mut ResourceStatus) {
    let results = run.status.pipelines.iter().filter(|pipeline| pipeline.phase == Phase::Succeeded);
    for result in results.map(|pipeline| &pipeline.result) {
        let said = result.status.iter().filter(|(key, _)| !super::settle::is_ours(key));
        for (key, value) in said {
            keep(&mut status.from_actions.status, key, value);
            if value.is_null() {
                status.rest.remove(key);
            }
        }
        for (name, value) in &result.outputs {
            keep(&mut status.from_actions.outputs, name, value);
        }
    }
}

fn keep(map: &mut serde_json::Map<String, Value>, key: &str, value: &Value) {
    if value.is_null() {
        map.remove(key);
    } else {
        map.insert(key.to_owned(), value.clone());
    }
}

fn last(run: &Run) -> LastAction {
    let call = run.spec.action.clone().unwrap_or_default();
    let (state, message) = match run.status.phase {
        RunPhase::Running => (OperationState::Running, ""),
        RunPhase::Suspended => (OperationState::Suspended, ""),
        RunPhase::Succeeded => (OperationState::Succeeded, ""),
        RunPhase::Failed | RunPhase::Superseded => (OperationState::Failed, run.status.message.as_str()),
    };
    LastAction {
        name: call.name,
        state,
        message: message.to_owned(),
        run: run.metadata.name.clone(),
        asked_by: call.asked_by,
        sequence: run.spec.sequence,
        started_at: run.status.started_at,
        finished_at: run.status.finished_at,
    }
}

/// Answers the requests of actions.
pub fn answer(pass: &mut Pass, reason: &Reason) {
    let deleting = pass.observed.resource.deleting();
    let under_way = pass.action().and_then(|run| run.spec.action.as_ref()).map(|call| call.name.clone());
    let told: Vec<(String, RequestPhase, String, String)> = pass
        .asked()
        .into_iter()
        .map(|request| {
            let run = run_of(pass, request);
            let (phase, message) = match run {
                Some(run) => answer_of(run),
                None if deleting => (RequestPhase::Superseded, "The resource is being deleted".to_owned()),
                None if pass.observed.offer.is_some() && offered(pass, request).is_none() => {
                    (RequestPhase::Failed, format!("The promise no longer offers the action {}", request.spec.action))
                }
                None => match (pass.observed.judged.get(&request.metadata.uid), &under_way) {
                    (Some(Err(why)), _) => (RequestPhase::Failed, why.clone()),
                    (_, Some(name)) => {
                        (RequestPhase::Submitted, format!("Waits until the action {name} has come to its end"))
                    }
                    _ => (RequestPhase::Submitted, reason.to_string()),
                },
            };
            let run = run.map_or_else(String::new, |run| run.metadata.name.clone());
            (request.metadata.uid.clone(), phase, message, run)
        })
        .collect();
    for (uid, phase, message, run) in told {
        let Some(request) = pass.observed.requests.iter_mut().find(|request| request.metadata.uid == uid) else {
            continue;
        };
        let status = &mut request.status;
        if !phase.open() && status.phase.open() {
            status.finished_at = Some(pass.now);
        }
        (status.phase, status.message, status.run) = (phase, message, run);
    }
}

fn answer_of(run: &Run) -> (RequestPhase, String) {
    match run.status.phase {
        RunPhase::Running => (RequestPhase::Running, String::new()),
        RunPhase::Suspended => {
            let waiting = run.status.pipelines.iter().find(|pipeline| pipeline.phase == Phase::Suspended);
            (RequestPhase::Running, waiting.map_or_else(String::new, |pipeline| pipeline.message.clone()))
        }
        RunPhase::Succeeded => (RequestPhase::Succeeded, String::new()),
        RunPhase::Failed => (RequestPhase::Failed, run.status.message.clone()),
        RunPhase::Superseded => (RequestPhase::Superseded, "The resource is being deleted".to_owned()),
    }
}

/// The files of an action that places what it makes.
pub fn put_work(pass: &mut Pass, index: usize) {
    let Some(run) = pass.observed.runs.last() else { return };
    let Some((call, pipeline)) = run.spec.action.as_ref().zip(run.status.pipelines.get(index)) else { return };
    let offer = pass.observed.offer.as_ref();
    if offer.and_then(|offer| offer.action(&call.name)).is_some_and(|action| action.places) {
        let own = pipeline_of(&call.name, &pipeline.name);
        advance::put_files(pass, index, &own);
    }
}
