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

/// The workspace without this crate, whose dependencies ask others for more features than the product does.
const PRODUCT: [&str; 3] = ["--workspace", "--exclude", "xtask"];

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
    let nextest = shell::output(cargo().args(["nextest", "--version"])).is_ok();
    let runner = |packages: &[&str]| {
        let mut command = cargo();
        command.args(if nextest { &["nextest", "run"][..] } else { &["test", "--lib", "--bins", "--tests"] });
        command.args(["--locked", "--no-fail-fast"]).args(packages);
        command
    };
    let mut product = runner(&PRODUCT);
    let mut tally = if variable("MIDSPAN_TEST_POSTGRES").is_some() {
        Tally::of(&mut product)?
    } else {
        let postgres = Postgres::start()?;
        println!("PostgreSQL for the tests: {}\n", postgres.url());
        Tally::of(product.env("MIDSPAN_TEST_POSTGRES", postgres.url()))?
    };
    tally.add(Tally::of(&mut runner(&["--package", "xtask"]))?);
    Ok(tally)
}

fn docs() -> Result<Tally> {
    Tally::of(cargo().args(["test", "--locked", "--no-fail-fast", "--doc"]).args(PRODUCT))
}

fn build() -> Result<Tally> {
    front::build(false)?;
    // With the tests, as just built for them: a build of the binary alone would choose other features of some
    // dependencies and compile half of everything again.
    check(cargo().args(["build", "--locked", "--bins", "--tests"]).args(PRODUCT))
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
