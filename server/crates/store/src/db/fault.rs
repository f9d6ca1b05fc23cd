//! What a database's complaint means to whoever asked, in words.

use domain::{Error, ErrorKind};
use sqlx::migrate::MigrateError;

/// Whether the same work may succeed on another connection or at another moment.
pub fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        // PostgreSQL: connection lost, serialisation, deadlock, shutting down. SQLite: busy.
        sqlx::Error::Database(e) => e.code().is_some_and(|code| {
            code.starts_with("08")
                || code.starts_with("57P")
                || matches!(&*code, "40001" | "40P01" | "5" | "261" | "517")
        }),
        _ => false,
    }
}

/// Whether there is no room for what was to be written. Nothing of the transaction is there then, even if it was its end that was refused.
pub fn is_full(error: &sqlx::Error) -> bool {
    // SQLite: the disk is full, writing into a file, making one longer, making shared memory longer. PostgreSQL: disk full.
    let codes = ["13", "778", "4106", "4874", "53100"];
    matches!(error, sqlx::Error::Database(e) if e.code().is_some_and(|code| codes.contains(&&*code)))
}

pub fn write_error(error: &sqlx::Error) -> Error {
    if is_full(error) {
        return Error::unavailable(
            "the disk that holds the database is full; nothing was changed. Free some space: the server goes on by itself, then repeat this",
        )
        .with_detail(error);
    }
    if is_passing(error) || matches!(error, sqlx::Error::PoolClosed) {
        Error::unavailable("the database does not answer; nothing was changed, try again").with_detail(error)
    } else {
        Error::internal(error)
    }
}

/// The connection was lost while the database was committing: whether it did can only be seen by looking.
pub fn commit_error(error: &sqlx::Error) -> Error {
    Error::unavailable(
        "the database was lost while it stored the change; look whether the change is there before you repeat it",
    )
    .with_detail(error)
}

pub fn read_error(error: &sqlx::Error) -> Error {
    if is_passing(error) || matches!(error, sqlx::Error::PoolClosed) {
        Error::unavailable("the database does not answer; try again").with_detail(error)
    } else {
        Error::internal(error)
    }
}

pub fn address_error(error: &sqlx::Error) -> Error {
    Error::bad_request(
        "the database address cannot be read; it looks like sqlite:/path/file.db or postgres://user@host/database",
    )
    .with_detail(error)
}

pub fn connect_error(error: &sqlx::Error) -> Error {
    Error::unavailable(format!("the database cannot be opened: {error}"))
}

pub fn migration_error(error: &MigrateError) -> Error {
    let known = super::FOR_SQLITE.iter().map(|migration| migration.version).max().unwrap_or(0);
    let message = match error {
        MigrateError::VersionMissing(found) => format!(
            "the database was written by a newer Midspan (its schema is {found}, this one knows {known}). Start the newer version again, or restore a backup"
        ),
        MigrateError::VersionMismatch(found) => {
            format!(
                "migration {found} is not the one this database was made with. Use a released Midspan, or restore a backup"
            )
        }
        other => format!("the database could not be brought up to date: {other}"),
    };
    Error::new(ErrorKind::InternalError, message)
}
