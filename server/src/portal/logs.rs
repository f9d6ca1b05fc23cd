//! The ends of a run's logs: numbered lines by step, put together from the pieces in which they were kept.

use super::ServerPortal;
use app::view::LogLine;
use domain::Result;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
};
use store::LogChunk;

/// Lines shown of one step; all of them are behind a link.
const MOST_LINES: usize = 300;
/// Characters shown of one line.
const LONGEST: usize = 2_000;
/// The stream of what a step says went wrong.
const ERRORS: &str = "err";
/// Pieces read at once.
const AT_ONCE: i64 = 100;
/// Runs whose logs are followed at the same time without being read from their beginning.
const FOLLOWED: usize = 16;
/// More of one run is not kept: it is read again.
const MOST_KEPT: usize = 256 * 1024;

/// Logs by pipeline and step.
pub type Logs = BTreeMap<(String, String), Tail>;

/// How far the logs of runs have been read, with their ends: who follows a run reads only what is new. Nothing depends on what stands here.
#[derive(Debug, Default)]
pub struct Followed(Mutex<VecDeque<(String, Read)>>);

/// A run's log as far as it was read.
#[derive(Clone, Debug, Default)]
struct Read {
    after: i64,
    logs: Logs,
}

impl Followed {
    fn take(&self, run_uid: &str) -> Read {
        let known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.iter().find(|(uid, _)| uid == run_uid).map(|(_, read)| read.clone()).unwrap_or_default()
    }

    /// Of two who read the same run the one that came further is kept; the run that was looked at longest ago goes.
    fn keep(&self, run_uid: &str, read: &Read) {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let at = known.iter().position(|(uid, _)| uid == run_uid);
        let before = at.and_then(|at| known.remove(at)).map(|(_, read)| read);
        let furthest = before.filter(|before| before.after > read.after).unwrap_or_else(|| read.clone());
        let size: usize = furthest.logs.values().flat_map(|tail| &tail.lines).map(|line| line.text.len()).sum();
        if size <= MOST_KEPT {
            known.push_back((run_uid.to_owned(), furthest));
        }
        if known.len() > FOLLOWED {
            known.pop_front();
        }
    }
}

/// The last lines of one step's log.
#[derive(Clone, Debug, Default)]
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
        let mut read = self.doors.followed.take(run_uid);
        loop {
            let pieces = self.doors.services.store.log(run_uid, read.after, AT_ONCE).await?;
            for stored in &pieces {
                read.after = stored.seq;
                let chunk = &stored.chunk;
                read.logs.entry((chunk.pipeline.clone(), chunk.step.clone())).or_default().take(chunk);
            }
            if i64::try_from(pieces.len()).is_ok_and(|read| read < AT_ONCE) {
                self.doors.followed.keep(run_uid, &read);
                return Ok(read.logs);
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

    fn read(after: i64, text: &str) -> Read {
        Read { after, logs: Logs::from([(("main".to_owned(), "step".to_owned()), tail(&[text]))]) }
    }

    #[test]
    fn who_follows_a_run_goes_on_where_the_one_before_stopped() {
        let followed = Followed::default();
        assert_eq!(followed.take("run_1").after, 0);
        followed.keep("run_1", &read(7, "a\n"));
        followed.keep("run_1", &read(5, "behind\n"));
        assert_eq!((followed.take("run_1").after, followed.take("run_2").after), (7, 0));
    }

    #[test]
    fn what_is_kept_of_logs_is_bounded() {
        let followed = Followed::default();
        for run in 0..FOLLOWED + 5 {
            followed.keep(&format!("run_{run}"), &read(1, "a\n"));
        }
        assert_eq!((followed.take("run_0").after, followed.take("run_20").after), (0, 1));
        let line = "x".repeat(LONGEST) + "\n";
        followed.keep("run_20", &read(3, &line.repeat(200)));
        assert_eq!(followed.take("run_20").after, 0, "too much to keep is read again");
    }

    #[test]
    fn a_terminal_s_colours_do_not_reach_the_page() {
        check(&["\u{1b}[31mred\u{1b}[0m and \u{7}plain\n"], "1 red and plain");
    }
}
