//! `if:` of a step: a condition over the resource as it stands, the promise, and the steps of its pipeline so far.

use domain::{
    Result,
    plan::{Observed, Offer},
    run::StepAt,
};
use forms::rules::Condition;
use serde_json::{Map, Value, json};

/// What a condition may speak of. `object` is the same as `resource`; `input` is empty outside of actions.
pub const NAMES: [&str; 6] = ["resource", "object", "promise", "status", "steps", "input"];

/// Reads a condition without asking whether it holds.
pub fn check(source: &str, at: &str) -> Result<()> {
    Condition::read(source, &NAMES, at).map(drop)
}

/// Whether the step's condition holds now.
pub(crate) fn holds(source: &str, observed: &Observed, at: StepAt, offer: &Offer) -> Result<bool> {
    let mut values = values(&observed.resource, offer, steps(observed, at));
    let call = observed.runs.last().and_then(|run| run.spec.action.as_ref());
    values.push(("input", call.map(|call| call.input.clone()).filter(Value::is_object).unwrap_or_else(|| json!({}))));
    Condition::read(source, &NAMES, "")?.holds(&values)
}

/// The steps of a step's pipeline as a condition sees them.
pub(crate) fn steps(observed: &Observed, at: StepAt) -> Map<String, Value> {
    let pipeline = observed.runs.last().and_then(|run| run.status.pipelines.get(at.pipeline));
    let steps = pipeline.into_iter().flat_map(|pipeline| &pipeline.steps).map(|step| {
        let told =
            json!({"phase": step.phase, "attempt": step.attempt, "exitCode": step.exit_code, "message": step.message});
        (step.name.clone(), told)
    });
    steps.collect()
}

/// Whether it holds for a resource and steps that are known, whatever run they are of.
pub fn over(source: &str, resource: &domain::Object, offer: &Offer, steps: Map<String, Value>) -> Result<bool> {
    let mut values = values(resource, offer, steps);
    values.push(("input", json!({})));
    Condition::read(source, &NAMES, "")?.holds(&values)
}

/// What every condition of a promise may speak of.
pub(crate) fn values(
    resource: &domain::Object,
    offer: &Offer,
    steps: Map<String, Value>,
) -> Vec<(&'static str, Value)> {
    let object = resource.to_value();
    let status = if resource.status.is_object() { resource.status.clone() } else { json!({}) };
    let promise = json!({"name": offer.promise.name, "version": offer.promise.version});
    vec![
        ("resource", object.clone()),
        ("object", object),
        ("promise", promise),
        ("status", status),
        ("steps", Value::Object(steps)),
    ]
}
