//! `midspan wait --for=condition=Ready`

use super::{Failure, Outcome, ServerArgs, client::Client, kinds};
use clap::Args;
use domain::workflow::GoDuration;
use serde_json::Value;
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct WaitArgs {
    /// A kind, then names; or kind/name
    #[arg(required = true, value_name = "KIND[/NAME]")]
    what: Vec<String>,
    /// condition=NAME, condition=NAME=VALUE, or delete
    #[arg(long = "for", value_name = "WHAT", default_value = "condition=Ready")]
    wanted: String,
    /// How long to wait
    #[arg(long, default_value = "5m", value_name = "DURATION", value_parser = duration)]
    timeout: Duration,
}

/// `30s`, `5m`
pub fn duration(text: &str) -> Result<Duration, String> {
    GoDuration::parse(text)
        .map(|duration| duration.0)
        .ok_or_else(|| format!("{text:?} is not a duration such as 30s or 5m"))
}

/// `90d`, `12h`
pub fn days(text: &str) -> Result<Duration, String> {
    const DAY: u64 = 86_400;
    match text.strip_suffix('d').map(str::parse::<u64>) {
        Some(Ok(days)) if (1..=36_500).contains(&days) => Ok(Duration::from_secs(days * DAY)),
        Some(_) => Err(format!("{text:?} is not a number of days from 1 to 36500, such as 90d")),
        None => duration(text),
    }
}

enum Wanted {
    Condition { name: String, value: String },
    Gone,
}

pub async fn run(server: &ServerArgs, args: WaitArgs) -> Outcome {
    let client = Client::new(server)?;
    let wanted = parse(&args.wanted)?;
    let (kind, names) = kinds::targets(&client, &args.what).await?;
    if names.is_empty() {
        return Err(Failure::usage(format!("which {}? Give a name", kind.plural)));
    }
    let until = Instant::now() + args.timeout;
    for name in names {
        let (path, what) = (kind.item(&server.namespace, &name), format!("{}/{name}", kind.singular));
        loop {
            let object = client.get(&path).await;
            match (&wanted, object) {
                (Wanted::Gone, Err(failure)) if failure.code == Failure::NOT_FOUND => {
                    println!("{what} is gone");
                    break;
                }
                (_, Err(failure)) => return Err(failure),
                (Wanted::Condition { name, value }, Ok(object)) if holds(&object, name, value) => {
                    println!("{what} condition met");
                    break;
                }
                (Wanted::Condition { .. }, Ok(object)) if failed(&object) => {
                    let said = object["status"]["message"].as_str().unwrap_or("it does not say why");
                    return Err(Failure { message: format!("{what} has failed: {said}"), code: Failure::ERROR });
                }
                (_, Ok(object)) if Instant::now() >= until => {
                    let said = object["status"]["message"].as_str().unwrap_or("it says nothing about itself");
                    return Err(Failure {
                        message: format!("timed out waiting for {what}: {said}"),
                        code: Failure::TIMEOUT,
                    });
                }
                _ => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }
    Ok(())
}

fn parse(text: &str) -> Outcome<Wanted> {
    if text == "delete" {
        return Ok(Wanted::Gone);
    }
    let rest = text.strip_prefix("condition=").filter(|rest| !rest.is_empty());
    let rest = rest.ok_or_else(|| {
        Failure::usage(format!("--for {text:?}: give condition=NAME, condition=NAME=VALUE or delete"))
    })?;
    let (name, value) = rest.split_once('=').unwrap_or((rest, "True"));
    Ok(Wanted::Condition { name: name.to_owned(), value: value.to_owned() })
}

/// Whether what was asked for last has failed for good: nothing is tried again before somebody changes something.
fn failed(object: &Value) -> bool {
    let status = &object["status"];
    status["phase"] == "Failed" && status["observedGeneration"] == object["metadata"]["generation"]
}

/// A condition that speaks of an older generation does not count.
fn holds(object: &Value, name: &str, value: &str) -> bool {
    let generation = object["metadata"]["generation"].as_i64().unwrap_or(0);
    object["status"]["conditions"].as_array().into_iter().flatten().any(|condition| {
        let fresh = condition["observedGeneration"].as_i64().is_none_or(|observed| observed >= generation);
        let same =
            |field: &str, wanted: &str| condition[field].as_str().is_some_and(|text| text.eq_ignore_ascii_case(wanted));
        fresh && same("type", name) && same("status", value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn days_are_a_duration_too() {
        assert_eq!(days("90d"), Ok(Duration::from_secs(90 * 86_400)));
        assert_eq!(days("12h"), Ok(Duration::from_secs(12 * 3600)));
        assert!(days("d").is_err() && days("0d").is_err() && days("soon").is_err());
    }

    #[test]
    fn a_failure_of_an_older_generation_is_waited_over() {
        let object = |observed: i64, phase: &str| json!({"metadata": {"generation": 2}, "status": {"phase": phase, "observedGeneration": observed}});
        assert!(failed(&object(2, "Failed")));
        assert!(!failed(&object(1, "Failed")));
        assert!(!failed(&object(2, "Progressing")));
    }

    #[test]
    fn a_condition_of_an_older_generation_does_not_count() {
        let object = |observed: i64| json!({"metadata": {"generation": 2}, "status": {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": observed}]}});
        assert!(!holds(&object(1), "Ready", "True"));
        assert!(holds(&object(2), "ready", "true"));
    }
}
