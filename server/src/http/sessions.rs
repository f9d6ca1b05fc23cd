//! Browser sessions in our own store: only a hash of the id is kept. Beside the data stands whose they are, so that they can be listed and ended.

use super::login::{LOGIN, Login};
use crate::{service::Services, sign_in::Lifetimes};
use async_trait::async_trait;
use domain::{Digest, Timestamp};
use std::time::Duration;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// The use of a session is written down at most this often.
const USE_NOTED: Duration = Duration::from_mins(1);

#[derive(Clone)]
pub struct StoreSessions {
    services: Services,
    lifetimes: Lifetimes,
}

impl StoreSessions {
    pub fn new(services: Services, lifetimes: Lifetimes) -> Self {
        Self { services, lifetimes }
    }

    fn row(&self, record: &Record) -> Result<store::Session> {
        let data = serde_json::to_vec(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
        let login = record.data.get(LOGIN).and_then(|login| serde_json::from_value::<Login>(login.clone()).ok());
        let login = login.unwrap_or_default();
        let (now, hash) = (self.services.now(), hash(&record.id));
        let created = login.since.unwrap_or(now);
        Ok(store::Session {
            id: public_id(&hash),
            hash,
            person: login.person,
            provider: login.provider,
            sid: login.sid,
            client: login.client,
            created,
            seen: now,
            expires: self.end(created, now),
            data,
        })
    }

    /// When a session ends that began then and is used now.
    fn end(&self, created: Timestamp, now: Timestamp) -> Timestamp {
        (created + self.lifetimes.longest).min(now + self.lifetimes.idle)
    }

    async fn note_use(&self, session: &store::Session, now: Timestamp) {
        if now.since(session.seen) < USE_NOTED {
            return;
        }
        if let Err(error) = self.services.store.session_touch(&session.hash, now, self.end(session.created, now)).await
        {
            tracing::debug!(%error, "the use of a session is not written down");
        }
    }
}

impl std::fmt::Debug for StoreSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreSessions")
    }
}

#[async_trait]
impl SessionStore for StoreSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // 128 random bits: a second one of the same is no case to plan for
        while !self.services.store.session_create(&self.row(record)?).await.map_err(backend)? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        // one that was ended meanwhile does not come back
        self.services.store.session_save(&self.row(record)?).await.map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.services.now();
        let Some(session) = self.services.store.session_load(&hash(id), now).await.map_err(backend)? else {
            return Ok(None);
        };
        self.note_use(&session, now).await;
        let data = serde_json::from_slice(&session.data).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: date(session.expires) }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.services.store.session_delete(&hash(id)).await.map_err(backend)
    }
}

fn date(at: Timestamp) -> time::OffsetDateTime {
    let date = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.micros()) * 1_000);
    date.unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

/// What is kept of a session's id.
pub fn hash(id: &Id) -> String {
    Digest::of(id.to_string()).to_string()
}

/// By which people name a session; nobody opens it with that.
pub fn public_id(hash: &str) -> String {
    format!("session-{}", Digest::of(hash).short(12))
}

fn backend(error: domain::Error) -> Error {
    Error::Backend(error.to_string())
}
