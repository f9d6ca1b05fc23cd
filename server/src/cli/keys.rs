//! `midspan keys`: other keys for what is sealed, while servers go on. It works on the database itself, not through a server.

use super::{Failure, Outcome};
use crate::{config::ServeConfig, keys};
use clap::{Args, Subcommand};
use domain::{Clock as _, SystemClock};
use std::path::PathBuf;
use store::Store;

#[derive(Args)]
pub struct KeysArgs {
    /// The server's data directory
    #[arg(long, value_name = "DIR", env = "MIDSPAN_DATA", default_value = ServeConfig::DATA)]
    data: PathBuf,
    /// postgres://…; the embedded database in the data directory otherwise
    #[arg(long, value_name = "URL", env = "MIDSPAN_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// The key in use now; without one, MIDSPAN_KEY or the file `key` in the data directory
    #[arg(long, value_name = "FILE", env = "MIDSPAN_KEY_FILE")]
    key_file: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new data key, seal everything with it, and forget the old ones. Servers go on meanwhile
    Rotate,
    /// Wrap the data keys with another key from outside. Servers that run go on; when they start again they need the new one
    Rewrap {
        /// The new key; made if the file is missing
        #[arg(long, value_name = "FILE")]
        new_key_file: PathBuf,
    },
}

pub async fn run(args: KeysArgs) -> Outcome {
    let failed = |error: anyhow::Error| Failure::new(format!("{error:#}"));
    let url = args.database.unwrap_or_else(|| format!("sqlite:{}", args.data.join("midspan.db").display()));
    if let Some(file) = url.strip_prefix("sqlite:").filter(|file| !std::path::Path::new(file).exists()) {
        return Err(Failure::new(format!("there is no database at {file}; give its directory with --data")));
    }
    let store = keys::open(&url, &args.data, args.key_file.as_deref(), SystemClock.now()).await.map_err(failed)?;
    let done = match args.command {
        Command::Rotate => rotate(&store).await,
        Command::Rewrap { new_key_file } => match keys::in_file(&new_key_file).map_err(failed) {
            Ok(new) => store.rewrap(&new).await.map_err(|e| Failure::new(e.to_string())).map(|count| {
                println!("{count} data keys are wrapped with the key in {}", new_key_file.display());
                println!("Start servers with --key-file {} from now on", new_key_file.display());
            }),
            Err(failure) => Err(failure),
        },
    };
    store.close().await;
    done
}

async fn rotate(store: &Store) -> Outcome {
    let failed = |error: domain::Error| Failure::new(error.to_string());
    let number = store.rotate_data_key(SystemClock.now()).await.map_err(failed)?;
    let mut sealed = 0;
    loop {
        match store.reseal().await.map_err(failed)? {
            0 => break,
            count => sealed += count,
        }
    }
    let forgotten = store.forget_data_keys().await.map_err(failed)?;
    println!(
        "data key {number} seals everything: {sealed} values were sealed anew, {forgotten} old keys are forgotten"
    );
    Ok(())
}
