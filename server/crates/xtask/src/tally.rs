//! How many checks passed and failed, read from the test runners' own closing lines while they pass by.

use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    thread,
};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Runs a test runner, shows what it prints, and counts.
    pub fn of(command: &mut Command) -> Result<Self> {
        let name = command.get_program().display().to_string();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let errors = child.stderr.take().map(|pipe| thread::spawn(move || count(pipe)));
        let mut tally = child.stdout.take().map(count).unwrap_or_default();
        if let Some(errors) = errors {
            tally.add(errors.join().unwrap_or_default());
        }
        let status = child.wait()?;
        if !status.success() && tally.failed == 0 {
            bail!("{name} ended with {status}");
        }
        Ok(tally)
    }
}

fn count(pipe: impl Read) -> Tally {
    let mut tally = Tally::default();
    for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally.add(closing_line(line.trim()));
    }
    tally
}

/// What a line adds, if it is a runner's closing line:
/// `Summary [ 1.2s] 5 tests run: 4 passed, 1 failed`, `test result: ok. 5 passed; 0 failed`, `5 passed (3.2s)`.
fn closing_line(line: &str) -> Tally {
    let counts = if let Some(rest) = line.strip_prefix("test result: ") {
        rest
    } else if let Some(rest) = line.strip_prefix("Summary [") {
        rest.split_once("run: ").map_or("", |(_, counts)| counts)
    } else {
        playwright(line)
    };
    Tally { passed: before(counts, "passed"), failed: before(counts, "failed") + before(counts, "timed out") }
}

/// Playwright gives each outcome a line of its own. A test that passed on a second try counts as failed there.
fn playwright(line: &str) -> &str {
    let mut words = line.split_whitespace();
    let number = words.next().is_some_and(|word| word.parse::<u32>().is_ok());
    let outcome = matches!(words.next(), Some("passed" | "failed"));
    let ends = words.next().is_none_or(|word| word.starts_with('('));
    if number && outcome && ends { line } else { "" }
}

/// The number that stands before a word.
fn before(counts: &str, word: &str) -> u32 {
    let start = counts.find(word).unwrap_or(0);
    counts[..start].split_whitespace().next_back().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Tally, closing_line};

    #[track_caller]
    fn check(line: &str, passed: u32, failed: u32) {
        assert_eq!(closing_line(line), Tally { passed, failed });
    }

    #[test]
    fn every_runner_is_understood() {
        check("Summary [   0.210s] 12 tests run: 11 passed (1 slow), 1 failed, 3 skipped", 11, 1);
        check("Summary [   0.210s] 12 tests run: 12 passed, 0 skipped", 12, 0);
        check("test result: FAILED. 4 passed; 2 failed; 0 ignored; finished in 0.00s", 4, 2);
        check("7 passed (12.1s)", 7, 0);
        check("1 failed", 0, 1);
    }

    #[test]
    fn other_lines_count_nothing() {
        check("3 passed the river", 0, 0);
        check("running 3 tests", 0, 0);
        check("", 0, 0);
    }
}
