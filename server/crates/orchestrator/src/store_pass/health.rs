//! What is said on a state store: whether it takes writes, and if not, why and when it is asked again.

use super::{Outcome, Site};
use crate::driver::Orchestrator;
use domain::{
    ErrorKind, Object, Result,
    condition::{self, Condition, Truth},
    event::{Event, Level},
};
use store::{Lease, Op};

impl Orchestrator {
    pub(super) async fn record_health(&self, lease: &Lease, site: &Site, outcome: &Outcome) -> Result<()> {
        let Some(before) = &site.object else { return Ok(()) };
        let now = self.inner.clock.now();
        let (mut status, error) = (site.status.clone(), outcome.written.as_ref().err());
        status.failures = outcome.failures;
        status.retry_at = error.is_some().then_some(outcome.again);
        if error.is_some() { "NotReady" } else { "Ready" }.clone_into(&mut status.status);
        let changed =
            status.observed_generation != before.metadata.generation || status.secret_version != site.secret_version();
        status.observed_generation = before.metadata.generation;
        status.secret_version = site.secret_version();
        if let Ok(written) = &outcome.written {
            if !written.version.is_empty() {
                status.version.clone_from(&written.version);
            }
            let due = status.checked_at.is_none_or(|at| now.since(at) >= super::CHECK_EVERY);
            if due || changed || site.status.failures > 0 {
                status.checked_at = Some(now.to_second());
            }
        }
        let ready = Condition {
            kind: "Ready".to_owned(),
            status: Truth::from(error.is_none()),
            reason: if error.is_none() { "Written" } else { "WriteFailed" }.to_owned(),
            message: match error {
                None => "The store takes writes".to_owned(),
                Some(error) => format!("{}; next attempt at {}", error.message, outcome.again.to_second()),
            },
            last_transition_time: now,
            observed_generation: before.metadata.generation,
        };
        let flipped = was(&status.conditions) != Some(ready.status);
        condition::set(&mut status.conditions, ready);
        let after = Object { status: serde_json::to_value(&status).unwrap_or_default(), ..before.clone() };
        let told = flipped.then(|| match error {
            None => event(
                before,
                now,
                Level::Normal,
                "Ready",
                format!("{} {:?} is ready", before.kind, before.metadata.name),
            ),
            Some(error) => event(before, now, Level::Warning, "NotReady", error.message.clone()),
        });
        self.say(lease, before, after, told).await
    }

    /// Writes what was found on an object. One that was changed meanwhile is looked at again: its change has woken the store's key.
    pub(super) async fn say(&self, lease: &Lease, before: &Object, after: Object, told: Option<Op>) -> Result<()> {
        if after == *before {
            return Ok(());
        }
        let mut ops = vec![Op::while_leased(lease), Op::Update(after)];
        ops.extend(told);
        match self.inner.store.commit(ops).await {
            Err(error) if error.kind != ErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }
}

pub(super) fn event(object: &Object, now: domain::Timestamp, level: Level, code: &str, message: String) -> Op {
    Op::Event(Event::about(object, now, level, code, message))
}

pub(super) fn was(conditions: &[Condition]) -> Option<Truth> {
    conditions.iter().find(|condition| condition.kind == "Ready").map(|condition| condition.status)
}
