//! The benchmark's hands: submits, calls, waits, counts effects. Plain HTTP/1.1 on kept connections and one small
//! binary, so that on a small machine the generator takes as little as possible from what it measures.
//!
//! `load COMMAND --name value …`; every command prints one line of JSON when it is done.
//!
//! | command | what |
//! |---|---|
//! | `burst`, `single` | submits resources, all at once or one at a time, and watches them become ready |
//! | `submit` | submits until it is through or the connection breaks; what was acknowledged goes to a file |
//! | `wait` | until a number of resources are ready; when half, nine tenths and all of them were |
//! | `calls` | calls that are answered when the work is done |
//! | `pages` | pages as a browser asks for them: at a steady rate, or as many as come back |
//! | `ready` | until an address answers 200 |
//! | `ledger` | a web service that writes down every effect, its key and its time |
//! | `spawn` | a bare loop of child processes, for comparison |

mod burst;
mod calls;
mod clock;
mod http;
mod ledger;
mod options;
mod pages;
mod ready;
mod samples;
mod single;
mod spawn;
mod submit;
mod target;
mod wait;
mod watch;

use options::Options;
use serde_json::Value;
use std::{env, process::ExitCode};

fn main() -> ExitCode {
    match run() {
        Ok(result) => {
            println!("{result}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Value, String> {
    let mut words = env::args().skip(1);
    let command = words.next().ok_or("load COMMAND --name value …")?;
    let options = Options::read(words)?;
    match command.as_str() {
        "burst" => burst::run(&options),
        "single" => single::run(&options),
        "submit" => submit::run(&options),
        "wait" => wait::run(&options),
        "calls" => calls::run(&options),
        "pages" => pages::run(&options),
        "ready" => ready::run(&options),
        "ledger" => ledger::run(&options),
        "spawn" => spawn::run(&options),
        other => Err(format!("no command `{other}`")),
    }
}
