//! `midspan actions` and `midspan act`: what may be asked of a living resource, and asking it.

use super::{
    Failure, Outcome, ServerArgs,
    client::Client,
    kinds,
    print::{columns_of, single_line},
    wait::duration,
};
use clap::Args;
use domain::document;
use serde_json::{Map, Value, json};
use std::{
    io::{BufRead as _, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

#[derive(Args)]
pub struct ActionsArgs {
    /// A kind and a name; or kind/name
    #[arg(required = true, value_name = "KIND/NAME")]
    what: Vec<String>,
    /// As JSON, with the schema of each input
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct ActArgs {
    /// The resource, as kind/name
    #[arg(value_name = "KIND/NAME")]
    resource: String,
    /// One of `midspan actions KIND/NAME`
    #[arg(value_name = "ACTION")]
    action: String,
    /// A value of the input; a.b=c sets b within a
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The input from a YAML or JSON file; - reads it from standard input
    #[arg(long, short, value_name = "FILE")]
    file: Option<String>,
    /// Do not ask whether it is meant
    #[arg(long, short)]
    yes: bool,
    /// Check it, do nothing
    #[arg(long)]
    dry_run: bool,
    /// Return once it has been asked for
    #[arg(long)]
    no_wait: bool,
    /// How long to wait until it is done
    #[arg(long, default_value = "10m", value_name = "DURATION", value_parser = duration)]
    timeout: Duration,
}

pub async fn list(server: &ServerArgs, args: ActionsArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, &args.what).await?;
    let [name] = names.as_slice() else { return Err(Failure::usage("give one kind/name")) };
    let answer = client.get(&format!("{}/actions", kind.item(&server.namespace, name))).await?;
    if args.json {
        println!("{:#}", answer["items"]);
        return Ok(());
    }
    let text = |value: &Value| single_line(value.as_str().unwrap_or_default());
    let row = |action: &Value| {
        let may =
            if action["available"] == true { "yes".to_owned() } else { format!("no: {}", text(&action["whyNot"])) };
        vec![text(&action["name"]), text(&action["title"]), may]
    };
    let actions = answer["items"].as_array().map_or(&[][..], Vec::as_slice);
    if actions.is_empty() {
        eprintln!("{}/{name} has no actions", kind.singular);
        return Ok(());
    }
    let head = ["NAME", "TITLE", "AVAILABLE"].map(ToOwned::to_owned).to_vec();
    columns_of(&std::iter::once(head).chain(actions.iter().map(row)).collect::<Vec<_>>());
    Ok(())
}

pub async fn run(server: &ServerArgs, args: ActArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, std::slice::from_ref(&args.resource)).await?;
    let [name] = names.as_slice() else {
        return Err(Failure::usage(format!("{:?} is not kind/name", args.resource)));
    };
    let base = format!("{}/actions", kind.item(&server.namespace, name));
    let actions = client.get(&base).await?;
    let declared =
        actions["items"].as_array().into_iter().flatten().find(|action| action["name"] == args.action.as_str());
    let none = Value::Null;
    let input = input(&args, declared.map_or(&none, |action| &action["schema"]))?;
    if let Some(action) = declared.filter(|_| !args.yes && !args.dry_run) {
        confirm(action, name)?;
    }
    let query = if args.dry_run { "?dryRun=All" } else { "" };
    let path = format!("{base}/{}{query}", app::paths::segment(&args.action));
    let (request, _) = client.post(&path, &input).await?;
    if args.dry_run {
        println!("{} of {}/{name} could be asked for", args.action, kind.singular);
        return Ok(());
    }
    let request = request["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if args.no_wait {
        println!("{} of {}/{name} asked for ({request})", args.action, kind.singular);
        return Ok(());
    }
    let namespace = app::paths::segment(&server.namespace);
    let path = format!("/apis/midspan.dev/v1alpha1/namespaces/{namespace}/requests/{}", app::paths::segment(&request));
    let until = Instant::now() + args.timeout;
    loop {
        let status = client.get(&path).await?["status"].clone();
        let message = single_line(status["message"].as_str().unwrap_or_default());
        match status["phase"].as_str().unwrap_or_default() {
            "Succeeded" => {
                println!("{} of {}/{name} done", args.action, kind.singular);
                return Ok(());
            }
            phase @ ("Failed" | "Superseded" | "Withdrawn") => {
                let phase = phase.to_lowercase();
                return Err(Failure::new(format!("{} of {}/{name} {phase}: {message}", args.action, kind.singular)));
            }
            _ if Instant::now() >= until => {
                let message = format!("{} of {}/{name} is not done yet: {message}", args.action, kind.singular);
                return Err(Failure { message, code: Failure::TIMEOUT });
            }
            _ => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

/// What the action wants to hear before it is asked for.
fn confirm(action: &Value, name: &str) -> Outcome {
    let title = single_line(action["title"].as_str().unwrap_or_default());
    let (question, expected) = match &action["confirm"] {
        Value::String(word) if word == "simple" => (format!("{title} of {name}? Type yes: "), "yes"),
        Value::Object(_) => (format!("{title} of {name}? Type {name} to confirm: "), name),
        _ => return Ok(()),
    };
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!("{title} asks whether it is meant; give --yes")));
    }
    eprint!("{question}");
    let _ = std::io::stderr().flush();
    let mut typed = String::new();
    let read = std::io::stdin().lock().read_line(&mut typed);
    if read.is_ok() && typed.trim() == expected { Ok(()) } else { Err(Failure::new("nothing was done")) }
}

fn input(args: &ActArgs, schema: &Value) -> Outcome<Value> {
    let mut input = match args.file.as_deref() {
        None => json!({}),
        Some(file) => {
            let text = match file {
                "-" => std::io::read_to_string(std::io::stdin()),
                file => std::fs::read_to_string(file),
            };
            let text = text.map_err(|error| Failure::usage(format!("cannot read {file}: {error}")))?;
            document::parse_one(&text, file).map_err(|error| Failure::usage(error.message))?
        }
    };
    for pair in &args.set {
        let (path, text) =
            pair.split_once('=').ok_or_else(|| Failure::usage(format!("--set {pair:?} is not KEY=VALUE")))?;
        put(&mut input, schema, path, text).map_err(|why| Failure::usage(format!("--set {pair:?}: {why}")))?;
    }
    Ok(input)
}

/// Sets one value: a text where the schema wants one, else what it reads as.
pub(super) fn put(input: &mut Value, schema: &Value, path: &str, text: &str) -> Result<(), String> {
    let (mut place, mut described) = (input, schema);
    let mut keys = path.split('.').peekable();
    while let Some(key) = keys.next() {
        let map = place.as_object_mut().ok_or_else(|| "there is a value already where it would go".to_owned())?;
        described = described.get("properties").and_then(|properties| properties.get(key)).unwrap_or(&Value::Null);
        if keys.peek().is_none() {
            let value = if described["type"] == "string" {
                Value::from(text)
            } else {
                document::parse_one(text, "value").map_err(|error| error.message)?
            };
            map.insert(key.to_owned(), value);
            return Ok(());
        }
        place = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_the_schema_wants_them() {
        let schema =
            json!({"properties": {"tag": {"type": "string"}, "backup": {"properties": {"keep": {"type": "integer"}}}}});
        let mut input = json!({});
        for (path, text) in [("tag", "007"), ("backup.keep", "3"), ("other", "true")] {
            put(&mut input, &schema, path, text).unwrap();
        }
        assert_eq!(input, json!({"tag": "007", "backup": {"keep": 3}, "other": true}));
        assert!(put(&mut input, &schema, "tag.x", "1").is_err());
    }
}
