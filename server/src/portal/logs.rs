//! The ends of a run's logs: numbered lines by step, put together from the pieces in which they were kept.

use super::ServerPortal;
use app::view::LogLine;
use domain::Result;
use std::collections::{BTreeMap, VecDeque};
use store::LogChunk;

/// Lines shown of one step; all of them are behind a link.
const MOST_LINES: usize = 300;
/// Characters shown of one line.
const LONGEST: usize = 2_000;
/// The stream of what a step says went wrong.
const ERRORS: &str = "err";
/// Pieces read at once.
const AT_ONCE: i64 = 100;

/// Logs by pipeline and step.
pub type Logs = BTreeMap<(String, String), Tail>;

/// The last lines of one step's log.
#[derive(Debug, Default)]
pub struct Tail {
    lines: VecDeque<LogLine>,
    pub total: u64,
    /// The last line has not ended yet: the next piece goes on with it.
    open: bool,
}

impl Tail {
    pub fn lines(self) -> Vec<LogLine> {
        let plain = |line: LogLine| LogLine { text: plain(&line.text), ..line };
        self.lines.into_iter().map(plain).collect()
    }

    fn take(&mut self, chunk: &LogChunk) {
        for piece in chunk.text.split_inclusive('\n') {
            let text = piece.trim_end_matches(['\n', '\r']);
            let is_error = chunk.stream == ERRORS;
            match self.lines.back_mut().filter(|line| self.open && line.is_error == is_error) {
                Some(line) => append(&mut line.text, text),
                None => self.begin(chunk, text),
            }
            self.open = !piece.ends_with('\n');
        }
    }

    fn begin(&mut self, chunk: &LogChunk, text: &str) {
        self.total += 1;
        let mut line =
            LogLine { number: self.total, at: chunk.at, is_error: chunk.stream == ERRORS, text: String::new() };
        append(&mut line.text, text);
        self.lines.push_back(line);
        if self.lines.len() > MOST_LINES {
            self.lines.pop_front();
        }
    }
}

impl ServerPortal {
    /// The newest lines of each step's log, and how many there are. Only the ends are held in memory.
    pub(super) async fn logs(&self, run_uid: &str) -> Result<Logs> {
        let mut logs = Logs::new();
        let mut after = 0;
        loop {
            let pieces = self.doors.services.store.log(run_uid, after, AT_ONCE).await?;
            for stored in &pieces {
                after = stored.seq;
                let chunk = &stored.chunk;
                logs.entry((chunk.pipeline.clone(), chunk.step.clone())).or_default().take(chunk);
            }
            if i64::try_from(pieces.len()).is_ok_and(|read| read < AT_ONCE) {
                return Ok(logs);
            }
        }
    }
}

fn append(line: &mut String, text: &str) {
    let room = LONGEST.saturating_sub(line.chars().count());
    line.extend(text.chars().take(room));
}

/// A log line without the codes that colour a terminal.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' && chars.peek() == Some(&'[') {
            chars.next();
            while chars.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
        } else if c == '\t' || !c.is_control() {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(pieces: &[&str]) -> Tail {
        let mut tail = Tail::default();
        for text in pieces {
            tail.take(&LogChunk { text: (*text).to_owned(), ..LogChunk::default() });
        }
        tail
    }

    #[track_caller]
    fn check(pieces: &[&str], expected: &str) {
        let lines = tail(pieces).lines();
        let told: Vec<String> = lines.iter().map(|line| format!("{} {}", line.number, line.text)).collect();
        assert_eq!(told.join("|"), expected);
    }

    #[test]
    fn a_line_that_comes_in_pieces_is_one_line() {
        check(&["one\ntw", "o", "\nthree\n", "four"], "1 one|2 two|3 three|4 four");
        check(&["a\r\n\nb\n"], "1 a|2 |3 b");
    }

    #[test]
    fn of_a_long_log_the_end_is_kept_and_numbered_from_its_beginning() {
        let tail = tail(&[&"x\n".repeat(1_000)]);
        assert_eq!(tail.total, 1_000);
        let lines = tail.lines();
        assert_eq!((lines.len(), lines[0].number, lines[299].number), (300, 701, 1_000));
    }

    #[test]
    fn a_line_without_end_takes_bounded_room() {
        let piece = "x".repeat(10_000);
        let lines = tail(&[&piece, &piece]).lines();
        assert_eq!((lines.len(), lines[0].text.len()), (1, 2_000));
    }

    #[test]
    fn a_terminal_s_colours_do_not_reach_the_page() {
        check(&["\u{1b}[31mred\u{1b}[0m and \u{7}plain\n"], "1 red and plain");
    }
}
