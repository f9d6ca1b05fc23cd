//! The walkthroughs in `end2end`: Playwright with the system's Chromium against the built binary.

use crate::{apt, fingerprint, shell, workspace};
use anyhow::{Context, Result};
use std::{fs, path::Path, process::Command};

/// Names that Chromium goes by, the most likely first.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Installs Node, Chromium and the packages of `end2end`, where missing.
pub fn install() -> Result<()> {
    apt::program("node", "nodejs")?;
    apt::program("npm", "npm")?;
    apt::program("git", "git")?;
    chromium()?;
    packages()
}

/// A `playwright test` of some of the projects in `playwright.config.ts`.
pub fn walkthroughs(projects: &[&str]) -> Result<Command> {
    let mut command = Command::new("npx");
    workspace::clean(&mut command);
    command.args(["--no-install", "playwright", "test"]).current_dir("end2end");
    command.args(projects.iter().map(|project| format!("--project={project}")));
    command.env("CHROMIUM", chromium()?).env("MIDSPAN_BIN", workspace::root()?.join(workspace::binary("debug")));
    Ok(command)
}

fn chromium() -> Result<String> {
    if let Some(path) = workspace::variable("CHROMIUM") {
        return Ok(path);
    }
    if CHROMIUM.iter().all(|name| shell::find(name).is_none()) {
        apt::packages(&["chromium"]).context("the browser walkthroughs need Chromium (or CHROMIUM=/path/to/it)")?;
    }
    let found = CHROMIUM.iter().find_map(|name| shell::find(name)).context("package chromium brought no `chromium`")?;
    Ok(found.display().to_string())
}

/// `npm ci`, unless what is installed came from this very lock file.
fn packages() -> Result<()> {
    let lock = fingerprint::of(&fs::read("end2end/package-lock.json").context("end2end/package-lock.json")?);
    let stamp = Path::new("end2end/node_modules/.installed-from");
    if fs::read_to_string(stamp).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir("end2end");
    shell::run(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    fs::write(stamp, lock)?;
    Ok(())
}
