//! Installing Debian packages when a program is missing.

use crate::shell::{find, output, run};
use anyhow::{Context, Result, bail, ensure};
use std::{path::Path, process::Command};

/// Makes sure that a program is there; installs the package that brings it if it is not.
pub fn program(program: &str, package: &str) -> Result<()> {
    if find(program).is_some() {
        return Ok(());
    }
    packages(&[package]).with_context(|| format!("`{program}` is needed and is not installed"))?;
    ensure!(find(program).is_some(), "package {package} brought no `{program}`");
    Ok(())
}

/// Makes sure that all packages are installed.
pub fn packages(wanted: &[&str]) -> Result<()> {
    ensure!(
        Path::new("/etc/debian_version").exists(),
        "this is not Debian or Ubuntu: install what packages {} bring there, then run this again",
        wanted.join(", ")
    );
    let missing: Vec<_> = wanted.iter().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing {missing:?}");
    let mut attempt = 0;
    loop {
        attempt += 1;
        let installed = apt_get(&["update"]).and_then(|()| {
            let mut words = vec!["install", "--yes", "--no-install-recommends"];
            words.extend(missing.iter().copied());
            apt_get(&words)
        });
        match installed {
            Ok(()) => return Ok(()),
            // A mirror that was just being updated is the common failure: once more, then give up.
            Err(_) if attempt < 2 => println!("apt-get failed; trying once more"),
            Err(error) => bail!("apt-get could not install {missing:?}: {error:#}"),
        }
    }
}

/// Whether commands run as the system's administrator.
pub fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn installed(package: &str) -> bool {
    output(Command::new("dpkg-query").args(["--show", "--showformat", "${db:Status-Abbrev}", package]))
        .is_ok_and(|status| status.starts_with("ii"))
}

fn apt_get(words: &[&str]) -> Result<()> {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    run(command.arg("-qq").args(words).env("DEBIAN_FRONTEND", "noninteractive"))
}
