//! Forms of real schemas as HTML: every control has a label of its own, every id stands once, and an error leads to its control.
#![cfg(feature = "ssr")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use app::parts::field::{form_fields, patch};
use forms::{Dialect, Filled, FormModel, Schema, admission, hints};
use leptos::prelude::*;
use serde_json::{Value, json};

/// Real schemas, kept beside the repository; without them there is nothing to see.
fn samples(folder: &str) -> Vec<(PathBuf, Value)> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let folder = Path::new(option_env!("MIDSPAN_TEST_DATA").unwrap_or(beside)).join("forms").join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no real data at {}", folder.display());
        return Vec::new();
    };
    let files = entries.map(|entry| entry.expect("a folder that can be read").path());
    files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a file that can be read");
            (path, serde_json::from_str(&text).expect("JSON"))
        })
        .collect()
}

#[track_caller]
fn check(what: &str, schema: &Schema, value: &Value) -> usize {
    let mut pruned = value.clone();
    admission::prune(schema, &mut pruned, "spec");
    let causes = admission::validate(schema, &pruned, None, "spec").causes;
    let form = FormModel::build(schema, Filled { value: Some(&pruned), causes: &causes, ..Filled::default() });
    let html = Owner::new().with(|| form_fields(&form).to_html());
    let ids: Vec<&str> = all(&html, "id").collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{what}: an id stands twice");
    let labelled: BTreeSet<&str> = all(&html, "for").collect();
    let mut controls = 0;
    for tag in ["<input ", "<select ", "<textarea "].iter().flat_map(|tag| html.split(tag).skip(1)) {
        let tag = tag.split('>').next().unwrap_or_default();
        if tag.contains(r#"type="hidden""#) {
            continue;
        }
        controls += 1;
        let id = all(&format!(" {tag}"), "id").next().map(str::to_owned).unwrap_or_default();
        assert!(labelled.contains(id.as_str()), "{what}: no label for {tag}");
    }
    for error in &form.errors {
        assert!(error.pointer.is_empty() || unique.contains(error.id.as_str()), "{what}: {} leads nowhere", error.id);
    }
    let touched = form.errors.iter().map(|error| error.id.clone()).collect();
    let pieces = Owner::new().with(|| patch(&form, &touched).to_html());
    assert!(pieces.matches("data-error").count() >= usize::from(!form.errors.is_empty()), "{what}");
    controls
}

/// The values of an attribute, wherever it stands.
fn all<'h>(html: &'h str, attribute: &str) -> impl Iterator<Item = &'h str> + use<'h> {
    let opening = format!(" {attribute}=\"");
    let values: Vec<&str> = html.split(opening.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect();
    values.into_iter()
}

#[test]
fn every_control_of_every_sample_has_a_label() {
    let (mut forms, mut controls) = (0, 0);
    for (path, sample) in samples("rjsf-samples").into_iter().chain(samples("oracle-rjsf")) {
        let Ok(schema) = Schema::parse(&hints::applied(&sample["schema"], &sample["uiSchema"])) else { continue };
        for value in [&sample["formData"], &json!({})] {
            controls += check(&path.display().to_string(), &schema, value);
            forms += 1;
        }
    }
    println!("{forms} forms, {controls} controls");
}

#[test]
fn every_control_of_every_real_request_api_has_a_label() {
    for (path, sample) in samples("crd-kratix-marketplace") {
        for dialect in [Dialect::Structural, Dialect::JsonSchema] {
            let schema =
                Schema::parse_as(dialect, &sample["openAPIV3Schema_spec"]).expect("a schema of a real promise");
            for value in [&sample["example"]["spec"], &json!({})] {
                check(&path.display().to_string(), &schema, value);
            }
        }
    }
}

#[test]
fn every_kind_of_field_has_its_label_and_leads_from_its_error() {
    let schema = json!({"type": "object", "required": ["text", "pick", "flag", "list"], "properties": {
        "text": {"type": "string"}, "number": {"type": "integer"}, "flag": {"type": "boolean"}, "tick": {"type": "boolean", "default": true},
        "pick": {"enum": ["a", "b"]}, "many": {"type": "array", "uniqueItems": true, "items": {"enum": ["a", "b"]}},
        "long": {"enum": ["a", "b", "c", "d", "e", "f"]}, "constant": {"const": "k"}, "secret": {"type": "string", "writeOnly": true},
        "list": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {"port": {"type": "integer"}}}},
        "tuple": {"type": "array", "prefixItems": [{"type": "string", "title": "First"}, {"type": "boolean", "title": "Second"}]},
        "map": {"type": "object", "additionalProperties": {"type": "string"}}, "free": {"type": "object", "additionalProperties": true},
        "either": {"oneOf": [{"type": "string", "title": "Text"}, {"type": "integer", "title": "Number"}]},
        "store": {"oneOf": [{"type": "object", "properties": {"kind": {"const": "s3"}, "bucket": {"type": "string"}}},
            {"type": "object", "properties": {"kind": {"const": "nfs"}, "server": {"type": "string"}}}]},
        "schedule": {"type": "string", "format": "cron"}, "dependent": {"type": "string", "x-ui": {"when": {"tick": false}}},
    }});
    let schema = Schema::parse(&schema).expect("a good schema");
    let value = json!({"text": 5, "number": "many", "list": [{"port": "x"}, {}], "tuple": ["a", true], "map": {"k": "v"},
        "store": {"kind": "nfs", "server": 1}, "either": 3, "schedule": "often", "free": {"a": [1]}});
    assert!(check("all kinds", &schema, &value) > 20);
}
