//! `midspan auth`: signing in from a terminal through a browser, who one is, and out again.

use super::{Failure, Outcome, ServerArgs, client::Client, credentials, whoami};
use crate::{config, identity, sign_in::password};
use app::paths;
use clap::{Args, Subcommand};
use serde_json::Value;
use std::{
    io::{BufRead as _, IsTerminal as _},
    time::Duration,
};
use tokio::time::Instant;

#[derive(Args)]
pub struct AuthArgs {
    #[command(subcommand)]
    command: AuthCommand,
}

#[derive(Subcommand)]
enum AuthCommand {
    /// Sign in to the server: open the page it shows in any browser and allow it there
    Login,
    /// Print which server this talks to, and as whom
    Whoami,
    /// Give the token of `auth login` back and forget it
    Logout,
    /// Read a password from standard input and print the hash that the configuration file wants for a local administrator
    HashPassword,
}

/// What a server never asks for: a wait longer than this is a mistake.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub async fn run(server: &ServerArgs, args: AuthArgs) -> Outcome {
    match args.command {
        AuthCommand::Login => login(server).await,
        AuthCommand::Whoami => whoami::run(server).await,
        AuthCommand::Logout => logout(server).await,
        AuthCommand::HashPassword => hash_password(),
    }
}

async fn login(server: &ServerArgs) -> Outcome {
    let client = Client::stranger(server)?;
    let program = format!("midspan on {}", credentials::machine());
    let asked = client.form(paths::DEVICE_START, &[("program", &program)]).await?.map_err(|said| refusal(&said))?;
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let (device, code) = (text("device_code"), text("user_code"));
    eprintln!("Open {}", text("verification_uri_complete"));
    eprintln!("and allow it there, if it shows the code {code}. Waiting …");
    let mut pause = Duration::from_secs(asked["interval"].as_u64().unwrap_or(5)).min(LONGEST_WAIT);
    let until = Instant::now() + Duration::from_secs(asked["expires_in"].as_u64().unwrap_or(600));
    let grant = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", device.as_str())];
    let token = loop {
        tokio::time::sleep(pause).await;
        if Instant::now() >= until {
            return Err(Failure {
                message: "nobody has allowed it in time; start again".to_owned(),
                code: Failure::TIMEOUT,
            });
        }
        match client.form(paths::DEVICE_TOKEN, &grant).await? {
            Ok(said) => break said["access_token"].as_str().unwrap_or_default().to_owned(),
            Err(said) => match said["error"].as_str().unwrap_or_default() {
                "authorization_pending" => {}
                "slow_down" => pause = (pause + Duration::from_secs(5)).min(LONGEST_WAIT),
                "access_denied" => {
                    return Err(Failure { message: "it was denied there".to_owned(), code: Failure::FORBIDDEN });
                }
                "expired_token" => return Err(Failure::new("the code has run out; start again")),
                _ => return Err(refusal(&said)),
            },
        }
    };
    let place = credentials::keep(client.server(), &token)?;
    let signed_in = Client::new(&ServerArgs { token: Some(token), ..server.clone() })?;
    let user = whoami::user(&signed_in).await?;
    eprintln!("Signed in to {} as {user}. The token is in {}.", client.server(), place.display());
    let others = [
        server.token.is_some(),
        server.token_file.is_some(),
        config::token().is_some(),
        config::token_file().is_some(),
    ];
    if others.contains(&true) {
        eprintln!("MIDSPAN_TOKEN, MIDSPAN_TOKEN_FILE or an option names another token, which goes first.");
    }
    Ok(())
}

async fn logout(server: &ServerArgs) -> Outcome {
    let client = Client::stranger(server)?;
    let Some(token) = credentials::of(client.server())? else {
        eprintln!("Not signed in to {}.", client.server());
        return Ok(());
    };
    let given_back = client.form(paths::TOKEN_REVOKE, &[("token", &token)]).await;
    credentials::forget(client.server())?;
    match given_back {
        Ok(Ok(_)) => eprintln!("Signed out of {}.", client.server()),
        Ok(Err(said)) => return Err(refusal(&said)),
        Err(failure) => {
            let message = format!("the token is forgotten here, but not ended there: {}", failure.message);
            return Err(Failure { message, ..failure });
        }
    }
    Ok(())
}

fn hash_password() -> Outcome {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprintln!("Type the password, and Enter. It is shown as you type; `read -s` in a shell hides it.");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).map_err(|e| Failure::new(format!("standard input: {e}")))?;
    let mut salt = [0; 16];
    identity::random(&mut salt).map_err(|error| Failure::new(error.message))?;
    let hash =
        password::hash(line.trim_end_matches(['\r', '\n']), salt).map_err(|e| Failure::usage(format!("{e:#}")))?;
    println!("{hash}");
    Ok(())
}

fn refusal(said: &Value) -> Failure {
    let why = said["error_description"].as_str().or_else(|| said["error"].as_str());
    Failure::new(why.unwrap_or("the server does not sign devices in").to_owned())
}
