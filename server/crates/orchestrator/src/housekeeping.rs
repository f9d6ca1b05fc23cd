//! What nobody needs any more goes: drafts that were never submitted, revisions nobody runs, old events and runs, bytes that no object names, expired
//! sessions and tokens, old removals, dead replicas.
//!
//! One replica does it per interval, beside the loop and in small transactions, so that nobody waits for it.

mod revisions;
mod runs;

use crate::{config::Retention, driver::Orchestrator};
use domain::{
    ErrorKind, Result, Timestamp,
    event::AuditEntry,
    object::{GROUP, Kind, Typed},
    request::{DRAFT_KEPT, Request, RequestKind},
};
use std::time::Duration;
use store::{Op, Query, Sort, Store};

/// Replicas are forgotten this long after their last word: nothing they held is held any more.
const DEAD_FOR: Duration = Duration::from_hours(1);
/// Drafts read at once.
const AT_ONCE: i64 = 200;

impl Orchestrator {
    /// Tidies at once, if it is time, and again after each interval, until this replica stops.
    pub(crate) async fn keep_house(&self) {
        let every = self.inner.config.housekeeping;
        loop {
            let round = tidy(&self.inner.store, self.inner.clock.now(), every, &self.inner.config.retention);
            match self.inner.stop.run_until_cancelled(round).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::warn!(%error, "housekeeping is not done; the next round goes on with it"),
            }
            if self.paused(every).await {
                return;
            }
        }
    }
}

/// One round, unless another replica has had it.
async fn tidy(store: &Store, now: Timestamp, every: Duration, keep: &Retention) -> Result<()> {
    let Some(round) = store.begin_housekeeping(now, every).await? else { return Ok(()) };
    let drafts = withdraw_drafts(store, now).await?;
    let revisions = revisions::sweep(store).await?;
    let runs = runs::sweep(store, now, keep).await?;
    let events = store.sweep_events(before(now, keep.events)).await?;
    let audit = match keep.audit {
        Some(kept) => store.sweep_audit(before(now, kept)).await?,
        None => 0,
    };
    let sessions = store.sweep_sessions(now).await?;
    let tokens = store.sweep_tokens(now).await?;
    let tickets = store.sweep_tickets(now).await?;
    let replicas = store.forget_replicas(before(now, DEAD_FOR)).await?;
    // whoever watches has had an interval to hear of them
    let removals = store.prune_removed(round.version_before).await?;
    let blobs = store.sweep_blobs().await?;
    tracing::debug!(
        drafts, revisions, runs, events, audit, sessions, tokens, tickets, replicas, removals, blobs, "tidied"
    );
    Ok(())
}

/// Withdraws drafts nobody has submitted for long. What they asked for stays on their page.
async fn withdraw_drafts(store: &Store, now: Timestamp) -> Result<u64> {
    let mut withdrawn = 0;
    let mut query = Query {
        phases: vec!["Draft".to_owned()],
        sort: Sort::Created,
        limit: AT_ONCE,
        ..Query::of_kind(GROUP, RequestKind::KIND)
    };
    loop {
        let page = store.list(&query).await?;
        for object in page.objects {
            let mut request = Typed::<RequestKind>::parse(object)?;
            if request.metadata.creation_timestamp.is_some_and(|made| made + DRAFT_KEPT > now) {
                return Ok(withdrawn);
            }
            request.withdraw("Nobody submitted it for a week.", now);
            match store
                .commit(vec![
                    Op::Update(request.to_object()),
                    Op::UnsealAll { uid: request.metadata.uid.clone() },
                    Op::Audit(audited(&request, now)),
                ])
                .await
            {
                Ok(_) => withdrawn += 1,
                // somebody has just submitted or withdrawn it
                Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(withdrawn),
        }
    }
}

fn audited(request: &Request, now: Timestamp) -> AuditEntry {
    let metadata = &request.metadata;
    AuditEntry {
        at: now,
        actor: "midspan".to_owned(),
        verb: "withdraw".to_owned(),
        group: GROUP.to_owned(),
        kind: RequestKind::KIND.to_owned(),
        namespace: metadata.namespace.clone(),
        name: metadata.name.clone(),
        uid: metadata.uid.clone(),
        outcome: "allowed".to_owned(),
        source: "housekeeping".to_owned(),
        ..AuditEntry::default()
    }
}

fn before(now: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests;
