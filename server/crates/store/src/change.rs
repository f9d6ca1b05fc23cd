//! What changed since a version, in commit order: for watches and live pages.

use crate::{Store, housekeeping::SLICE, object_row::object, queue::At, statement::Statement};
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

/// One statement, so that all of it speaks of one moment: what was written, what was removed, up to where removals are forgotten, and the newest
/// version there is.
const PUT: &str = "
    select * from (select cast(0 as bigint) as told, uid, version, document from object where version > ";
const REMOVED: &str = ") as put union all
    select * from (select cast(1 as bigint) as told, uid, version, document from removed where version > ";
const MARKS: &str = ") as gone union all
    select case name when 'pruned' then 2 else 3 end as told, '' as uid, value as version, '' as document
    from counter where name in ('pruned', 'version')";
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
        let rows: Vec<Changed> = self.db.all(filter.after(version, limit)).await?;
        let mark = |mark| rows.iter().find(|row| row.told == mark).map_or(0, |row| row.version);
        let (pruned, newest) = (mark(PRUNED), mark(NEWEST));
        if version < pruned {
            return Err(Error::new(
                ErrorKind::Expired,
                format!("too old resource version: {version}; list again and watch from there"),
            ));
        }
        let mut rows: Vec<Changed> = rows.into_iter().filter(|row| matches!(row.told, WRITTEN | GONE)).collect();
        rows.sort_by_key(|row| row.version);
        let limit = usize::try_from(limit).unwrap_or(0);
        let cut = rows.len() >= limit;
        rows.truncate(limit);
        let reached = rows.last().filter(|_| cut).map_or(newest, |row| row.version);
        let changes = rows.into_iter().map(Changed::change).collect::<Result<_>>()?;
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

    pub(crate) fn after(&self, version: i64, limit: i64) -> Statement {
        let mut statement = Statement::new(PUT);
        for end in [REMOVED, MARKS] {
            statement.arg(version);
            self.condition(&mut statement);
            statement.push(" order by version").limit(limit).push(end);
        }
        statement
    }

    fn condition(&self, statement: &mut Statement) {
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

/// What a row tells of: an object, one that was removed, up to where removals are forgotten, the newest version.
const WRITTEN: i64 = 0;
const GONE: i64 = 1;
const PRUNED: i64 = 2;
const NEWEST: i64 = 3;

#[derive(FromRow)]
struct Changed {
    told: i64,
    uid: String,
    version: i64,
    document: String,
}

impl Changed {
    fn change(self) -> Result<Change> {
        let removed = self.told == GONE;
        let table = if removed { "removed" } else { "object" };
        let object = object(table, &self.uid, self.version, &self.document)?;
        Ok(if removed { Change::Removed(object) } else { Change::Put(object) })
    }
}
