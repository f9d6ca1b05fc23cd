//! The starter catalog is rendered by the real engine.

use super::*;
use domain::{document, promise::Promise, workflow::StepKind};
use std::{fs, path::Path};

#[test]
fn every_starter_promise_renders_its_example_request() {
    let starter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/starter");
    let mut rendered = 0;
    for folder in fs::read_dir(starter).unwrap().flatten() {
        let read = |name: &str| {
            fs::read_to_string(folder.path().join(name))
                .map(|text| Object::from_value(document::parse_one(&text, name).unwrap()).unwrap())
        };
        let (Ok(promise), Ok(request)) = (read("promise.yaml"), read("request.yaml")) else { continue };
        let promise = Promise::read(&promise).unwrap();
        let mut object = request;
        with_defaults(&mut object.spec, &promise.spec.api.as_ref().unwrap().schema);
        let mut folders = Folders::default();
        for pipeline in &promise.spec.workflows.resource.configure {
            for step in pipeline.steps.iter().filter(|step| step.uses == StepKind::Template) {
                let input = StepInput {
                    act: None,
                    object: object.clone(),
                    step: step.clone(),
                    before: folders,
                    ..input("template", Value::Null)
                };
                match template::render(&input) {
                    Ended::Done { folders: after, .. } => folders = after,
                    Ended::Failed { message, .. } => panic!("{}: step {}: {message}", promise.name, step.name),
                }
            }
        }
        assert!(!folders.output.is_empty(), "{}", promise.name);
        rendered += 1;
    }
    assert!(rendered > 0);
}

/// The schema's defaults, as the door fills them in.
fn with_defaults(value: &mut Value, schema: &Value) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    if value.is_null() {
        *value = json!({});
    }
    let Some(map) = value.as_object_mut() else { return };
    for (name, schema) in properties {
        let inner = map.get(name).cloned().or_else(|| schema.get("default").cloned());
        if let Some(mut inner) = inner {
            if inner.is_object() {
                with_defaults(&mut inner, schema);
            }
            map.insert(name.clone(), inner);
        }
    }
}
