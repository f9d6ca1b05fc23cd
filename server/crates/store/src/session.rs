//! Browser sessions: opaque bytes under the hash of the cookie's value, and beside them whose they are.

use crate::{Store, housekeeping::SLICE, statement::Statement};
use domain::{Result, Timestamp};
use sqlx::FromRow;

/// A session as it is kept. Nothing in it opens it: the cookie's value is known to the browser alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    pub hash: String,
    /// By which people name it.
    pub id: String,
    /// Whose it is, by name; empty before somebody has signed in.
    pub person: String,
    /// Where they signed in, and the session's name there: by these a provider ends it.
    pub provider: String,
    pub sid: String,
    /// What the browser called itself.
    pub client: String,
    pub created: Timestamp,
    pub seen: Timestamp,
    pub expires: Timestamp,
    pub data: Vec<u8>,
}

const CREATE: &str = "
    insert into session (hash, id, person, provider, sid, client, created, seen, expires, data)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict do nothing";
/// No row comes back by it: one that was ended while a request was under way stays ended.
const SAVE: &str = "
    update session
    set id = $2, person = $3, provider = $4, sid = $5, client = $6, created = $7, seen = $8, expires = $9, data = $10
    where hash = $1";
const LOAD: &str = "select * from session where hash = $1 and expires > $2";
const TOUCH: &str = "update session set seen = $2, expires = $3 where hash = $1 and seen < $2";
const OF_PERSON: &str = "select * from session where person = $1 and expires > $2 order by seen desc, id limit $3";
const DELETE: &str = "delete from session where hash = $1";
const END: &str = "delete from session where person = $1 and id = $2";
const END_OTHERS: &str = "delete from session where person = $1 and hash <> $2";
const END_AT_PROVIDER: &str =
    "delete from session where person <> '' and provider = $1 and ($2 = '' or sid = $2) and ($3 = '' or person = $3)";
const DELETE_EXPIRED: &str = "
    delete from session where hash in (select hash from session where expires <= $1 order by expires limit $2)";

impl Store {
    /// Whether there was none of this hash.
    pub async fn session_create(&self, session: &Session) -> Result<bool> {
        Ok(self.writer.statements(vec![whole(CREATE, session)]).await? > 0)
    }

    /// Whether it is still there.
    pub async fn session_save(&self, session: &Session) -> Result<bool> {
        Ok(self.writer.statements(vec![whole(SAVE, session)]).await? > 0)
    }

    /// The session, unless it has expired by `now`.
    pub async fn session_load(&self, hash: &str, now: Timestamp) -> Result<Option<Session>> {
        let row: Option<SessionRow> = self.db.optional(Statement::new(LOAD).bind(hash).bind(now)).await?;
        Ok(row.map(Session::from))
    }

    /// Notes that it is in use, and how long it lives from here.
    pub async fn session_touch(&self, hash: &str, seen: Timestamp, expires: Timestamp) -> Result<()> {
        self.writer.statements(vec![Statement::new(TOUCH).bind(hash).bind(seen).bind(expires)]).await?;
        Ok(())
    }

    /// Somebody's, the one used last first.
    pub async fn sessions_of(&self, person: &str, now: Timestamp, limit: i64) -> Result<Vec<Session>> {
        let rows: Vec<SessionRow> = self.db.all(Statement::new(OF_PERSON).bind(person).bind(now).bind(limit)).await?;
        Ok(rows.into_iter().map(Session::from).collect())
    }

    pub async fn session_delete(&self, hash: &str) -> Result<()> {
        self.writer.statements(vec![Statement::new(DELETE).bind(hash)]).await?;
        Ok(())
    }

    /// Ends one of somebody's; whether there was one.
    pub async fn session_end(&self, person: &str, id: &str) -> Result<bool> {
        Ok(self.writer.statements(vec![Statement::new(END).bind(person).bind(id)]).await? > 0)
    }

    /// Ends all of somebody's but the one of this hash; how many there were.
    pub async fn sessions_end_others(&self, person: &str, hash: &str) -> Result<u64> {
        self.writer.statements(vec![Statement::new(END_OTHERS).bind(person).bind(hash)]).await
    }

    /// Ends what a provider says has ended: by its name for the session, by person, or by both; never all of them.
    pub async fn sessions_end_at_provider(&self, provider: &str, sid: &str, person: &str) -> Result<u64> {
        if sid.is_empty() && person.is_empty() {
            return Ok(0);
        }
        self.writer.statements(vec![Statement::new(END_AT_PROVIDER).bind(provider).bind(sid).bind(person)]).await
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

fn whole(text: &'static str, session: &Session) -> Statement {
    Statement::new(text)
        .bind(&session.hash)
        .bind(&session.id)
        .bind(&session.person)
        .bind(&session.provider)
        .bind(&session.sid)
        .bind(&session.client)
        .bind(session.created)
        .bind(session.seen)
        .bind(session.expires)
        .bind(session.data.clone())
}

#[derive(FromRow)]
struct SessionRow {
    hash: String,
    id: String,
    person: String,
    provider: String,
    sid: String,
    client: String,
    created: i64,
    seen: i64,
    expires: i64,
    data: Vec<u8>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            hash: row.hash,
            id: row.id,
            person: row.person,
            provider: row.provider,
            sid: row.sid,
            client: row.client,
            created: Timestamp::from_micros(row.created),
            seen: Timestamp::from_micros(row.seen),
            expires: Timestamp::from_micros(row.expires),
            data: row.data,
        }
    }
}
