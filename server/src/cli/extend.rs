//! `midspan extend`: puts off the end of a resource's time.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds, wait::duration};
use clap::Args;
use domain::workflow::GoDuration;
use serde_json::json;
use std::time::Duration;

#[derive(Args)]
pub struct ExtendArgs {
    /// The resource, as kind/name
    #[arg(value_name = "KIND/NAME")]
    resource: String,
    /// By how much; as much as the promise allows at once if not told
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    by: Option<Duration>,
}

pub async fn run(server: &ServerArgs, args: ExtendArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, std::slice::from_ref(&args.resource)).await?;
    let [name] = names.as_slice() else {
        return Err(Failure::usage(format!("{:?} is not kind/name", args.resource)));
    };
    let by = args.by.map(|by| GoDuration(by).to_string());
    let path = format!("{}/extend", kind.item(&server.namespace, name));
    let (request, _) = client.post(&path, &json!({"by": by})).await?;
    println!(
        "{}/{name} has time until {}",
        kind.singular,
        request["spec"]["input"]["until"].as_str().unwrap_or_default()
    );
    Ok(())
}
