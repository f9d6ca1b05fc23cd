//! A new revision against all that lives: what stays valid, what gets defaults, what would break, what is pinned and so not affected.

use super::{
    Asker, Services,
    kinds::{Served, schema_of},
    pins::annotated,
};
use domain::{
    Cause, Error, Object, Result,
    binding::LATEST,
    caller::Verb,
    promise::{Promise, content_digest, revision_name},
};
use forms::schema::Schema;
use orchestrator::made_from;
use serde_json::{Value, json};
use store::{Cursor, Query};

/// Resources read at once.
const AT_ONCE: i64 = 200;
/// Of all that break, so many are told.
const TOLD: usize = 20;

/// What a revision would mean for one resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Fit {
    Valid,
    /// These fields get their defaults.
    Defaulted(Vec<String>),
    /// These fields are not valid in it.
    Breaking(Vec<Cause>),
    /// Held at a version; what is current does not matter to it.
    Pinned(String),
}

/// What it would mean for all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fleet {
    pub checked: u64,
    pub defaulted: u64,
    pub pinned: u64,
    pub breaking: u64,
    /// The first that break, each cause under `namespace/name: field`.
    pub causes: Vec<Cause>,
}

impl Services {
    /// `POST …/promises/{name}/check`: one page of the resources made from a promise against a document that is not applied.
    pub async fn check(
        &self,
        asker: &Asker,
        served: &Served,
        name: &str,
        document: Value,
        page: (i64, Option<Cursor>),
    ) -> Result<Value> {
        self.authorise(asker, Verb::Write, served, "")?;
        let mut object = Object::from_value(document)?;
        self.check_identity(served, "", &mut object)?;
        if object.metadata.name != name {
            return Err(Error::bad_request(format!(
                "the name of the object ({}) does not match the name on the URL ({name})",
                object.metadata.name
            )));
        }
        let promise = Promise::read(&object)?;
        let schema = schema_of(&promise)?;
        let revision = revision_name(name, &content_digest(&object, &promise.version));
        let query = Query { limit: page.0.clamp(1, 500), after: page.1, ..made_from(name) };
        let page = self.store.list(&query).await?;
        let (mut counts, mut told) = ([0_u64; 4], Vec::new());
        for resource in &page.objects {
            let fit = fit(&schema, resource);
            counts[fit.place()] += 1;
            told.push(fit.told(resource));
        }
        let [valid, defaulted, breaking, pinned] = counts;
        let mut metadata = json!({"name": name});
        if let Some(next) = page.next {
            metadata["continue"] = json!(next.to_string());
        }
        Ok(json!({
            "kind": "PromiseCheck", "apiVersion": served.api_version(), "metadata": metadata,
            "version": promise.version, "revision": revision,
            "summary": {"valid": valid, "defaulted": defaulted, "breaking": breaking, "pinned": pinned},
            "resources": told,
        }))
    }

    /// All resources that follow the promise against a new schema. Time grows with their number, memory does not.
    pub(crate) async fn fleet(&self, promise: &str, schema: &Schema) -> Result<Fleet> {
        let mut fleet = Fleet::default();
        let mut query = Query { limit: AT_ONCE, ..made_from(promise) };
        loop {
            let page = self.store.list(&query).await?;
            for resource in page.objects.iter().filter(|resource| !resource.deleting()) {
                fleet.checked += 1;
                match fit(schema, resource) {
                    Fit::Valid => {}
                    Fit::Defaulted(_) => fleet.defaulted += 1,
                    Fit::Pinned(_) => fleet.pinned += 1,
                    Fit::Breaking(causes) => {
                        fleet.breaking += 1;
                        let room = TOLD.saturating_sub(fleet.causes.len());
                        fleet.causes.extend(causes.into_iter().take(room).map(|cause| of_resource(resource, cause)));
                    }
                }
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(fleet),
            }
        }
    }
}

/// What a schema says to a resource as it stands.
pub fn fit(schema: &Schema, resource: &Object) -> Fit {
    if let Some(version) = pin_of(resource) {
        return Fit::Pinned(version.to_owned());
    }
    let spec = if resource.spec.is_null() { json!({}) } else { resource.spec.clone() };
    let admission = forms::admission::admit(schema, &spec, None, "spec");
    let located = |cause: Cause| Cause { pointer: format!("/spec{}", cause.pointer), ..cause };
    let mut causes: Vec<Cause> = admission.verdict.api_causes().into_iter().map(located).collect();
    causes.extend(admission.dropped.iter().map(|field| Cause {
        reason: "FieldValueNotSupported".to_owned(),
        message: "the new version no longer has this field: its value would be lost".to_owned(),
        field: field.clone(),
        pointer: format!("/{}", field.replace('.', "/")),
        human: String::new(),
    }));
    if !causes.is_empty() {
        return Fit::Breaking(causes);
    }
    let mut fields = Vec::new();
    added(&spec, &admission.value, "spec", &mut fields);
    if fields.is_empty() { Fit::Valid } else { Fit::Defaulted(fields) }
}

fn pin_of(resource: &Object) -> Option<&str> {
    let bound = resource.status.get("resourceBindingVersion").and_then(Value::as_str);
    annotated(resource).or(bound.filter(|version| !matches!(*version, "" | LATEST)))
}

/// The fields that are in `after` and not in `before`.
fn added(before: &Value, after: &Value, at: &str, fields: &mut Vec<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in after {
                let at = format!("{at}.{key}");
                match before.get(key) {
                    Some(old) => added(old, value, &at, fields),
                    None => fields.push(at),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (index, (old, value)) in before.iter().zip(after).enumerate() {
                added(old, value, &format!("{at}[{index}]"), fields);
            }
        }
        _ => {}
    }
}

impl Fit {
    fn place(&self) -> usize {
        match self {
            Self::Valid => 0,
            Self::Defaulted(_) => 1,
            Self::Breaking(_) => 2,
            Self::Pinned(_) => 3,
        }
    }

    fn told(self, resource: &Object) -> Value {
        let metadata = &resource.metadata;
        let mut told = json!({"namespace": metadata.namespace, "name": metadata.name});
        match self {
            Self::Valid => told["fit"] = json!("valid"),
            Self::Defaulted(fields) => {
                told["fit"] = json!("defaulted");
                told["fields"] = json!(fields);
            }
            Self::Breaking(causes) => {
                let causes = causes.iter().take(TOLD);
                told["fit"] = json!("breaking");
                told["causes"] = causes
                    .map(|cause| json!({"field": cause.field, "pointer": cause.pointer, "message": cause.message}))
                    .collect();
            }
            Self::Pinned(version) => {
                told["fit"] = json!("pinned");
                told["version"] = json!(version);
            }
        }
        told
    }
}

fn of_resource(resource: &Object, cause: Cause) -> Cause {
    let metadata = &resource.metadata;
    Cause { field: format!("{}/{}: {}", metadata.namespace, metadata.name, cause.field), ..cause }
}

impl Fleet {
    /// The refusal of a revision that would break something.
    pub fn refusal(&self, what: &str) -> Error {
        let [resources, would] = if self.breaking == 1 { ["resource", "would"] } else { ["resources", "would"] };
        let first: Vec<String> =
            self.causes.iter().take(3).map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let message = format!(
            "{what} is invalid: {} {resources} of {} {would} not be valid in it: {}. Change or pin them first, or apply it with --accept-breaking (?acceptBreaking=true)",
            self.breaking,
            self.checked,
            first.join("; ")
        );
        Error::invalid(message, self.causes.clone())
    }

    /// What whoever applies it should know.
    pub fn warnings(&self) -> Vec<String> {
        let told = [
            (self.breaking, "are not valid in the new version"),
            (self.defaulted, "get new defaults"),
            (self.pinned, "are pinned and not affected"),
        ];
        let told = told.into_iter().filter(|(count, _)| *count > 0);
        told.map(|(count, what)| format!("of {} resources {count} {what}", self.checked)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: Value, resource: Value, expected: &Value) {
        let schema = Schema::parse_structural(&schema).unwrap();
        let mut object = json!({"apiVersion": "g.example.com/v1", "kind": "K", "metadata": {"name": "shop", "namespace": "default"}});
        json_patch::merge(&mut object, &resource);
        let object = Object::from_value(object).unwrap();
        assert_eq!(fit(&schema, &object).told(&object), *expected);
    }

    #[test]
    fn a_resource_stays_valid_gets_defaults_breaks_or_is_not_concerned() {
        let schema = json!({"type": "object", "properties": {
            "size": {"type": "string", "enum": ["small", "large"]},
            "backup": {"type": "object", "default": {}, "properties": {"daily": {"type": "boolean", "default": true}}},
        }});
        let identity = |fit: Value| {
            let mut told = json!({"namespace": "default", "name": "shop"});
            json_patch::merge(&mut told, &fit);
            told
        };
        check(
            schema.clone(),
            json!({"spec": {"size": "small", "backup": {"daily": false}}}),
            &identity(json!({"fit": "valid"})),
        );
        check(
            schema.clone(),
            json!({"spec": {"backup": {}}}),
            &identity(json!({"fit": "defaulted", "fields": ["spec.backup.daily"]})),
        );
        let huge = json!({"spec": {"size": "huge", "backup": {"daily": true}, "zone": "a"}});
        check(
            schema.clone(),
            huge.clone(),
            &identity(json!({"fit": "breaking", "causes": [
                {"field": "spec.size", "pointer": "/spec/size", "message": "Unsupported value: \"huge\": supported values: \"small\", \"large\""},
                {"field": "spec.zone", "pointer": "/spec/zone", "message": "the new version no longer has this field: its value would be lost"},
            ]})),
        );
        let mut pinned = huge;
        pinned["metadata"] = json!({"annotations": {"midspan.dev/version": "v1"}});
        check(schema, pinned, &identity(json!({"fit": "pinned", "version": "v1"})));
    }
}
