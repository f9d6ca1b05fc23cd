//! A few connections, kept open and lent to one at a time.
//!
//! sqlx has a pool. It asks every connection for a sign of life each time it comes back, which takes as long as a small read: on either database
//! that was a third of the way from a request to its resource. Here a connection comes back only from whoever says that it is sound.

use sqlx::{ConnectOptions, Connection};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long somebody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Connections<C: Connection>(Arc<Shelf<C>>);

struct Shelf<C: Connection> {
    options: C::Options,
    most: u32,
    room: Arc<Semaphore>,
    idle: Mutex<Vec<C>>,
}

/// A connection that somebody has for now. It is closed unless it is [`kept`](Self::keep): nobody knows what a caller that went away left behind.
pub struct Lent<C: Connection> {
    pub connection: C,
    /// It was used before, so the other side may have gone since.
    pub used: bool,
    shelf: Arc<Shelf<C>>,
    _room: OwnedSemaphorePermit,
}

impl<C: Connection> Clone for Connections<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Connection> Connections<C> {
    /// At most so many at once, each opened when it is first needed.
    pub fn new(options: C::Options, most: u32) -> Self {
        let room = Arc::new(Semaphore::new(most as usize));
        Self(Arc::new(Shelf { options, most, room, idle: Mutex::default() }))
    }

    pub async fn take(&self) -> sqlx::Result<Lent<C>> {
        let shelf = &self.0;
        let room = tokio::time::timeout(PATIENCE, Arc::clone(&shelf.room).acquire_owned());
        let room = room.await.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = shelf.idle().pop();
        let used = idle.is_some();
        let connection = match idle {
            Some(connection) => connection,
            None => shelf.options.connect().await?,
        };
        Ok(Lent { connection, used, shelf: Arc::clone(shelf), _room: room })
    }

    /// Waits until all have come back, and lends none any more.
    pub async fn close(&self) {
        let shelf = &self.0;
        let Ok(_all) = shelf.room.acquire_many(shelf.most).await else { return };
        shelf.room.close();
        let idle = std::mem::take(&mut *shelf.idle());
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "a connection did not close in order");
            }
        }
    }
}

impl<C: Connection> Lent<C> {
    /// Gives it back, in the state it was lent in.
    pub fn keep(self) {
        self.shelf.idle().push(self.connection);
    }

    /// Gives it back after one statement, unless what that came to says that nobody is at the other end. `None` asks for another try: others that
    /// lay idle have been closed as well.
    pub fn keep_after<T>(self, outcome: sqlx::Result<T>) -> Option<sqlx::Result<T>> {
        let lost = outcome.as_ref().is_err_and(super::is_passing);
        if !lost {
            self.keep();
        } else if self.used {
            self.shelf.idle().clear();
            return None;
        }
        Some(outcome)
    }
}

impl<C: Connection> Shelf<C> {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<C>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
