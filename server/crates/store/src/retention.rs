//! What is kept for a time only: old lines of the time line and of the audit log, and finished runs that newer ones have taken the place of.

use crate::{Store, housekeeping::SLICE, statement::Statement};
use domain::{Result, Timestamp, object::GROUP};
use sqlx::FromRow;
use std::collections::HashMap;

/// Numbers grow with time, so the old lines are those before the first that is young enough.
const OLD_EVENTS: &str = "
    delete from event where seq in (
        select seq from event
        where seq < coalesce((select seq from event where at >= $1 order by seq limit 1), 9223372036854775807)
        order by seq limit $2)";
const OLD_AUDIT: &str = "
    delete from audit where seq in (
        select seq from audit
        where seq < coalesce((select seq from audit where at >= $1 order by seq limit 1), 9223372036854775807)
        order by seq limit $2)";
const FINISHED_RUNS: &str = "
    select uid, owner, created, (select count(*) from object as o where o.uid = object.owner) as owners from object
    where api_group || '/' || kind = $1 and active = 0 and (created < $2 or (created = $2 and uid < $3))
    order by created desc, uid desc limit $4";

impl Store {
    /// Deletes events of before a time; returns how many.
    pub async fn sweep_events(&self, before: Timestamp) -> Result<u64> {
        self.sweep(OLD_EVENTS, before).await
    }

    /// Deletes audit lines of before a time; returns how many.
    pub async fn sweep_audit(&self, before: Timestamp) -> Result<u64> {
        self.sweep(OLD_AUDIT, before).await
    }

    /// The finished runs of before a time that are not among the newest `kept` of a resource that is still there.
    pub async fn outlived_runs(&self, before: Timestamp, kept: usize) -> Result<Vec<String>> {
        let mut newer: HashMap<String, usize> = HashMap::new();
        let mut outlived = Vec::new();
        let (mut created, mut uid) = (i64::MAX, String::new());
        loop {
            let statement =
                Statement::new(FINISHED_RUNS).bind(format!("{GROUP}/Run")).bind(created).bind(&uid).bind(SLICE);
            let page: Vec<RunRow> = self.db.all(statement).await?;
            let Some(last) = page.last() else { return Ok(outlived) };
            (created, uid) = (last.created, last.uid.clone());
            for run in page {
                let newer = newer.entry(run.owner).or_default();
                if run.created < before.micros() && (*newer >= kept || run.owners == 0) {
                    outlived.push(run.uid);
                }
                *newer += 1;
            }
        }
    }

    async fn sweep(&self, slice: &'static str, before: Timestamp) -> Result<u64> {
        let mut swept = 0;
        loop {
            let gone = self.writer.statements(vec![Statement::new(slice).bind(before).bind(SLICE)]).await?;
            swept += gone;
            if gone < SLICE.unsigned_abs() {
                return Ok(swept);
            }
        }
    }
}

#[derive(FromRow)]
struct RunRow {
    uid: String,
    owner: String,
    created: i64,
    owners: i64,
}
