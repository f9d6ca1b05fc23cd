//! Browser sessions in our own store: only a hash of the id is kept.

use crate::service::Services;
use async_trait::async_trait;
use domain::{Digest, Timestamp};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

#[derive(Clone)]
pub struct StoreSessions {
    services: Services,
}

impl StoreSessions {
    pub fn new(services: Services) -> Self {
        Self { services }
    }

    async fn keep(&self, record: &Record) -> Result<()> {
        let data = serde_json::to_vec(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
        let expires = i64::try_from(record.expiry_date.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX);
        self.services
            .store
            .session_save(&hash(&record.id), data, Timestamp::from_micros(expires))
            .await
            .map_err(backend)
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
        // 128 random bits: a clash is no case to plan for, and an overwritten session would only sign somebody out
        self.keep(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.keep(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.services.now();
        let Some(data) = self.services.store.session_load(&hash(id), now).await.map_err(backend)? else {
            return Ok(None);
        };
        let data = serde_json::from_slice(&data).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: expiry(now) }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.services.store.session_delete(&hash(id)).await.map_err(backend)
    }
}

/// Every request of a session lengthens it; the store has said already that this one has not run out.
fn expiry(now: Timestamp) -> time::OffsetDateTime {
    let now = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(now.micros()) * 1_000);
    now.unwrap_or(time::OffsetDateTime::UNIX_EPOCH) + time::Duration::hours(12)
}

fn hash(id: &Id) -> String {
    Digest::of(id.to_string()).to_string()
}

fn backend(error: domain::Error) -> Error {
    Error::Backend(error.to_string())
}
