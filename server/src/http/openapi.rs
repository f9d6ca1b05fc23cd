//! OpenAPI v3, one document per group and version: what `kubectl explain` reads and `kubectl apply` checks before it sends.

use crate::service::{
    Services,
    kinds::{Origin, Served},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// `/openapi/v3`
pub fn index(services: &Services) -> Value {
    let snapshot = services.kinds.snapshot();
    let names: BTreeSet<String> = snapshot.kinds.iter().map(|kind| document_path(kind)).collect();
    let version =
        snapshot.kinds.iter().filter_map(|kind| kind.promised().map(|promised| promised.offer.revision.as_str()));
    let hash = domain::Digest::of_parts(version.map(str::as_bytes));
    let paths: serde_json::Map<String, Value> = names
        .into_iter()
        .map(|name| (name.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{name}?hash={}", hash.short(16))})))
        .collect();
    json!({"paths": paths})
}

/// `/openapi/v3/api/v1`, `/openapi/v3/apis/{group}/{version}`
pub fn document(services: &Services, path: &str) -> Option<Value> {
    let snapshot = services.kinds.snapshot();
    let kinds: Vec<&Arc<Served>> = snapshot.kinds.iter().filter(|kind| document_path(kind) == path).collect();
    if kinds.is_empty() {
        return None;
    }
    let mut schemas = serde_json::Map::new();
    schemas.insert("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta".to_owned(), object_meta());
    let mut paths = serde_json::Map::new();
    for kind in kinds {
        let name = schema_name(kind);
        schemas.insert(name.clone(), schema(kind));
        paths.extend(operations(kind, &name));
    }
    Some(
        json!({"openapi": "3.0.0", "info": {"title": "Midspan", "version": env!("CARGO_PKG_VERSION")}, "paths": paths, "components": {"schemas": schemas}}),
    )
}

fn document_path(kind: &Served) -> String {
    if kind.group.is_empty() {
        format!("api/{}", kind.version)
    } else {
        format!("apis/{}/{}", kind.group, kind.version)
    }
}

/// `com.example.data.v1.Postgresql`
fn schema_name(kind: &Served) -> String {
    let reversed: Vec<&str> =
        if kind.group.is_empty() { vec!["core", "api", "k8s", "io"] } else { kind.group.split('.').collect() };
    format!("{}.{}.{}", reversed.into_iter().rev().collect::<Vec<_>>().join("."), kind.version, kind.kind)
}

fn schema(kind: &Served) -> Value {
    let free = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let (spec, description) = match kind.promised() {
        Some(promised) => {
            let promise = &promised.offer.promise;
            let schema = promise
                .spec
                .api
                .as_ref()
                .map(|api| api.schema.clone())
                .filter(Value::is_object)
                .unwrap_or_else(|| free.clone());
            (schema, format!("{}. {}", promise.title(), promise.spec.description))
        }
        None => (free.clone(), format!("{} of Midspan", kind.kind)),
    };
    let mut schema = json!({
        "type": "object", "description": description,
        "properties": {
            "apiVersion": {"type": "string", "description": "The group and version of this object's schema."},
            "kind": {"type": "string", "description": "The kind of this object."},
            "metadata": {"allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}], "default": {}},
            "spec": spec, "status": free,
        },
        "x-kubernetes-group-version-kind": [{"group": kind.group, "kind": kind.kind, "version": kind.version}],
    });
    for (name, property) in own_properties(kind) {
        schema["properties"][name] = property;
    }
    schema
}

/// What stands beside `metadata` in kinds that have no `spec`.
fn own_properties(kind: &Served) -> Vec<(&'static str, Value)> {
    let map = |format: &str, description: &str| json!({"type": "object", "description": description, "additionalProperties": {"type": "string", "format": format}});
    let immutable = json!({"type": "boolean", "description": "If true, the values can no longer change."});
    match kind.origin {
        Origin::Secret => vec![
            (
                "data",
                map(
                    "byte",
                    "The values, in base64. They are sealed, and read back empty; an empty value leaves what is there.",
                ),
            ),
            ("stringData", map("", "The same as plain text, for writing.")),
            ("type", json!({"type": "string", "description": "What the secret is for; Opaque unless told."})),
            ("immutable", immutable),
        ],
        Origin::Health => vec![(
            "data",
            json!({"type": "object", "description": "What was found out, about which resource.", "x-kubernetes-preserve-unknown-fields": true}),
        )],
        Origin::ConfigMap => vec![
            ("data", map("", "The values, as text.")),
            ("binaryData", map("byte", "Values that are no text, in base64.")),
            ("immutable", immutable),
        ],
        _ => Vec::new(),
    }
}

/// The paths with the parameters a client looks for: `fieldValidation` on a patch says that the server validates.
fn operations(kind: &Served, schema: &str) -> Vec<(String, Value)> {
    let base = if kind.group.is_empty() {
        format!("/api/{}", kind.version)
    } else {
        format!("/apis/{}/{}", kind.group, kind.version)
    };
    let collection = if kind.namespaced {
        format!("{base}/namespaces/{{namespace}}/{}", kind.plural)
    } else {
        format!("{base}/{}", kind.plural)
    };
    let reference = json!({"$ref": format!("#/components/schemas/{schema}")});
    let content = json!({"application/json": {"schema": reference}});
    let query = |name: &str, description: &str| json!({"name": name, "in": "query", "description": description, "schema": {"type": "string", "uniqueItems": true}});
    let write = json!([
        query("dryRun", "`All`: validate and answer, change nothing."),
        query("fieldManager", "Who makes the change."),
        query("fieldValidation", "What becomes of unknown fields: `Ignore`, `Warn` or `Strict`."),
    ]);
    let operation = |action: &str, parameters: &Value| {
        json!({
            "operationId": format!("{action}{}", kind.kind), "parameters": parameters,
            "responses": {"200": {"description": "OK", "content": content}},
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": {"group": kind.group, "kind": kind.kind, "version": kind.version},
        })
    };
    let with_body = |action: &str, media_types: &[&str]| {
        let mut operation = operation(action, &write);
        let content: serde_json::Map<String, Value> =
            media_types.iter().map(|name| ((*name).to_owned(), json!({"schema": reference}))).collect();
        operation["requestBody"] = json!({"required": true, "content": content});
        operation
    };
    let none = json!([]);
    let (namespace, name) = (in_path("namespace", "The team's space."), in_path("name", "The object's name."));
    let around = if kind.namespaced { vec![namespace] } else { Vec::new() };
    let mut on_collection = json!({"parameters": around, "get": operation("list", &none)});
    if matches!(kind.origin, Origin::Events) {
        return vec![(collection, on_collection)];
    }
    let mut on_item =
        json!({"parameters": around.into_iter().chain([name]).collect::<Vec<_>>(), "get": operation("get", &none)});
    if !matches!(kind.origin, Origin::Derived | Origin::View) {
        on_collection["post"] = with_body("post", &["application/json", "application/yaml"]);
        on_item["put"] = with_body("put", &["application/json", "application/yaml"]);
        on_item["patch"] = with_body("patch", &["application/merge-patch+json", "application/json-patch+json"]);
        on_item["delete"] = operation("delete", &none);
    }
    let mut paths = actions(kind, &collection, &on_item["parameters"]);
    paths.extend([(format!("{collection}/{{name}}"), on_item), (collection, on_collection)]);
    paths
}

/// What may be asked of a living resource beside a change.
fn actions(kind: &Served, collection: &str, parameters: &Value) -> Vec<(String, Value)> {
    let Some(promised) = kind.promised() else { return Vec::new() };
    let spec = &promised.offer.promise.spec;
    let operation = |id: String, description: &str, code: &str, body: Option<&Value>| {
        let mut operation = json!({
            "operationId": id, "description": description,
            "responses": {code: {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}}},
        });
        if let Some(schema) = body {
            let content = json!({"application/json": {"schema": schema}, "application/yaml": {"schema": schema}});
            operation["requestBody"] = json!({"required": false, "content": content});
        }
        operation
    };
    let item = |end: &str| format!("{collection}/{{name}}/{end}");
    let mut paths = Vec::new();
    let declared = &spec.workflows.resource.actions;
    if !declared.is_empty() {
        let list = operation(
            format!("listActionsOf{}", kind.kind),
            "The actions, and which may be asked for now.",
            "200",
            None,
        );
        paths.push((item("actions"), json!({"parameters": parameters, "get": list})));
    }
    for (name, action) in declared {
        let schema = if action.schema.is_object() { action.schema.clone() } else { json!({"type": "object"}) };
        let about = format!("{}. {}", action.title(name), action.description);
        let id = format!("act{}{}", kind.kind, name.replace('-', "_"));
        let post = operation(id, about.trim_end(), "201", Some(&schema));
        paths.push((item(&format!("actions/{name}")), json!({"parameters": parameters, "post": post})));
    }
    let nothing = json!({"type": "object"});
    let told = "How its destinations stand against what was placed there.";
    let look =
        "Has the destinations looked at now; the answer's `asked` is what the state stores' `answered` reaches then.";
    let get = operation(format!("readDriftOf{}", kind.kind), told, "200", None);
    let post = operation(format!("lookForDriftOf{}", kind.kind), look, "202", Some(&nothing));
    paths.push((item("drift"), json!({"parameters": parameters, "get": get, "post": post})));
    let get = operation(format!("placementOf{}", kind.kind), "Why it is where it is.", "200", None);
    paths.push((item("placement"), json!({"parameters": parameters, "get": get})));
    let post =
        operation(format!("reschedule{}", kind.kind), "Has its destinations chosen anew.", "202", Some(&nothing));
    paths.push((item("reschedule"), json!({"parameters": parameters, "post": post})));
    if spec.expiry.is_some() {
        let schema = json!({"type": "object", "properties": {"by": {"type": "string", "description": "A duration such as 24h."}}});
        let post = operation(format!("extend{}", kind.kind), "Puts off the end of its time.", "201", Some(&schema));
        paths.push((item("extend"), json!({"parameters": parameters, "post": post})));
    }
    paths
}

fn in_path(name: &str, description: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "description": description, "schema": {"type": "string", "uniqueItems": true}})
}

fn object_meta() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let texts = |description: &str| json!({"type": "object", "additionalProperties": {"type": "string"}, "description": description});
    json!({
        "type": "object", "description": "What every object has.",
        "properties": {
            "name": text("Unique in its namespace and kind."), "generateName": text("A prefix; the server adds an ending."),
            "namespace": text("The team's space it is in."), "uid": text("Unique in time and space."),
            "resourceVersion": text("Changes with every write; opaque."), "generation": {"type": "integer", "format": "int64"},
            "creationTimestamp": {"type": "string", "format": "date-time"}, "deletionTimestamp": {"type": "string", "format": "date-time"},
            "labels": texts("For selecting."), "annotations": texts("For tools."),
            "finalizers": {"type": "array", "items": {"type": "string"}},
            "ownerReferences": {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            "managedFields": {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
        },
        "x-kubernetes-group-version-kind": [],
    })
}
