//! All at once over a number of connections; the clock runs from the first submit to the last ready.

use crate::{options::Options, samples, target::Target, watch::Watch};
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration, Instant},
};

pub fn run(options: &Options) -> Result<Value, String> {
    let target = Target::read(options)?;
    let mut watch = Watch::open(options)?;
    let started = Instant::now();
    let (submitted, ready) = thread::scope(|scope| {
        let submitters: Vec<_> = (0..target.concurrency).map(|_| scope.spawn(|| submit_some(&target))).collect();
        let ready = all_ready(&mut watch, &target, started);
        let submitted =
            submitters.into_iter().map(|submitter| submitter.join().unwrap_or(Err("a submitter died".into())));
        (submitted.collect::<Result<Vec<_>, _>>(), ready)
    });
    let submitted: Vec<Submitted> = submitted?.into_iter().flatten().collect();
    let ready = ready?;
    let acknowledged = submitted.iter().map(|one| one.acknowledged).max().unwrap_or(started) - started;
    let last = ready.iter().flatten().max().copied().unwrap_or(started) - started;
    let waited = submitted.iter().filter_map(|one| Some(ready[one.number]?.duration_since(one.sent)));
    let mut result = samples::percentiles(waited.collect());
    result.insert("count".into(), json!(target.count));
    result.insert("submitted_s".into(), seconds(acknowledged));
    result.insert("ready_s".into(), seconds(last));
    result.insert("per_second".into(), json!(samples::per_second(target.count, last)));
    Ok(result.into())
}

struct Submitted {
    number: usize,
    sent: Instant,
    acknowledged: Instant,
}

fn submit_some(target: &Target) -> Result<Vec<Submitted>, String> {
    let mut connection = target.connect()?;
    let mut submitted = Vec::new();
    while let Some(number) = target.take() {
        let sent = Instant::now();
        target.post(&mut connection, &target.name(number))?;
        submitted.push(Submitted { number, sent, acknowledged: Instant::now() });
    }
    Ok(submitted)
}

/// When each was seen ready, by number.
fn all_ready(watch: &mut Watch, target: &Target, started: Instant) -> Result<Vec<Option<Instant>>, String> {
    let mut ready = vec![None; target.count];
    let mut left = target.count;
    while left > 0 {
        let name = watch.next_ready()?;
        if let Some(place @ None) = target.number(&name).map(|number| &mut ready[number]) {
            *place = Some(Instant::now());
            left -= 1;
        }
        if started.elapsed() > target.deadline {
            return Err(format!("{left} of {} were not ready in time", target.count));
        }
    }
    Ok(ready)
}

fn seconds(duration: Duration) -> Value {
    json!((duration.as_secs_f64() * 1e4).round() / 1e4)
}
