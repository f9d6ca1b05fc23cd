//! What changed since a version, in commit order: for watches and live pages.

use crate::{Store, housekeeping::SLICE, object::Number, object_row::object, queue::At, statement::Statement};
use domain::{Error, ErrorKind, Object, Result};
use sqlx::FromRow;

/// Which objects are watched; every part left empty holds for all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub group: Option<String>,
    pub kind: Option<String>,
    pub namespace: Option<String>,
    pub name: Option<String>,
}

/// The newest state of an object that was written (states in between may be skipped), or the last state of one that is gone.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Put(Object),
    /// `resourceVersion` is the version of the removal.
    Removed(Object),
}

/// Changes in version order.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub changes: Vec<Change>,
    /// Everything up to this version is told; ask from here next, even if nothing was found.
    pub version: i64,
}

pub(crate) const PUT: &str = "select uid, version, document from object where version > $1 and version <= $2";
const REMOVED: &str = "select uid, version, document from removed where version > $1 and version <= $2";
const PRUNED: &str = "select value as number from counter where name = 'pruned'";
const SLICE_END: &str = "
    select max(version) as at from (select version from removed where version <= $1 order by version limit $2) as slice";
pub(crate) const PRUNE: &str = "delete from removed where version <= $1";
pub(crate) const MARK_PRUNED: &str = "update counter set value = $1 where name = 'pruned' and value < $1";

impl Change {
    pub fn object(&self) -> &Object {
        match self {
            Self::Put(object) | Self::Removed(object) => object,
        }
    }

    pub fn version(&self) -> i64 {
        self.object().metadata.resource_version
    }
}

impl Store {
    /// At most `limit` changes after `version`. Refused as expired when removals since then are forgotten: list again, then go on from there.
    pub async fn since(&self, filter: &Filter, version: i64, limit: i64) -> Result<Changes> {
        // The bound is read first, so that the two reads below, at two moments, cannot leave a gap between them.
        let newest = self.version().await?;
        let mut rows = Vec::new();
        for (select, removed) in [(PUT, false), (REMOVED, true)] {
            let mut statement = Statement::new(select).bind(version).bind(newest);
            filter.condition(&mut statement);
            statement.push(" order by version limit ").arg(limit);
            let found: Vec<Changed> = self.db.all(statement).await?;
            rows.extend(found.into_iter().map(|row| (row, removed)));
        }
        // Asked last: what a sweep forgets from now on was still read above.
        if version < self.db.one::<Number>(Statement::new(PRUNED)).await?.number {
            return Err(Error::new(
                ErrorKind::Expired,
                format!("too old resource version: {version}; list again and watch from there"),
            ));
        }
        rows.sort_by_key(|(row, _)| row.version);
        let limit = usize::try_from(limit).unwrap_or(0);
        let cut = rows.len() >= limit;
        rows.truncate(limit);
        let reached = rows.last().filter(|_| cut).map_or(newest, |(row, _)| row.version);
        let changes = rows.into_iter().map(|(row, removed)| row.change(removed)).collect::<Result<_>>()?;
        Ok(Changes { changes, version: reached.max(version) })
    }

    /// Forgets removals up to a version. Watches that are further behind have to list again.
    pub async fn prune_removed(&self, up_to: i64) -> Result<u64> {
        self.writer.statements(vec![Statement::new(MARK_PRUNED).bind(up_to)]).await?;
        let mut pruned = 0;
        loop {
            let end: At = self.db.one(Statement::new(SLICE_END).bind(up_to).bind(SLICE)).await?;
            let Some(end) = end.at else { return Ok(pruned) };
            pruned += self.writer.statements(vec![Statement::new(PRUNE).bind(end)]).await?;
        }
    }
}

impl Filter {
    pub fn of_kind(group: &str, kind: &str) -> Self {
        Self { group: Some(group.to_owned()), kind: Some(kind.to_owned()), ..Self::default() }
    }

    pub(crate) fn condition(&self, statement: &mut Statement) {
        let parts: [(&'static str, &Option<String>); 4] = [
            // `|| ''` keeps SQLite from reading a whole kind and sorting it, where the versions' index has the few new ones in order
            (" and api_group || '' = ", &self.group),
            (" and kind || '' = ", &self.kind),
            (" and namespace || '' = ", &self.namespace),
            (" and name || '' = ", &self.name),
        ];
        for (fragment, value) in parts {
            if let Some(value) = value {
                statement.push(fragment).arg(value);
            }
        }
    }
}

#[derive(FromRow)]
struct Changed {
    uid: String,
    version: i64,
    document: String,
}

impl Changed {
    fn change(self, removed: bool) -> Result<Change> {
        let table = if removed { "removed" } else { "object" };
        let object = object(table, &self.uid, self.version, &self.document)?;
        Ok(if removed { Change::Removed(object) } else { Change::Put(object) })
    }
}
