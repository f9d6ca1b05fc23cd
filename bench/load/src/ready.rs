//! Knocks until a page is answered with 200: milliseconds.

use crate::{http::Connection, options::Options};
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration, Instant},
};

pub fn run(options: &Options) -> Result<Value, String> {
    let (address, token, path) = (options.text("address")?, options.text_or("token", ""), options.text("path")?);
    let deadline = options.deadline()?;
    let started = Instant::now();
    while started.elapsed() < deadline {
        let answer = Connection::open(&address, &token, deadline).and_then(|mut connection| connection.get(&path));
        if let Ok(answer) = answer
            && answer.status == 200
        {
            return Ok(json!({"ms": started.elapsed().as_secs_f64() * 1000.0, "bytes": answer.body.len()}));
        }
        thread::sleep(Duration::from_micros(500));
    }
    Err(format!("http://{address}{path} was not answered with 200 within {deadline:?}"))
}
