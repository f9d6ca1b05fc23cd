//! Secrets and config maps: values that state stores and steps ask for by name. A secret's values are sealed in the transaction that writes it,
//! and no door gives them back: keys are read with empty values.

use super::{Services, kinds::Served, metadata::cause, objects::Draft};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Cause, Error, Object, Result, object::type_name};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use store::{Op, Place};

/// Where `kubectl apply` keeps what it was given, values and all.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Of all values together, in bytes.
const MOST: usize = 1024 * 1024;

impl Services {
    /// Seals what is new, drops what is asked for no longer. An empty value leaves what is there: it is what a reader of the secret was given.
    pub(crate) async fn admit_secret(
        &self,
        served: &Served,
        mut object: Object,
        stored: Option<&Object>,
    ) -> Result<Draft> {
        let asked = Asked::read(&object).map_err(|causes| refused(served, &object, causes))?;
        let before = match stored {
            Some(stored) => self.store.opened(stored).await?,
            None => BTreeMap::new(),
        };
        let mut ops = Vec::new();
        let metadata = &object.metadata;
        for (key, value) in &asked.values {
            let Some(value) = value else { continue };
            let empty_again = value.is_empty() && before.contains_key(key);
            if !empty_again && before.get(key).is_none_or(|before| before.as_bytes() != value) {
                let place = Place { uid: &metadata.uid, namespace: &metadata.namespace, name: &metadata.name, key };
                ops.push(self.store.seal(&place, value).await?);
            }
        }
        let dropped = before.keys().filter(|key| !asked.values.contains_key(*key));
        ops.extend(dropped.map(|key| Op::Unseal { uid: metadata.uid.clone(), key: key.clone() }));
        if let Some(stored) = stored {
            may_change(stored, &asked.kind, !ops.is_empty()).map_err(|cause| refused(served, &object, vec![cause]))?;
            // what is sealed is no part of the document: without this nobody would be told
            object.metadata.generation += i64::from(!ops.is_empty());
        }
        object.rest = asked.shown();
        (object.spec, object.status) = (Value::Null, Value::Null);
        forget_values(&mut object);
        ops.push(self.wake_waiting());
        ops.extend(self.on_secret_change(&object.metadata.namespace, &object.metadata.name).await?);
        Ok(Draft { object, ops, warnings: Vec::new() })
    }

    /// Text as it is, bytes in base64.
    pub(crate) fn admit_config_map(
        &self,
        served: &Served,
        mut object: Object,
        stored: Option<&Object>,
    ) -> Result<Draft> {
        let mut causes = Vec::new();
        let mut rest = Map::new();
        for part in ["data", "binaryData"] {
            let entries = entries(object.rest.remove(part), part, &mut causes);
            if part == "binaryData" {
                for (key, text) in &entries {
                    _ = decoded(part, key, text, &mut causes);
                }
            }
            if !entries.is_empty() {
                rest.insert(part.to_owned(), json!(entries));
            }
        }
        if object.rest.get("immutable") == Some(&Value::Bool(true)) {
            rest.insert("immutable".to_owned(), json!(true));
        }
        if rest.values().map(|value| value.to_string().len()).sum::<usize>() > 2 * MOST {
            causes.push(cause("FieldValueTooLong", "data", format!("Too long: may not be more than {MOST} bytes")));
        }
        if let Some(stored) = stored {
            let changed = stored.rest != rest;
            causes.extend(may_change(stored, "", changed).err());
            object.metadata.generation += i64::from(changed);
        }
        if !causes.is_empty() {
            return Err(refused(served, &object, causes));
        }
        object.rest = rest;
        (object.spec, object.status) = (Value::Null, Value::Null);
        Ok(Draft { object, ops: vec![self.wake_waiting()], warnings: Vec::new() })
    }

    /// Whoever waits for a value that was missing or wrong looks again.
    fn wake_waiting(&self) -> Op {
        Op::WakeSelected { query: Box::new(orchestrator::unsettled()), due: self.now() }
    }
}

/// A secret as it was sent.
struct Asked {
    kind: String,
    immutable: bool,
    /// None: as it is.
    values: BTreeMap<String, Option<Vec<u8>>>,
}

impl Asked {
    fn read(object: &Object) -> Result<Self, Vec<Cause>> {
        let mut causes = Vec::new();
        let mut values = BTreeMap::new();
        for (key, text) in entries(object.rest.get("data").cloned(), "data", &mut causes) {
            let bytes = decoded("data", &key, &text, &mut causes);
            values.insert(key, bytes.filter(|bytes| !bytes.is_empty()));
        }
        for (key, text) in entries(object.rest.get("stringData").cloned(), "stringData", &mut causes) {
            values.insert(key, Some(text.into_bytes()));
        }
        if values.values().flatten().map(Vec::len).sum::<usize>() > MOST {
            causes.push(cause("FieldValueTooLong", "data", format!("Too long: may not be more than {MOST} bytes")));
        }
        let kind = object.rest.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty()).unwrap_or("Opaque");
        let immutable = object.rest.get("immutable") == Some(&Value::Bool(true));
        if causes.is_empty() { Ok(Self { kind: kind.to_owned(), immutable, values }) } else { Err(causes) }
    }

    /// What everybody may see of it.
    fn shown(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        if !self.values.is_empty() {
            let keys: Map<String, Value> = self.values.keys().map(|key| (key.clone(), json!(""))).collect();
            shown.insert("data".to_owned(), Value::Object(keys));
        }
        shown.insert("type".to_owned(), json!(self.kind));
        if self.immutable {
            shown.insert("immutable".to_owned(), json!(true));
        }
        shown
    }
}

fn entries(part: Option<Value>, name: &str, causes: &mut Vec<Cause>) -> BTreeMap<String, String> {
    let mut entries = BTreeMap::new();
    let map = match part {
        None | Some(Value::Null) => return entries,
        Some(Value::Object(map)) => map,
        Some(other) => {
            let message = format!("Invalid value: must be a map of strings, not {}", type_name(&other));
            causes.push(cause("FieldValueTypeInvalid", name, message));
            return entries;
        }
    };
    for (key, value) in map {
        let field = format!("{name}[{key}]");
        let legal = !key.is_empty()
            && key.len() <= 253
            && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !legal || key == "." || key == ".." {
            let message = format!(
                "Invalid value: {key:?}: a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
            );
            causes.push(cause("FieldValueInvalid", &field, message));
        }
        match value {
            Value::String(text) => _ = entries.insert(key, text),
            Value::Null => _ = entries.insert(key, String::new()),
            other => causes.push(cause(
                "FieldValueTypeInvalid",
                &field,
                format!("Invalid value: must be a string, not {}", type_name(&other)),
            )),
        }
    }
    entries
}

fn decoded(part: &str, key: &str, text: &str, causes: &mut Vec<Cause>) -> Option<Vec<u8>> {
    let compact: String = text.split_ascii_whitespace().collect();
    let bytes = BASE64_STANDARD.decode(compact).ok();
    if bytes.is_none() {
        // the value itself is not repeated
        let message = "Invalid value: must be base64; plain text belongs into stringData".to_owned();
        causes.push(cause("FieldValueInvalid", &format!("{part}[{key}]"), message));
    }
    bytes
}

fn may_change(stored: &Object, kind: &str, changed: bool) -> Result<(), Cause> {
    let was = stored.rest.get("type").and_then(Value::as_str).unwrap_or_default();
    if was != kind {
        return Err(cause("FieldValueInvalid", "type", format!("Invalid value: {kind:?}: field is immutable")));
    }
    if changed && stored.rest.get("immutable") == Some(&Value::Bool(true)) {
        let message = "Forbidden: field is immutable when `immutable` is set".to_owned();
        return Err(cause("FieldValueForbidden", "data", message));
    }
    Ok(())
}

fn refused(served: &Served, object: &Object, causes: Vec<Cause>) -> Error {
    forms::admission::refusal(&served.invalid_name(&object.metadata.name), causes)
}

/// Takes the values out of what a client noted of its last apply; what cannot be read goes whole.
fn forget_values(object: &mut Object) {
    let Some(text) = object.metadata.annotations.remove(LAST_APPLIED) else { return };
    let Ok(Value::Object(mut applied)) = serde_json::from_str::<Value>(&text) else { return };
    for part in ["data", "stringData"] {
        match applied.get_mut(part) {
            Some(Value::Object(values)) => values.values_mut().for_each(|value| *value = json!("")),
            Some(other) => *other = Value::Null,
            None => {}
        }
    }
    let text = format!("{}\n", Value::Object(applied));
    object.metadata.annotations.insert(LAST_APPLIED.to_owned(), text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(rest: Value, expected: &[&str]) {
        let object = Object { rest: rest.as_object().cloned().unwrap(), ..Object::default() };
        let causes = Asked::read(&object).err().unwrap();
        let told: Vec<String> = causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_cannot_be_sealed_is_refused_without_repeating_it() {
        check_refused(
            json!({"data": {"password": "hunter2!"}}),
            &["data[password]: Invalid value: must be base64; plain text belongs into stringData"],
        );
        check_refused(
            json!({"stringData": {"n": 1}}),
            &["stringData[n]: Invalid value: must be a string, not integer"],
        );
        check_refused(json!({"data": []}), &["data: Invalid value: must be a map of strings, not array"]);
        check_refused(
            json!({"stringData": {"../x": "y"}}),
            &[
                "stringData[../x]: Invalid value: \"../x\": a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            ],
        );
    }

    #[test]
    fn what_a_client_noted_keeps_its_keys_and_loses_its_values() {
        let mut object = Object::default();
        let applied = json!({"kind": "Secret", "stringData": {"password": "hunter2"}}).to_string();
        object.metadata.annotations.insert(LAST_APPLIED.to_owned(), applied);
        forget_values(&mut object);
        assert_eq!(
            object.metadata.annotations[LAST_APPLIED],
            "{\"kind\":\"Secret\",\"stringData\":{\"password\":\"\"}}\n"
        );
        object.metadata.annotations.insert(LAST_APPLIED.to_owned(), "{{hunter2".to_owned());
        forget_values(&mut object);
        assert!(object.metadata.annotations.is_empty());
    }
}
