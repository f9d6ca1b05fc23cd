//! Waits until a number of resources are ready, and says when half of them, nine tenths, and all were. Those that are
//! ready already count, so that it can be started before or after what it waits for. Prints `watching` when it looks.
//! With `--names FILE` only those in the file count, one name a line.

use crate::{clock, options::Options, samples::place, watch::Watch};
use serde_json::{Value, json};
use std::{collections::HashSet, fs, time::Instant};

pub fn run(options: &Options) -> Result<Value, String> {
    let (count, deadline) = (options.number("count", 1000_usize)?, options.deadline()?);
    let only = only(options)?;
    let counts = |name: &String| only.as_ref().is_none_or(|only| only.contains(name));
    let mut watch = Watch::open(options)?;
    let mut names: HashSet<String> = watch.ready_already.drain(..).filter(counts).collect();
    let mut seen = vec![clock::now(); names.len()];
    println!("watching");
    let started = Instant::now();
    while names.len() < count {
        let name = watch.next_ready()?;
        if counts(&name) && names.insert(name) {
            seen.push(clock::now());
        }
        if started.elapsed() > deadline {
            return Err(format!("{} of {count} were ready in time", names.len()));
        }
    }
    let at = |share| seen.get(place(count, share)).copied().unwrap_or_default();
    Ok(json!({"count": count, "p50_us": at(0.5), "p90_us": at(0.9), "p100_us": at(1.0)}))
}

fn only(options: &Options) -> Result<Option<HashSet<String>>, String> {
    let path = options.text_or("names", "");
    if path.is_empty() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    Ok(Some(text.lines().map(str::to_owned).collect()))
}
