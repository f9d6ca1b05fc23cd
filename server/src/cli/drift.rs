//! `midspan drift`: how the destinations of a resource stand against what was placed there.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds, wait::duration};
use clap::Args;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two questions whether a look has come to its end.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Args)]
pub struct DriftArgs {
    /// The resource, as kind/name
    #[arg(value_name = "KIND/NAME")]
    resource: String,
    /// Have the destinations looked at now, and exit with 1 if something is not as it was placed
    #[arg(long)]
    check: bool,
    /// How long to wait for the look
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "60s", requires = "check")]
    timeout: Duration,
}

pub async fn run(server: &ServerArgs, args: DriftArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, std::slice::from_ref(&args.resource)).await?;
    let [name] = names.as_slice() else {
        return Err(Failure::usage(format!("{:?} is not kind/name", args.resource)));
    };
    let path = format!("{}/drift", kind.item(&server.namespace, name));
    let told = if args.check { looked(&client, &path, args.timeout).await? } else { client.get(&path).await? };
    println!("{}", drawn(&told).trim_end());
    if args.check && told["drifted"] == true {
        return Err(Failure::new(format!("{}/{name} is not as it was placed", kind.singular)));
    }
    Ok(())
}

/// Asks for a look, and waits until every store has answered.
async fn looked(client: &Client, path: &str, timeout: Duration) -> Outcome<Value> {
    let (mut told, _) = client.post(path, &json!({})).await?;
    let (asked, end) = (told["asked"].as_i64().unwrap_or(0), Instant::now() + timeout);
    loop {
        let open = stores(&told).find(|(_, store)| store["answered"].as_i64().unwrap_or(0) < asked);
        let Some((name, store)) = open else { break };
        let why = store["failure"].as_str().unwrap_or_default();
        if !why.is_empty() {
            return Err(Failure::new(format!("the state store {name} cannot be looked at: {why}")));
        }
        if Instant::now() >= end {
            let message = format!("the state store {name} has not been looked at yet");
            return Err(Failure { message, code: Failure::TIMEOUT });
        }
        sleep(PAUSE).await;
        told = client.get(path).await?;
    }
    let failing = |(name, store): (&String, &Value)| {
        let why = store["failure"].as_str().filter(|why| !why.is_empty())?;
        Some(Failure::new(format!("the state store {name} cannot be looked at: {why}")))
    };
    let failure = stores(&told).find_map(failing);
    failure.map_or(Ok(told), Err)
}

fn stores(told: &Value) -> impl Iterator<Item = (&String, &Value)> {
    told["stateStores"].as_object().into_iter().flatten()
}

fn drawn(told: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = vec![text(&told["message"])];
    for (name, store) in stores(told) {
        let when = store["lookedAt"].as_str().map_or("not looked at yet".to_owned(), |at| format!("looked at {at}"));
        lines.push(format!("State store {name}: {when}"));
        let why = text(&store["failure"]);
        if !why.is_empty() {
            lines.push(format!("  cannot be looked at: {why}"));
        }
    }
    for file in told["files"].as_array().into_iter().flatten() {
        lines.push(String::new());
        lines.push(format!("{} {} at {}", text(&file["path"]), text(&file["change"]), text(&file["destination"])));
        let (diff, hidden) = (text(&file["diff"]), text(&file["hidden"]));
        lines.extend(
            [diff, hidden].into_iter().filter(|words| !words.is_empty()).map(|words| words.trim_end().to_owned()),
        );
    }
    let named = told["files"].as_array().map_or(0, Vec::len) as u64;
    if let Some(more) = told["count"].as_u64().and_then(|count| count.checked_sub(named)).filter(|more| *more > 0) {
        lines.extend([String::new(), format!("{more} more not shown")]);
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_drawn_with_its_difference() {
        let told = json!({
            "message": "2 files at dev are not as placed: a changed, b missing", "count": 3,
            "stateStores": {"gitops": {"lookedAt": "2026-11-23T04:00:00Z", "answered": 1, "failure": ""}},
            "files": [
                {"path": "a", "destination": "dev", "change": "changed", "diff": "--- placed/a\n+++ found/a\n@@ -1 +1 @@\n-1\n+2\n"},
                {"path": "b", "destination": "dev", "change": "missing", "diff": "", "hidden": "It is not text."},
            ],
        });
        insta::assert_snapshot!(drawn(&told), @"
        2 files at dev are not as placed: a changed, b missing
        State store gitops: looked at 2026-11-23T04:00:00Z

        a changed at dev
        --- placed/a
        +++ found/a
        @@ -1 +1 @@
        -1
        +2

        b missing at dev
        It is not text.

        1 more not shown
        ");
    }
}
