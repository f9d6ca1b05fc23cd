//! The starter catalog against the real world: every promise tells what people need, every request fits its form, and every file it places is one that a
//! cluster accepts.
#![expect(clippy::unwrap_used, reason = "a test stops where the catalog is not as it must be")]

mod bundle;
mod catalog;
mod quantity;
mod rendering;
mod rules;
mod schemas;

use bundle::Bundle;
use catalog::{Starter, starters};
use schemas::Schemas;
use serde_json::{Value, json};

#[test]
fn the_catalog_has_the_services_most_teams_ask_for() {
    let names: Vec<_> = starters().into_iter().map(|starter| starter.name).collect();
    assert_eq!(names, ["bucket", "namespace", "postgresql", "redis", "scheduled-job", "web-service"]);
}

#[test]
fn every_promise_tells_what_a_reader_of_its_page_needs() {
    for Starter { name, promise, .. } in starters() {
        let spec = &promise.spec;
        assert_eq!(promise.name, name, "a promise is named as its folder");
        assert!(promise.version.starts_with('v'), "{name}: a version label");
        for (what, text) in
            [("title", &spec.title), ("description", &spec.description), ("owner", &spec.owner), ("icon", &spec.icon)]
        {
            assert!(!text.is_empty(), "{name}: no {what}");
        }
        for heading in ["## What you get", "## What it costs", "## Later", "## Limits", "**Delete**"] {
            assert!(spec.docs.contains(heading), "{name}: the docs say nothing under {heading:?}");
        }
        assert!(!spec.tags.is_empty() && !spec.examples.is_empty(), "{name}: tags and examples");
        assert!(!spec.destination_selectors.is_empty(), "{name}: goes nowhere");
    }
}

#[test]
fn every_field_has_a_title_and_every_choice_a_meaning() {
    for Starter { name, promise, .. } in starters() {
        titled(&name, &promise.spec.api.unwrap().schema);
        titled(&name, &promise.spec.outputs);
    }
}

fn titled(at: &str, schema: &Value) {
    for (field, part) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}.{field}");
        assert!(part["title"].is_string(), "{at} has no title");
        assert!(part.get("enum").is_none(), "{at}: choices with meaning are oneOf, not enum");
        for choice in part["oneOf"].as_array().into_iter().flatten() {
            assert!(choice["title"].is_string() && choice["description"].is_string(), "{at}: {choice} says too little");
        }
        if part.get("pattern").is_some() {
            assert!(part["x-ui"]["messages"]["pattern"].is_string(), "{at}: people can't read a pattern");
        }
        titled(&at, part);
    }
}

#[test]
fn every_request_and_every_example_fits_its_form() {
    for Starter { name, promise, request, .. } in starters() {
        let api = promise.spec.api.unwrap();
        assert_eq!(request["apiVersion"], json!(format!("{}/{}", api.group, api.version)), "{name}");
        assert_eq!(request["kind"], json!(api.kind), "{name}");
        check_fits(&name, &api.schema, &request["spec"]);
        for example in &promise.spec.examples {
            check_fits(&format!("{name}, example {:?}", example.title), &api.schema, &example.spec);
        }
    }
}

#[track_caller]
fn check_fits(what: &str, schema: &Value, spec: &Value) {
    let faults = schemas::faults(&schemas::closed(schema), spec);
    assert!(faults.is_empty(), "{what}: {faults:#?}");
}

#[test]
fn every_placed_file_is_one_that_its_promise_writes() {
    for Starter { name, promise, golden, .. } in starters() {
        let written: Vec<String> = promise
            .spec
            .workflows
            .resource
            .configure
            .iter()
            .flat_map(|pipeline| &pipeline.steps)
            .flat_map(|step| step.with["files"].as_object().into_iter().flatten().map(|(path, _)| path.clone()))
            .collect();
        assert!(!golden.is_empty(), "{name}: nothing is placed");
        for path in golden.keys() {
            assert!(written.contains(path), "{name}: no step writes {path}");
        }
    }
}

#[test]
fn every_placed_document_is_accepted_by_the_published_schemas() {
    let schemas = Schemas::published();
    for starter in starters() {
        for (path, document) in starter.documents() {
            let faults = schemas.faults(&document);
            assert!(faults.is_empty(), "{}/golden/{path}: {faults:#?}", starter.name);
        }
    }
}

#[test]
fn the_published_schemas_refuse_what_a_cluster_would_refuse() {
    let schemas = Schemas::published();
    let documents: Vec<Value> = starters().iter().flat_map(Starter::documents).map(|(_, document)| document).collect();
    for document in &documents {
        for (why, broken) in [
            ("an unknown field", with(document, "", "replica", &json!(1))),
            ("an unknown field of metadata", with(document, "/metadata", "lables", &json!({}))),
            ("a label that is not text", with(document, "/metadata/labels", "tier", &json!(1))),
            ("a name that is not text", with(document, "/metadata", "name", &json!(7))),
            ("a kind nobody knows", with(document, "", "kind", &json!("Deploymint"))),
            ("null", with(document, "/metadata", "labels", &Value::Null)),
        ] {
            assert!(!schemas.faults(&broken).is_empty(), "{why} was accepted: {broken}");
        }
        if document["spec"].is_object() {
            let broken = with(document, "/spec", "typo", &json!(true));
            assert!(!schemas.faults(&broken).is_empty(), "an unknown field of spec was accepted: {broken}");
        }
    }
}

fn with(document: &Value, at: &str, field: &str, value: &Value) -> Value {
    let mut document = document.clone();
    document.pointer_mut(at).unwrap()[field] = value.clone();
    document
}

#[test]
fn names_labels_and_quantities_are_well_formed() {
    for starter in starters() {
        for (path, document) in starter.documents() {
            bundle::check_words(&format!("{}/golden/{path}", starter.name), &document);
            quantity::check_all(&format!("{}/golden/{path}", starter.name), &document);
        }
    }
}

#[test]
fn everything_a_bundle_points_at_is_in_the_bundle() {
    starters().iter().for_each(check_bundle);
}

fn check_bundle(starter: &Starter) {
    let bundle = Bundle::of(starter);
    bundle.check_identities();
    bundle.check_selectors();
    bundle.check_references();
    bundle.check_network_policies();
}

#[test]
fn no_password_is_ever_placed() {
    for starter in starters() {
        for (path, document) in starter.documents() {
            assert_ne!(document["kind"], "Secret", "{}/golden/{path}", starter.name);
            let text = document.to_string().to_lowercase();
            for word in ["password", "passwd", "stringdata"] {
                assert!(!text.contains(word), "{}/golden/{path} speaks of {word}", starter.name);
            }
        }
    }
}

#[test]
fn pods_give_away_no_more_rights_than_they_need() {
    for starter in starters() {
        let bundle = Bundle::of(&starter);
        for template in bundle.templates() {
            let at = format!("{}: {}", starter.name, template.owner);
            let pod = &template.template["spec"];
            assert_eq!(pod["automountServiceAccountToken"], false, "{at}");
            assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{at}");
            assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{at}");
            for container in pod["containers"].as_array().unwrap() {
                assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false, "{at}");
                assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{at}");
                assert_eq!(container["securityContext"]["capabilities"]["drop"], json!(["ALL"]), "{at}");
                assert!(container["resources"]["requests"]["cpu"].is_string(), "{at}: no CPU request");
                assert!(container["resources"]["limits"]["memory"].is_string(), "{at}: no memory limit");
            }
        }
    }
}
