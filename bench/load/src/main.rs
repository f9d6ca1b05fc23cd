//! Submits resources over the public API and measures when they are ready. Plain HTTP/1.1 on kept connections,
//! so that on a small machine the generator takes as little as possible from what it measures.
//!
//! `load burst|single --address 127.0.0.1:7400 --token T --count N [--concurrency C] --prefix P`
//! prints one line of JSON. `load ready` prints the milliseconds until `/readyz` answers.

mod http;
mod measure;
mod watch;

use std::{collections::HashMap, env, process::ExitCode, time::Duration};

/// What to submit, and where.
pub struct Target {
    pub address: String,
    pub token: String,
    /// `/apis/bench.example.com/v1/namespaces/default/noops`
    pub collection: String,
    pub api_version: String,
    pub kind: String,
    /// Names start with it, so that several rounds can share a database.
    pub prefix: String,
    pub count: usize,
    pub concurrency: usize,
    pub deadline: Duration,
}

fn main() -> ExitCode {
    match run() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let mut words = env::args().skip(1);
    let command = words.next().ok_or("load burst|single|ready --address HOST:PORT …")?;
    let options = options(words)?;
    let text = |name: &str| options.get(name).cloned().ok_or_else(|| format!("--{name} is missing"));
    let number = |name: &str, default: usize| match options.get(name) {
        Some(value) => value.parse().map_err(|_| format!("--{name}: `{value}` is not a number")),
        None => Ok(default),
    };
    let deadline = Duration::from_secs(number("deadline", 120)? as u64);
    if command == "ready" {
        return measure::until_ready(&text("address")?, deadline);
    }
    let target = Target {
        address: text("address")?,
        token: text("token")?,
        collection: text("collection")?,
        api_version: text("api-version")?,
        kind: text("kind")?,
        prefix: text("prefix")?,
        count: number("count", 1000)?,
        concurrency: number("concurrency", 64)?,
        deadline,
    };
    match command.as_str() {
        "burst" => measure::burst(&target),
        "single" => measure::one_at_a_time(&target),
        other => Err(format!("no command `{other}`")),
    }
}

/// `--name value` pairs.
fn options(mut words: impl Iterator<Item = String>) -> Result<HashMap<String, String>, String> {
    let mut options = HashMap::new();
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").ok_or_else(|| format!("`{word}` is not an option"))?;
        let value = words.next().ok_or_else(|| format!("--{name} has no value"))?;
        options.insert(name.to_owned(), value);
    }
    Ok(options)
}
