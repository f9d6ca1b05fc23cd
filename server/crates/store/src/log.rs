//! What the steps of runs print, in chunks, in the order they came.

use crate::{
    Store,
    statement::{Arg, Statement},
};
use domain::{Result, Timestamp};
use sqlx::FromRow;

/// Some text of one attempt of one step, already masked and bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogChunk {
    /// The run's uid.
    pub run: String,
    pub pipeline: String,
    pub step: String,
    pub attempt: u32,
    pub at: Timestamp,
    /// `out`, `err`, or `midspan` for what the orchestrator itself has to say.
    pub stream: String,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChunk {
    pub seq: i64,
    pub chunk: LogChunk,
}

pub(crate) const INSERT: &str = "insert into log (run, pipeline, step, attempt, at, stream, text) values";
const OF_RUN: &str = "select * from log where run = $1 and seq > $2 order by seq limit $3";
const DELETE_OF_RUN: &str = "delete from log where run = $1";

impl Store {
    /// Returns when the chunk is safe. Chunks of one step are appended one after the other; many steps share one commit.
    pub async fn append_log(&self, chunk: LogChunk) -> Result<()> {
        self.writer.log(chunk).await
    }

    /// Chunks after one that was seen (0: from the start).
    pub async fn log(&self, run: &str, after: i64, limit: i64) -> Result<Vec<StoredChunk>> {
        let rows: Vec<LogRow> = self.db.all(Statement::new(OF_RUN).bind(run).bind(after).bind(limit)).await?;
        Ok(rows.into_iter().map(StoredChunk::from).collect())
    }

    pub async fn forget_log(&self, run: &str) -> Result<u64> {
        self.writer.statements(vec![Statement::new(DELETE_OF_RUN).bind(run)]).await
    }
}

pub(crate) fn args(chunk: &LogChunk) -> Vec<Arg> {
    // PostgreSQL has no NUL in text, and a program may print one
    let text = if chunk.text.contains('\0') { chunk.text.replace('\0', "\u{fffd}") } else { chunk.text.clone() };
    vec![
        (&chunk.run).into(),
        (&chunk.pipeline).into(),
        (&chunk.step).into(),
        i64::from(chunk.attempt).into(),
        chunk.at.into(),
        (&chunk.stream).into(),
        text.into(),
    ]
}

#[derive(FromRow)]
struct LogRow {
    seq: i64,
    run: String,
    pipeline: String,
    step: String,
    attempt: i64,
    at: i64,
    stream: String,
    text: String,
}

impl From<LogRow> for StoredChunk {
    fn from(row: LogRow) -> Self {
        let LogRow { seq, run, pipeline, step, attempt, at, stream, text } = row;
        let attempt = u32::try_from(attempt).unwrap_or(0);
        Self { seq, chunk: LogChunk { run, pipeline, step, attempt, at: Timestamp::from_micros(at), stream, text } }
    }
}
