//! An object as a row: the document, and the columns taken from it for finding and sorting.

use crate::statement::Arg;
use domain::{Error, Object, Result, Timestamp, facets::REQUESTED_BY, object::GROUP, selector::Labels, status::listed};
use serde::Deserialize;
use std::sync::Arc;

/// The label that says which promise a resource was made from.
pub const PROMISE_LABEL: &str = "kratix.io/promise-name";

/// Where an object stands in the world of names.
#[expect(clippy::struct_field_names, reason = "a full name ends in the name proper")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    pub group: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

#[derive(Clone, Debug)]
pub struct ObjectRow {
    pub uid: Arc<str>,
    pub name: Name,
    pub version: i64,
    pub generation: i64,
    pub owner: String,
    pub promise: String,
    pub phase: String,
    /// The promise's version that made a resource; empty for everything else.
    pub made: String,
    /// Who asked for a resource, as a label's value.
    pub asked_by: String,
    pub active: bool,
    pub created: i64,
    pub deleting: i64,
    pub labels: Labels,
    /// Without `resourceVersion`: the column wins, and equal states have equal text.
    pub document: Arc<str>,
}

impl ObjectRow {
    pub fn new(mut object: Object) -> Result<Self> {
        let version = std::mem::take(&mut object.metadata.resource_version);
        if object.metadata.uid.is_empty() || object.metadata.name.is_empty() {
            return Err(Error::internal(format!(
                "{} {:?} cannot be stored without name and uid",
                object.kind, object.metadata.name
            )));
        }
        let micros = |at: Option<Timestamp>| at.map_or(0, Timestamp::micros);
        Ok(Self {
            uid: Arc::from(object.metadata.uid.as_str()),
            version,
            generation: object.metadata.generation,
            owner: object.owner().map(|owner| owner.uid.clone()).unwrap_or_default(),
            promise: object.metadata.labels.get(PROMISE_LABEL).cloned().unwrap_or_default(),
            phase: phase(&object).to_owned(),
            made: of_resource(&object, object.status["promiseVersion"].as_str()),
            asked_by: of_resource(&object, object.metadata.labels.get(REQUESTED_BY).map(String::as_str)),
            active: is_active(&object),
            created: micros(object.metadata.creation_timestamp),
            deleting: micros(object.metadata.deletion_timestamp),
            document: serde_json::to_string(&object).map_err(Error::internal)?.into(),
            name: Name {
                group: object.group().to_owned(),
                kind: object.kind,
                namespace: object.metadata.namespace,
                name: object.metadata.name,
            },
            labels: object.metadata.labels,
        })
    }

    /// In the order of the insert's columns, under the version the writer gives.
    pub fn args(&self, version: i64) -> Vec<Arg> {
        vec![
            Arg::from(&self.uid),
            Arg::from(&self.name.group),
            Arg::from(&self.name.kind),
            Arg::from(&self.name.namespace),
            Arg::from(&self.name.name),
            Arg::Int(version),
            Arg::Int(self.generation),
            Arg::from(&self.owner),
            Arg::from(&self.promise),
            Arg::from(&self.phase),
            Arg::from(&self.made),
            Arg::from(&self.asked_by),
            Arg::Int(self.active.into()),
            Arg::Int(self.created),
            Arg::Int(self.deleting),
            Arg::from(&self.document),
        ]
    }
}

impl Name {
    /// `postgresqls.data.example.com "shop"`, as an API server names it. The plural is the regular one.
    pub fn to_words(&self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        format!("{}{dot}{} {:?}", plural(&self.kind), self.group, self.name)
    }
}

/// The object of a stored document, under the version of its row.
pub fn object(table: &str, uid: &str, version: i64, document: &str) -> Result<Object> {
    let mut object: Object = serde_json::from_str(document).map_err(|e| corrupt(table, "document", uid, &e))?;
    object.metadata.resource_version = version;
    Ok(object)
}

/// The labels of a stored document, without reading the rest of it.
pub fn labels(document: &str) -> Labels {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Document {
        metadata: Metadata,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Metadata {
        labels: Labels,
    }
    serde_json::from_str::<Document>(document).unwrap_or_default().metadata.labels
}

/// A row that is no legal value: never expected, so it says exactly where it is.
pub fn corrupt(table: &str, column: &str, id: &str, what: &dyn std::fmt::Display) -> Error {
    Error::internal(format!("the row {id:?} of table {table} is corrupt in column {column}: {what}"))
}

/// What only those have that were made from a promise.
fn of_resource(object: &Object, text: Option<&str>) -> String {
    let is_made = object.metadata.labels.contains_key(PROMISE_LABEL);
    text.filter(|_| is_made).unwrap_or_default().to_owned()
}

fn phase(object: &Object) -> &str {
    let state = || object.status["state"].as_str().unwrap_or_default();
    Some(listed(&object.status)).filter(|word| !word.is_empty()).unwrap_or_else(state)
}

/// Finished runs and answered requests are history: kept, but no longer part of what their owner is made of.
fn is_active(object: &Object) -> bool {
    let phase = phase(object);
    match (object.group(), object.kind.as_str()) {
        (GROUP, "Run") => !matches!(phase, "Succeeded" | "Failed" | "Superseded"),
        (GROUP, "Request") => matches!(phase, "Submitted" | "Running"),
        _ => true,
    }
}

fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    let consonant_y = kind.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    match consonant_y {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "x", "z", "ch", "sh"].iter().any(|end| kind.ends_with(end)) => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(value: serde_json::Value) -> ObjectRow {
        ObjectRow::new(Object::from_value(value).unwrap()).unwrap()
    }

    #[track_caller]
    fn check_active(kind: &str, phase: &str, expected: bool) {
        let row = row(
            json!({"apiVersion": "midspan.dev/v1alpha1", "kind": kind, "metadata": {"name": "a", "uid": "u"}, "status": {"phase": phase}}),
        );
        assert_eq!(row.active, expected, "{kind} {phase}");
    }

    #[test]
    fn finished_runs_and_answered_requests_are_history() {
        check_active("Run", "Running", true);
        check_active("Run", "Suspended", true);
        check_active("Run", "Failed", false);
        check_active("Request", "Submitted", true);
        check_active("Request", "Draft", false);
        check_active("Request", "Succeeded", false);
        check_active("Placement", "Failed", true);
    }

    #[test]
    fn the_version_is_not_part_of_the_stored_document() {
        let row = row(json!({"kind": "X", "metadata": {"name": "a", "uid": "u", "resourceVersion": "7"}}));
        assert_eq!((row.version, row.document.contains("resourceVersion")), (7, false));
    }

    #[test]
    fn kinds_have_the_plural_an_api_server_would_say() {
        assert_eq!(
            ["Postgresql", "Policy", "Redis", "Gateway"].map(plural),
            ["postgresqls", "policies", "redises", "gateways"]
        );
    }

    #[test]
    fn labels_are_read_without_the_rest() {
        assert_eq!(
            labels(r#"{"metadata": {"labels": {"team": "a"}}, "spec": [1]}"#),
            Labels::from([("team".into(), "a".into())])
        );
    }
}
