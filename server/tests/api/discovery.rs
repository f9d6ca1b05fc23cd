//! What is served tells of itself: discovery and OpenAPI documents agree with each other and with what is there.

use crate::{
    midspan::everywhere,
    people::Person,
    widgets::{WIDGETS, promise, widget},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SHAPES: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Group versions as `/api` and `/apis` tell them, as paths.
async fn group_versions(person: &Person) -> Vec<String> {
    let core = person.get("/api").await.good();
    let mut paths: Vec<String> = core["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| format!("api/{}", version.as_str().unwrap()))
        .collect();
    for group in person.get("/apis").await.good()["groups"].as_array().unwrap() {
        let name = group["name"].as_str().unwrap();
        let alone = person.get(&format!("/apis/{name}")).await.good();
        assert_eq!((&alone["versions"], &alone["kind"]), (&group["versions"], &json!("APIGroup")), "{name}");
        assert!(group["versions"].as_array().unwrap().contains(&group["preferredVersion"]));
        paths.extend(
            group["versions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|version| format!("apis/{}", version["groupVersion"].as_str().unwrap())),
        );
    }
    paths
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_that_is_discovered_can_be_listed_and_is_described() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        paul.publishes(promise()).await;
        let index = paul.get("/openapi/v3").await.good();
        let described: BTreeSet<&str> = index["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let paths = group_versions(&paul).await;
        assert_eq!(paths.iter().map(String::as_str).collect::<BTreeSet<_>>(), described);

        let mut kinds = Vec::new();
        for path in &paths {
            let list = paul.get(&format!("/{path}")).await.good();
            assert_eq!(list["kind"], "APIResourceList");
            let document = paul.get(index["paths"][path]["serverRelativeURL"].as_str().unwrap()).await.good();
            let schemas = document["components"]["schemas"].as_object().unwrap();
            for resource in list["resources"].as_array().unwrap() {
                let (kind, plural) = (&resource["kind"], resource["name"].as_str().unwrap());
                let group_version_kinds =
                    schemas.values().filter_map(|schema| schema["x-kubernetes-group-version-kind"][0]["kind"].as_str());
                assert_eq!(group_version_kinds.filter(|described| described == kind).count(), 1, "{path} {kind}");
                let objects = paul.get(&format!("/{path}/{plural}")).await.good();
                assert_eq!(objects["kind"], format!("{}List", kind.as_str().unwrap()), "{path}/{plural}");
                kinds.push(format!("{path}/{plural}"));
            }
            sound(path, &document);
        }
        assert!(
            kinds.contains(&"apis/demo.example.com/v1/widgets".to_owned())
                && kinds.contains(&"api/v1/namespaces".to_owned()),
            "{kinds:?}"
        );
    })
    .await;
}

/// What OpenAPI asks of a document's structure, as far as clients fall over it.
#[track_caller]
fn sound(at: &str, document: &Value) {
    assert_eq!(document["openapi"], "3.0.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let wanted: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let declared = item["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|parameter| parameter["in"] == "path" && parameter["required"] == true);
        assert_eq!(
            declared.map(|parameter| parameter["name"].as_str().unwrap()).collect::<BTreeSet<_>>(),
            wanted,
            "{at} {path}"
        );
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            assert!(
                operations.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{at} {path} {method}: the id is taken"
            );
            assert!(
                operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()),
                "{at} {path} {method}"
            );
            if matches!(method, "post" | "put" | "patch") {
                assert!(operation["requestBody"]["content"].is_object(), "{at} {path} {method}: no body");
            }
        }
    }
    references(at, document, document);
}

fn references(at: &str, document: &Value, value: &Value) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                let pointer = reference
                    .strip_prefix('#')
                    .unwrap_or_else(|| panic!("{at}: {reference} leads out of the document"));
                assert!(document.pointer(pointer).is_some(), "{at}: {reference} leads nowhere");
            }
            map.values().for_each(|value| references(at, document, value));
        }
        Value::Array(items) => items.iter().for_each(|item| references(at, document, item)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_promise_changes_the_address_of_its_document_so_that_nobody_reads_an_old_one() {
    everywhere(async |midspan| {
        let paul = midspan.paul();
        paul.publishes(promise()).await;
        let address = async || paul.get("/openapi/v3").await.good()["paths"]["apis/demo.example.com/v1"]["serverRelativeURL"].clone();
        let before = address().await;
        paul.merge("/apis/midspan.dev/v1alpha1/promises/widget?newRevision=true", json!({"spec": {"api": {"schema": {"properties": {"colour": {"type": "string"}}}}}})).await.good();
        let after = address().await;
        assert_ne!(before, after);
        let document = paul.get(after.as_str().unwrap()).await.good();
        assert_eq!(document["components"]["schemas"]["com.example.demo.v1.Widget"]["properties"]["spec"]["properties"]["colour"], json!({"type": "string"}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_can_be_asked_for_as_a_table_or_without_its_content() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        let table = dana.get_as(WIDGETS, "application/json;as=Table;v=v1;g=meta.k8s.io,application/json").await.good();
        let columns: Vec<&str> = table["columnDefinitions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            (columns, &table["rows"][0]["cells"][0]),
            (vec!["Name", "Ready", "Phase", "Message", "Age"], &json!("shop"))
        );
        let shapes = dana.get_as(WIDGETS, SHAPES).await.good();
        assert_eq!(
            (&shapes["kind"], &shapes["items"][0]["kind"]),
            (&json!("PartialObjectMetadataList"), &json!("PartialObjectMetadata"))
        );
        assert_eq!((&shapes["items"][0]["metadata"]["name"], shapes["items"][0].get("spec")), (&json!("shop"), None));
        assert_eq!(dana.get_as(WIDGETS, "*/*").await.good()["kind"], "WidgetList");
    })
    .await;
}
