//! How replicas on one PostgreSQL tell each other of commits. On SQLite there are no others.

use super::{Db, Tx};
use sqlx::postgres::PgListener;
use std::time::Duration;

const CHANNEL: &str = "midspan_version";
/// Ends the notice of a commit that made no new version: it only added to logs or events.
const APPENDED: char = '+';

/// What another replica has committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Version(i64),
    /// Only something that is added to, such as a log; no object has changed.
    Appended,
    /// Some notices may have been missed.
    Gap,
}

impl Tx {
    /// Tells the others, when and if this transaction is committed.
    pub async fn announce(&mut self, version: i64, appended_only: bool) -> sqlx::Result<()> {
        if let Self::Postgres(tx) = self {
            let notice = if appended_only { format!("{version}{APPENDED}") } else { version.to_string() };
            sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(notice).execute(&mut **tx).await?;
        }
        Ok(())
    }
}

impl Db {
    /// Calls `heard` for every commit other replicas make. Returns on SQLite at once.
    pub async fn listen(&self, mut heard: impl FnMut(Heard)) {
        let Self::Postgres { readers, .. } = self else { return };
        while !readers.is_closed() {
            let listening = async {
                let mut listener = PgListener::connect_with(readers).await?;
                listener.listen(CHANNEL).await?;
                heard(Heard::Gap);
                loop {
                    heard(listener.try_recv().await?.map_or(Heard::Gap, |notice| understood(notice.payload())));
                }
            };
            let failed: sqlx::Result<()> = listening.await;
            if let Err(error) = failed {
                tracing::debug!(%error, "not listening to other replicas; trying again in a second");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn understood(notice: &str) -> Heard {
    match notice.strip_suffix(APPENDED) {
        Some(_) => Heard::Appended,
        None => notice.parse().map_or(Heard::Gap, Heard::Version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_nobody_understands_is_a_reason_to_look() {
        let all = ["17", "17+", "later"].map(understood);
        assert_eq!(all, [Heard::Version(17), Heard::Appended, Heard::Gap]);
    }
}
