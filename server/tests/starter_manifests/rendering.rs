//! Rendering a request as the orchestrator does it.

use crate::catalog::{Starter, starters};
use crate::schemas::{Schemas, closed, faults};
use domain::{Object, document, promise::Promise, run::Workflow};
use forms::{Schema, admission};
use orchestrator::steps::{Ended, Folders, StepInput, template};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a request gives: its files by path, and its outputs.
pub struct Rendered {
    pub files: BTreeMap<String, String>,
    pub outputs: Value,
}

/// Renders all steps of the promise for `request`, with the defaults filled in.
pub fn rendered(promise: &Promise, request: &Value) -> Rendered {
    let api = promise.spec.api.as_ref().unwrap();
    let schema = Schema::parse(&api.schema).unwrap_or_else(|e| panic!("{}: {e}", promise.name));
    let mut object = Object::from_value(request.clone()).unwrap();
    object.metadata.uid = "00000000-0000-7000-8000-000000000001".into();
    object.metadata.generation = 1;
    object.spec = admission::admit(&schema, &object.spec, None, "spec").into_result(&promise.name).unwrap();
    let mut folders = Folders::default();
    for pipeline in &promise.spec.workflows.resource.configure {
        for step in &pipeline.steps {
            let input = StepInput {
                act: None,
                object: object.clone(),
                promise: promise.name.clone(),
                promise_version: promise.version.clone(),
                workflow: Workflow::Configure,
                run: "run".into(),
                pipeline: pipeline.name.clone(),
                step: step.clone(),
                volumes: Vec::new(),
                given: orchestrator::steps::given::Given::default(),
                last: false,
                plural: api.plural.clone(),
                idempotency_key: "key".into(),
                fence: 1,
                before: folders,
                children: serde_json::Map::new(),
                secrets_to_mask: Vec::new(),
            };
            folders = match template::render(&input) {
                Ended::Done { folders, .. } => folders,
                Ended::Failed { message, .. } => panic!("{}, step {}: {message}", promise.name, step.name),
            };
        }
    }
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let outputs = folders
        .metadata
        .get("outputs.yaml")
        .map_or(Value::Null, |bytes| document::parse_one(&text(bytes), "outputs.yaml").unwrap());
    Rendered { files: folders.output.iter().map(|(path, bytes)| (path.clone(), text(bytes))).collect(), outputs }
}

/// The request as each example of the promise would make it, with the request itself first.
fn variants(starter: &Starter) -> Vec<(String, Value)> {
    let of = |example: &domain::promise::Example| {
        let mut request = starter.request.clone();
        request["spec"] = example.spec.clone();
        (format!("{}, example {:?}", starter.name, example.title), request)
    };
    let own = (starter.name.clone(), starter.request.clone());
    std::iter::once(own).chain(starter.promise.spec.examples.iter().map(of)).collect()
}

#[test]
fn a_request_places_the_files_of_golden_byte_for_byte() {
    for starter in starters() {
        let files = rendered(&starter.promise, &starter.request).files;
        let (placed, expected): (Vec<_>, Vec<_>) = (files.keys().collect(), starter.golden.keys().collect());
        assert_eq!(placed, expected, "{}", starter.name);
        for (path, text) in &files {
            assert!(*text == starter.golden[path], "{}/golden/{path} differs; this is placed:\n{text}", starter.name);
        }
    }
}

#[test]
fn every_example_places_what_a_cluster_accepts() {
    let schemas = Schemas::published();
    for starter in starters() {
        for (what, request) in variants(&starter) {
            let golden = rendered(&starter.promise, &request).files;
            let variant = Starter { name: what, promise: starter.promise.clone(), request, golden };
            for (path, document) in variant.documents() {
                assert!(
                    schemas.faults(&document).is_empty(),
                    "{}: {path}: {:#?}",
                    variant.name,
                    schemas.faults(&document)
                );
            }
            crate::check_bundle(&variant);
        }
    }
}

#[test]
fn outputs_are_what_the_promise_says_they_are() {
    for starter in starters() {
        for (what, request) in variants(&starter) {
            let outputs = rendered(&starter.promise, &request).outputs;
            let faults = faults(&closed(&starter.promise.spec.outputs), &outputs);
            assert!(faults.is_empty(), "{what}: {faults:#?}: {outputs}");
        }
    }
}
