//! Where things are, and how to call cargo there. The only file of this crate that reads the environment.

use anyhow::{Context, Result};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// Makes the workspace's root the current directory; every path in this crate is relative to it.
pub fn enter() -> Result<()> {
    let here = env::current_dir()?;
    // Looked up at run time: a path fixed when this was compiled would be wrong
    // for a second checkout that shares the target directory.
    let root = here
        .ancestors()
        .find(|directory| directory.join("server/crates/xtask").is_dir())
        .context("not inside the Midspan repository")?;
    env::set_current_dir(root)?;
    Ok(())
}

/// The root as an absolute path, for programs that run in another directory.
pub fn root() -> Result<PathBuf> {
    Ok(env::current_dir()?)
}

/// Cargo's target directory.
pub fn target() -> PathBuf {
    variable("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

/// The directory the server embeds: always in the workspace, wherever cargo builds.
pub fn site() -> &'static Path {
    Path::new("target/site")
}

/// The binary as `cargo build` leaves it for a profile's directory (`debug`, `release`).
pub fn binary(profile_directory: &str) -> PathBuf {
    target().join(profile_directory).join("midspan")
}

/// Cargo, without the variables that `cargo run` gave to this process.
pub fn cargo() -> Command {
    let mut cargo = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".into()));
    clean(&mut cargo);
    cargo
}

/// Removes what `cargo run` set: some build scripts watch these variables, and would rebuild half of the
/// dependencies each time a build is started from here after one started by hand.
pub fn clean(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(name);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place of this crate that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
