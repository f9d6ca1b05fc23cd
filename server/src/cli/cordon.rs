//! `midspan cordon` and `midspan uncordon`: whether a destination takes what is new.

use super::{Failure, Outcome, ServerArgs, client::Client};
use clap::Args;
use domain::{destination::CORDONED, object::GROUP, promise::KRATIX_GROUP};
use serde_json::json;

#[derive(Args)]
pub struct CordonArgs {
    /// The destination's name
    #[arg(value_name = "DESTINATION")]
    destination: String,
}

pub async fn run(server: &ServerArgs, args: CordonArgs, cordoned: bool) -> Outcome {
    let client = Client::new(server)?;
    let name = args.destination.strip_prefix("destination/").unwrap_or(&args.destination);
    let at = |group: &str| format!("/apis/{group}/v1alpha1/destinations/{}", app::paths::segment(name));
    // Kratix's own documents have no field for it
    let field = json!({"spec": {"cordoned": cordoned.then_some(true)}});
    let annotation = json!({"metadata": {"annotations": {CORDONED: cordoned.then_some("true")}}});
    let changed = match client.merge(&at(GROUP), &field).await {
        Err(failure) if failure.code == Failure::NOT_FOUND => client.merge(&at(KRATIX_GROUP), &annotation).await,
        changed => changed,
    };
    changed?;
    if cordoned {
        println!("destination/{name} takes nothing new; what stands there stays");
    } else {
        println!("destination/{name} takes what is new again");
    }
    Ok(())
}
