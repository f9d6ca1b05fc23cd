//! Browser sessions: opaque bytes under the hash of the cookie's value.

use crate::{Store, housekeeping::SLICE, statement::Statement};
use domain::{Result, Timestamp};
use sqlx::FromRow;

const SAVE: &str = "
    insert into session (hash, data, expires) values ($1, $2, $3)
    on conflict (hash) do update set data = excluded.data, expires = excluded.expires";
const LOAD: &str = "select data from session where hash = $1 and expires > $2";
const DELETE: &str = "delete from session where hash = $1";
const DELETE_EXPIRED: &str = "
    delete from session where hash in (select hash from session where expires <= $1 order by expires limit $2)";

impl Store {
    pub async fn session_save(&self, hash: &str, data: Vec<u8>, expires: Timestamp) -> Result<()> {
        self.writer.statements(vec![Statement::new(SAVE).bind(hash).bind(data).bind(expires)]).await?;
        Ok(())
    }

    /// The session, unless it has expired by `now`.
    pub async fn session_load(&self, hash: &str, now: Timestamp) -> Result<Option<Vec<u8>>> {
        let row: Option<SessionRow> = self.db.optional(Statement::new(LOAD).bind(hash).bind(now)).await?;
        Ok(row.map(|row| row.data))
    }

    pub async fn session_delete(&self, hash: &str) -> Result<()> {
        self.writer.statements(vec![Statement::new(DELETE).bind(hash)]).await?;
        Ok(())
    }

    /// Drops what has expired by `now`.
    pub async fn sweep_sessions(&self, now: Timestamp) -> Result<u64> {
        let mut swept = 0;
        loop {
            let slice = Statement::new(DELETE_EXPIRED).bind(now).bind(SLICE);
            let gone = self.writer.statements(vec![slice]).await?;
            swept += gone;
            if gone < SLICE.unsigned_abs() {
                return Ok(swept);
            }
        }
    }
}

#[derive(FromRow)]
struct SessionRow {
    data: Vec<u8>,
}
