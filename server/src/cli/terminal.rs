//! Questions at a terminal, and their answers.

use super::{Failure, Outcome};
use std::{
    io::{BufRead as _, Write as _},
    process::{Command, Stdio},
};

/// Where questions are put, and who answers. Questions go to standard error: standard output is the document's.
#[derive(Clone, Copy)]
pub struct Terminal;

#[expect(clippy::unused_self, reason = "whoever has it may ask")]
impl Terminal {
    pub fn say(self, text: &str) {
        eprintln!("{text}");
    }

    pub fn line(self, question: &str, shown: &str, must: bool) -> Outcome<String> {
        loop {
            let beside = if shown.is_empty() { String::new() } else { format!(" [{shown}]") };
            eprint!("{question}{beside}: ");
            let _ = std::io::stderr().flush();
            let mut typed = String::new();
            let read = std::io::stdin().lock().read_line(&mut typed);
            if !read.is_ok_and(|count| count > 0) {
                eprintln!();
                return Err(Failure::new("nothing was done"));
            }
            let typed = typed.trim_end_matches(['\r', '\n']).trim().to_owned();
            if !typed.is_empty() || !must || !shown.is_empty() {
                return Ok(typed);
            }
            eprintln!("  This is required.");
        }
    }

    pub fn yes(self, question: &str, default: bool) -> Outcome<bool> {
        loop {
            let answer = self.line(question, if default { "Y/n" } else { "y/N" }, false)?;
            match answer.to_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => self.say("  Answer yes or no."),
            }
        }
    }

    /// A line that is not shown while it is typed.
    pub fn hidden(self, question: &str, shown: &str) -> Outcome<String> {
        let echo = |word: &str| {
            let done = Command::new("stty").arg(word).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
            done.is_ok_and(|status| status.success())
        };
        if !echo("-echo") {
            return Err(Failure::new("this terminal cannot hide what is typed; give the secret with --set"));
        }
        let typed = self.line(question, shown, false);
        echo("echo");
        eprintln!();
        typed
    }
}
