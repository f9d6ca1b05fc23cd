//! `midspan describe`: what an object is, what it waits for, what happened to it.

use super::{
    Failure, Outcome, ServerArgs,
    client::Client,
    health, kinds,
    print::{columns_of, single_line},
};
use clap::Args;
use domain::document;
use serde_json::Value;

#[derive(Args)]
pub struct DescribeArgs {
    /// A kind and a name; or kind/name
    #[arg(required = true, value_name = "KIND/NAME")]
    what: Vec<String>,
}

pub async fn run(server: &ServerArgs, args: DescribeArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, &args.what).await?;
    if names.is_empty() {
        return Err(Failure::usage(format!("which {}? Give a name", kind.plural)));
    }
    for name in names {
        let object = client.get(&kind.item(&server.namespace, &name)).await?;
        describe(&client, &object).await?;
    }
    Ok(())
}

async fn describe(client: &Client, object: &Value) -> Outcome {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .map_or_else(String::new, |value| value.as_str().map_or_else(|| value.to_string(), single_line))
    };
    let mut head = Vec::new();
    for (label, pointer) in [
        ("Name", "/metadata/name"),
        ("Namespace", "/metadata/namespace"),
        ("Kind", "/kind"),
        ("API version", "/apiVersion"),
        ("Created", "/metadata/creationTimestamp"),
        ("Deleting since", "/metadata/deletionTimestamp"),
        ("Generation", "/metadata/generation"),
        ("Phase", "/status/phase"),
        ("Message", "/status/message"),
        ("Sync", "/status/sync/state"),
        ("Last operation", "/status/lastOperation/operation"),
        ("Its state", "/status/lastOperation/state"),
        ("Revision", "/status/revision"),
        ("Run", "/status/run"),
    ] {
        if !text(pointer).is_empty() {
            head.push(vec![format!("{label}:"), text(pointer)]);
        }
    }
    head.extend(health::line(object));
    columns_of(&head);
    health::checks(object);
    for (title, pointer) in [("Labels", "/metadata/labels"), ("Spec", "/spec"), ("Outputs", "/status/outputs")] {
        if let Some(value) =
            object.pointer(pointer).filter(|value| value.as_object().is_some_and(|map| !map.is_empty()))
        {
            println!("{title}:");
            for line in document::to_yaml(value).lines() {
                println!("  {line}");
            }
        }
    }
    if let Some(conditions) =
        object.pointer("/status/conditions").and_then(Value::as_array).filter(|all| !all.is_empty())
    {
        println!("Conditions:");
        let mut rows = vec![["  TYPE", "STATUS", "REASON", "MESSAGE"].map(ToOwned::to_owned).to_vec()];
        for condition in conditions {
            let cell = |key: &str| single_line(condition[key].as_str().unwrap_or_default());
            rows.push(vec![format!("  {}", cell("type")), cell("status"), cell("reason"), cell("message")]);
        }
        columns_of(&rows);
    }
    events(client, object).await
}

async fn events(client: &Client, object: &Value) -> Outcome {
    let (namespace, uid) = (
        object["metadata"]["namespace"].as_str().unwrap_or_default(),
        object["metadata"]["uid"].as_str().unwrap_or_default(),
    );
    if namespace.is_empty() {
        return Ok(());
    }
    let path = format!("/api/v1/namespaces/{}/events", app::paths::segment(namespace));
    let list =
        client.get(&app::paths::with_query(&path, &[("fieldSelector", &format!("involvedObject.uid={uid}"))])).await?;
    let items = list["items"].as_array().cloned().unwrap_or_default();
    if items.is_empty() {
        return Ok(());
    }
    println!("Events:");
    let mut rows = vec![["  AT", "TYPE", "REASON", "MESSAGE"].map(ToOwned::to_owned).to_vec()];
    for event in items.iter().rev() {
        let cell = |key: &str| single_line(event[key].as_str().unwrap_or_default());
        rows.push(vec![format!("  {}", cell("lastTimestamp")), cell("type"), cell("reason"), cell("message")]);
    }
    columns_of(&rows);
    Ok(())
}
