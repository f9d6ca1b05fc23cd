//! `midspan token`: access tokens for people and machines, made, listed and revoked over the API.

use super::{Failure, Outcome, ServerArgs, client::Client, print, wait::days};
use crate::service::tokens::PLURAL;
use clap::{Args, Subcommand, ValueEnum};
use domain::{caller::Role, object::API_VERSION};
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};

#[derive(Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token for somebody and print it, this once
    Create(CreateArgs),
    /// List all tokens: whose they are and when they end, never the tokens themselves
    List,
    /// End tokens at once
    Revoke {
        /// As `token list` names them
        #[arg(required = true, value_name = "TOKEN")]
        names: Vec<String>,
    },
}

#[derive(Args)]
struct CreateArgs {
    /// Whose it is: a person or a machine, such as ana or ci
    user: String,
    /// What its owner may do; may be repeated [default: developer; a service account has roles of its own]
    #[arg(long, value_enum)]
    role: Vec<RoleName>,
    /// For reading only
    #[arg(long)]
    read_only: bool,
    /// Good in this namespace only; may be repeated
    #[arg(long = "only-in", value_name = "NAMESPACE")]
    only_in: Vec<String>,
    /// How long it is good for, such as 90d or 12h; for ever unless told
    #[arg(long, value_name = "DURATION", value_parser = days)]
    expires: Option<Duration>,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    purpose: String,
    /// Write it to a file that only you can read, instead of printing it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    /// Asks for services
    Developer,
    /// Runs the platform: may do everything
    Platform,
}

impl RoleName {
    fn role(self) -> Role {
        match self {
            Self::Developer => Role::Developer,
            Self::Platform => Role::Platform,
        }
    }
}

pub async fn run(server: &ServerArgs, args: TokenArgs) -> Outcome {
    let client = Client::new(server)?;
    match args.command {
        TokenCommand::Create(args) => create(&client, args).await,
        TokenCommand::List => {
            let table = client.table(&path("")).await?;
            print::table(&table, true, false, None);
            Ok(())
        }
        TokenCommand::Revoke { names } => {
            for name in names {
                client.delete(&path(&name)).await?;
                println!("token/{name} revoked");
            }
            Ok(())
        }
    }
}

async fn create(client: &Client, args: CreateArgs) -> Outcome {
    let mut roles: Vec<&str> = args.role.into_iter().map(|role| role.role().as_str()).collect();
    if roles.is_empty() && !is_service_account(client, &args.user).await? {
        roles.push(Role::Developer.as_str());
    }
    let mut spec = json!({"user": args.user, "roles": roles, "purpose": args.purpose});
    if args.read_only {
        spec["readOnly"] = json!(true);
    }
    if !args.only_in.is_empty() {
        spec["namespaces"] = json!(args.only_in);
    }
    if let Some(expires) = args.expires {
        spec["expirationSeconds"] = json!(expires.as_secs());
    }
    let document = json!({"apiVersion": API_VERSION, "kind": "Token", "spec": spec});
    let (made, _) = client.post(&path(""), &document).await?;
    let text = |pointer: &str| made.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let until = match text("/status/expires") {
        "" => "until it is revoked".to_owned(),
        at => format!("until {at}"),
    };
    let told = format!("token/{} for {} ({}), good {until}", text("/metadata/name"), args.user, text("/status/roles"));
    if let Some(file) = args.out {
        crate::private_file::write(&file, &format!("{}\n", text("/status/token")))
            .map_err(|e| Failure::new(format!("{}: {e}", file.display())))?;
        eprintln!("{told}, written to {}", file.display());
    } else {
        eprintln!("{told}. It is shown this once:");
        println!("{}", text("/status/token"));
    }
    Ok(())
}

/// Such a one has its roles already.
async fn is_service_account(client: &Client, name: &str) -> Outcome<bool> {
    match client.get(&super::user::path(name)).await {
        Ok(user) => Ok(user["spec"]["type"] == "serviceAccount"),
        Err(failure) if failure.code == Failure::NOT_FOUND => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn path(name: &str) -> String {
    let collection = format!("/apis/{API_VERSION}/{PLURAL}");
    if name.is_empty() { collection } else { format!("{collection}/{}", app::paths::segment(name)) }
}
