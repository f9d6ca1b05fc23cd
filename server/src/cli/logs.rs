//! `midspan logs`: the log of a run, or of a resource's newest run.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds, print, print::single_line};
use clap::Args;
use serde_json::Value;
use std::io::Write as _;

#[derive(Args)]
pub struct LogsArgs {
    /// A resource (kind/name) or a run (run/name)
    #[arg(required = true, value_name = "KIND/NAME")]
    what: Vec<String>,
    /// Stay until the run has ended
    #[arg(long, short = 'f')]
    follow: bool,
}

pub async fn run(server: &ServerArgs, args: LogsArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, &args.what).await?;
    let [name] = names.as_slice() else { return Err(Failure::usage("give one kind/name")) };
    let run = if kind.kind == "Run" {
        name.clone()
    } else {
        let object = client.get(&kind.item(&server.namespace, name)).await?;
        let run = object["status"]["run"].as_str().unwrap_or_default().to_owned();
        if run.is_empty() {
            return Err(Failure {
                message: format!(
                    "{}/{name} has not run yet: {}",
                    kind.singular,
                    object["status"]["message"].as_str().unwrap_or_default()
                ),
                code: Failure::NOT_FOUND,
            });
        }
        run
    };
    let runs = kinds::find(&client, "runs.midspan.dev").await?;
    let path = format!("{}/log?follow={}", runs.item(&server.namespace, &run), args.follow);
    let mut response = client.stream(&path).await?;
    let mut out = std::io::stdout();
    let mut any = false;
    let mut ends_line = true;
    while let Some(chunk) = response.chunk().await.map_err(|e| Failure::new(format!("the log broke off: {e}")))? {
        any |= !chunk.is_empty();
        ends_line = chunk.last().map_or(ends_line, |byte| *byte == b'\n');
        print::written(out.write_all(&chunk).and_then(|()| out.flush()));
    }
    if !ends_line {
        println!("");
    }
    let told = client.get(&runs.item(&server.namespace, &run)).await?;
    for line in beside_the_log(&told, any) {
        eprintln!("{}", single_line(&line));
    }
    Ok(())
}

/// What the log itself cannot say: which steps failed and why, and why there is nothing in it.
fn beside_the_log(run: &Value, any: bool) -> Vec<String> {
    let name = run["metadata"]["name"].as_str().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for pipeline in run["status"]["pipelines"].as_array().into_iter().flatten() {
        for step in pipeline["steps"].as_array().into_iter().flatten() {
            let (phase, message) = (text(&step["phase"]), text(&step["message"]));
            let at = format!("{}/{}", text(&pipeline["name"]), text(&step["name"]));
            match (phase.as_str(), step["nextAttemptAt"].as_str()) {
                ("Failed", _) => lines.push(format!("step {at} failed: {message}")),
                (_, Some(again)) => lines.push(format!("step {at} failed and is tried again at {again}: {message}")),
                _ => {}
            }
        }
    }
    if !any {
        let over = run["status"]["finishedAt"].is_string();
        lines.insert(
            0,
            match (lines.is_empty(), over) {
                (true, true) => format!("Run {name} has written no log: nothing in it printed anything."),
                (true, false) => format!("Run {name} has written no log so far."),
                (false, _) => format!("Run {name} has written no log."),
            },
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(step: Value, finished: bool, any: bool, expected: &[&str]) {
        let finished_at = if finished { json!("2026-11-23T00:00:00Z") } else { Value::Null };
        let status = json!({"finishedAt": finished_at, "pipelines": [{"name": "make", "steps": [step]}]});
        let run = json!({"metadata": {"name": "shop-1"}, "status": status});
        assert_eq!(beside_the_log(&run, any), expected);
    }

    #[test]
    fn a_step_that_never_started_says_why() {
        let step =
            json!({"name": "db", "phase": "Failed", "message": "cannot start \"mkdb\": there is no such program"});
        let why = "step make/db failed: cannot start \"mkdb\": there is no such program";
        check(step.clone(), true, false, &["Run shop-1 has written no log.", why]);
        check(step, true, true, &[why]);
        let again =
            json!({"name": "db", "phase": "Pending", "message": "no answer", "nextAttemptAt": "2026-11-23T00:00:09Z"});
        check(again, false, true, &["step make/db failed and is tried again at 2026-11-23T00:00:09Z: no answer"]);
    }

    #[test]
    fn a_run_that_printed_nothing_says_so() {
        let step = json!({"name": "db", "phase": "Succeeded"});
        check(step.clone(), true, false, &["Run shop-1 has written no log: nothing in it printed anything."]);
        check(step, false, false, &["Run shop-1 has written no log so far."]);
    }
}
