//! `midspan pin`: holds a resource at a version of its promise, or lets it follow the promise again.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds, print::single_line};
use clap::Args;
use domain::{binding::LATEST, facets::PROMISE_LABEL, plan::PIN, promise::KRATIX_GROUP};
use serde_json::{Value, json};

#[derive(Args)]
pub struct PinArgs {
    /// The resource, as kind/name
    #[arg(value_name = "KIND/NAME")]
    resource: String,
    /// A version of the promise, or a revision's name
    #[arg(value_name = "VERSION", required_unless_present = "latest", conflicts_with = "latest")]
    version: Option<String>,
    /// Follow the promise again
    #[arg(long)]
    latest: bool,
}

pub async fn run(server: &ServerArgs, args: PinArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, std::slice::from_ref(&args.resource)).await?;
    let [name] = names.as_slice() else {
        return Err(Failure::usage(format!("{:?} is not kind/name", args.resource)));
    };
    let version = args.version.as_deref().filter(|version| *version != LATEST);
    let address = kind.item(&server.namespace, name);
    let resource = client.get(&address).await?;
    let promise = resource["metadata"]["labels"][PROMISE_LABEL].as_str().unwrap_or_default();
    if promise.is_empty() {
        return Err(Failure::usage(format!("{} is not made from a promise", args.resource)));
    }
    let warnings = if is_kratixs(&client, promise).await? {
        let binding = binding(&client, &server.namespace, promise, name).await?;
        client.merge(&binding, &json!({"spec": {"version": version.unwrap_or(LATEST)}})).await?.1
    } else {
        client.merge(&address, &json!({"metadata": {"annotations": {PIN: version}}})).await?.1
    };
    for warning in warnings {
        eprintln!("warning: {}", single_line(&warning));
    }
    match version {
        Some(version) => println!("{}/{name} is held at {version}", kind.singular),
        None => println!("{}/{name} follows {promise}", kind.singular),
    }
    Ok(())
}

async fn is_kratixs(client: &Client, promise: &str) -> Outcome<bool> {
    match client.get(&format!("/apis/{KRATIX_GROUP}/v1alpha1/promises/{promise}")).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.code == Failure::NOT_FOUND => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Where the resource's binding is.
async fn binding(client: &Client, namespace: &str, promise: &str, name: &str) -> Outcome<String> {
    let bindings =
        format!("/apis/{KRATIX_GROUP}/v1alpha1/namespaces/{}/resourcebindings", app::paths::segment(namespace));
    let labels = format!("{PROMISE_LABEL}={promise},kratix.io/resource-name={name}");
    let found: Value = client.get(&format!("{bindings}?labelSelector={}", app::paths::segment(&labels))).await?;
    match found["items"][0]["metadata"]["name"].as_str() {
        Some(binding) => Ok(format!("{bindings}/{}", app::paths::segment(binding))),
        None => Err(Failure {
            message: format!("{name} has no ResourceBinding yet; it gets one when it is looked at for the first time"),
            code: Failure::NOT_FOUND,
        }),
    }
}
