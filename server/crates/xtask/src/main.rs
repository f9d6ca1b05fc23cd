//! `cargo xtask`: build, run, prove and ship Midspan. One file per command; each command does its own set-up.

mod apt;
mod bless;
mod browser;
mod css;
mod dev;
mod dist;
mod fingerprint;
mod front;
mod gate;
mod migration;
mod postgres;
mod setup;
mod shell;
mod site;
mod tally;
mod wasm;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, run, prove and ship Midspan")]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build what the browser gets: WebAssembly and style sheet, into target/site
    Front {
        /// Small and precompressed, as the release embeds it
        #[arg(long)]
        release: bool,
    },
    /// Build everything and run `midspan serve --dev`
    Dev(dev::Options),
    /// Make the one release binary, target/dist/midspan
    Dist,
    /// Prove everything: format, lints, tests on both databases, browser and kubectl walkthroughs
    Test(gate::Options),
    /// Install what the other commands need, and nothing else
    Setup,
    /// Start a migration: one empty file for each database, with the next number
    NewMigration {
        /// What it does, in snake_case
        name: String,
    },
    /// Accept the snapshots that the last test run wrote
    Bless,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    workspace::enter()?;
    match Xtask::parse().command {
        Command::Front { release } => front::build(release),
        Command::Dev(options) => dev::run(&options),
        Command::Dist => dist::build(),
        Command::Test(options) => gate::run(&options),
        Command::Setup => setup::run(),
        Command::NewMigration { name } => migration::start(&name),
        Command::Bless => bless::run(),
    }
}
