//! Pages as a browser asks for them. With `--rate` at a steady rate, whoever is late: a page's time runs from the
//! moment it was due, so a server that stalls cannot hide it. Without, as many as come back.

use crate::{http::Connection, options::Options, samples};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

pub fn run(options: &Options) -> Result<Value, String> {
    let asked = Asked::read(options)?;
    let connections: u32 = options.number("connections", 32)?;
    let started = Instant::now();
    let shown = thread::scope(|scope| {
        let browsers: Vec<_> = (0..connections).map(|_| scope.spawn(|| browse(&asked, started))).collect();
        let shown = browsers.into_iter().map(|browser| browser.join().unwrap_or(Err("a browser died".into())));
        shown.collect::<Result<Vec<_>, _>>()
    })?;
    let all = started.elapsed();
    let bytes = shown.iter().map(|shown| shown.bytes).max().unwrap_or_default();
    let took = shown.into_iter().flat_map(|shown| shown.took).collect::<Vec<_>>();
    let count = took.len();
    let mut result = samples::percentiles(took);
    result.insert("count".into(), json!(count));
    result.insert("bytes".into(), json!(bytes));
    result.insert("per_second".into(), json!(samples::per_second(count, all)));
    Ok(result.into())
}

struct Asked {
    address: String,
    token: String,
    path: String,
    patience: Duration,
    lasts: Duration,
    /// Pages a second; none: as many as come back.
    rate: Option<u32>,
    next: AtomicU32,
}

impl Asked {
    fn read(options: &Options) -> Result<Self, String> {
        let rate = options.number("rate", 0)?;
        Ok(Self {
            address: options.text("address")?,
            token: options.text_or("token", ""),
            path: options.text("path")?,
            patience: options.deadline()?,
            lasts: Duration::from_secs(options.number("seconds", 10)?),
            rate: (rate > 0).then_some(rate),
            next: AtomicU32::new(0),
        })
    }

    /// When the next page is to be asked for; `None` when the time is over.
    fn due(&self, started: Instant) -> Option<Instant> {
        let due = match self.rate {
            Some(rate) => started + Duration::from_secs(1) * self.next.fetch_add(1, Ordering::Relaxed) / rate,
            None => Instant::now(),
        };
        (due.duration_since(started) < self.lasts).then_some(due)
    }
}

#[derive(Default)]
struct Shown {
    took: Vec<Duration>,
    /// Of the largest page, as it came over the wire.
    bytes: usize,
}

fn browse(asked: &Asked, started: Instant) -> Result<Shown, String> {
    let told = |error| format!("GET {}: {error}", asked.path);
    let mut connection = Connection::open(&asked.address, &asked.token, asked.patience).map_err(told)?;
    let mut shown = Shown::default();
    while let Some(due) = asked.due(started) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let answer = connection.page(&asked.path).map_err(told)?;
        if answer.status != 200 {
            return Err(format!("GET {}: {}", asked.path, answer.status));
        }
        shown.took.push(due.elapsed());
        shown.bytes = shown.bytes.max(answer.body.len());
    }
    Ok(shown)
}
