//! One at a time: each is submitted when the one before is ready.

use crate::{options::Options, samples, target::Target, watch::Watch};
use serde_json::{Value, json};
use std::time::Instant;

pub fn run(options: &Options) -> Result<Value, String> {
    let target = Target::read(options)?;
    let mut watch = Watch::open(options)?;
    let mut connection = target.connect()?;
    let mut waited = Vec::with_capacity(target.count);
    for number in 0..target.count {
        let name = target.name(number);
        let started = Instant::now();
        target.post(&mut connection, &name)?;
        while watch.next_ready()? != name {
            if started.elapsed() > target.deadline {
                return Err(format!("{name} was not ready in time"));
            }
        }
        waited.push(started.elapsed());
    }
    let mut result = samples::percentiles(waited);
    result.insert("count".into(), json!(target.count));
    Ok(result.into())
}
