//! `midspan promise revisions`: the versions of a promise there are, and how many resources run each.

use super::{
    Failure, Outcome, ServerArgs,
    client::Client,
    kinds,
    print::{columns_of, single_line},
};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Args)]
pub struct PromiseArgs {
    #[command(subcommand)]
    command: PromiseCommand,
}

#[derive(Subcommand)]
enum PromiseCommand {
    /// List the revisions of a promise, newest first
    Revisions {
        /// The promise
        #[arg(value_name = "NAME")]
        name: String,
    },
}

pub async fn run(server: &ServerArgs, args: PromiseArgs) -> Outcome {
    let client = Client::new(server)?;
    match args.command {
        PromiseCommand::Revisions { name } => revisions(&client, &name).await,
    }
}

async fn revisions(client: &Client, name: &str) -> Outcome {
    let mut found =
        items(client, "/apis/midspan.dev/v1alpha1/revisions", &format!("midspan.dev/promise={name}")).await?;
    found.sort_by_key(|revision| std::cmp::Reverse(text(revision, "/metadata/creationTimestamp")));
    let in_use = in_use(client, name).await?;
    let mut rows = vec![["VERSION", "REVISION", "CURRENT", "RESOURCES", "PUBLISHED"].map(str::to_owned).to_vec()];
    for revision in &found {
        let name = text(revision, "/metadata/name");
        let current = if revision["status"]["current"] == true { "yes" } else { "" };
        let count = in_use.get(&name).copied().unwrap_or(0).to_string();
        let version = text(revision, "/spec/version");
        rows.push(vec![version, name, current.to_owned(), count, text(revision, "/metadata/creationTimestamp")]);
    }
    if found.is_empty() {
        return Err(Failure { message: format!("there is no promise {name}"), code: Failure::NOT_FOUND });
    }
    columns_of(&rows);
    Ok(())
}

/// How many resources run each revision, by its name.
async fn in_use(client: &Client, promise: &str) -> Outcome<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for kind in kinds::all(client).await?.iter().filter(|kind| kind.namespaced && !kind.group.is_empty()) {
        if kind.group == "midspan.dev" || kind.group == domain::promise::KRATIX_GROUP {
            continue;
        }
        let labels = format!("{}={promise}", domain::facets::PROMISE_LABEL);
        for resource in items(client, &kind.path(""), &labels).await? {
            *counts.entry(text(&resource, "/status/revision")).or_default() += 1;
        }
    }
    Ok(counts)
}

/// A whole list, page by page.
async fn items(client: &Client, path: &str, labels: &str) -> Outcome<Vec<Value>> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let address = format!("{path}?limit=500&continue={next}&labelSelector={}", app::paths::segment(labels));
        let page = client.get(&address).await?;
        all.extend(page["items"].as_array().into_iter().flatten().cloned());
        match page["metadata"]["continue"].as_str() {
            Some(word) => word.clone_into(&mut next),
            None => return Ok(all),
        }
    }
}

fn text(value: &Value, pointer: &str) -> String {
    single_line(value.pointer(pointer).and_then(Value::as_str).unwrap_or_default())
}
