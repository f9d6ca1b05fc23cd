//! `dist`: the one file that a company installs, with pages, style, migrations and starter catalog inside.

use crate::{front, shell, workspace};
use anyhow::{Context, Result};
use std::{fs, path::Path};

/// Builds `target/dist/midspan`.
pub fn build() -> Result<()> {
    front::build(true)?;
    shell::run(workspace::cargo().args(["build", "--release", "--locked", "--package", "midspan"]))?;
    let binary = Path::new("target/dist/midspan");
    fs::create_dir_all("target/dist")?;
    fs::copy(workspace::binary("release"), binary).context("cannot copy the release binary")?;
    let size = binary.metadata()?.len();
    println!("{}: {}.{} MB", binary.display(), size / 1_000_000, size / 100_000 % 10);
    Ok(())
}
