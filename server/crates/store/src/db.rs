//! The only file that knows that there are two databases.
//!
//! SQLite: one writing connection (write-ahead log, flushed on every commit) and a few read-only ones beside it; checkpoints run on a
//! connection of their own. PostgreSQL: one writing connection, a few for reading, and one that listens for other replicas' commits.

mod connections;
mod fault;
mod hearing;
mod joined;
mod transaction;
mod values;

pub use fault::{commit_error, is_full, is_passing, write_error};
pub use hearing::{Heard, Notice};
pub use transaction::{Done, Lock, Tx};

use crate::statement::{Row, Statement};
use connections::Connections;
use domain::{Error, Result};
use fault::{address_error, connect_error, migration_error, read_error};
use sqlx::{
    AssertSqlSafe, PgConnection, PgPool, SqliteConnection,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use values::{for_postgres, for_sqlite};

const READERS: u32 = 4;
const STATEMENTS: usize = 512;
/// Rows on their way from SQLite's thread: with fewer, a long list is handed over in turns.
const ROWS: usize = 1024;
/// The log is moved into the database beside the writer once it is this long, and by the writer itself (who then waits) at the second length.
const CHECKPOINT_AT: u64 = 4 << 20;
const TRUNCATE_AT: u64 = 128 << 20;

static FOR_SQLITE: Migrator = sqlx::migrate!("../../../migrations/sqlite");
static FOR_POSTGRES: Migrator = sqlx::migrate!("../../../migrations/postgres");

#[derive(Clone)]
pub enum Db {
    Sqlite {
        readers: Connections<SqliteConnection>,
        writer: Connections<SqliteConnection>,
        checkpoints: Option<Checkpoints>,
    },
    Postgres {
        readers: Connections<PgConnection>,
        writer: Connections<PgConnection>,
        hearing: PgPool,
    },
}

/// The connection that moves the write-ahead log into the database, and where that log lies.
#[derive(Clone)]
pub struct Checkpoints {
    connection: Connections<SqliteConnection>,
    log: Arc<PathBuf>,
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
            .row_buffer_size(ROWS)
            // what a statement of many rows keeps to undo itself belongs in memory, not in a file
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-32768");
        let memory = url.contains(":memory:") || url.contains("mode=memory");
        let options = if memory {
            options
        } else {
            options
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("wal_autocheckpoint", "0")
        };
        let log = PathBuf::from(format!("{}-wal", options.get_filename().display()));
        let writer: Connections<SqliteConnection> = Connections::new(options.clone(), 1);
        let mut first = writer.take().await.map_err(|e| connect_error(&e))?;
        FOR_SQLITE.run_direct(None, &mut first.connection, false).await.map_err(|e| migration_error(&e))?;
        first.keep();
        if memory {
            // Readers take turns with the writer on the one connection: the database lives and dies with it.
            return Ok(Self::Sqlite { readers: writer.clone(), writer, checkpoints: None });
        }
        let connection = Connections::new(options.clone(), 1);
        let readers = Connections::new(options.read_only(true), READERS);
        Ok(Self::Sqlite { readers, writer, checkpoints: Some(Checkpoints { connection, log: Arc::new(log) }) })
    }

    async fn open_postgres(url: &str) -> Result<Self> {
        let options: PgConnectOptions = url.parse().map_err(|e| address_error(&e))?;
        let options = options.application_name("midspan").statement_cache_capacity(STATEMENTS);
        // compiling a plan takes longer than any of these statements runs
        // and a process that is paused inside a transaction must not hold the others up for longer than a lease
        // and a plan is kept as long as its connection: one that reads a table in sequence, made while the table was small, would stay
        let options = options.options([
            ("jit", "off"),
            ("idle_in_transaction_session_timeout", "5000"),
            ("enable_seqscan", "off"),
        ]);
        let writer: Connections<PgConnection> = Connections::new(options.clone(), 1);
        let mut first = writer.take().await.map_err(|e| connect_error(&e))?;
        FOR_POSTGRES.run_direct(None, &mut first.connection, false).await.map_err(|e| migration_error(&e))?;
        first.keep();
        let hearing = PgPoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        Ok(Self::Postgres { readers: Connections::new(options, 2 * READERS), writer, hearing })
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
            Self::Postgres { readers, writer, hearing } => {
                hearing.close().await;
                readers.close().await;
                writer.close().await;
            }
        }
    }

    pub async fn all<T: Row>(&self, statement: Statement) -> Result<Vec<T>> {
        Box::pin(self.fetch(statement)).await.map_err(|e| read_error(&e))
    }

    async fn fetch<T: Row>(&self, Statement { text, args }: Statement) -> sqlx::Result<Vec<T>> {
        loop {
            let text = AssertSqlSafe(text.clone());
            let outcome = match self {
                Self::Sqlite { readers, .. } => {
                    let mut lent = readers.take().await?;
                    let query = sqlx::query_as_with(text, for_sqlite(&args)?);
                    let outcome = query.fetch_all(&mut lent.connection).await;
                    lent.keep_after(outcome)
                }
                Self::Postgres { readers, .. } => {
                    let mut lent = readers.take().await?;
                    let query = sqlx::query_as_with(text, for_postgres(&args)?);
                    let outcome = query.fetch_all(&mut lent.connection).await;
                    lent.keep_after(outcome)
                }
            };
            if let Some(outcome) = outcome {
                return outcome;
            }
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
        let moved = async {
            let mut lent = checkpoints.connection.take().await?;
            sqlx::query("pragma wal_checkpoint(passive)").execute(&mut lent.connection).await?;
            lent.keep();
            Ok::<(), sqlx::Error>(())
        };
        if let Err(error) = moved.await {
            tracing::warn!(%error, "the write-ahead log could not be moved into the database; it is tried again after the next commit");
        }
        true
    }

    /// Under a load without any pause the log never comes to its end beside the writer: past a bound the writer waits for it once.
    pub async fn truncate_log(&self) {
        let Self::Sqlite { writer, checkpoints: Some(checkpoints), .. } = self else { return };
        if checkpoints.log_length() > TRUNCATE_AT
            && let Ok(mut lent) = writer.take().await
        {
            let moved = sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut lent.connection).await;
            _ = lent.keep_after(moved);
        }
    }
}

impl Checkpoints {
    fn log_length(&self) -> u64 {
        std::fs::metadata(&*self.log).map_or(0, |file| file.len())
    }
}
