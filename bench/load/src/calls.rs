//! Calls that are answered when the work is done: how peers are asked that answer so.

use crate::{options::Options, samples, target::Target};
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration, Instant},
};

pub fn run(options: &Options) -> Result<Value, String> {
    let target = Target::read(options)?;
    let started = Instant::now();
    let waited = thread::scope(|scope| {
        let callers: Vec<_> = (0..target.concurrency)
            .map(|_| {
                // hundreds of them wait at once, each for one answer
                thread::Builder::new().stack_size(128 * 1024).spawn_scoped(scope, || call_some(&target))
            })
            .collect();
        let waited = callers.into_iter().map(|caller| {
            let caller = caller.map_err(|error| error.to_string())?;
            caller.join().unwrap_or(Err("a caller died".into()))
        });
        waited.collect::<Result<Vec<_>, _>>()
    })?;
    let took = started.elapsed();
    let mut result = samples::percentiles(waited.concat());
    result.insert("count".into(), json!(target.count));
    result.insert("per_second".into(), json!(samples::per_second(target.count, took)));
    Ok(result.into())
}

fn call_some(target: &Target) -> Result<Vec<Duration>, String> {
    let mut connection = target.connect()?;
    let mut waited = Vec::new();
    while let Some(number) = target.take() {
        let sent = Instant::now();
        target.post(&mut connection, &target.name(number))?;
        waited.push(sent.elapsed());
    }
    Ok(waited)
}
