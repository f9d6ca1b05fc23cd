//! Real schemas: promises, CRDs and the samples of another form library.

use crate::data;
use forms::{Dialect, Filled, FormModel, Schema, admission, admit, decode};
use serde_json::Value;
use std::path::Path;

#[track_caller]
fn check_round_trip(schema: &Schema, value: &Value, what: &str) {
    let mut pruned = value.clone();
    admission::prune(schema, &mut pruned, "spec");
    let model = FormModel::build(schema, Filled { value: Some(&pruned), ..Filled::default() });
    for field in model.fields().iter().skip(1) {
        assert!(!field.label.is_empty() && !field.id.is_empty(), "{what}: {} has no label", field.pointer);
    }
    let decoded = decode(schema, &model.entries(), Some(&pruned)).unwrap();
    assert_eq!(decoded.value, pruned, "{what}: {:#?}", model.entries());
}

/// Everything that calls itself an OpenAPI schema of a version, in a document.
fn crd_specs(document: &Value) -> Vec<Value> {
    let crd = if document["kind"] == "Promise" { &document["spec"]["api"] } else { document };
    let versions = crd["spec"]["versions"].as_array().cloned().unwrap_or_default();
    versions
        .iter()
        .map(|version| version["schema"]["openAPIV3Schema"]["properties"]["spec"].clone())
        .filter(Value::is_object)
        .collect()
}

fn promises() -> Vec<std::path::PathBuf> {
    let Some(folder) = data::folder("kratix") else { return Vec::new() };
    data::files(&folder, "").into_iter().filter(|path| path.is_dir()).collect()
}

#[test]
fn every_promises_request_form_is_drawn_and_its_example_validates_unchanged() {
    let (mut forms, mut requests) = (0, 0);
    for folder in promises() {
        let mut schemas = Vec::new();
        for file in data::files(&folder, ".yaml").iter().filter(|path| file_name(path).starts_with("promise")) {
            for document in data::yaml(file) {
                for spec in crd_specs(&document) {
                    let schema =
                        Schema::parse_structural(&spec).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                    assert!(!FormModel::empty(&schema).root.pointer.starts_with('/'));
                    forms += 1;
                    if file_name(file) == "promise.yaml" {
                        schemas.push(schema);
                    }
                }
            }
        }
        let request = folder.join("resource-request.yaml");
        if request.is_file() && !schemas.is_empty() {
            for document in data::yaml(&request).iter().filter(|document| document["spec"].is_object()) {
                let valid = schemas.iter().any(|schema| {
                    let admission = admit(schema, &document["spec"], None, "spec");
                    admission.verdict.is_valid() && admission.dropped.is_empty()
                });
                assert!(valid, "{}: {:?}", request.display(), admit(&schemas[0], &document["spec"], None, "spec"));
                for schema in &schemas {
                    check_round_trip(schema, &document["spec"], &request.display().to_string());
                }
                requests += 1;
            }
        }
    }
    println!("{forms} forms, {requests} requests");
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[test]
fn the_marketplaces_apis_are_drawn_and_their_examples_come_back() {
    let Some(folder) = data::folder("forms/crd-kratix-marketplace") else { return };
    for file in data::files(&folder, ".json") {
        let sample = data::json(&file);
        for dialect in [Dialect::Structural, Dialect::JsonSchema] {
            let schema = Schema::parse_as(dialect, &sample["openAPIV3Schema_spec"])
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let spec = &sample["example"]["spec"];
            let spec = if spec.is_null() { serde_json::json!({}) } else { spec.clone() };
            let admission = admit(&schema, &spec, None, "spec");
            println!("{}: {:?} {:?}", file.display(), admission.dropped, admission.verdict.causes);
            check_round_trip(&schema, &spec, &file.display().to_string());
        }
    }
}

#[test]
fn a_large_crd_is_drawn_quickly() {
    for folder in ["kratix/_crds"] {
        let Some(folder) = data::folder(folder) else { return };
        for file in data::files(&folder, ".yaml") {
            for spec in data::yaml(&file).iter().flat_map(crd_specs) {
                let start = std::time::Instant::now();
                let schema =
                    Schema::parse_structural(&spec).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let model = FormModel::empty(&schema);
                println!(
                    "{}: {} nodes, {} fields, {:?}",
                    file_name(&file),
                    schema.nodes().len(),
                    model.fields().len(),
                    start.elapsed()
                );
                assert!(decode(&schema, &model.entries(), None).unwrap().value.is_object());
            }
        }
    }
}

#[test]
fn the_samples_of_another_library_come_back() {
    let Some(folder) = data::folder("forms") else { return };
    let files = ["rjsf-samples", "oracle-rjsf"].iter().flat_map(|name| data::files(&folder.join(name), ".json"));
    let (mut read, mut refused) = (0, Vec::new());
    for file in files {
        let sample = data::json(&file);
        match Schema::parse(&sample["schema"]) {
            Ok(schema) => {
                read += 1;
                for value in ["formData", "defaultFormState"]
                    .iter()
                    .filter_map(|key| sample.get(key))
                    .filter(|value| !value.is_null())
                {
                    check_round_trip(&schema, value, &file.display().to_string());
                }
            }
            Err(error) => refused.push(format!("{}: {error}", file_name(&file))),
        }
    }
    println!("{read} read, refused: {refused:#?}");
    assert!(refused.len() <= 2, "{refused:#?}");
}

/// Where we differ from the official cases on purpose.
const DELIBERATE: [&str; 3] = [
    // draft-07 ignores what stands beside `$ref`; 2020-12 and OpenAPI 3.1 do not, and people mean it
    "ref overrides any sibling keywords",
    // `items: […]` becomes `prefixItems`, which a pointer into it does not follow
    "relative pointer ref to array",
    // a format that does not hold is an error, in every draft
    "is only an annotation by default",
];

#[test]
fn the_official_validation_cases_agree() {
    let Some(folder) = data::folder("forms/json-schema-test-suite/tests") else { return };
    let mut agreed = 0;
    for file in ["draft7", "draft2020-12"].iter().flat_map(|draft| data::files(&folder.join(draft), ".json")) {
        for group in data::json(&file).as_array().unwrap() {
            // a schema is one document: identities and what lies outside are refused or without meaning
            let text = group["schema"].to_string();
            if ["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "http://", "https://"]
                .iter()
                .any(|key| text.contains(key))
                && text.to_lowercase().contains("ref\":")
            {
                continue;
            }
            for case in group["tests"].as_array().unwrap() {
                let what = format!("{} {} / {}", file.display(), group["description"], case["description"]);
                if text.contains("$vocabulary")
                    || text.contains("metaschema")
                    || DELIBERATE.iter().any(|known| what.contains(known))
                {
                    continue;
                }
                let verdict = Schema::parse(&group["schema"])
                    .map(|schema| admission::validate(&schema, &case["data"], None, "").is_valid());
                assert_eq!(verdict.ok(), case["valid"].as_bool(), "{what}");
                agreed += 1;
            }
        }
    }
    println!("{agreed} cases agree");
}
