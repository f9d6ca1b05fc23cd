//! `midspan logs`: the log of a run, or of a resource's newest run.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds};
use clap::Args;
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
    while let Some(chunk) = response.chunk().await.map_err(|e| Failure::new(format!("the log broke off: {e}")))? {
        any |= !chunk.is_empty();
        // whoever closes the pipe has read enough
        if out.write_all(&chunk).and_then(|()| out.flush()).is_err() {
            return Ok(());
        }
    }
    if !any {
        eprintln!("Run {run} has written no log: its steps only rendered templates.");
    }
    Ok(())
}
