//! Who did what, when, from where, and with what outcome. Only ever added to.

use crate::{
    Store,
    object_row::corrupt,
    statement::{Arg, Statement},
};
use domain::{Result, Timestamp};
use sqlx::FromRow;

pub use domain::event::AuditEntry;

#[derive(Clone, Debug, PartialEq)]
pub struct StoredAudit {
    pub seq: i64,
    pub entry: AuditEntry,
}

/// Which entries are asked for; every part left empty holds for all. Newest first.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    pub actor: Option<String>,
    pub uid: Option<String>,
    pub namespace: Option<String>,
    pub before: Option<i64>,
    /// 0 is 100.
    pub limit: i64,
}

pub(crate) const INSERT: &str =
    "insert into audit (at, actor, verb, api_group, kind, namespace, name, uid, outcome, source, data) values";
const SELECT: &str = "select * from audit where seq < ";

impl Store {
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<StoredAudit>> {
        let mut statement = Statement::new(SELECT);
        statement.arg(query.before.unwrap_or(i64::MAX));
        let parts =
            [(" and actor = ", &query.actor), (" and uid = ", &query.uid), (" and namespace = ", &query.namespace)];
        for (fragment, value) in parts {
            if let Some(value) = value {
                statement.push(fragment).arg(value);
            }
        }
        statement.push(" order by seq desc").limit(if query.limit > 0 { query.limit } else { 100 });
        self.db.all::<AuditRow>(statement).await?.into_iter().map(StoredAudit::try_from).collect()
    }
}

pub(crate) fn args(entry: &AuditEntry) -> Vec<Arg> {
    vec![
        entry.at.into(),
        (&entry.actor).into(),
        (&entry.verb).into(),
        (&entry.group).into(),
        (&entry.kind).into(),
        (&entry.namespace).into(),
        (&entry.name).into(),
        (&entry.uid).into(),
        (&entry.outcome).into(),
        (&entry.source).into(),
        entry.data.to_string().into(),
    ]
}

#[derive(FromRow)]
struct AuditRow {
    seq: i64,
    at: i64,
    actor: String,
    verb: String,
    api_group: String,
    kind: String,
    namespace: String,
    name: String,
    uid: String,
    outcome: String,
    source: String,
    data: String,
}

impl TryFrom<AuditRow> for StoredAudit {
    type Error = domain::Error;

    fn try_from(row: AuditRow) -> Result<Self> {
        let data = serde_json::from_str(&row.data).map_err(|e| corrupt("audit", "data", &row.seq.to_string(), &e))?;
        let AuditRow { seq, at, actor, verb, api_group: group, kind, namespace, name, uid, outcome, source, .. } = row;
        let at = Timestamp::from_micros(at);
        Ok(Self {
            seq,
            entry: AuditEntry { at, actor, verb, group, kind, namespace, name, uid, outcome, source, data },
        })
    }
}
