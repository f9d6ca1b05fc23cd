//! What a pass changed, as lines of the time line.

use super::{EXPIRING, Plan, moves};
use crate::{
    drift::Drift,
    event::{Event, Level},
    health::Health,
    object::Object,
    reason::Reason,
    status::{LastAction, OperationState, ResourceStatus},
    time::Timestamp,
};

/// The lines a time line gets when a pass changed what a resource is waiting for, what became of an action, how much time is left, or how its
/// destinations stand.
pub fn told(before: &Object, plan: &Plan, now: Timestamp) -> Vec<Event> {
    let own = readiness(before, plan, now);
    own.into_iter()
        .chain(last_action(before, plan, now))
        .chain(time_left(before, plan, now))
        .chain(health(before, plan, now))
        .chain(drifted(before, plan, now))
        .chain(moves::told(before, plan, now))
        .collect()
}

fn readiness(before: &Object, plan: &Plan, now: Timestamp) -> Option<Event> {
    let ready = |object: &Object| {
        let conditions = object.status.get("conditions").and_then(serde_json::Value::as_array);
        let ready = conditions.into_iter().flatten().find(|condition| condition["type"] == "Ready");
        ready.map(|ready| (ready["reason"].clone(), ready["message"].clone()))
    };
    let after = &plan.next.resource;
    if !plan.forget && ready(before) == ready(after) {
        return None;
    }
    let level = match plan.reason {
        Reason::StepFailed { .. }
        | Reason::StepRetrying { .. }
        | Reason::PlacementFailing { .. }
        | Reason::NoDestination { .. }
        | Reason::PromiseUnavailable { .. }
        | Reason::RequirementUnmet { .. }
        | Reason::PromiseMissing { .. }
        | Reason::VersionMissing { .. }
        | Reason::InputMissing { .. } => Level::Warning,
        _ => Level::Normal,
    };
    let own = plan.next.runs.iter().rev().find(|run| run.spec.action.is_none());
    let run = own.map_or("", |run| run.metadata.name.as_str());
    Some(Event::about(after, now, level, plan.reason.code(), plan.reason.to_string()).in_run(run))
}

fn last_action(before: &Object, plan: &Plan, now: Timestamp) -> Option<Event> {
    let of = |object: &Object| ResourceStatus::read(&object.status).last_action;
    let after = of(&plan.next.resource)?;
    let was = of(before).filter(|was| was.run == after.run).map(|was| was.state);
    if was == Some(after.state) {
        return None;
    }
    let LastAction { name, state, message, run, .. } = after;
    let (level, code, words) = match state {
        OperationState::Pending | OperationState::Running => {
            (Level::Normal, "ActionStarted", format!("The action {name} has begun"))
        }
        OperationState::Suspended => (Level::Normal, "ActionSuspended", format!("The action {name} asked to wait")),
        OperationState::Succeeded => (Level::Normal, "ActionSucceeded", format!("The action {name} has succeeded")),
        OperationState::Failed => (Level::Warning, "ActionFailed", format!("The action {name} has failed: {message}")),
    };
    Some(Event::about(&plan.next.resource, now, level, code, words).in_run(&run))
}

/// A change of its health. That nobody knows it yet is no news.
fn health(before: &Object, plan: &Plan, now: Timestamp) -> Option<Event> {
    let of = |object: &Object| ResourceStatus::read(&object.status).health;
    let (was, is) = (of(before), of(&plan.next.resource));
    let level = match is.state {
        Health::NotChecked | Health::Progressing => return None,
        Health::Healthy => Level::Normal,
        Health::Unknown | Health::Degraded => Level::Warning,
    };
    let reason = if is.state == Health::Unknown { "HealthUnknown" } else { is.state.as_str() };
    (was.state != is.state).then(|| Event::about(&plan.next.resource, now, level, reason, is.message))
}

fn time_left(before: &Object, plan: &Plan, now: Timestamp) -> Option<Event> {
    let of = |object: &Object| {
        let status = ResourceStatus::read(&object.status);
        status.condition(EXPIRING).map(|warning| (warning.reason.clone(), warning.message.clone()))
    };
    let (code, message) = of(&plan.next.resource).filter(|(code, _)| code != "TimeLeft")?;
    let news = of(before).is_none_or(|was| was != (code.clone(), message.clone()));
    news.then(|| Event::about(&plan.next.resource, now, Level::Warning, &code, message))
}

fn drifted(before: &Object, plan: &Plan, now: Timestamp) -> Option<Event> {
    let after = &plan.next.resource;
    let of = |object: &Object| serde_json::from_value::<Drift>(object.status.get("drift")?.clone()).ok();
    let (level, code, words) = match (of(before), of(after)) {
        (before, Some(after)) if before.as_ref().is_none_or(|before| !before.same(&after)) => {
            (Level::Warning, "DriftFound", after.words())
        }
        (Some(_), None) if !after.deleting() && !plan.forget => {
            (Level::Normal, "DriftGone", "Everything stands as it was placed again".to_owned())
        }
        _ => return None,
    };
    Some(Event::about(after, now, level, code, words))
}
