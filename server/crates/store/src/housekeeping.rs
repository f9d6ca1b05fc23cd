//! Whose turn it is to tidy, over all replicas and restarts, and how much goes at once.
//!
//! What goes is told beside its table: `sweep_blobs`, `sweep_sessions`, `prune_removed`, `forget_replicas`.

use crate::{Store, object::Number, statement::Statement};
use domain::{Result, Timestamp};
use std::time::Duration;

/// Rows that one statement deletes at most: others' commits come in between.
pub(crate) const SLICE: i64 = 500;

/// A clock that was set back must not stop the tidying for as long as it had run ahead.
const TAKE: &str = "
    insert into counter (name, value) values ('housekept', $1)
    on conflict (name) do update set value = excluded.value where counter.value <= $2 or counter.value > $1";
const MARKED: &str = "select value as number from counter where name = 'housekept-version'";
const MARK: &str = "
    insert into counter (name, value) select 'housekept-version', value from counter as newest where name = 'version'
    on conflict (name) do update set value = excluded.value";

/// The right to tidy, had by one replica at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// The version when the round before was begun; 0 for the first. What was removed until then is known to whoever watches.
    pub version_before: i64,
}

impl Store {
    /// A round of housekeeping, unless one was begun less than `every` ago.
    pub async fn begin_housekeeping(&self, now: Timestamp, every: Duration) -> Result<Option<Round>> {
        let every = i64::try_from(every.as_micros()).unwrap_or(i64::MAX);
        let due = now.micros().saturating_sub(every);
        let taken = self.writer.statements(vec![Statement::new(TAKE).bind(now).bind(due)]).await?;
        if taken == 0 {
            return Ok(None);
        }
        let before: Option<Number> = self.db.optional(Statement::new(MARKED)).await?;
        self.writer.statements(vec![Statement::new(MARK)]).await?;
        Ok(Some(Round { version_before: before.map_or(0, |row| row.number) }))
    }
}
