//! `midspan doctor`: is everything here that a server or a client needs?

use super::{Failure, Outcome, ServerArgs, client::Client};
use clap::Args;
use std::process::Command;

#[derive(Args)]
pub struct DoctorArgs {}

/// One check: what it looked at, and what it found.
struct Check {
    name: &'static str,
    result: Result<String, String>,
    /// Without it, something essential does not work.
    needed: bool,
}

const NO_RUNTIME: &str =
    "container steps need podman or docker, or an --image-map that names local programs for their images";

pub async fn run(server: &ServerArgs, _: DoctorArgs) -> Outcome {
    let mut checks =
        vec![program("git", &["--version"], true, "state stores of the kind git need it: install git 2.31 or newer")];
    checks.push(program(
        "bwrap",
        &["--version"],
        false,
        "command steps run without a sandbox of their own; install bubblewrap for one",
    ));
    let podman = program("podman", &["--version"], false, NO_RUNTIME);
    checks.push(if podman.result.is_ok() { podman } else { program("docker", &["--version"], false, NO_RUNTIME) });
    checks.extend(server_checks(server).await);
    let mut failed = 0;
    for check in &checks {
        let (mark, text) = match (&check.result, check.needed) {
            (Ok(text), _) => ("ok  ", text),
            (Err(text), true) => ("FAIL", text),
            (Err(text), false) => ("note", text),
        };
        failed += u32::from(check.result.is_err() && check.needed);
        println!("{mark}  {:<8} {text}", check.name);
    }
    if failed == 0 { Ok(()) } else { Err(Failure::new(format!("{failed} of {} checks failed", checks.len()))) }
}

fn program(name: &'static str, args: &[&str], needed: bool, otherwise: &str) -> Check {
    let found = Command::new(name).args(args).output().ok().filter(|output| output.status.success());
    let result = found
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .ok_or_else(|| format!("not found; {otherwise}"));
    Check { name, result, needed }
}

async fn server_checks(args: &ServerArgs) -> Vec<Check> {
    let client = match Client::new(args) {
        Ok(client) => client,
        Err(failure) => return vec![Check { name: "server", result: Err(failure.message), needed: true }],
    };
    let ready = client
        .stream("/readyz")
        .await
        .map(|_| format!("{} is ready", client.server()))
        .map_err(|failure| failure.message);
    let up = ready.is_ok();
    let mut checks = vec![Check { name: "server", result: ready, needed: true }];
    if up {
        let said = client.get("/version").await;
        let result = said
            .map(|version| version["gitVersion"].as_str().unwrap_or_default().to_owned())
            .map_err(|failure| failure.message);
        checks.push(Check {
            name: "token",
            result: result.map(|version| format!("accepted by the server ({version})")),
            needed: true,
        });
    }
    checks
}
