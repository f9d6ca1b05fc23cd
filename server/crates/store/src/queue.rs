//! Keys that someone must look at: woken for a time, leased to one replica, settled by it.
//!
//! A key is in the queue once. Earlier wake-ups win, a leased key is given to nobody else, and a lease that ran out is free again.
//! Leases are fenced: each carries a number that never comes twice, and who settles with an old one is refused. Whoever needs longer renews.

use crate::{
    Store,
    object_row::corrupt,
    query::Query,
    statement::{Arg, Statement},
};
use domain::{Error, Result, Timestamp};
use sqlx::FromRow;

/// The right to look at a key, until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub key: String,
    pub lane: String,
    pub replica: String,
    /// Grows with every claim, over all keys and restarts.
    pub fence: i64,
    /// How often the key had been woken when it was claimed.
    pub wakes: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Due and waiting for someone.
    pub due: i64,
    pub leased: i64,
    /// Due later.
    pub scheduled: i64,
    pub oldest_due: Option<Timestamp>,
}

/// A claim, as the writer performs it.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub replica: String,
    pub now: Timestamp,
    pub until: Timestamp,
    pub limit: i64,
}

/// A queue row as the writer changes it.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct QueueRow {
    pub key: String,
    pub lane: String,
    pub due: i64,
    pub lease_owner: String,
    pub lease_until: i64,
    pub fence: i64,
    pub wakes: i64,
}

pub(crate) const BY_KEYS: &str =
    "select key, lane, due, lease_owner, lease_until, fence, wakes from queue where key in";
pub(crate) const UPSERT: &str = "insert into queue (key, lane, due, lease_owner, lease_until, fence, wakes) values";
pub(crate) const UPSERT_TAIL: &str = "
    on conflict (key) do update
    set lane = excluded.lane, due = excluded.due, lease_owner = excluded.lease_owner,
        lease_until = excluded.lease_until, fence = excluded.fence, wakes = excluded.wakes";
pub(crate) const DELETE: &str = "delete from queue where key in";

const WAKE_SELECTED: &str =
    "insert into queue (key, lane, due, lease_owner, lease_until, fence, wakes) select uid, namespace, cast(";
const WAKE_SELECTED_MIDDLE: &str = " as bigint), '', 0, 0, 1 from object";
const WAKE_SELECTED_TAIL: &str = "
    on conflict (key) do update
    set due = case when queue.due < excluded.due then queue.due else excluded.due end, wakes = queue.wakes + 1";

pub(crate) const NEXT_FENCE: &str = "
    update counter set value = value + 1
    where name = 'fence' and exists (select 1 from queue where lease_owner = '' and due <= $1)";
const RAISE_FENCE: &str = "update counter set value = $1 where name = 'fence' and value < $1";
const RENEW: &str = "update queue set lease_until = $4 where key = $1 and lease_owner = $2 and fence = $3";
pub(crate) const FREE_EXPIRED: &str = "update queue set lease_owner = '' where lease_owner <> '' and lease_until <= $1";
/// The limits are sums: SQLite looks into a bare parameter of a limit while it plans, and so plans the statement anew whenever one is bound.
///
/// One place of every lane before the second of any, so that a lane with many keys delays no other. The lanes are found by hopping through
/// the index from one to the next, and only the first few keys of each are looked at: the cost follows the lanes, not the keys.
macro_rules! claim {
    ($first_of_lane:literal) => {
        concat!(
            "
    with recursive lanes (lane) as (
        select min(lane) from queue where lease_owner = ''
        union all
        select (select min(queue.lane) from queue where queue.lease_owner = '' and queue.lane > lanes.lane)
        from lanes where lanes.lane is not null
    ), placed (key, due, place) as (
        select first.key, first.due, row_number() over (partition by lanes.lane order by first.due, first.key)
        from lanes ",
            $first_of_lane,
            "
    )
    update queue set lease_owner = $1, lease_until = $2, due = $2,
        fence = (select value from counter where name = 'fence')
    where key in (select placed.key from placed order by placed.place, placed.due, placed.key limit 0 + $4)
    returning key, lane, due, lease_owner, lease_until, fence, wakes"
        )
    };
}
pub(crate) const CLAIM_ON_SQLITE: &str = claim!(
    "join queue as first on first.key in (
            select queue.key from queue
            where queue.lane = lanes.lane and queue.lease_owner = '' and queue.due <= $3
            order by queue.lane, queue.due limit 0 + $4)"
);
/// PostgreSQL would ask the subquery once for every row of the table; SQLite has no `lateral`.
pub(crate) const CLAIM_ON_POSTGRES: &str = claim!(
    "cross join lateral (
            select queue.key, queue.due from queue
            where queue.lane = lanes.lane and queue.lease_owner = '' and queue.due <= $3
            order by queue.lane, queue.due limit 0 + $4) as first"
);

pub(crate) const NEXT_DUE: &str = "
    select min(due) as at from (
        select min(due) as due from queue where lease_owner = ''
        union all
        select min(lease_until) from queue where lease_owner <> ''
    ) as next";
const DEPTH: &str = "
    select count(*) filter (where lease_owner = '' and due <= $1) as due,
           count(*) filter (where lease_owner <> '') as leased,
           count(*) filter (where lease_owner = '' and due > $1) as scheduled,
           min(due) filter (where lease_owner = '' and due <= $1) as oldest
    from queue";
const RELEASE_OTHERS: &str =
    "update queue set lease_owner = '', due = $2 where lease_owner <> '' and lease_owner <> $1";
pub(crate) const RELEASE: &str =
    "update queue set lease_owner = '', due = $2 where lease_owner <> '' and lease_owner = $1";
const RELEASE_DEAD: &str = "
    update queue set lease_owner = '', due = $1
    where lease_owner <> '' and lease_owner not in (select name from replica where until > $1)";

impl Store {
    /// Leases up to `limit` due keys, fairly over the lanes. What is not settled by `until` is free for others again.
    pub async fn claim(&self, replica: &str, now: Timestamp, until: Timestamp, limit: i64) -> Result<Vec<Lease>> {
        self.writer.claim(Claim { replica: replica.to_owned(), now, until, limit }).await
    }

    /// Holds a lease on until then. False when it was lost: somebody else may be at the key.
    pub async fn renew(&self, lease: &Lease, until: Timestamp) -> Result<bool> {
        let Lease { key, replica, fence, .. } = lease;
        let renewal = Statement::new(RENEW).bind(key).bind(replica).bind(*fence).bind(until);
        Ok(self.writer.statements(vec![renewal]).await? > 0)
    }

    /// When to look next: the earliest due time of a free key, or the end of a lease whose holder may not come back.
    pub async fn next_due(&self) -> Result<Option<Timestamp>> {
        Ok(self.db.one::<At>(Statement::new(NEXT_DUE)).await?.at.map(Timestamp::from_micros))
    }

    pub async fn queue_depth(&self, now: Timestamp) -> Result<QueueDepth> {
        let row: DepthRow = self.db.one(Statement::new(DEPTH).bind(now)).await?;
        let DepthRow { due, leased, scheduled, oldest } = row;
        Ok(QueueDepth { due, leased, scheduled, oldest_due: oldest.map(Timestamp::from_micros) })
    }

    /// Ends every lease that is not this replica's; the keys are due now. For the start on SQLite, where nobody else can be alive.
    pub async fn release_others(&self, replica: &str, now: Timestamp) -> Result<u64> {
        self.writer.statements(vec![Statement::new(RELEASE_OTHERS).bind(replica).bind(now)]).await
    }

    /// Ends the leases of replicas whose last beat ran out; the keys are due now.
    pub async fn release_dead(&self, now: Timestamp) -> Result<u64> {
        self.writer.statements(vec![Statement::new(RELEASE_DEAD).bind(now)]).await
    }
}

/// One insert-select for all objects of a query.
pub(crate) fn wake_selected(query: &Query, due: Timestamp) -> Statement {
    let mut statement = Statement::new(WAKE_SELECTED);
    statement.arg(due).push(WAKE_SELECTED_MIDDLE);
    query.condition(&mut statement);
    statement.push(WAKE_SELECTED_TAIL);
    statement
}

pub(crate) fn raise_fence(above: i64) -> Statement {
    Statement::new(RAISE_FENCE).bind(above)
}

impl Lease {
    pub(crate) fn lost(&self) -> Error {
        Error::conflict(format!("the lease of {:?} with fence {} was lost to another holder", self.key, self.fence))
    }
}

impl QueueRow {
    pub fn woken(key: &str, lane: &str, due: Timestamp) -> Self {
        let (key, lane) = (key.to_owned(), lane.to_owned());
        Self { key, lane, due: due.micros(), lease_owner: String::new(), lease_until: 0, fence: 0, wakes: 1 }
    }

    pub fn args(&self) -> Vec<Arg> {
        vec![
            (&self.key).into(),
            (&self.lane).into(),
            self.due.into(),
            (&self.lease_owner).into(),
            self.lease_until.into(),
            self.fence.into(),
            self.wakes.into(),
        ]
    }
}

impl TryFrom<QueueRow> for Lease {
    type Error = Error;

    fn try_from(row: QueueRow) -> Result<Self> {
        if row.fence <= 0 {
            return Err(corrupt("queue", "fence", &row.key, &"a lease without a fence"));
        }
        Ok(Self { key: row.key, lane: row.lane, replica: row.lease_owner, fence: row.fence, wakes: row.wakes })
    }
}

#[derive(FromRow)]
pub(crate) struct At {
    pub at: Option<i64>,
}

#[derive(FromRow)]
struct DepthRow {
    due: i64,
    leased: i64,
    scheduled: i64,
    oldest: Option<i64>,
}
