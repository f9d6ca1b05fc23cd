//! What templates see.

use crate::steps::StepInput;
use minijinja::{Value, context, value::Serde};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// `metadata`, `spec`, `status`, `object`, `promise`, and in an action `input` and `action`. Labels, annotations, spec and status are always mappings, so that a template may look into them.
pub fn context(input: &StepInput) -> Value {
    let object = &input.object;
    let (spec, status) = (mapping(&object.spec), mapping(&object.status));
    let metadata = Value::from(Serde(Identity {
        name: &object.metadata.name,
        namespace: &object.metadata.namespace,
        uid: &object.metadata.uid,
        generation: object.metadata.generation,
        labels: &object.metadata.labels,
        annotations: &object.metadata.annotations,
    }));
    let mut whole: Vec<(String, Value)> = vec![
        ("apiVersion".into(), Value::from(object.api_version.as_str())),
        ("kind".into(), Value::from(object.kind.as_str())),
        ("metadata".into(), Value::from(Serde(&object.metadata))),
        ("spec".into(), spec.clone()),
        ("status".into(), status.clone()),
    ];
    whole.extend(object.rest.iter().map(|(key, value)| (key.clone(), Value::from(Serde(value)))));
    context! {
        metadata,
        spec,
        status,
        object => Value::from_pairs(whole),
        children => Value::from(Serde(&input.children)),
        input => mapping(input.act.as_ref().map_or(&Json::Null, |act| &act.input)),
        action => action(input),
        promise => context! { name => input.promise.as_str(), version => input.promise_version.as_str() },
    }
}

/// What templates of an action's steps know of it: `name`, `by` and `at`; its values are in `input`.
fn action(input: &StepInput) -> Value {
    let Some(act) = &input.act else { return context! {} };
    let at = act.at.map_or_else(String::new, |at| at.to_second().to_string());
    context! { name => act.name.as_str(), by => act.asked_by.as_str(), at }
}

fn mapping(value: &Json) -> Value {
    if value.is_null() {
        context! {}
    } else {
        Value::from(Serde(value))
    }
}

#[derive(Serialize)]
struct Identity<'a> {
    name: &'a str,
    namespace: &'a str,
    uid: &'a str,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    generation: i64,
}
