//! From a stored resource to the three facts and the row that lists show of it.

use super::ServerPortal;
use app::{
    pages::resource::{Condition, Truth},
    paths::ResourceKey,
    view::{Facts, Operation, PromiseCard, ResourceRow, Sync},
};
use domain::{
    Object, Timestamp, condition,
    plan::Offer,
    promise::{Promise, UNVERSIONED},
    request,
    status::{self, OperationState, ResourceStatus},
};
use std::{collections::BTreeMap, sync::Arc};

/// The current offers, by promise.
pub type Offers = BTreeMap<String, Arc<Offer>>;

/// What a resource waits for in the ordinary course of things; every other reason is worth a word.
const ROUTINE: [&str; 7] = ["Ready", "StepRunning", "FinishingOlder", "Placing", "Repairing", "Withdrawing", "Deleted"];
const NOT_PLACED: &str = "What was asked last is not placed yet";
const SOON: &str = "Asked for; it starts in a moment";

/// The three facts of a resource, each with its sentence.
pub fn facts(object: &Object, status: &ResourceStatus) -> Facts {
    let (operation, operation_says) = operation(object, status);
    let trouble = trouble(object, status).map(|ready| ready.message.as_str());
    let (sync, sync_says) = match (status.sync.state, behind(object, status)) {
        (_, true) => (Sync::Pending, NOT_PLACED.to_owned()),
        (status::Sync::Synced, _) => (Sync::Synced, status.sync.message.clone()),
        (status::Sync::Drifted, _) => (Sync::Drifted, status.sync.message.clone()),
        // the cause stands in the notice, once
        (_, false) if trouble == Some(status.sync.message.as_str()) => (Sync::Pending, NOT_PLACED.to_owned()),
        (status::Sync::Pending | status::Sync::Failing, _) => (Sync::Pending, status.sync.message.clone()),
    };
    let health = super::health::state(status.health.state);
    let health_says = Some(status.health.message.clone()).filter(|says| !says.is_empty());
    let health_says = health_says.unwrap_or_else(|| "Nobody has looked yet".to_owned());
    Facts { health, health_says, sync, sync_says, operation, operation_says }
}

/// Whether the status still speaks of something older than what is asked now.
pub fn behind(object: &Object, status: &ResourceStatus) -> bool {
    object.metadata.generation != status.observed_generation
}

/// What stands in the way: the root cause, unless it is the ordinary course of things.
pub fn trouble<'s>(object: &Object, status: &'s ResourceStatus) -> Option<&'s condition::Condition> {
    let ready = status.condition("Ready")?;
    let worth_a_word = ready.status != condition::Truth::True && !ROUTINE.contains(&ready.reason.as_str());
    (worth_a_word && !behind(object, status)).then_some(ready)
}

fn operation(object: &Object, status: &ResourceStatus) -> (Operation, String) {
    let behind = behind(object, status);
    let Some(last) = &status.last_operation else {
        return match trouble(object, status) {
            Some(ready) => (Operation::Waiting, ready.message.clone()),
            None => (Operation::Waiting, SOON.to_owned()),
        };
    };
    let waits = trouble(object, status).is_some();
    let said = || Some(last.message.clone()).filter(|says| !says.is_empty()).unwrap_or_else(|| status.message.clone());
    match last.state {
        OperationState::Failed if !behind => (Operation::Failed, format!("{} failed", doing(last.operation))),
        _ if object.deleting() => (Operation::Deleting, if behind { SOON.to_owned() } else { said() }),
        _ if behind => (Operation::Waiting, SOON.to_owned()),
        OperationState::Running if !waits => (Operation::Running, said()),
        OperationState::Succeeded => (Operation::Succeeded, done(last.operation).to_owned()),
        // why it waits stands in the notice, once
        _ if waits => (Operation::Waiting, format!("{} has to wait", doing(last.operation))),
        _ => (Operation::Waiting, said()),
    }
}

fn doing(operation: request::Operation) -> &'static str {
    match operation {
        request::Operation::Create => "Creating it",
        request::Operation::Update => "The change",
        request::Operation::Delete => "Deleting it",
        request::Operation::Action => "The action",
        request::Operation::Extend => "Extending it",
    }
}

fn done(operation: request::Operation) -> &'static str {
    match operation {
        request::Operation::Create => "Created",
        request::Operation::Update => "Updated",
        request::Operation::Delete => "Deleted",
        request::Operation::Action => "Done",
        request::Operation::Extend => "Extended",
    }
}

/// A resource as a row of a list.
pub fn row(object: &Object, offer: Option<&Arc<Offer>>) -> ResourceRow {
    let status = ResourceStatus::read(&object.status);
    ResourceRow {
        key: key_of(object),
        promise_title: offer.map_or_else(|| object.kind.clone(), |offer| offer.promise.title().to_owned()),
        icon: offer.map_or_else(String::new, |offer| offer.promise.spec.icon.clone()),
        facts: facts(object, &status),
        message: trouble(object, &status).map(|ready| ready.message.clone()).unwrap_or_default(),
        created: object.metadata.creation_timestamp.unwrap_or_default(),
        changed: changed(object, &status),
        version: version(&status, offer.map(|offer| offer.promise.version.as_str())),
    }
}

/// What each promise is called; those of equal titles are told apart by their names.
pub fn titles(offers: &Offers) -> BTreeMap<String, String> {
    let mut bearers: BTreeMap<&str, usize> = BTreeMap::new();
    for offer in offers.values() {
        *bearers.entry(offer.promise.title()).or_default() += 1;
    }
    let title = |(name, offer): (&String, &Arc<Offer>)| {
        let title = offer.promise.title();
        let is_alone = bearers.get(title).is_none_or(|bearers| *bearers < 2) || title == name;
        (name.clone(), if is_alone { title.to_owned() } else { format!("{title} ({name})") })
    };
    offers.iter().map(title).collect()
}

/// The version that made what is placed; before that, the one that is going to. Empty where the promise has none.
pub fn version(status: &ResourceStatus, current: Option<&str>) -> String {
    let version = Some(status.promise_version.as_str()).filter(|made| !made.is_empty()).or(current);
    version.filter(|version| *version != UNVERSIONED).unwrap_or_default().to_owned()
}

/// When something last happened to a resource.
pub fn changed(object: &Object, status: &ResourceStatus) -> Timestamp {
    let last = status.last_operation.as_ref().and_then(|last| last.finished_at.max(last.started_at));
    let ready = status.condition("Ready").map(|ready| ready.last_transition_time);
    last.max(ready).max(object.metadata.deletion_timestamp).max(object.metadata.creation_timestamp).unwrap_or_default()
}

pub fn key_of(object: &Object) -> ResourceKey {
    ResourceKey::new(&object.metadata.namespace, object.facets().promise, &object.metadata.name)
}

/// A promise as a card.
pub fn card(promise: &Promise, mine: u64, typical_seconds: Option<i64>, refusal: String) -> PromiseCard {
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
        refusal,
    }
}

pub fn conditions(object: &Object, status: &ResourceStatus) -> Vec<Condition> {
    let mut said = Vec::new();
    let mut shown = |condition: &condition::Condition| Condition {
        kind: condition.kind.clone(),
        status: match condition.status {
            condition::Truth::True => Truth::True,
            condition::Truth::False => Truth::False,
            condition::Truth::Unknown => Truth::Unknown,
        },
        reason: condition.reason.clone(),
        // what an earlier condition has said already is read once
        message: if said.iter().any(|told: &String| told.contains(&condition.message)) {
            String::new()
        } else {
            said.push(condition.message.clone());
            condition.message.clone()
        },
        since: condition.last_transition_time,
        is_stale: condition.observed_generation != 0 && condition.observed_generation < object.metadata.generation,
    };
    status.conditions.iter().map(&mut shown).collect()
}

impl ServerPortal {
    /// What is offered now; in memory, so that lists need no query for titles and icons.
    pub(super) fn offers(&self) -> Offers {
        let snapshot = self.doors.services.kinds.snapshot();
        let promised = snapshot.kinds.iter().filter_map(|kind| kind.promised());
        promised.map(|promised| (promised.offer.promise.name.clone(), promised.offer.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn resource(generation: i64, status: &Value) -> Object {
        let labels = json!({"kratix.io/promise-name": "postgresql"});
        let metadata = json!({"name": "shop", "namespace": "default", "generation": generation, "labels": labels});
        let document =
            json!({"apiVersion": "data.example.com/v1", "kind": "Postgresql", "metadata": metadata, "status": status});
        Object::from_value(document).unwrap()
    }

    fn status(reason: &str, operation: &str) -> Value {
        let truth = if reason == "Ready" { "True" } else { "False" };
        json!({
            "observedGeneration": 1, "health": {"state": "NotChecked", "message": "The promise declares no health check"},
            "sync": {"state": if reason == "Ready" { "Synced" } else { "Pending" }, "message": "(sync)"},
            "lastOperation": {"operation": "Create", "state": operation, "message": "(operation)"},
            "conditions": [{"type": "Ready", "status": truth, "reason": reason, "message": format!("({reason})")}],
        })
    }

    fn told(object: &Object) -> String {
        let row = row(object, None);
        let facts = row.facts;
        format!(
            "{:?}: {}\n{:?}: {}\n{:?}: {}\n{}",
            facts.health,
            facts.health_says,
            facts.sync,
            facts.sync_says,
            facts.operation,
            facts.operation_says,
            row.message
        )
    }

    #[test]
    fn a_ready_resource_is_synced_and_its_health_is_not_guessed() {
        insta::assert_snapshot!(told(&resource(1, &status("Ready", "Succeeded"))), @"
        NotChecked: The promise declares no health check
        Synced: (sync)
        Succeeded: Created
        ");
    }

    #[test]
    fn a_change_that_is_not_looked_at_yet_is_neither_synced_nor_done() {
        insta::assert_snapshot!(told(&resource(2, &status("Ready", "Succeeded"))), @"
        NotChecked: The promise declares no health check
        Pending: What was asked last is not placed yet
        Waiting: Asked for; it starts in a moment
        ");
    }

    #[test]
    fn what_waits_for_somebody_says_so_and_what_runs_does_not() {
        insta::assert_snapshot!(told(&resource(1, &status("NoDestination", "Running"))), @"
        NotChecked: The promise declares no health check
        Pending: (sync)
        Waiting: Creating it has to wait
        (NoDestination)
        ");
        assert_eq!(row(&resource(1, &status("StepRunning", "Running")), None).message, "");
    }

    #[test]
    fn a_failed_step_is_the_row_s_message() {
        insta::assert_snapshot!(told(&resource(1, &status("StepFailed", "Failed"))), @"
        NotChecked: The promise declares no health check
        Pending: (sync)
        Failed: Creating it failed
        (StepFailed)
        ");
    }

    #[test]
    fn what_was_just_asked_for_starts_in_a_moment() {
        insta::assert_snapshot!(told(&resource(1, &json!({"phase": "Pending", "message": "Resource requested"}))), @"
        NotChecked: Nobody has looked yet
        Pending: What was asked last is not placed yet
        Waiting: Asked for; it starts in a moment
        ");
    }
}
