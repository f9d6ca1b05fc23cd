//! Lists as tables: what `kubectl get` prints, columns decided here.

use crate::service::kinds::{Origin, Served};
use domain::{Object, Timestamp, promise::KRATIX_GROUP};
use serde_json::{Value, json};
use std::time::Duration;

/// Whether the client would rather have a table.
pub fn wanted(accept: &str) -> bool {
    accept.split(',').next().is_some_and(|first| first.contains("as=Table") && first.contains("v=v1"))
}

/// Whether the client would rather have no more than what all objects have.
pub fn only_metadata_wanted(accept: &str) -> bool {
    accept
        .split(',')
        .next()
        .is_some_and(|first| first.contains("as=PartialObjectMetadataList") && first.contains("v=v1"))
}

/// A list without its objects' content.
pub fn metadata_of(objects: &[Object], list_metadata: &Value) -> Value {
    let items: Vec<Value> = objects.iter().map(metadata_only).collect();
    json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": list_metadata, "items": items})
}

fn metadata_only(object: &Object) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object.metadata})
}

pub fn table(served: &Served, objects: &[Object], list_metadata: &Value, now: Timestamp) -> Value {
    let columns = columns(served);
    let definitions: Vec<Value> = columns
        .iter()
        .map(|column| json!({"name": column.name, "type": "string", "format": if column.name == "Name" { "name" } else { "" }, "description": column.description, "priority": column.priority}))
        .collect();
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let cells: Vec<Value> = columns.iter().map(|column| column.cell(object, now)).collect();
            json!({"cells": cells, "object": metadata_only(object)})
        })
        .collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": list_metadata, "columnDefinitions": definitions, "rows": rows})
}

struct Column {
    name: String,
    description: String,
    /// 0 is always shown, 1 only with `-o wide`.
    priority: i32,
    source: Source,
}

enum Source {
    Name,
    Age,
    Pointer(String),
    Ready,
}

impl Column {
    fn at(name: &str, pointer: &str, priority: i32) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            priority,
            source: Source::Pointer(pointer.to_owned()),
        }
    }

    fn cell(&self, object: &Object, now: Timestamp) -> Value {
        match &self.source {
            Source::Name => json!(object.metadata.name),
            Source::Age => json!(
                object.metadata.creation_timestamp.map_or_else(|| "<unknown>".to_owned(), |at| short(now.since(at)))
            ),
            Source::Ready => {
                let conditions = object.status.get("conditions").and_then(Value::as_array);
                let ready = conditions.and_then(|all| all.iter().find(|condition| condition["type"] == "Ready"));
                ready.map_or(json!("Unknown"), |condition| condition["status"].clone())
            }
            Source::Pointer(pointer) => match at(object, pointer) {
                Value::Null => json!(""),
                Value::String(text) => json!(text),
                other => json!(other.to_string()),
            },
        }
    }
}

fn columns(served: &Served) -> Vec<Column> {
    let mut columns = vec![Column {
        name: "Name".into(),
        description: "Name must be unique within a namespace.".into(),
        priority: 0,
        source: Source::Name,
    }];
    let own: &[(&str, &str, i32)] = match (served.group.as_str(), served.kind.as_str()) {
        ("", "Namespace") => &[("Status", "/status/phase", 0)],
        ("", "Secret") => &[("Type", "/type", 0)],
        ("", "Event") => &[
            ("Type", "/type", 0),
            ("Reason", "/reason", 0),
            ("Object", "/involvedObject/name", 0),
            ("Message", "/message", 0),
        ],
        (_, "Promise") => &[
            ("Status", "/status/status", 0),
            ("Kind", "/status/kind", 0),
            ("API Version", "/status/apiVersion", 0),
            ("Version", "/status/version", 0),
        ],
        (_, "Revision") => {
            &[("Promise", "/spec/promise", 0), ("Version", "/spec/version", 0), ("Current", "/status/current", 0)]
        }
        (_, "PromiseRevision") => {
            &[("Promise", "/spec/promiseRef/name", 0), ("Version", "/spec/version", 0), ("Latest", "/status/latest", 0)]
        }
        (_, "ResourceBinding") => &[
            ("Resource", "/spec/resourceRef/name", 0),
            ("Promise", "/spec/promiseRef/name", 0),
            ("Desired", "/spec/version", 0),
            ("Applied", "/status/lastAppliedVersion", 0),
        ],
        (_, "HealthRecord") => &[("Status", "/data/state", 0)],
        (_, "Probe") => &[
            ("Resource", "/spec/resource", 0),
            ("State", "/status/state", 0),
            ("Failures", "/status/failures", 0),
            ("Message", "/status/message", 1),
        ],
        (_, "Run") => &[
            ("Resource", "/spec/resource/name", 0),
            ("Workflow", "/spec/workflow", 0),
            ("Phase", "/status/phase", 0),
            ("Message", "/status/message", 1),
        ],
        (_, "Request") => &[
            ("Operation", "/spec/operation", 0),
            ("Resource", "/spec/resource/name", 0),
            ("Asked by", "/spec/askedBy", 0),
            ("Phase", "/status/phase", 0),
        ],
        (_, "Placement") => &[
            ("Resource", "/spec/resource", 0),
            ("Destination", "/spec/destination", 0),
            ("State", "/status/state", 0),
            ("Version", "/status/version", 1),
        ],
        (KRATIX_GROUP, "Destination") => {
            &[("StateStoreKind", "/spec/stateStoreRef/kind", 0), ("StateStoreName", "/spec/stateStoreRef/name", 0)]
        }
        (KRATIX_GROUP, "GitStateStore") => &[("URL", "/spec/url", 0), ("Branch", "/spec/branch", 0)],
        (KRATIX_GROUP, "BucketStateStore") => &[("Name", "/spec/bucketName", 0), ("Endpoint", "/spec/endpoint", 0)],
        (_, "Destination") => &[("State store", "/spec/stateStoreRef/name", 0), ("Path", "/spec/path", 0)],
        (_, "User") => &[
            ("Type", "/spec/type", 0),
            ("Roles", "/status/roles", 0),
            ("Disabled", "/spec/disabled", 0),
            ("Last seen", "/status/lastSeen", 0),
            ("Issuer", "/status/issuer", 1),
        ],
        (_, "Token") => &[
            ("User", "/spec/user", 0),
            ("Roles", "/status/roles", 0),
            ("Purpose", "/spec/purpose", 0),
            ("Expires", "/status/expires", 0),
            ("Last used", "/status/lastUsed", 0),
        ],
        (_, "StateStore") => &[("Version", "/status/version", 1)],
        _ => &[],
    };
    columns.extend(own.iter().map(|(name, pointer, priority)| Column::at(name, pointer, *priority)));
    if matches!(served.origin, Origin::Platform) {
        columns.push(Column { name: "Ready".into(), description: String::new(), priority: 0, source: Source::Ready });
    }
    if let Some(promised) = served.promised() {
        columns.push(Column { name: "Ready".into(), description: String::new(), priority: 0, source: Source::Ready });
        columns.push(Column::at("Phase", "/status/phase", 0));
        if promised.offer.promise.spec.health.is_some() {
            columns.push(Column::at("Health", "/status/health/state", 0));
        }
        let api = promised.offer.promise.spec.api.iter().flat_map(|api| &api.columns);
        columns.extend(api.map(|column| Column {
            description: column.description.clone(),
            ..Column::at(&column.name, &column.pointer, 0)
        }));
        columns.push(Column::at("Message", "/status/message", 1));
    }
    columns.push(Column { name: "Age".into(), description: String::new(), priority: 0, source: Source::Age });
    columns
}

fn at(object: &Object, pointer: &str) -> Value {
    let (top, rest) = pointer
        .trim_start_matches('/')
        .split_once('/')
        .map_or((pointer.trim_start_matches('/'), String::new()), |(top, rest)| (top, format!("/{rest}")));
    let root = match top {
        "spec" => Some(&object.spec),
        "status" => Some(&object.status),
        "metadata" => {
            return serde_json::to_value(&object.metadata)
                .unwrap_or_default()
                .pointer(&rest)
                .cloned()
                .unwrap_or_default();
        }
        other => object.rest.get(other),
    };
    root.and_then(|value| value.pointer(&rest)).cloned().unwrap_or_default()
}

/// An age as kubectl prints it: `45s`, `5m10s`, `3h`, `12d`.
pub fn short(age: Duration) -> String {
    let seconds = age.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..600 if !seconds.is_multiple_of(60) => format!("{minutes}m{}s", seconds % 60),
        120..10_800 => format!("{minutes}m"),
        10_800..28_800 if !minutes.is_multiple_of(60) => format!("{hours}h{}m", minutes % 60),
        10_800..172_800 => format!("{hours}h"),
        172_800..691_200 if !hours.is_multiple_of(24) => format!("{days}d{}h", hours % 24),
        _ => format!("{days}d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_printed_as_kubectl_does() {
        let told =
            [5, 119, 125, 600, 3 * 3600 + 60, 9 * 3600, 3 * 86_400, 40 * 86_400].map(|s| short(Duration::from_secs(s)));
        assert_eq!(told, ["5s", "119s", "2m5s", "10m", "3h1m", "9h", "3d", "40d"]);
    }

    #[test]
    fn only_a_client_that_prefers_a_table_gets_one() {
        assert!(wanted(
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
        ));
        assert!(!wanted("application/json"));
    }
}
