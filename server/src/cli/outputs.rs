//! `midspan outputs`: what a resource gives back.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds, print::columns_of};
use clap::Args;
use domain::output;
use serde_json::{Value, json};

#[derive(Args)]
pub struct OutputsArgs {
    /// A kind and a name; or kind/name
    #[arg(required = true, value_name = "KIND/NAME")]
    what: Vec<String>,
    /// Print secrets, too; it is recorded who did
    #[arg(long)]
    reveal: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(server: &ServerArgs, args: OutputsArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, &args.what).await?;
    let [name] = names.as_slice() else { return Err(Failure::usage("give one kind/name")) };
    let path = format!("{}/outputs", kind.item(&server.namespace, name));
    let answer = if args.reveal { client.post(&path, &json!({})).await?.0 } else { client.get(&path).await? };
    let outputs = answer.get("outputs").cloned().unwrap_or_else(|| json!({}));
    if args.json {
        println!("{outputs:#}");
        return Ok(());
    }
    let shown = |value: &Value| match (output::mark(value), value) {
        (Some(_), _) => "(secret; --reveal shows it)".to_owned(),
        (None, Value::String(text)) => text.clone(),
        (None, other) => other.to_string(),
    };
    let rows: Vec<Vec<String>> =
        outputs.as_object().into_iter().flatten().map(|(name, value)| vec![name.clone(), shown(value)]).collect();
    if rows.is_empty() {
        eprintln!("{}/{name} gives nothing back yet", kind.singular);
    }
    columns_of(&rows);
    Ok(())
}
