//! `dev`: build everything, then become `midspan serve --dev`.

use crate::{front, shell, workspace};
use anyhow::{Context, Result};
use std::{
    fs,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command},
    thread,
    time::{Duration, SystemTime},
};

#[derive(clap::Args)]
pub struct Options {
    /// Build and start again whenever a source file changes
    #[arg(long)]
    watch: bool,
    /// More words for `midspan serve --dev`, such as `--listen 127.0.0.1:7500`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    serve: Vec<String>,
}

const SOURCES: [&str; 6] = ["app", "server", "style", "migrations", "examples", "docs"];

pub fn run(options: &Options) -> Result<()> {
    if options.watch {
        return watch(options);
    }
    build()?;
    // This process becomes the server, so that Ctrl-C and signals reach it directly.
    Err(serve(options).exec()).context("cannot start the server")
}

fn build() -> Result<()> {
    front::build(false)?;
    eprintln!("building the server");
    shell::run(workspace::cargo().args(["build", "--package", "midspan"]))
}

fn serve(options: &Options) -> Command {
    let mut command = Command::new(workspace::binary("debug"));
    workspace::clean(&mut command);
    command.args(["serve", "--dev"]).args(&options.serve);
    command
}

fn watch(options: &Options) -> Result<()> {
    let mut server: Option<Child> = None;
    let mut built = SystemTime::UNIX_EPOCH;
    loop {
        let changed = SOURCES.iter().map(|source| newest(Path::new(source))).max().unwrap_or(built);
        if changed > built {
            built = changed;
            match build() {
                Ok(()) => {
                    if let Some(running) = server.take() {
                        stop(running)?;
                    }
                    server = Some(serve(options).spawn().context("cannot start the server")?);
                }
                Err(error) => eprintln!("{error:#}; waiting for the next change"),
            }
        }
        thread::sleep(Duration::from_millis(300));
    }
}

fn stop(mut server: Child) -> Result<()> {
    // Asked, not killed: the server finishes its last transaction and frees the port.
    shell::run(Command::new("kill").arg(server.id().to_string()))?;
    server.wait()?;
    Ok(())
}

fn newest(path: &Path) -> SystemTime {
    let Ok(found) = path.metadata() else { return SystemTime::UNIX_EPOCH };
    if !found.is_dir() {
        return found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| newest(&entry.path())).max().unwrap_or(SystemTime::UNIX_EPOCH)
}
