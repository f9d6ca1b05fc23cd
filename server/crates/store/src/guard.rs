//! What must still be so when a transaction is stored, whatever its caller saw before: judged under the write lock, on every replica.

use crate::{
    batch::{Batch, Step},
    db::Tx,
    object::Number,
    query::Query,
    queue::Lease,
    statement::Statement,
};
use domain::Error;

/// What a transaction stands on.
#[derive(Clone, Debug)]
pub enum Guard {
    /// The object is there, and nobody is deleting it.
    Standing { uid: String },
    /// The key is still held under this lease, though its time may have run out.
    Leased(Lease),
    /// The query (its order and limit aside) finds nothing that is newer than a version; newer than 0 is anything at all.
    Nothing { query: Box<Query>, since: i64 },
    /// What the query finds belongs to fewer than so many owners, one of them not counted.
    Room { query: Box<Query>, besides: String, fewer_than: usize },
}

const NEWER: &str = "select version as number from object";
pub const OWNERS: &str = "select count(distinct owner) as number from object";

impl Guard {
    /// Whether the rows in memory speak for it. What only a query can tell is judged by [`refusal`].
    pub(crate) fn holds_in(&self, batch: &Batch) -> bool {
        match self {
            Self::Standing { uid } => batch.objects.get(&uid.as_str().into()).is_some_and(|stored| !stored.deleting()),
            Self::Leased(lease) => batch.leased(lease).is_some(),
            Self::Nothing { .. } | Self::Room { .. } => true,
        }
    }
}

impl Step {
    /// Whether a query must be run for it. The rows of the group are not written yet then, so its transaction needs a group of its own.
    pub fn looks_around(&self) -> bool {
        matches!(self, Self::Require(Guard::Nothing { .. } | Guard::Room { .. }, _))
    }
}

/// Why the one transaction of this group that looks around is refused, if it is.
pub async fn refusal(tx: &mut Tx, group: &[&[Step]]) -> sqlx::Result<Option<Error>> {
    for step in group.iter().flat_map(|steps| steps.iter()) {
        let (holds, otherwise) = match step {
            Step::Require(Guard::Nothing { query, since }, otherwise) => {
                let mut newer = Statement::new(NEWER);
                query.condition(&mut newer);
                newer.push(" and version > ").arg(*since).push(" limit 1");
                (tx.all::<Number>(newer).await?.is_empty(), otherwise)
            }
            Step::Require(Guard::Room { query, besides, fewer_than }, otherwise) => {
                let mut others = Statement::new(OWNERS);
                query.condition(&mut others);
                others.push(" and owner <> ").arg(besides);
                let found = tx.all::<Number>(others).await?;
                let number = found.first().map_or(0, |found| usize::try_from(found.number).unwrap_or(0));
                (number < *fewer_than, otherwise)
            }
            _ => continue,
        };
        if !holds {
            return Ok(Some(otherwise.clone()));
        }
    }
    Ok(None)
}
