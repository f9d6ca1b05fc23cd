//! Names in templates that nothing stands behind: told when a promise is published, before the first resource finds out.
//!
//! Only what is certain is told: a name below a schema that lists its properties and says nothing of others.

use super::{http, template};
use crate::children;
use domain::{
    object::nearest,
    promise::Promise,
    workflow::{Pipeline, Step, StepKind},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// What templates may begin with.
const ROOTS: [&str; 8] = ["metadata", "spec", "status", "object", "children", "input", "action", "promise"];
const METADATA: [&str; 6] = ["name", "namespace", "uid", "generation", "labels", "annotations"];
const PROMISE: [&str; 2] = ["name", "version"];

/// Where a schema leaves room for other fields.
const OPEN: [&str; 11] = [
    "additionalProperties",
    "patternProperties",
    "unevaluatedProperties",
    "x-kubernetes-preserve-unknown-fields",
    "$ref",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "dependentSchemas",
    "propertyNames",
];

/// A sentence for each such name in the workflows of a promise's resources, with the step it stands in.
pub fn unknown(promise: &Promise) -> Vec<String> {
    let resource = &promise.spec.workflows.resource;
    let spec = promise.spec.api.as_ref().map_or(&Value::Null, |api| &api.schema);
    let own = [("configure", &resource.configure), ("delete", &resource.delete)];
    let own = own.into_iter().map(|(name, pipelines)| (name.to_owned(), pipelines, &Value::Null));
    let actions = resource.actions.iter();
    let actions = actions.map(|(name, one)| (format!("actions.{name}.pipelines"), &one.pipelines, &one.schema));
    let each = own.chain(actions);
    each.flat_map(|(occasion, pipelines, input)| in_pipelines(&occasion, pipelines, spec, input)).collect()
}

fn in_pipelines(occasion: &str, pipelines: &[Pipeline], spec: &Value, input: &Value) -> Vec<String> {
    let mut told = Vec::new();
    for (pipeline_at, pipeline) in pipelines.iter().enumerate() {
        for (step_at, step) in pipeline.steps.iter().enumerate() {
            for (place, name) in mentioned(step) {
                if let Some(why) = judged(&name, spec, input) {
                    let step = format!("spec.workflows.resource.{occasion}[{pipeline_at}].steps[{step_at}]");
                    told.push(format!("{step}.{place}: {why}"));
                }
            }
        }
    }
    told
}

/// The places of a step's templates, each with the dotted names it looks up. A definition that cannot be read is refused elsewhere.
fn mentioned(step: &Step) -> BTreeSet<(String, String)> {
    let mentioned = match step.uses {
        StepKind::Template => template::mentioned(&step.with),
        StepKind::Http => http::mentioned(&step.with),
        StepKind::Resource => children::mentioned(&step.with),
        StepKind::Command | StepKind::Container | StepKind::Wait => Ok(BTreeSet::new()),
    };
    mentioned.unwrap_or_default()
}

fn judged(name: &str, spec: &Value, input: &Value) -> Option<String> {
    let path: Vec<&str> = name.split('.').collect();
    let among = |known: &[&str], word: &str, of: &str| {
        (!known.contains(&word)).then(|| format!("there is no {of}{word}{}", meant(word, known.iter().copied(), of)))
    };
    match *path.as_slice() {
        ["metadata", field, ..] => among(&METADATA, field, "metadata."),
        ["promise", field, ..] => among(&PROMISE, field, "promise."),
        ["spec", ref rest @ ..] => lacking(spec, rest, "spec"),
        ["object", "spec", ref rest @ ..] => lacking(spec, rest, "object.spec"),
        ["input", ref rest @ ..] => lacking(input, rest, "input"),
        [root, ..] => among(&ROOTS, root, ""),
        [] => None,
    }
}

/// The first word of the way that the schema does not have.
fn lacking(schema: &Value, way: &[&str], of: &str) -> Option<String> {
    let (word, rest) = way.split_first()?;
    let properties = schema.get("properties")?.as_object().filter(|properties| !properties.is_empty())?;
    if let Some(next) = properties.get(*word) {
        return lacking(next, rest, &format!("{of}.{word}"));
    }
    if OPEN.iter().any(|key| schema.get(key).is_some_and(|value| *value != Value::Bool(false))) {
        return None;
    }
    let meant = meant(word, properties.keys().map(String::as_str), &format!("{of}."));
    Some(format!("the schema has no {of}.{word}{meant}"))
}

fn meant<'a>(word: &str, known: impl Iterator<Item = &'a str>, of: &str) -> String {
    nearest(word, known).map_or_else(String::new, |meant| format!("; did you mean {of}{meant}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(step: &str, expected: &[&str]) {
        const SCHEMA: &str = "{type: object, properties: {size: {type: string}, disk: {type: object, properties: {gib: {type: integer}}}, tags: {type: object, additionalProperties: {type: string}}, free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {a: {type: string}}}, list: {type: array}}}";
        let text = format!(
            "{{apiVersion: midspan.dev/v1alpha1, kind: Promise, metadata: {{name: p}}, spec: {{api: {{group: a.example.com, version: v1, kind: P, schema: {SCHEMA}}}, workflows: {{resource: {{configure: [{{name: main, steps: [{step}]}}]}}}}}}}}"
        );
        let value = domain::document::parse_one(&text, "promise").unwrap();
        let promise = Promise::read(&domain::Object::from_value(value).unwrap()).unwrap();
        let at = "spec.workflows.resource.configure[0].steps[0].";
        let told: Vec<String> = unknown(&promise).iter().map(|one| one.replace(at, "")).collect();
        assert_eq!(told, expected);
    }

    fn files(text: &str) -> String {
        format!("{{name: s, uses: template, with: {{files: {{a.txt: {text:?}}}}}}}")
    }

    #[test]
    fn a_name_that_nothing_stands_behind_is_told_with_the_nearest_that_is_there() {
        let place = "with.files[\"a.txt\"]: ";
        for (text, why) in [
            ("{{ spec.siez }}", "the schema has no spec.siez; did you mean spec.size?"),
            ("{{ spec.disk.gb }}", "the schema has no spec.disk.gb"),
            ("{{ object.spec.siez }}", "the schema has no object.spec.siez; did you mean object.spec.size?"),
            ("{{ metadata.nmae }}", "there is no metadata.nmae; did you mean metadata.name?"),
            ("{{ promise.title }}", "there is no promise.title"),
            ("{{ resource.spec.size }}", "there is no resource"),
        ] {
            check(&files(text), &[&format!("{place}{why}")]);
        }
    }

    #[test]
    fn what_may_be_there_is_not_told() {
        for text in [
            "{{ spec.size }} {{ spec.disk.gib }} {{ spec.size.x }} {{ spec.tags.any }} {{ spec.free.any }} {{ spec.free.a.b }}",
            "{{ status.anything.at.all }} {{ children.db.outputs.host }} {{ object.metadata.ownerReferences }}",
            "{% for one in spec.list %}{{ one.x }}{{ loop.index }}{% endfor %}{% for n in range(3) %}{{ n }}{% endfor %}",
            "{% set x = spec.size %}{{ x }}{% macro m(a) %}{{ a.b }}{% endmacro %}{{ m(1) }}{{ dict(a=1).a }}",
        ] {
            check(&files(text), &[]);
        }
    }

    #[test]
    fn calls_and_children_are_read_too() {
        check(
            "{name: s, uses: http, with: {url: 'https://a.example.com/{{ spec.siez }}', body: {a: '{{ spec.dsik }}'}}}",
            &[
                "with.body.a: the schema has no spec.dsik; did you mean spec.disk?",
                "with.url: the schema has no spec.siez; did you mean spec.size?",
            ],
        );
        check(
            "{name: s, uses: resource, with: {resources: {db: {apiVersion: a.example.com/v1, kind: Db, spec: {size: '{{ spec.siez }}'}}}}}",
            &["with.resources.db.spec.size: the schema has no spec.siez; did you mean spec.size?"],
        );
    }
}
