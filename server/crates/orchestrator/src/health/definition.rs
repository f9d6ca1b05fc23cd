//! Whether rules and a probe could be asked at all: read when their promise is published.

use super::NAMES;
use crate::steps::{StepInput, definition, template};
use domain::{
    Cause, Error, Result,
    health::{HealthSpec, ProbeSpec},
    object::type_name,
    workflow::{Step, StepKind},
};
use forms::rules::Condition;
use serde_json::{Map, Value, json};

const HTTP: &str = "spec.health.probe.http";

/// All that is wrong with how a promise says that health is judged, each at its field.
pub fn faults(health: &HealthSpec) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (at, rule) in health.rules.iter().enumerate() {
        let field = format!("spec.health.rules[{at}]");
        if let Err(error) = Condition::read(&rule.when, &NAMES, "") {
            let message = error.causes.first().map_or(&error.message, |cause| &cause.message);
            causes.push(definition::cause(format!("{field}.when"), message.clone()));
        }
        if let Err(error) = template::check_tree(&tree(&rule.message), "") {
            let message = error.message.trim_start_matches(".message").trim_start_matches([':', ' ']).to_owned();
            causes.push(definition::cause(format!("{field}.message"), message));
        }
    }
    causes.extend(health.probe.iter().flat_map(probe));
    causes
}

fn probe(spec: &ProbeSpec) -> Vec<Cause> {
    let refuse = |field: &str, message: String| definition::cause(format!("{HTTP}{field}"), message);
    let Some(http) = spec.http.as_object() else {
        return vec![refuse("", format!("must be a call such as {{url: …}}, not {}", type_name(&spec.http)))];
    };
    let method = http.get("method").and_then(Value::as_str).unwrap_or("GET");
    let mut causes = Vec::new();
    if !["GET", "HEAD"].contains(&method.to_ascii_uppercase().as_str()) {
        causes.push(refuse(".method", format!("a probe only looks: use GET or HEAD, not {method}")));
    }
    for field in ["body", "outputs", "status"].into_iter().filter(|field| http.contains_key(*field)) {
        causes.push(refuse(&format!(".{field}"), "a probe only looks: it sends and keeps nothing".to_owned()));
    }
    if !causes.is_empty() {
        return causes;
    }
    // where the step's definition stands in a probe
    let moved = |text: &str, by: &str| text.replacen(&format!("probe{by}with"), &format!("probe{by}http"), 1);
    let found = definition::faults(&step(spec), "spec.health.probe");
    found
        .into_iter()
        .map(|cause| Cause { field: moved(&cause.field, "."), pointer: moved(&cause.pointer, "/"), ..cause })
        .collect()
}

/// The step that a look of the probe performs.
pub(super) fn step(spec: &ProbeSpec) -> Step {
    let mut with = spec.http.clone();
    if let Some(fields) = with.as_object_mut() {
        fields.entry("method").or_insert_with(|| json!("GET"));
    }
    Step { name: "probe".to_owned(), uses: StepKind::Http, with, timeout: Some(spec.timeout), ..Step::default() }
}

/// A rule's message, filled in.
pub(super) fn words(message: &str, input: StepInput) -> Result<String> {
    let filled =
        template::tree_of(&input, &tree(message), "message").map_err(|error| Error::bad_request(error.message))?;
    Ok(match filled.get("message") {
        Some(Value::String(text)) => text.trim().chars().take(500).collect(),
        Some(other) => other.to_string(),
        None => String::new(),
    })
}

fn tree(message: &str) -> Map<String, Value> {
    Map::from_iter([("message".to_owned(), json!(message))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(health: Value, expected: &[(&str, &str)]) {
        let health: HealthSpec = serde_json::from_value(health).unwrap();
        let told = faults(&health);
        let told: Vec<_> = told.iter().map(|cause| (cause.field.as_str(), cause.message.as_str())).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn rules_and_probes_are_read_before_anybody_asks_for_a_resource() {
        check(
            json!({"rules": [{"when": "status.ready < 2", "state": "Degraded", "message": "{{ status.ready }} are ready"}],
                "probe": {"http": {"url": "https://{{ metadata.name }}.example.com/healthz", "expect": [200]}}}),
            &[],
        );
        check(
            json!({"rules": [{"when": "stats.ready < 2", "state": "Degraded", "message": "{{ status.ready }"}]}),
            &[
                (
                    "spec.health.rules[0].when",
                    "there is no stats; a condition may speak of resource, object, promise, status, children",
                ),
                ("spec.health.rules[0].message", "line 1: `}`: unexpected `}`, expected end of variable block"),
            ],
        );
        check(
            json!({"probe": {"http": {"url": "https://a.example.com", "expcet": [200]}}}),
            &[("spec.health.probe.http.expcet", "unknown field `expcet`; did you mean `expect`?")],
        );
    }

    #[test]
    fn a_probe_only_looks() {
        check(
            json!({"probe": {"http": {"url": "https://a.example.com", "method": "post", "body": {}}}}),
            &[
                ("spec.health.probe.http.method", "a probe only looks: use GET or HEAD, not post"),
                ("spec.health.probe.http.body", "a probe only looks: it sends and keeps nothing"),
            ],
        );
        check(
            json!({"probe": {"http": "https://a.example.com"}}),
            &[("spec.health.probe.http", "must be a call such as {url: …}, not string")],
        );
    }
}
