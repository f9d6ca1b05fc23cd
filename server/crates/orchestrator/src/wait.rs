//! `uses: wait`: until a condition holds over the resource, its children and where it is placed. Looked at in each pass, so that nothing polls.

use crate::{children, steps::condition};
use domain::{
    Result,
    object::decode,
    plan::{Observed, Offer},
    run::{Outcome, StepAt, StepResult},
};
use forms::rules::Condition;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct With {
    /// CEL.
    until: String,
    /// What it waits for, in words.
    #[serde(default)]
    message: String,
}

/// What the condition may speak of.
const NAMES: [&str; 7] = ["resource", "object", "promise", "status", "steps", "children", "placements"];

/// Reads a definition without asking whether the condition holds. A fault is told at `at`, a JSON pointer.
pub fn check(with: &Value, at: &str) -> Result<()> {
    let with: With = decode(with.clone(), "with")?;
    Condition::read(&with.until, &NAMES, at).map(drop)
}

/// One look.
pub(crate) fn look(with: &Value, observed: &Observed, at: StepAt, offer: &Offer) -> Result<Outcome> {
    let with: With = decode(with.clone(), "with")?;
    let condition = Condition::read(&with.until, &NAMES, "")?;
    let placements: Vec<Value> = observed
        .placements
        .iter()
        .map(|placement| json!({"destination": placement.spec.destination, "state": placement.status.state, "version": placement.status.version, "message": placement.status.message}))
        .collect();
    let mut values = condition::values(&observed.resource, offer, condition::steps(observed, at));
    values.push(("children", Value::Object(children::seen(&observed.children))));
    values.push(("placements", Value::Array(placements)));
    let waits = if with.message.is_empty() { format!("until {}", with.until.trim()) } else { with.message };
    Ok(match condition.holds(&values) {
        Ok(true) => done(observed, at, String::new()),
        Ok(false) => Outcome::Waiting { message: waits },
        // what it speaks of is not there yet
        Err(error) => Outcome::Waiting { message: format!("{waits} ({})", error.message) },
    })
}

/// The step is done, and has changed none of the pipeline's files.
pub(crate) fn done(observed: &Observed, at: StepAt, message: String) -> Outcome {
    let pipeline = observed.runs.last().and_then(|run| run.status.pipelines.get(at.pipeline));
    let (output, metadata) = pipeline.map(|run| (run.output.clone(), run.metadata.clone())).unwrap_or_default();
    Outcome::Done(StepResult { output, metadata, message, ..StepResult::default() })
}
