//! `midspan user`: who has a name here; service accounts are made here, people come through their provider.

use super::{Outcome, ServerArgs, client::Client, print};
use crate::service::users::PLURAL;
use clap::{Args, Subcommand};
use domain::object::API_VERSION;
use serde_json::{Value, json};

#[derive(Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Subcommand)]
enum UserCommand {
    /// List people and service accounts
    List,
    /// Make a service account: a name and roles for a program, which gets tokens with `token create`
    Create {
        name: String,
        /// May be repeated: developer, platform
        #[arg(long, value_name = "ROLE", default_value = "developer")]
        role: Vec<String>,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        title: String,
    },
    /// Let somebody in no more: sessions and tokens stop at once
    Disable { name: String },
    /// Let somebody in again
    Enable { name: String },
    /// Forget somebody, with sessions and tokens
    Delete { name: String },
}

pub async fn run(server: &ServerArgs, args: UserArgs) -> Outcome {
    let client = Client::new(server)?;
    let done = |name: &str, what: &str| println!("user/{name} {what}");
    match args.command {
        UserCommand::List => {
            let table = client.table(&path("")).await?;
            print::table(&table, true, false, None);
        }
        UserCommand::Create { name, role, title } => {
            let spec = json!({"roles": role, "title": title});
            let document = json!({"apiVersion": API_VERSION, "kind": "User", "metadata": {"name": name}, "spec": spec});
            let (made, _) = client.post(&path(""), &document).await?;
            done(made.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default(), "created");
        }
        UserCommand::Disable { name } => {
            client.merge(&path(&name), &json!({"spec": {"disabled": true}})).await?;
            done(&name, "disabled");
        }
        UserCommand::Enable { name } => {
            client.merge(&path(&name), &json!({"spec": {"disabled": false}})).await?;
            done(&name, "enabled");
        }
        UserCommand::Delete { name } => {
            client.delete(&path(&name)).await?;
            done(&name, "deleted");
        }
    }
    Ok(())
}

pub fn path(name: &str) -> String {
    let collection = format!("/apis/{API_VERSION}/{PLURAL}");
    if name.is_empty() { collection } else { format!("{collection}/{}", app::paths::segment(name)) }
}
