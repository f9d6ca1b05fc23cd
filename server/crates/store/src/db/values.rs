//! The values of a statement, as each database's driver takes them.

use crate::statement::Arg;
use sqlx::{Arguments, postgres::PgArguments, sqlite::SqliteArguments};
use std::sync::Arc;

pub fn for_sqlite(args: &[Arg]) -> sqlx::Result<SqliteArguments> {
    let mut bound = SqliteArguments::default();
    bound.reserve(args.len(), 0);
    for arg in args {
        match arg {
            Arg::Text(text) => bound.add(Arc::clone(text)),
            Arg::Int(number) => bound.add(*number),
            Arg::Bytes(bytes) => bound.add(bytes.as_slice()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

pub fn for_postgres(args: &[Arg]) -> sqlx::Result<PgArguments> {
    let mut bound = PgArguments::default();
    bound.reserve(args.len(), 0);
    for arg in args {
        match arg {
            Arg::Text(text) => bound.add(&**text),
            Arg::Int(number) => bound.add(*number),
            Arg::Bytes(bytes) => bound.add(bytes.as_slice()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}
