//! SQL text with its values: constant fragments are joined, everything else is bound.

use domain::{Timestamp, digest::Digest};
use sqlx::{FromRow, postgres::PgRow, sqlite::SqliteRow};
use std::{borrow::Cow, sync::Arc};

/// Values of one statement, at most: SQLite looks for the name of each (`$1`) from the first on, so long lists cost their square.
const VALUES: usize = 256;

/// A row of either database.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

#[derive(Clone, Debug)]
pub enum Arg {
    Text(Arc<str>),
    Int(i64),
    Bytes(Arc<Vec<u8>>),
}

#[derive(Clone, Debug)]
pub struct Statement {
    pub text: Cow<'static, str>,
    pub args: Vec<Arg>,
}

impl Statement {
    pub fn new(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), args: Vec::new() }
    }

    /// The next of the `$1`, `$2` … that stand in the text already.
    pub fn bind(mut self, arg: impl Into<Arg>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub fn push(&mut self, fragment: &'static str) -> &mut Self {
        self.text.to_mut().push_str(fragment);
        self
    }

    /// Writes the next `$n` into the text and binds it.
    pub fn arg(&mut self, arg: impl Into<Arg>) -> &mut Self {
        self.args.push(arg.into());
        let number = self.args.len();
        let text = self.text.to_mut();
        text.push('$');
        text.push_str(&number.to_string());
        self
    }

    /// ` limit $n`, as a sum: SQLite looks into a bare parameter of a limit while it plans, and so plans the statement anew whenever one is bound.
    pub fn limit(&mut self, most: i64) -> &mut Self {
        self.push(" limit 0 + ").arg(most)
    }

    /// `$1, $2, $3`
    pub fn list<A: Into<Arg>>(&mut self, args: impl IntoIterator<Item = A>) -> &mut Self {
        for (at, arg) in args.into_iter().enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.arg(arg);
        }
        self
    }
}

/// `head ($1, $2), ($3, $4) tail` for all rows, in as few statements as are worth preparing.
pub fn for_rows(head: &'static str, rows: Vec<Vec<Arg>>, tail: &'static str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let width = rows.first().map_or(1, Vec::len);
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let mut statement = Statement::new(head);
        for at in 0..chunk(rows.len(), VALUES / width) {
            let Some(row) = rows.next() else { break };
            statement.push(if at > 0 { ", (" } else { " (" }).list(row).push(")");
        }
        statement.push(tail);
        statements.push(statement);
    }
    statements
}

/// `head ($1, $2, $3) tail` for all values, likewise.
pub fn for_values<A: Into<Arg>>(
    head: &'static str,
    values: impl IntoIterator<Item = A>,
    tail: &'static str,
) -> Vec<Statement> {
    let values: Vec<Arg> = values.into_iter().map(Into::into).collect();
    let mut values = values.into_iter();
    let mut statements = Vec::new();
    while values.len() > 0 {
        let mut statement = Statement::new(head);
        let length = chunk(values.len(), VALUES);
        statement.push(" (").list(values.by_ref().take(length)).push(")").push(tail);
        statements.push(statement);
    }
    statements
}

/// The largest power of two that is no more than either: powers of two, so that few texts need preparing.
fn chunk(left: usize, most: usize) -> usize {
    1 << left.min(most).ilog2()
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(Arc::from(text))
    }
}

impl From<&String> for Arg {
    fn from(text: &String) -> Self {
        Self::Text(Arc::from(text.as_str()))
    }
}

impl From<&Arc<str>> for Arg {
    fn from(text: &Arc<str>) -> Self {
        Self::Text(Arc::clone(text))
    }
}

impl From<&Digest> for Arg {
    fn from(digest: &Digest) -> Self {
        Self::from(digest.as_str())
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Timestamp> for Arg {
    fn from(at: Timestamp) -> Self {
        Self::Int(at.micros())
    }
}

impl From<&Arc<Vec<u8>>> for Arg {
    fn from(bytes: &Arc<Vec<u8>>) -> Self {
        Self::Bytes(Arc::clone(bytes))
    }
}

impl From<Vec<u8>> for Arg {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Arc::new(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_split_into_few_texts() {
        let rows = (0..300).map(|n| vec![Arg::Int(n), Arg::Int(n), Arg::Int(n)]).collect();
        let statements = for_rows("insert into t values", rows, "");
        let sizes: Vec<usize> = statements.iter().map(|statement| statement.args.len() / 3).collect();
        assert_eq!(sizes, [64, 64, 64, 64, 32, 8, 4]);
        assert_eq!(
            for_rows("insert into t values", vec![vec![Arg::Int(1), Arg::Int(2)]; 2], " x")[0].text,
            "insert into t values ($1, $2), ($3, $4) x"
        );
        assert_eq!(for_values("select in", ["a", "b"], "")[0].text, "select in ($1, $2)");
        assert!(for_rows("", Vec::new(), "").is_empty());
    }
}
