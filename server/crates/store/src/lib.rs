//! What is kept, and the only crate that knows SQL.
//!
//! [`Store::commit`] takes a transaction as data: a list of [`Op`]s that happen together or not at all. All writing goes through one task
//! (`writer`), which stores everything that has queued up in one database transaction. Reading goes past it. Every statement is written once,
//! beside its table, for both databases; `db` is the only file that knows there are two.
//!
//! - `object`, `change`: everything with an identity, in one table; what changed since a version.
//! - `queue`, `replica`: keys to be looked at, who looks, who is alive.
//! - `blob`, `log`, `event`, `audit`: the bytes of files, what steps print, what happened, who did it.
//! - `seal`, `sealed`, `settings`: values that only who has the key can read; secrets and config maps for those who need their values.
//! - `person`, `token`, `session`, `ticket`, `saved_view`: people and machines at the door, and the lists they come back to.
//! - `fleet`, `tally`: how resources stand, counted; counts that are remembered as long as they hold.
//! - `memory` (feature `simulation`): the writer's rules over a database in memory.
//! - `news`, `housekeeping`: who is told of a commit; when and how what nobody needs any more goes.
//!
//! **Versions.** One counter for all objects, raised under a lock that every writer takes first: the order of versions is the order of commits,
//! on one replica and on many. A watch that has seen version 7 can never be told of a 6 later.
//!
//! **Adding a table.** A pair of migrations; a file here with the table's statements as constants, its row (private, named `…Row`) and
//! what it becomes (`TryFrom`, errors by `object_row::corrupt`); reading in `impl Store` through `self.db`, writing through
//! `self.writer.statements` or, if it belongs into transactions with objects, as an [`Op`].

mod audit;
mod batch;
mod blob;
mod change;
mod cursor;
mod db;
mod event;
mod fleet;
mod guard;
mod housekeeping;
mod log;
#[cfg(feature = "simulation")]
pub mod memory;
mod needed;
mod news;
mod object;
mod object_row;
mod op;
mod person;
#[cfg(test)]
mod plans;
mod query;
mod queue;
mod replica;
mod retention;
mod rows;
mod saved_view;
mod seal;
mod sealed;
mod session;
mod settings;
mod staged;
mod statement;
mod tally;
mod ticket;
mod token;
mod writer;

pub use audit::{AuditEntry, AuditQuery, StoredAudit};
pub use change::{Change, Changes, Filter};
pub use cursor::Cursor;
pub use event::{Event, StoredEvent};
pub use fleet::FleetCount;
pub use guard::Guard;
pub use housekeeping::Round;
pub use log::{LogChunk, StoredChunk, Tail};
pub use object::Page;
pub use object_row::PROMISE_LABEL;
pub use op::{Committed, Op};
pub use person::Person;
pub use query::{Facet, Query, Sort};
pub use queue::{Lease, QueueDepth};
pub use saved_view::SavedView;
pub use seal::{Opened, OuterKey, Place, Random};
pub use session::Session;
pub use token::Token;

use domain::Result;
use news::News;
use std::sync::Arc;
use tokio::sync::watch;

/// A handle on the store; clones share it.
#[derive(Clone)]
pub struct Store {
    db: db::Db,
    writer: writer::Writer,
    news: News,
    tallies: Arc<tally::Tallies>,
    sealer: Option<Arc<sealed::Sealer>>,
}

impl Store {
    /// Opens `sqlite:/path/file.db` (made if missing), `sqlite::memory:` (each its own) or `postgres://…`, and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self> {
        let db = db::Db::open(url).await?;
        let news = News::new(object::version(&db).await?);
        let writer = writer::Writer::start(db.clone(), news.clone());
        tokio::spawn(news.clone().hear_others(db.clone()));
        Ok(Self { db, writer, news, tallies: Arc::default(), sealer: None })
    }

    /// Stores what was accepted and lets go of the database. Calls after it are refused as unavailable.
    pub async fn close(&self) {
        self.writer.close().await;
        self.db.close().await;
    }

    /// All of the ops or none, in one transaction. Returns when it is safe on disk.
    pub async fn commit(&self, ops: Vec<Op>) -> Result<Committed> {
        self.writer.commit(ops).await
    }

    /// Fails when it cannot be read, or took nothing when something was written last.
    pub async fn answers(&self) -> Result<()> {
        self.version().await?;
        self.writer.trouble().map_or(Ok(()), Err)
    }

    /// Wakes its holder for every commit that can be read by somebody: at once for own ones, soon for those of other replicas. Its value is the newest
    /// version, which stays the same where only logs or events were added.
    pub fn changes(&self) -> watch::Receiver<i64> {
        self.news.changes()
    }

    /// The same for objects alone: each time with a newer version.
    pub fn versions(&self) -> watch::Receiver<i64> {
        self.news.versions()
    }
}
