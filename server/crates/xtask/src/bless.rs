//! `bless`: accept the snapshots that the last test run wrote.

use crate::{shell, workspace};
use anyhow::Result;

/// Runs the tests with insta told to write what it sees, into the sources themselves.
pub fn run() -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast"]).env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1");
    shell::run(&mut cargo)?;
    shell::run(std::process::Command::new("git").args(["status", "--short"]))
}
