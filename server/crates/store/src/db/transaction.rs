//! A writing transaction on either database.

use super::{
    Db,
    connections::Lent,
    hearing::Notice,
    joined::joined,
    values::{for_postgres, for_sqlite},
};
use crate::statement::{Row, Statement};
use futures::TryStreamExt as _;
use sqlx::{
    AssertSqlSafe, Either, Executor as _, PgConnection, SqliteConnection,
    postgres::PgRow,
    sqlite::{SqliteArguments, SqliteRow},
};

/// Left without [`commit`](Self::commit) or [`roll_back`](Self::roll_back), it ends with its connection.
pub enum Tx {
    Sqlite(Lent<SqliteConnection>),
    Postgres(Lent<PgConnection>),
}

/// What a statement came to.
#[derive(Default)]
pub struct Done {
    pub affected: u64,
    rows: Vec<Found>,
}

enum Found {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Done {
    pub fn rows<T: Row>(&self) -> sqlx::Result<Vec<T>> {
        let read = |row: &Found| match row {
            Found::Sqlite(row) => T::from_row(row),
            Found::Postgres(row) => T::from_row(row),
        };
        self.rows.iter().map(read).collect()
    }
}

impl Db {
    /// Begins, takes the lock by which all writers take turns, and reads what is under it.
    pub async fn begin<T: Row>(&self, lock: Lock) -> sqlx::Result<(Tx, Option<T>)> {
        match self {
            Self::Sqlite { writer, .. } => {
                let mut lent = writer.take().await?;
                let begin = sqlx::query_as_with(lock.on_sqlite, SqliteArguments::default());
                let row = begin.fetch_all(&mut lent.connection).await?.into_iter().next();
                Ok((Tx::Sqlite(lent), row))
            }
            Self::Postgres { writer, .. } => {
                let mut lent = writer.take().await?;
                let rows = lent.connection.fetch_all(sqlx::raw_sql(lock.on_postgres)).await?;
                Ok((Tx::Postgres(lent), rows.first().map(T::from_row).transpose()?))
            }
        }
    }
}

/// `begin` and the first statement, in one message.
#[derive(Clone, Copy)]
pub struct Lock {
    /// The write lock is taken at once: a transaction that reads first and writes later can fail whatever the timeout.
    pub on_sqlite: &'static str,
    pub on_postgres: &'static str,
}

impl Tx {
    /// All of them in their order, with what each came to.
    pub async fn run(&mut self, statements: Vec<Statement>) -> sqlx::Result<Vec<Done>> {
        let mut all = Vec::with_capacity(statements.len());
        match self {
            Self::Sqlite(lent) => {
                for Statement { text, args } in joined(statements) {
                    let query = sqlx::query_with(AssertSqlSafe(text), for_sqlite(&args)?);
                    let mut steps = lent.connection.fetch_many(query);
                    let mut rows = Vec::new();
                    while let Some(step) = steps.try_next().await? {
                        match step {
                            Either::Right(row) => rows.push(Found::Sqlite(row)),
                            Either::Left(end) => {
                                all.push(Done { affected: end.rows_affected(), rows: std::mem::take(&mut rows) });
                            }
                        }
                    }
                }
            }
            Self::Postgres(lent) => {
                for Statement { text, args } in statements {
                    let query = sqlx::query_with(AssertSqlSafe(text), for_postgres(&args)?);
                    let mut steps = lent.connection.fetch_many(query);
                    let mut done = Done::default();
                    while let Some(step) = steps.try_next().await? {
                        match step {
                            Either::Right(row) => done.rows.push(Found::Postgres(row)),
                            Either::Left(end) => done.affected += end.rows_affected(),
                        }
                    }
                    all.push(done);
                }
            }
        }
        Ok(all)
    }

    pub async fn all<T: Row>(&mut self, statement: Statement) -> sqlx::Result<Vec<T>> {
        self.run(vec![statement]).await?.first().map_or(Ok(Vec::new()), Done::rows)
    }

    /// For the one statement that cannot be written once.
    pub fn either(&self, on_sqlite: &'static str, on_postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => on_sqlite,
            Self::Postgres(_) => on_postgres,
        }
    }

    /// Ends it, and tells other replicas of it.
    pub async fn commit(self, notice: Option<&Notice>) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(mut lent) => {
                sqlx::query_with("commit", SqliteArguments::default()).execute(&mut lent.connection).await?;
                lent.keep();
            }
            Self::Postgres(mut lent) => {
                let told = notice.map(Notice::statement).unwrap_or_default();
                lent.connection.execute(sqlx::raw_sql(AssertSqlSafe(format!("{told}commit")))).await?;
                lent.keep();
            }
        }
        Ok(())
    }

    /// Takes everything back. The database may have done so by itself, as SQLite does on a full disk.
    pub async fn roll_back(self) {
        match self {
            Self::Sqlite(mut lent) => {
                let ended = lent.connection.execute("rollback").await;
                _ = lent.keep_after(ended.map(drop));
            }
            Self::Postgres(mut lent) => {
                let ended = lent.connection.execute("rollback").await;
                _ = lent.keep_after(ended.map(drop));
            }
        }
    }
}
