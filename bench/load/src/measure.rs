//! The measurements: a burst, one at a time, and the start.

use crate::{Target, http::Connection, watch::Watch};
use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Submits all at once over a number of connections; the clock runs from the first submit to the last ready.
pub fn burst(target: &Target) -> Result<String, String> {
    let mut watch = Watch::open(target)?;
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let (submitted, last) = thread::scope(|scope| {
        let submitters: Vec<_> = (0..target.concurrency).map(|_| scope.spawn(|| submit_some(target, &next))).collect();
        let last = wait_for_all(&mut watch, target, started);
        let submitted =
            submitters.into_iter().map(|submitter| submitter.join().unwrap_or(Err("a submitter died".into())));
        let submitted = submitted.collect::<Result<Vec<_>, _>>().map(|ends| ends.into_iter().max());
        (submitted, last)
    });
    let submitted = submitted?.unwrap_or(started).duration_since(started);
    let ready = last?.duration_since(started);
    Ok(format!(
        "{{\"count\":{},\"submitted_s\":{:.4},\"ready_s\":{:.4},\"per_second\":{:.1}}}",
        target.count,
        submitted.as_secs_f64(),
        ready.as_secs_f64(),
        per_second(target.count, ready)
    ))
}

/// Each is submitted when the one before is ready.
pub fn one_at_a_time(target: &Target) -> Result<String, String> {
    let mut watch = Watch::open(target)?;
    let mut connection = connect(target)?;
    let mut samples = Vec::with_capacity(target.count);
    for number in 0..target.count {
        let started = Instant::now();
        let name = submit(target, &mut connection, number)?;
        let seen = loop {
            let (ready, seen) = watch.next_ready()?;
            if ready == name {
                break seen;
            }
            if started.elapsed() > target.deadline {
                return Err(format!("{name} was not ready in time"));
            }
        };
        samples.push(seen.duration_since(started));
    }
    samples.sort();
    let milliseconds = |share: f64| percentile(&samples, share).as_secs_f64() * 1000.0;
    Ok(format!(
        "{{\"count\":{},\"p50_ms\":{:.3},\"p90_ms\":{:.3},\"p99_ms\":{:.3},\"max_ms\":{:.3}}}",
        target.count,
        milliseconds(0.5),
        milliseconds(0.9),
        milliseconds(0.99),
        milliseconds(1.0)
    ))
}

/// Knocks until `/readyz` says 200.
pub fn until_ready(address: &str, deadline: Duration) -> Result<String, String> {
    let started = Instant::now();
    while started.elapsed() < deadline {
        let answer = Connection::open(address, "").and_then(|mut connection| connection.get("/readyz"));
        if answer.is_ok_and(|answer| answer.status == 200) {
            return Ok(format!("{:.2}", started.elapsed().as_secs_f64() * 1000.0));
        }
        thread::sleep(Duration::from_micros(500));
    }
    Err(format!("{address} was not ready within {deadline:?}"))
}

fn submit_some(target: &Target, next: &AtomicUsize) -> Result<Instant, String> {
    let mut connection = connect(target)?;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= target.count {
            return Ok(Instant::now());
        }
        submit(target, &mut connection, number)?;
    }
}

fn wait_for_all(watch: &mut Watch, target: &Target, started: Instant) -> Result<Instant, String> {
    let mut ready = HashSet::with_capacity(target.count);
    loop {
        let (name, seen) = watch.next_ready()?;
        ready.insert(name);
        if ready.len() == target.count {
            return Ok(seen);
        }
        if started.elapsed() > target.deadline {
            return Err(format!("{} of {} were ready in time", ready.len(), target.count));
        }
    }
}

fn submit(target: &Target, connection: &mut Connection, number: usize) -> Result<String, String> {
    let name = format!("{}{number:06}", target.prefix);
    let body = format!(
        "{{\"apiVersion\":\"{}\",\"kind\":\"{}\",\"metadata\":{{\"name\":\"{name}\"}},\"spec\":{{\"size\":\"small\"}}}}",
        target.api_version, target.kind
    );
    let answer = connection.post(&target.collection, body.as_bytes()).map_err(|error| error.to_string())?;
    if answer.status == 201 {
        return Ok(name);
    }
    Err(format!("POST {name}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)))
}

fn connect(target: &Target) -> Result<Connection, String> {
    Connection::open(&target.address, &target.token).map_err(|error| format!("{}: {error}", target.address))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let index = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(index.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or_default()
}
