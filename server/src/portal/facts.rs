//! From stored objects to what several pages show of them.

use super::ServerPortal;
use crate::service::kinds::Served;
use app::{
    pages::resource::{Condition, Day2, Deed, Notice, ResourceHead, Truth},
    paths::{self, ResourceKey},
    view::{Facts, Health, Operation, PromiseCard, ResourceRow, Tone},
};
use domain::{
    Object, Result, Timestamp,
    caller::Verb,
    condition,
    plan::Offer,
    promise::Promise,
    status::{self, OperationState, ResourcePhase, ResourceStatus},
};
use std::sync::Arc;

/// The three facts of a resource, each with its sentence.
pub fn facts(status: &ResourceStatus, deleting: bool) -> Facts {
    let last = status.last_operation.clone().unwrap_or_default();
    Facts {
        health: match status.health.state {
            status::Health::NotChecked => Health::Unknown,
            status::Health::Healthy => Health::Healthy,
            status::Health::Degraded | status::Health::Unhealthy => Health::Degraded,
        },
        health_says: if status.health.message.is_empty() { "Nobody has looked yet".to_owned() } else { status.health.message.clone() },
        sync: match status.sync.state {
            status::Sync::Synced => app::view::Sync::Synced,
            status::Sync::Pending | status::Sync::Failing => app::view::Sync::Pending,
            status::Sync::Drifted => app::view::Sync::Drifted,
        },
        sync_says: if status.sync.message.is_empty() { status.message.clone() } else { status.sync.message.clone() },
        operation: match last.state {
            _ if deleting && last.state != OperationState::Failed => Operation::Deleting,
            OperationState::Pending | OperationState::Suspended => Operation::Waiting,
            OperationState::Running => Operation::Running,
            OperationState::Succeeded => Operation::Succeeded,
            OperationState::Failed => Operation::Failed,
        },
        operation_says: match last.state {
            OperationState::Succeeded => format!("{} done", sentence_case(last.operation.as_str())),
            _ if last.message.is_empty() => status.message.clone(),
            _ => last.message,
        },
    }
}

/// A resource as a row of a list.
pub fn row(object: &Object, offer: Option<&Arc<Offer>>) -> ResourceRow {
    let status = ResourceStatus::read(&object.status);
    let created = object.metadata.creation_timestamp.unwrap_or_default();
    let last = status.last_operation.as_ref();
    ResourceRow {
        key: key_of(object),
        promise_title: offer.map_or_else(|| object.kind.clone(), |offer| offer.promise.title().to_owned()),
        icon: offer.map_or_else(String::new, |offer| offer.promise.spec.icon.clone()),
        version: status.promise_version.clone(),
        facts: facts(&status, object.deleting()),
        message: if status.phase == ResourcePhase::Ready { String::new() } else { status.message.clone() },
        created,
        changed: last.and_then(|last| last.finished_at.or(last.started_at)).unwrap_or(created),
    }
}

pub fn key_of(object: &Object) -> ResourceKey {
    ResourceKey::new(&object.metadata.namespace, object.facets().promise, &object.metadata.name)
}

/// A promise as a card.
pub fn card(promise: &Promise, mine: u64, typical_seconds: Option<i64>) -> PromiseCard {
    let spec = &promise.spec;
    PromiseCard {
        name: promise.name.clone(),
        title: promise.title().to_owned(),
        description: spec.description.clone(),
        icon: spec.icon.clone(),
        tags: spec.tags.clone(),
        owner: spec.owner.clone(),
        version: promise.version.clone(),
        typical_seconds,
        mine,
        refusal: if spec.api.is_some() { String::new() } else { "This promise only installs things; there is nothing to request".to_owned() },
    }
}

impl ServerPortal {
    /// The head shared by all tabs of a resource.
    pub fn head(&self, object: &Object, served: &Served) -> ResourceHead {
        let status = ResourceStatus::read(&object.status);
        let offer = served.promised().map(|promised| promised.offer.clone());
        let key = key_of(object);
        let write = self.doors.services.authorise(&self.asker, Verb::Write, served, &key.namespace);
        let refusal = write.err().map_or_else(String::new, |error| error.message);
        let gone = if object.deleting() { "It is being deleted" } else { "" };
        let day2 = [Deed::Edit, Deed::RunAgain, Deed::Delete].map(|deed| Day2 {
            deed,
            refusal: if refusal.is_empty() { gone.to_owned() } else { refusal.clone() },
        });
        ResourceHead {
            notice: notice(&status, object.deleting()),
            facts: facts(&status, object.deleting()),
            promise_title: offer.as_ref().map_or_else(|| object.kind.clone(), |offer| offer.promise.title().to_owned()),
            icon: offer.as_ref().map_or_else(String::new, |offer| offer.promise.spec.icon.clone()),
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            version: status.promise_version.clone(),
            owner: offer.as_ref().map_or_else(String::new, |offer| offer.promise.spec.owner.clone()),
            created: object.metadata.creation_timestamp.unwrap_or_default(),
            is_deleting: object.deleting(),
            day2: day2.into(),
            key,
        }
    }
}

/// What stands in the way, with the next step.
fn notice(status: &ResourceStatus, deleting: bool) -> Option<Notice> {
    let ready = status.condition("Ready")?;
    let to_run = |action: &str| (action.to_owned(), if status.run.is_empty() { String::new() } else { paths::run(&status.run) });
    let (tone, title, (action, href)) = match ready.reason.as_str() {
        "Ready" | "Placing" | "StepRunning" | "FinishingOlder" | "Withdrawing" | "Deleted" => return None,
        "StepFailed" if deleting => (Tone::Bad, "It could not be deleted", to_run("Open the failed step")),
        "StepFailed" => (Tone::Bad, "The last run failed", to_run("Open the failed step")),
        "StepRetrying" => (Tone::Warn, "A step failed and will be tried again", to_run("Open the run")),
        "Suspended" => (Tone::Warn, "A pipeline asked to wait", to_run("Open the run")),
        "Paused" => (Tone::Warn, "Paused", (String::new(), String::new())),
        "NoDestination" => (Tone::Warn, "There is nowhere to put it", (String::new(), String::new())),
        "PlacementFailing" => (Tone::Bad, "The destination does not take the files", (String::new(), String::new())),
        _ => (Tone::Warn, "Waiting", (String::new(), String::new())),
    };
    Some(Notice { tone, title: title.to_owned(), sentence: ready.message.clone(), action, href })
}

pub fn conditions(object: &Object, status: &ResourceStatus) -> Vec<Condition> {
    let shown = |condition: &condition::Condition| Condition {
        kind: condition.kind.clone(),
        status: match condition.status {
            condition::Truth::True => Truth::True,
            condition::Truth::False => Truth::False,
            condition::Truth::Unknown => Truth::Unknown,
        },
        reason: condition.reason.clone(),
        message: condition.message.clone(),
        since: condition.last_transition_time,
        is_stale: condition.observed_generation != 0 && condition.observed_generation < object.metadata.generation,
    };
    status.conditions.iter().map(shown).collect()
}

/// The middle of some durations, in seconds; `None` of none.
pub fn median(mut seconds: Vec<i64>) -> Option<i64> {
    seconds.sort_unstable();
    seconds.get(seconds.len() / 2).copied()
}

/// Whole seconds, begun ones counted.
pub fn seconds_between(start: Option<Timestamp>, end: Option<Timestamp>) -> Option<i64> {
    i64::try_from(end?.since(start?).as_millis().div_ceil(1000).max(1)).ok()
}

pub fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Only what the promise's offers say of a name.
pub fn offers_of(portal: &ServerPortal) -> Result<std::collections::BTreeMap<String, Arc<Offer>>> {
    let snapshot = portal.doors.services.kinds.snapshot();
    Ok(snapshot.kinds.iter().filter_map(|kind| kind.promised()).map(|promised| (promised.offer.promise.name.clone(), promised.offer.clone())).collect())
}
