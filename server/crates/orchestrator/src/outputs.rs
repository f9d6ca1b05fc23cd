//! What a step says its resource gives back: judged by the promise's schema, and its secrets sealed, before anything of it is written down.

use crate::{
    driver::Orchestrator,
    spec_secrets,
    steps::{Ended, Folders, Mask},
};
use bytes::Bytes;
use domain::{
    Error, ErrorKind, Object, Result, document,
    output::{self, described, is_given, is_secret, mark, sealed, sealed_as},
    plan::Observed,
    run::{Run, Workflow},
    stand_in,
    status::ResourceStatus,
};
use forms::{
    admission::{refusal, validate},
    schema::Schema,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use store::{Op, Place, Store};

/// The file of the step contract.
const FILE: &str = "outputs.yaml";

/// A step's end as it may be written down, and the secrets that were in it.
pub(crate) struct Kept {
    pub ended: Ended,
    /// For the transaction that records the step.
    pub seals: Vec<Op>,
    /// As the step wrote them: what it printed may hold them, too.
    pub secrets: Vec<String>,
}

impl Orchestrator {
    /// Judges and seals what a step of the newest run left. An error is the world's: the step's own faults are its end.
    pub(crate) async fn keep_outputs(&self, observed: &Observed, before: &Folders, ended: Ended) -> Result<Kept> {
        let plain = |ended| Ok(Kept { ended, seals: Vec::new(), secrets: Vec::new() });
        let Ended::Done { mut folders, exit_code, message } = ended else { return plain(ended) };
        let Some(run) = observed.runs.last().filter(|_| folders.metadata.contains_key(FILE)) else {
            return plain(Ended::Done { folders, exit_code, message });
        };
        if run.spec.workflow == Workflow::Delete {
            // who goes gives nothing back
            folders.metadata.remove(FILE);
            return plain(Ended::Done { folders, exit_code, message });
        }
        let offer = self.inner.offers.by_name(&self.inner.store, &run.spec.revision).await?;
        let Some(offer) = offer.filter(|offer| offer.promise.spec.outputs.is_object()) else {
            return plain(Ended::Done { folders, exit_code, message });
        };
        let schema = match self.inner.offers.outputs(&offer) {
            Ok(schema) => schema,
            Err(error) => {
                return plain(Ended::Failed { message: error.message, exit_code, permanent: true, unclear: false });
            }
        };
        let given = given_by_actions(run, &observed.resource);
        match sealing(&self.inner.store, &schema, &observed.resource, &given, before, &folders).await {
            Ok(Sealing { text, seals, secrets }) => {
                folders.metadata.insert(FILE.to_owned(), text);
                let message = Mask::new(&secrets).text(&message);
                Ok(Kept { ended: Ended::Done { folders, exit_code, message }, seals, secrets })
            }
            Err(error) if error.kind == ErrorKind::BadRequest => {
                plain(Ended::Failed { message: error.message, exit_code, permanent: true, unclear: false })
            }
            Err(error) => Err(error),
        }
    }
}

struct Sealing {
    text: Bytes,
    seals: Vec<Op>,
    secrets: Vec<String>,
}

async fn sealing(
    store: &Store,
    schema: &Schema,
    resource: &Object,
    given: &Map<String, Value>,
    before: &Folders,
    after: &Folders,
) -> Result<Sealing> {
    let (before, mut outputs) = (read(before)?, read(after)?);
    // the value an action has sealed stays in its place
    for (name, value) in &mut outputs {
        if let Some(newer) = given.get(name).filter(|newer| mark(newer).is_some()) {
            value.clone_from(newer);
        }
    }
    let (mut seals, mut secrets) = (Vec::new(), Vec::new());
    // what an earlier step sealed and this one left as it found it
    let untouched = |name: &str, value: &Value| {
        mark(value).is_some() && (before.get(name) == Some(value) || given.get(name) == Some(value))
    };
    let mut new: Map<String, Value> = outputs
        .iter()
        .filter(|(name, value)| !untouched(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let is_sealed = |name: &str| described(schema.document(), name).is_some_and(is_secret);
    let mut opened: Option<BTreeMap<String, store::Opened>> = None;
    if new.keys().any(|name| is_sealed(name)) && !stand_in::marks(&resource.spec).is_empty() {
        let known = opened.insert(store.opened(resource).await?);
        for (_, value) in new.iter_mut().filter(|(name, _)| is_sealed(name)) {
            spec_secrets::filled_in(&resource.spec, known, value);
        }
    }
    judge(schema, &new)?;
    for (name, value) in new.iter().filter(|(name, value)| is_given(value) && is_sealed(name)) {
        collect(value, &mut secrets);
        let key = sealed_as(name);
        let metadata = &resource.metadata;
        let place = Place { uid: &metadata.uid, namespace: &metadata.namespace, name: &metadata.name, key: &key };
        let plain = value.to_string().into_bytes();
        let known = match &opened {
            Some(opened) => opened,
            None => opened.insert(store.opened(resource).await?),
        };
        if known.get(&key).is_none_or(|known| known.as_bytes() != plain) {
            seals.push(store.seal(&place, &plain).await?);
        }
        outputs.insert(name.clone(), sealed(&store.mark(&place, &plain).await?));
    }
    let text = document::to_yaml(&Value::Object(outputs)).into();
    Ok(Sealing { text, seals, secrets })
}

/// What the configure workflow no longer has a say in: an action has given it since.
fn given_by_actions(run: &Run, resource: &Object) -> Map<String, Value> {
    if run.spec.workflow == Workflow::Action {
        return Map::new();
    }
    // a glance, since nearly always there is none, and the whole status takes long to read
    if resource.status.get("fromActions").is_none() {
        return Map::new();
    }
    ResourceStatus::read(&resource.status).from_actions.outputs
}

fn read(folders: &Folders) -> Result<Map<String, Value>> {
    let text = |bytes: &Bytes| {
        let text = std::str::from_utf8(bytes);
        text.map(ToOwned::to_owned)
            .map_err(|_| Error::bad_request(format!("/kratix/metadata/{FILE}: is not UTF-8 text")))
    };
    let contents = folders.metadata.get(FILE).map(text).transpose()?.map(|text| (FILE.to_owned(), text));
    Ok(domain::run::PipelineMetadata::read(&contents.into_iter().collect())?.result.outputs)
}

/// The schema without what it requires: what is missing is seen when the last step is done.
pub(crate) fn partial(schema: &Value) -> Result<Schema> {
    let mut partial = schema.clone();
    if let Some(map) = partial.as_object_mut() {
        map.remove("required");
    }
    Schema::parse(&partial)
        .map_err(|error| Error::bad_request(format!("spec.outputs of the promise: {}", error.message)))
}

/// What is declared must be as declared, and nothing else is given.
fn judge(schema: &Schema, outputs: &Map<String, Value>) -> Result<()> {
    let place = format!("/kratix/metadata/{FILE}");
    let document = schema.document();
    if let Some(declared) = document.get("properties").and_then(Value::as_object)
        && document.get("additionalProperties").is_none_or(|more| more == &Value::Bool(false))
        && let Some(unknown) = outputs.keys().find(|name| !declared.contains_key(*name))
    {
        let known: Vec<&str> = declared.keys().map(String::as_str).collect();
        return Err(Error::bad_request(format!(
            "{place}: the promise declares no output {unknown:?}; it declares {}",
            known.join(", ")
        )));
    }
    let given = outputs.iter().filter(|(_, value)| is_given(value));
    let given: Map<String, Value> = given.map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut causes = validate(schema, &Value::Object(given), None, "outputs").causes;
    // a message may repeat the value it is about
    for cause in causes.iter_mut().filter(|cause| {
        let name = cause.pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
        described(document, name).is_some_and(is_secret)
    }) {
        "the secret is not as the promise declares it".clone_into(&mut cause.message);
    }
    if causes.is_empty() { Ok(()) } else { Err(Error::bad_request(refusal(&place, causes).message)) }
}

/// The texts of a secret, for masking.
pub(crate) fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(map) => map.values().for_each(|value| collect(value, texts)),
        Value::Number(number) => texts.push(number.to_string()),
        _ => {}
    }
}

/// The secrets a resource has given so far, for masking what its steps print.
pub async fn known_secrets(store: &Store, resource: &Object) -> Result<Vec<String>> {
    let mut texts = spec_secrets::known(store, resource).await?;
    let marked = resource.status.get("outputs").and_then(Value::as_object);
    if !marked.is_some_and(|outputs| outputs.values().any(|value| mark(value).is_some())) {
        return Ok(texts);
    }
    for value in revealed(store, resource).await?.values() {
        collect(value, &mut texts);
    }
    Ok(texts)
}

/// The sealed outputs of a resource, opened.
pub async fn revealed(store: &Store, resource: &Object) -> Result<Map<String, Value>> {
    let mut values = Map::new();
    for (key, value) in store.opened(resource).await? {
        if let Some(name) = output::name_of(&key) {
            let value =
                serde_json::from_slice(value.as_bytes()).map_err(|_| Error::internal("a sealed output is no JSON"))?;
            values.insert(name.to_owned(), value);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(outputs: Value, expected: Result<(), &str>) {
        let schema = json!({"type": "object", "required": ["host"], "properties": {
            "host": {"type": "string"}, "port": {"type": "integer"}, "password": {"type": "string", "minLength": 8, "writeOnly": true}}});
        let judged = judge(&partial(&schema).unwrap(), outputs.as_object().unwrap());
        assert_eq!(judged.as_ref().map_err(|error| error.message.as_str()).copied(), expected);
    }

    #[test]
    fn outputs_are_as_the_promise_declares_them() {
        check(json!({"host": "db", "port": 5432}), Ok(()));
        // a template that does not apply leaves an empty text
        check(json!({"port": ""}), Ok(()));
        check(
            json!({"hots": "db"}),
            Err(
                "/kratix/metadata/outputs.yaml: the promise declares no output \"hots\"; it declares host, port, password",
            ),
        );
        check(
            json!({"port": "many"}),
            Err(
                "/kratix/metadata/outputs.yaml is invalid: outputs.port: Invalid value: \"string\": outputs.port in body must be of type integer: \"string\"",
            ),
        );
    }

    #[test]
    fn a_wrong_secret_is_not_repeated() {
        check(
            json!({"password": "canary"}),
            Err(
                "/kratix/metadata/outputs.yaml is invalid: outputs.password: the secret is not as the promise declares it",
            ),
        );
    }
}
