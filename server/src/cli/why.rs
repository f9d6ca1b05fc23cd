//! `midspan why` and `midspan reschedule`: how each destination stands to a resource, and choosing anew.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds, print::single_line};
use clap::Args;
use serde_json::{Value, json};

#[derive(Args)]
pub struct WhyArgs {
    /// The resource, as kind/name
    #[arg(value_name = "KIND/NAME")]
    resource: String,
}

#[derive(Args)]
pub struct RescheduleArgs {
    /// The resource, as kind/name
    #[arg(value_name = "KIND/NAME")]
    resource: String,
}

pub async fn run(server: &ServerArgs, args: WhyArgs) -> Outcome {
    let (client, address, _) = found(server, &args.resource).await?;
    let resource = client.get(&address).await?;
    let choices = client.get(&format!("{address}/placement")).await?;
    print!("{}", drawn(&resource["status"], &choices["choices"]));
    Ok(())
}

pub async fn reschedule(server: &ServerArgs, args: RescheduleArgs) -> Outcome {
    let (client, address, what) = found(server, &args.resource).await?;
    client.post(&format!("{address}/reschedule"), &json!({})).await?;
    println!("{what} is placed anew; `midspan why {what}` tells where");
    Ok(())
}

async fn found(server: &ServerArgs, resource: &str) -> Outcome<(Client, String, String)> {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, &[resource.to_owned()]).await?;
    let [name] = names.as_slice() else { return Err(Failure::usage(format!("{resource:?} is not kind/name"))) };
    let address = kind.item(&server.namespace, name);
    let what = format!("{}/{name}", kind.singular);
    Ok((client, address, what))
}

fn drawn(status: &Value, choices: &Value) -> String {
    let text = |value: &Value| single_line(value.as_str().unwrap_or_default());
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut told = format!("{}: {}\n", text(&status["phase"]), text(&status["message"]));
    for placed in list(&status["placements"]) {
        let leaving = if placed["leaving"] == true { " (leaving)" } else { "" };
        told += &format!("at {}{leaving}: {}\n", text(&placed["destination"]), text(&placed["why"]));
    }
    for choice in list(choices) {
        let directory = text(&choice["directory"]);
        let of = if directory.is_empty() { String::new() } else { format!(", directory {directory}") };
        let asks = text(&choice["asks"]);
        let asks = if asks.is_empty() { "any destination".to_owned() } else { asks };
        told += &format!("\npipeline {}{of} asks for {asks}\n", text(&choice["pipeline"]));
        let destinations = list(&choice["destinations"]);
        let widest = destinations.iter().map(|look| text(&look["destination"]).chars().count()).max().unwrap_or(0);
        for look in &destinations {
            let mark = if look["chosen"] == true { "*" } else { " " };
            told += &format!("{mark} {:<widest$}  {}\n", text(&look["destination"]), text(&look["says"]));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_destination_is_told_with_what_speaks_for_or_against_it() {
        let status = json!({"phase": "Ready", "message": "Everything asked for is in place", "placements": [
            {"destination": "eu-1", "why": "The only one of 2 destinations that fits region=eu"}]});
        let choices = json!([{"pipeline": "instance", "asks": "region=eu", "destinations": [
            {"destination": "eu-1", "chosen": true, "says": "fits"},
            {"destination": "us-west-1", "chosen": false, "says": "lacks region=eu"}]}]);
        insta::assert_snapshot!(drawn(&status, &choices), @r"
        Ready: Everything asked for is in place
        at eu-1: The only one of 2 destinations that fits region=eu

        pipeline instance asks for region=eu
        * eu-1       fits
          us-west-1  lacks region=eu
        ");
    }
}
