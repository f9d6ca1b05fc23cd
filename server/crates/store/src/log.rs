//! What the steps of runs print, in chunks, in the order they came.

use crate::{
    Store,
    queue::At,
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

/// How much of the end of a log is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    pub bytes: usize,
    pub lines: usize,
}

/// Chunks that are read at once when a log is read from its end.
const AT_ONCE: i64 = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChunk {
    pub seq: i64,
    pub chunk: LogChunk,
}

pub(crate) const INSERT: &str = "insert into log (run, pipeline, step, attempt, at, stream, text) values";
const OF_RUN: &str = "select * from log where run = $1 and seq > $2 order by seq limit $3";
const OF_ATTEMPT: &str =
    "select * from log where run = $1 and pipeline = $2 and step = $3 and attempt = $4 order by seq";
const REWRITE: &str = "update log set text = $2 where seq = $1";
const OF_RUN_BACKWARDS: &str = "select * from log where run = $1 and seq < $2";
const NEWEST: &str = "select max(seq) as at from log where run = $1";
const DELETE_OF_RUN: &str = "delete from log where run = $1";

impl Store {
    /// Returns when the chunks are safe. Those of one step are appended one after the other; many steps share one commit.
    pub async fn append_log(&self, chunks: impl IntoIterator<Item = LogChunk>) -> Result<()> {
        self.writer.log(chunks).await
    }

    /// Changes what one attempt of a step (run, pipeline, name, attempt) has printed: what nobody knew for a secret then. Where the change reaches
    /// over the border of two chunks the first one takes the whole text.
    pub async fn rewrite_log(
        &self,
        (run, pipeline, step, attempt): (&str, &str, &str, u32),
        change: impl Fn(&str) -> String,
    ) -> Result<()> {
        let rows: Vec<LogRow> = self
            .db
            .all(Statement::new(OF_ATTEMPT).bind(run).bind(pipeline).bind(step).bind(i64::from(attempt)))
            .await?;
        let mut statements = Vec::new();
        for stream in ["out", "err"] {
            let rows: Vec<&LogRow> = rows.iter().filter(|row| row.stream == stream).collect();
            let whole: String = rows.iter().map(|row| row.text.as_str()).collect();
            let changed = change(&whole);
            if changed == whole {
                continue;
            }
            let mut texts: Vec<String> = rows.iter().map(|row| change(&row.text)).collect();
            if texts.concat() != changed {
                texts = vec![String::new(); rows.len()];
                texts[0] = changed;
            }
            let changes = rows.iter().zip(texts).filter(|(row, text)| row.text != *text);
            statements.extend(changes.map(|(row, text)| Statement::new(REWRITE).bind(row.seq).bind(text)));
        }
        if !statements.is_empty() {
            self.writer.statements(statements).await?;
        }
        Ok(())
    }

    /// Chunks after one that was seen (0: from the start).
    pub async fn log(&self, run: &str, after: i64, limit: i64) -> Result<Vec<StoredChunk>> {
        let rows: Vec<LogRow> = self.db.all(Statement::new(OF_RUN).bind(run).bind(after).bind(limit)).await?;
        Ok(rows.into_iter().map(StoredChunk::from).collect())
    }

    /// The end of a run's log, or of the log of one step (its pipeline and name): whole lines, as many as both bounds allow, in their order.
    /// Go on with [`Self::log`] after the last one's number.
    pub async fn log_tail(&self, run: &str, step: Option<(&str, &str)>, most: Tail) -> Result<Vec<StoredChunk>> {
        let (mut room, mut found) = (Room::new(most), Vec::new());
        let mut before = i64::MAX;
        while !room.full {
            let mut statement = Statement::new(OF_RUN_BACKWARDS).bind(run).bind(before);
            if let Some((pipeline, name)) = step {
                statement.push(" and pipeline = ").arg(pipeline).push(" and step = ").arg(name);
            }
            statement.push(" order by seq desc").limit(AT_ONCE);
            let rows: Vec<LogRow> = self.db.all(statement).await?;
            let Some(oldest) = rows.last() else { break };
            before = oldest.seq;
            for mut stored in rows.into_iter().map(StoredChunk::from) {
                let start = room.take(&stored.chunk.text);
                if start < stored.chunk.text.len() {
                    stored.chunk.text.drain(..start);
                    found.push(stored);
                }
            }
        }
        found.reverse();
        Ok(found)
    }

    /// The number of the newest chunk of a run's log; 0 while there is none.
    pub async fn log_position(&self, run: &str) -> Result<i64> {
        Ok(self.db.one::<At>(Statement::new(NEWEST).bind(run)).await?.at.unwrap_or(0))
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

/// What is left of a tail's bounds while it is filled from its end.
struct Room {
    left: Tail,
    empty: bool,
    full: bool,
}

impl Room {
    fn new(left: Tail) -> Self {
        Self { left, empty: true, full: left.bytes == 0 || left.lines == 0 }
    }

    /// Where the part of the text begins that there is room for: its end, in whole lines. Of a line that alone is too long, the end is taken.
    fn take(&mut self, text: &str) -> usize {
        let mut start = text.len();
        for line in text.split_inclusive('\n').rev() {
            if self.full {
                break;
            }
            if line.len() > self.left.bytes {
                self.full = true;
                return if self.empty { text.ceil_char_boundary(start - self.left.bytes) } else { start };
            }
            self.empty = false;
            self.left = Tail { bytes: self.left.bytes - line.len(), lines: self.left.lines - 1 };
            self.full = self.left.bytes == 0 || self.left.lines == 0;
            start -= line.len();
        }
        start
    }
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
