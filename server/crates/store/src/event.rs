//! What happened, for people and for live pages: a line per fact, about one object.

use crate::{
    Store,
    object_row::corrupt,
    statement::{Arg, Statement},
};
use domain::{Result, Timestamp};
use sqlx::FromRow;

pub use domain::event::Event;

/// An event under its number, which grows in commit order.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    pub seq: i64,
    pub event: Event,
}

pub(crate) const INSERT: &str = "insert into event (at, namespace, subject, reason, message, actor, data) values";
const OF_SUBJECT: &str = "select * from event where subject = $1 and seq < $2 order by seq desc limit $3";
const OF_NAMESPACE: &str = "select * from event where namespace = $1 and seq < $2 order by seq desc limit $3";
const RECENT: &str = "select * from event where seq < $1 order by seq desc limit $2";
const AFTER: &str = "select * from event where seq > $1 order by seq limit $2";

impl Store {
    /// Events about one object, newest first; `before` goes on from the last one seen.
    pub async fn events(&self, subject: &str, before: Option<i64>, limit: i64) -> Result<Vec<StoredEvent>> {
        stored(
            self.db.all(Statement::new(OF_SUBJECT).bind(subject).bind(before.unwrap_or(i64::MAX)).bind(limit)).await?,
        )
    }

    /// Events of one namespace, or of all, newest first.
    pub async fn recent_events(
        &self,
        namespace: Option<&str>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<StoredEvent>> {
        let before = before.unwrap_or(i64::MAX);
        stored(match namespace {
            Some(namespace) => {
                self.db.all(Statement::new(OF_NAMESPACE).bind(namespace).bind(before).bind(limit)).await?
            }
            None => self.db.all(Statement::new(RECENT).bind(before).bind(limit)).await?,
        })
    }

    /// Events in commit order after one that was seen: for a live stream that goes on.
    pub async fn events_after(&self, seq: i64, limit: i64) -> Result<Vec<StoredEvent>> {
        stored(self.db.all(Statement::new(AFTER).bind(seq).bind(limit)).await?)
    }
}

pub(crate) fn args(event: &Event) -> Vec<Arg> {
    vec![
        event.at.into(),
        (&event.namespace).into(),
        (&event.subject).into(),
        (&event.reason).into(),
        (&event.message).into(),
        (&event.actor).into(),
        event.data.to_string().into(),
    ]
}

#[derive(FromRow)]
struct EventRow {
    seq: i64,
    at: i64,
    namespace: String,
    subject: String,
    reason: String,
    message: String,
    actor: String,
    data: String,
}

fn stored(rows: Vec<EventRow>) -> Result<Vec<StoredEvent>> {
    rows.into_iter().map(StoredEvent::try_from).collect()
}

impl TryFrom<EventRow> for StoredEvent {
    type Error = domain::Error;

    fn try_from(row: EventRow) -> Result<Self> {
        let data = serde_json::from_str(&row.data).map_err(|e| corrupt("event", "data", &row.seq.to_string(), &e))?;
        let EventRow { seq, at, namespace, subject, reason, message, actor, .. } = row;
        Ok(Self {
            seq,
            event: Event { at: Timestamp::from_micros(at), namespace, subject, reason, message, actor, data },
        })
    }
}
