//! How long after its newest run a resource is run again: the promise's annotation, else a field of its workflows, else its own.

use super::PromiseSpec;
use crate::{
    error::Cause,
    object::{Object, pointer_of},
    workflow::GoDuration,
};
use serde_json::Value;
use std::time::Duration;

const ANNOTATION: &str = "kratix.io/reconciliation-interval";
const FIELD: &str = "reconciliationInterval";
/// A shorter one would leave no time for anything else.
const SHORTEST: Duration = Duration::from_mins(1);

/// What a promise document says; an error names the place.
pub fn of(object: &Object, spec: &PromiseSpec) -> Result<Option<GoDuration>, Cause> {
    let annotation = object.metadata.annotations.get(ANNOTATION).map(|text| ("metadata.annotations", text.as_str()));
    let field = match spec.workflows.config.get(FIELD) {
        None | Some(Value::Null) => None,
        Some(value) => Some(("spec.workflows.config.reconciliationInterval", value.as_str().unwrap_or_default())),
    };
    let own = spec.reconcile_interval.as_deref().map(|text| ("spec.reconcileInterval", text));
    annotation.or(field).or(own).map(|(place, text)| parse(text).ok_or_else(|| wrong(place, text))).transpose()
}

/// What the annotation alone says: it may change without a new revision.
pub fn annotated(object: &Object) -> Option<GoDuration> {
    object.metadata.annotations.get(ANNOTATION).and_then(|text| parse(text))
}

fn parse(text: &str) -> Option<GoDuration> {
    GoDuration::parse(text).filter(|interval| interval.0 >= SHORTEST)
}

fn wrong(field: &str, text: &str) -> Cause {
    let message = format!("{text:?} is not an interval such as 10m or 10h: a duration of at least a minute");
    let (field, pointer) = (field.to_owned(), pointer_of(field));
    Cause { reason: "FieldValueInvalid".into(), message, field, pointer, human: String::new() }
}
