//! Who is alive: each replica says so again and again; one that stops is dead when its last word runs out.

use crate::{Store, queue, statement::Statement};
use domain::{Result, Timestamp};
use sqlx::FromRow;
use std::collections::BTreeSet;

const BEAT: &str = "
    insert into replica (name, until) values ($1, $2)
    on conflict (name) do update set until = excluded.until";
const LIVE: &str = "select name from replica where until > $1";
const RETIRE: &str = "delete from replica where name = $1";
const FORGET: &str = "delete from replica where until <= $1";

impl Store {
    /// This replica counts as alive until then.
    pub async fn beat(&self, replica: &str, until: Timestamp) -> Result<()> {
        self.writer.statements(vec![Statement::new(BEAT).bind(replica).bind(until)]).await?;
        Ok(())
    }

    pub async fn live_replicas(&self, now: Timestamp) -> Result<BTreeSet<String>> {
        let rows: Vec<Live> = self.db.all(Statement::new(LIVE).bind(now)).await?;
        Ok(rows.into_iter().map(|row| row.name).collect())
    }

    /// Drops the names of replicas that were alive for the last time before then.
    pub async fn forget_replicas(&self, before: Timestamp) -> Result<u64> {
        self.writer.statements(vec![Statement::new(FORGET).bind(before)]).await
    }

    /// A replica that stops in good order: it is dead at once, and its keys are due for others.
    pub async fn retire(&self, replica: &str, now: Timestamp) -> Result<()> {
        let statements =
            vec![Statement::new(RETIRE).bind(replica), Statement::new(queue::RELEASE).bind(replica).bind(now)];
        self.writer.statements(statements).await?;
        Ok(())
    }
}

#[derive(FromRow)]
struct Live {
    name: String,
}
