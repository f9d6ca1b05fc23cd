//! A bare loop of child processes whose output is read: what a process step cannot be faster than. `--program` may
//! have arguments, separated by spaces.

use crate::{options::Options, samples};
use serde_json::{Value, json};
use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

pub fn run(options: &Options) -> Result<Value, String> {
    let (count, concurrency) = (options.number("count", 3000)?, options.number("concurrency", 2)?);
    let line = options.text("program")?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let took = thread::scope(|scope| {
        let loops: Vec<_> = (0..concurrency).map(|_| scope.spawn(|| spawn_some(&words, &next, count))).collect();
        let took = loops.into_iter().map(|one| one.join().unwrap_or(Err("a loop died".into())));
        took.collect::<Result<Vec<_>, _>>()
    })?;
    let all = started.elapsed();
    let mut result = samples::percentiles(took.concat());
    result.insert("count".into(), json!(count));
    result.insert("per_second".into(), json!(samples::per_second(count, all)));
    Ok(result.into())
}

fn spawn_some(words: &[&str], next: &AtomicUsize, count: usize) -> Result<Vec<Duration>, String> {
    let (program, arguments) = words.split_first().ok_or("--program names no program")?;
    let mut took = Vec::new();
    while next.fetch_add(1, Ordering::Relaxed) < count {
        let started = Instant::now();
        let done = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{program}: {error}"))?;
        if !done.status.success() {
            return Err(format!("{program}: {}", done.status));
        }
        took.push(started.elapsed());
    }
    Ok(took)
}
