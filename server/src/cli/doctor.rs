//! `midspan doctor`: is everything here that a server or a client needs? What steps run in, the server itself says.

use super::{Failure, Outcome, ServerArgs, client::Client, whoami};
use clap::Args;
use orchestrator::steps::{RunnerConfig, ground::Ground};
use serde_json::Value;
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

pub async fn run(server: &ServerArgs, _: DoctorArgs) -> Outcome {
    let mut checks =
        vec![program("git", &["--version"], true, "state stores of the kind git need it: install git 2.31 or newer")];
    let (found, ground) = server_checks(server).await;
    checks.extend(found);
    checks.extend(match ground {
        Some(ground) => step_checks(&ground, "the server"),
        None => step_checks(&ground_here(), "this machine"),
    });
    let mut failed = 0;
    for check in &checks {
        let (mark, text) = match (&check.result, check.needed) {
            (Ok(text), _) => ("ok  ", text),
            (Err(text), true) => ("FAIL", text),
            (Err(text), false) => ("note", text),
        };
        failed += u32::from(check.result.is_err() && check.needed);
        println!("{mark}  {:<10} {text}", check.name);
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

/// The server's own word where it is up: it knows its options, and may run elsewhere.
async fn server_checks(args: &ServerArgs) -> (Vec<Check>, Option<Value>) {
    let client = match Client::new(args) {
        Ok(client) => client,
        Err(failure) => return (vec![Check { name: "server", result: Err(failure.message), needed: true }], None),
    };
    let ready = client
        .stream("/readyz")
        .await
        .map(|_| format!("{} is ready", client.server()))
        .map_err(|failure| failure.message);
    let up = ready.is_ok();
    let mut checks = vec![Check { name: "server", result: ready, needed: true }];
    let mut ground = None;
    if up {
        let said = client.get("/version").await;
        ground = said.as_ref().ok().map(|version| version["steps"].clone()).filter(Value::is_object);
        let result = match said {
            Ok(version) => {
                let who = whoami::user(&client).await.unwrap_or_default();
                Ok(format!("accepted as {who} ({})", version["gitVersion"].as_str().unwrap_or_default()))
            }
            Err(failure) => Err(failure.message),
        };
        checks.push(Check { name: "token", result, needed: true });
    }
    (checks, ground)
}

/// What a server with no options would find here.
fn ground_here() -> Value {
    let steps = RunnerConfig::new(std::env::temp_dir(), Ground::default());
    steps.map_or(Value::Null, |steps| crate::serve::told(&steps))
}

fn step_checks(ground: &Value, whose: &str) -> Vec<Check> {
    let check = |name, key: &str, with: &str, without: &str| {
        let found = &ground[key];
        let result = match (found["with"].as_str(), found["without"].as_str()) {
            (Some(program), _) => Ok(format!("{whose} {with} {program}")),
            (None, Some(why)) => Err(format!("{whose} {without}: {why}")),
            (None, None) => Err("the server does not say".to_owned()),
        };
        Check { name, result, needed: false }
    };
    vec![
        check("commands", "sandbox", "runs command steps in a sandbox:", "runs command steps without a sandbox"),
        check("containers", "containers", "runs container steps with", "cannot run container steps"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_server_runs_steps_with_is_told_in_its_words() {
        let ground = json!({"sandbox": {"with": "bubblewrap"}, "containers": {"without": "no podman"}});
        let told: Vec<_> = step_checks(&ground, "the server").into_iter().map(|check| check.result).collect();
        assert_eq!(
            told,
            [
                Ok("the server runs command steps in a sandbox: bubblewrap".to_owned()),
                Err("the server cannot run container steps: no podman".to_owned())
            ]
        );
    }
}
