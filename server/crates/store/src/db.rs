//! The only file that knows that there are two databases.
//!
//! SQLite: one writing connection (write-ahead log, flushed on every commit) and a pool of read-only ones beside it; checkpoints run on a
//! connection of their own. PostgreSQL: one writing connection, a pool of readers, and one that listens for other replicas' commits.

mod fault;
mod hearing;
mod values;

pub use fault::{commit_error, is_full, is_passing, write_error};
pub use hearing::Heard;

use crate::statement::{Row, Statement};
use domain::{Error, Result};
use fault::{address_error, connect_error, migration_error, read_error};
use sqlx::{
    AssertSqlSafe, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use values::{for_postgres, for_sqlite};

const READERS: u32 = 4;
const IMMEDIATE: &str = "begin immediate";
const STATEMENTS: usize = 512;
/// The log is moved into the database beside the writer once it is this long, and by the writer itself (who then waits) at the second length.
const CHECKPOINT_AT: u64 = 4 << 20;
const TRUNCATE_AT: u64 = 128 << 20;

static FOR_SQLITE: Migrator = sqlx::migrate!("../../../migrations/sqlite");
static FOR_POSTGRES: Migrator = sqlx::migrate!("../../../migrations/postgres");

#[derive(Clone)]
pub enum Db {
    Sqlite { readers: SqlitePool, writer: SqlitePool, checkpoints: Option<Checkpoints> },
    Postgres { readers: PgPool, writer: PgPool },
}

/// The connection that moves the write-ahead log into the database, and where that log lies.
#[derive(Clone)]
pub struct Checkpoints {
    connection: SqlitePool,
    log: Arc<PathBuf>,
}

/// A writing transaction.
pub enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    pub async fn open(url: &str) -> Result<Self> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Self::open_sqlite(url).await,
            Some(("postgres" | "postgresql", _)) => Self::open_postgres(url).await,
            _ => Err(Error::bad_request(
                "a database address begins with sqlite: or postgres:, such as sqlite:/var/lib/midspan/midspan.db",
            )),
        }
    }

    async fn open_sqlite(url: &str) -> Result<Self> {
        let options: SqliteConnectOptions = url.parse().map_err(|e| address_error(&e))?;
        let options = options
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .statement_cache_capacity(STATEMENTS)
            // what a statement of many rows keeps to undo itself belongs in memory, not in a file
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-32768");
        let forever = || SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None).test_before_acquire(false);
        if url.contains(":memory:") || url.contains("mode=memory") {
            // Readers take turns with the writer on the one connection: the database lives and dies with it.
            let only = forever().max_connections(1).connect_with(options).await.map_err(|e| connect_error(&e))?;
            FOR_SQLITE.run(&only).await.map_err(|e| migration_error(&e))?;
            return Ok(Self::Sqlite { readers: only.clone(), writer: only, checkpoints: None });
        }
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("wal_autocheckpoint", "0");
        let log = PathBuf::from(format!("{}-wal", options.get_filename().display()));
        let writer = forever().max_connections(1).connect_with(options.clone()).await.map_err(|e| connect_error(&e))?;
        FOR_SQLITE.run(&writer).await.map_err(|e| migration_error(&e))?;
        let connection = forever().max_connections(1).connect_lazy_with(options.clone());
        let readers = forever().max_connections(READERS).connect_lazy_with(options.read_only(true));
        Ok(Self::Sqlite { readers, writer, checkpoints: Some(Checkpoints { connection, log: Arc::new(log) }) })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let options: PgConnectOptions = url.parse().map_err(|e| address_error(&e))?;
        let options = options.application_name("midspan").statement_cache_capacity(STATEMENTS);
        // compiling a plan takes longer than any of these statements runs
        // and a process that is paused inside a transaction must not hold the others up for longer than a lease
        let options = options.options([("jit", "off"), ("idle_in_transaction_session_timeout", "5000")]);
        let pool = |size| PgPoolOptions::new().max_connections(size).acquire_timeout(Duration::from_secs(10));
        let writer =
            pool(1).test_before_acquire(false).connect_with(options.clone()).await.map_err(|e| connect_error(&e))?;
        FOR_POSTGRES.run(&writer).await.map_err(|e| migration_error(&e))?;
        Ok(Self::Postgres { readers: pool(2 * READERS).connect_lazy_with(options), writer })
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer, checkpoints } => {
                readers.close().await;
                if let Some(checkpoints) = checkpoints {
                    checkpoints.connection.close().await;
                }
                writer.close().await;
            }
            Self::Postgres { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }

    /// Starts a writing transaction. On SQLite it takes the write lock at once: one that reads first and writes later can fail whatever the timeout.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        match self {
            Self::Sqlite { writer, checkpoints, .. } => match writer.begin_with(IMMEDIATE).await {
                // a full disk makes SQLite take a transaction back by itself, of which its driver knows nothing: such a connection never begins another
                Err(sqlx::Error::InvalidSavePointStatement) if checkpoints.is_some() => {
                    writer.acquire().await?.close().await?;
                    Ok(Tx::Sqlite(writer.begin_with(IMMEDIATE).await?))
                }
                begun => Ok(Tx::Sqlite(begun?)),
            },
            Self::Postgres { writer, .. } => Ok(Tx::Postgres(writer.begin().await?)),
        }
    }

    pub async fn all<T: Row>(&self, statement: Statement) -> Result<Vec<T>> {
        self.fetch(statement).await.map_err(|e| read_error(&e))
    }

    async fn fetch<T: Row>(&self, Statement { text, args }: Statement) -> sqlx::Result<Vec<T>> {
        let text = AssertSqlSafe(text);
        match self {
            Self::Sqlite { readers, .. } => sqlx::query_as_with(text, for_sqlite(&args)?).fetch_all(readers).await,
            Self::Postgres { readers, .. } => sqlx::query_as_with(text, for_postgres(&args)?).fetch_all(readers).await,
        }
    }

    pub async fn optional<T: Row>(&self, statement: Statement) -> Result<Option<T>> {
        Ok(self.all(statement).await?.into_iter().next())
    }

    /// For statements that always yield one row.
    pub async fn one<T: Row>(&self, statement: Statement) -> Result<T> {
        self.optional(statement)
            .await?
            .ok_or_else(|| Error::internal("a statement that always yields a row yielded none"))
    }

    /// Moves the write-ahead log into the database if it has grown. The writer goes on meanwhile. False when there was no need.
    pub async fn checkpoint(&self) -> bool {
        let Self::Sqlite { checkpoints: Some(checkpoints), .. } = self else { return false };
        if checkpoints.log_length() <= CHECKPOINT_AT {
            return false;
        }
        if let Err(error) = sqlx::query("pragma wal_checkpoint(passive)").execute(&checkpoints.connection).await {
            tracing::warn!(%error, "the write-ahead log could not be moved into the database; it is tried again after the next commit");
        }
        true
    }

    /// Under a load without any pause the log never comes to its end beside the writer: past a bound the writer waits for it once.
    pub async fn truncate_log(&self) {
        let Self::Sqlite { writer, checkpoints: Some(checkpoints), .. } = self else { return };
        if checkpoints.log_length() > TRUNCATE_AT {
            let _ = sqlx::query("pragma wal_checkpoint(truncate)").execute(writer).await;
        }
    }
}

impl Checkpoints {
    fn log_length(&self) -> u64 {
        std::fs::metadata(&*self.log).map_or(0, |file| file.len())
    }
}

impl Tx {
    pub async fn execute(&mut self, Statement { text, args }: Statement) -> sqlx::Result<u64> {
        let text = AssertSqlSafe(text);
        match self {
            Self::Sqlite(tx) => {
                Ok(sqlx::query_with(text, for_sqlite(&args)?).execute(&mut **tx).await?.rows_affected())
            }
            Self::Postgres(tx) => {
                Ok(sqlx::query_with(text, for_postgres(&args)?).execute(&mut **tx).await?.rows_affected())
            }
        }
    }

    pub async fn all<T: Row>(&mut self, Statement { text, args }: Statement) -> sqlx::Result<Vec<T>> {
        let text = AssertSqlSafe(text);
        match self {
            Self::Sqlite(tx) => sqlx::query_as_with(text, for_sqlite(&args)?).fetch_all(&mut **tx).await,
            Self::Postgres(tx) => sqlx::query_as_with(text, for_postgres(&args)?).fetch_all(&mut **tx).await,
        }
    }

    /// For the one statement that cannot be written once.
    pub fn either(&self, on_sqlite: &'static str, on_postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => on_sqlite,
            Self::Postgres(_) => on_postgres,
        }
    }

    pub async fn commit(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}
