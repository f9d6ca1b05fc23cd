//! How replicas on one PostgreSQL tell each other of commits. On SQLite there are no others.

use super::Db;
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

/// What others are told of a commit.
#[derive(Clone, Copy)]
pub struct Notice {
    pub version: i64,
    pub appended_only: bool,
}

impl Notice {
    /// Takes effect with the transaction that it stands in. It has no parameters, so that it can go in one message with the end.
    pub fn statement(&self) -> String {
        let Self { version, appended_only } = self;
        let mark = if *appended_only { APPENDED.to_string() } else { String::new() };
        format!("select pg_notify('{CHANNEL}', '{version}{mark}'); ")
    }
}

impl Db {
    /// Calls `heard` for every commit other replicas make. Returns on SQLite at once.
    pub async fn listen(&self, mut heard: impl FnMut(Heard)) {
        let Self::Postgres { hearing, .. } = self else { return };
        while !hearing.is_closed() {
            let listening = async {
                let mut listener = PgListener::connect_with(hearing).await?;
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
