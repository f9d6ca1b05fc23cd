//! `test`: the whole gate, section by section, with a table of times at the end.

use crate::{
    browser, front,
    postgres::Postgres,
    setup, shell,
    tally::Tally,
    workspace::{cargo, variable},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    io::{self, Write},
    process::Command,
    time::{Duration, Instant},
};

#[derive(clap::Args)]
pub struct Options {
    /// Run only these sections
    #[arg(long, value_name = "SECTION", value_delimiter = ',')]
    only: Vec<String>,
    /// Run all but these sections
    #[arg(long, value_name = "SECTION", value_delimiter = ',')]
    skip: Vec<String>,
    /// Show the sections
    #[arg(long)]
    list: bool,
}

struct Section {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<Tally>,
}

const SECTIONS: [Section; 7] = [
    Section { name: "format", about: "rustfmt has nothing to change", run: format },
    Section { name: "lint", about: "clippy is silent on every target of every crate", run: lint },
    Section { name: "tests", about: "unit tests, stories, and the store on SQLite and PostgreSQL", run: tests },
    Section { name: "docs", about: "the examples in the documentation compile and hold", run: docs },
    Section { name: "build", about: "the browser's half and the binary", run: build },
    Section { name: "browser", about: "walkthroughs in Chromium, with JavaScript and without", run: in_browser },
    Section { name: "clients", about: "the same through the command line and an unmodified kubectl", run: by_clients },
];

struct Outcome {
    section: &'static str,
    tally: Tally,
    took: Duration,
    broken: bool,
}

pub fn run(options: &Options) -> Result<()> {
    if options.list {
        for section in &SECTIONS {
            println!("{:<8} {}", section.name, section.about);
        }
        return Ok(());
    }
    let mut outcomes = Vec::new();
    for section in chosen(options)? {
        println!("\n━━ {} ━━ {}\n", section.name, section.about);
        let started = Instant::now();
        let (mut tally, broken) = match (section.run)() {
            Ok(tally) => (tally, false),
            Err(error) => {
                println!("\n{error:#}");
                (Tally::default(), true)
            }
        };
        // A section that could not finish is a failure, whatever it had counted.
        tally.failed += u32::from(broken);
        outcomes.push(Outcome { section: section.name, tally, took: started.elapsed(), broken });
        io::stdout().flush()?;
    }
    conclude(&outcomes)
}

fn chosen(options: &Options) -> Result<Vec<&'static Section>> {
    for name in options.only.iter().chain(&options.skip) {
        let names = SECTIONS.map(|section| section.name).join(", ");
        ensure!(SECTIONS.iter().any(|section| section.name == name), "there is no section `{name}`, only {names}");
    }
    let named = |names: &[String], section: &Section| names.iter().any(|name| name == section.name);
    let wanted = SECTIONS.iter().filter(|section| options.only.is_empty() || named(&options.only, section));
    Ok(wanted.filter(|section| !named(&options.skip, section)).collect())
}

fn conclude(outcomes: &[Outcome]) -> Result<()> {
    let mut all = Tally::default();
    println!("\n{:<9} {:>7} {:>7} {:>9}", "section", "passed", "failed", "time");
    for outcome in outcomes {
        let Tally { passed, failed } = outcome.tally;
        let note = if outcome.broken { "  did not finish" } else { "" };
        println!("{:<9} {passed:>7} {failed:>7} {:>7.1} s{note}", outcome.section, outcome.took.as_secs_f32());
        all.add(outcome.tally);
    }
    let took: Duration = outcomes.iter().map(|outcome| outcome.took).sum();
    println!("{:<9} {:>7} {:>7} {:>7.1} s\n", "all", all.passed, all.failed, took.as_secs_f32());
    println!("{} passed, {} failed", all.passed, all.failed);
    if all.failed > 0 {
        bail!("the gate is closed");
    }
    Ok(())
}

/// Runs something that either holds or not.
fn check(command: &mut Command) -> Result<Tally> {
    let holds =
        command.status().with_context(|| format!("cannot start {}", command.get_program().display()))?.success();
    Ok(Tally { passed: u32::from(holds), failed: u32::from(!holds) })
}

fn format() -> Result<Tally> {
    check(cargo().args(["fmt", "--all", "--check"]))
}

fn lint() -> Result<Tally> {
    // With all features, so that the islands' half of `app` is read too.
    let mut clippy = cargo();
    clippy.args(["clippy", "--locked", "--workspace", "--all-targets", "--all-features"]);
    check(clippy.args(["--", "--deny", "warnings"]))
}

fn tests() -> Result<Tally> {
    let mut command = cargo();
    if shell::output(cargo().args(["nextest", "--version"])).is_ok() {
        command.args(["nextest", "run", "--locked", "--workspace", "--no-fail-fast"]);
    } else {
        command.args(["test", "--locked", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests"]);
    }
    if variable("MIDSPAN_TEST_POSTGRES").is_some() {
        return Tally::of(&mut command);
    }
    let postgres = Postgres::start()?;
    println!("PostgreSQL for the tests: {}\n", postgres.url());
    Tally::of(command.env("MIDSPAN_TEST_POSTGRES", postgres.url()))
}

fn docs() -> Result<Tally> {
    Tally::of(cargo().args(["test", "--locked", "--workspace", "--no-fail-fast", "--doc"]))
}

fn build() -> Result<Tally> {
    front::build(false)?;
    check(cargo().args(["build", "--locked", "--package", "midspan"]))
}

fn in_browser() -> Result<Tally> {
    browser::install()?;
    Tally::of(&mut browser::walkthroughs(&["script", "plain"])?)
}

fn by_clients() -> Result<Tally> {
    browser::install()?;
    setup::kubectl()?;
    Tally::of(&mut browser::walkthroughs(&["clients"])?)
}
