//! Submits until it is through or the connection breaks, and writes down what was acknowledged: the promise that a
//! crash must not break. What was refused is an error; what was never answered is nobody's promise.

use crate::{
    options::Options,
    target::{Target, Unanswered},
};
use serde_json::{Value, json};
use std::{fs::File, io::Write as _, sync::Mutex, thread};

pub fn run(options: &Options) -> Result<Value, String> {
    let target = Target::read(options)?;
    let path = options.text("acked")?;
    let file = Mutex::new(File::create(&path).map_err(|error| format!("{path}: {error}"))?);
    let acknowledged = thread::scope(|scope| {
        let submitters: Vec<_> = (0..target.concurrency).map(|_| scope.spawn(|| submit_some(&target, &file))).collect();
        let counts = submitters.into_iter().map(|submitter| submitter.join().unwrap_or(Err("a submitter died".into())));
        counts.sum::<Result<usize, String>>()
    })?;
    Ok(json!({"acknowledged": acknowledged, "count": target.count}))
}

fn submit_some(target: &Target, file: &Mutex<File>) -> Result<usize, String> {
    let mut acknowledged = 0;
    let Ok(mut connection) = target.connect() else { return Ok(0) };
    while let Some(number) = target.take() {
        let name = target.name(number);
        match target.post(&mut connection, &name) {
            Ok(_) => acknowledged += 1,
            Err(Unanswered::Broken(_)) => break,
            Err(Unanswered::Refused(error)) => return Err(error),
        }
        let mut file = file.lock().map_err(|_| "the file of what was acknowledged is gone")?;
        writeln!(file, "{name}").map_err(|error| error.to_string())?;
    }
    Ok(acknowledged)
}
