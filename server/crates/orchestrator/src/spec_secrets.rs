//! The secrets of a resource's spec: opened for steps that act outside, and for outputs that are sealed themselves. In rendered files what stands for
//! them stands.

use crate::{Offers, outputs};
use domain::{
    Error, Object, Result,
    plan::Offer,
    reference::Inputs,
    stand_in::{self, StandIn, USABLE},
};
use forms::secrets::secret_places;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::{Opened, Place, Store};

/// A key of a secret that says that requests may name it; none where there is no such thing.
pub async fn named_secret(store: &Store, namespace: &str, name: &str, key: &str) -> Result<Option<String>> {
    let found = store.by_name("", "Secret", namespace, name).await?;
    let usable = |object: &Object| object.metadata.labels.get(USABLE).is_some_and(|said| said == "true");
    let Some(object) = found.filter(usable) else { return Ok(None) };
    Ok(store.opened(&object).await?.get(key).and_then(Opened::text).map(str::to_owned))
}

/// Adds the secrets that a spec names to what its resource waits for, or is made anew for when they change.
pub async fn add_named(store: &Store, offers: &Offers, resource: &Object, inputs: &mut Inputs) -> Result<()> {
    if !mentions(&resource.spec, domain::document::MAX_DEPTH) {
        return Ok(());
    }
    let offer = offers.current(store, resource.facets().promise).await?;
    for (pointer, name, key) in named(offers, offer.as_deref(), resource) {
        let namespace = &resource.metadata.namespace;
        if let Some(value) = named_secret(store, namespace, &name, &key).await? {
            let at = Place { uid: &resource.metadata.uid, namespace, name: &resource.metadata.name, key: &pointer };
            let mark = store.mark(&at, value.as_bytes()).await?;
            inputs.values.insert(pointer, json!({ "sealed": mark }));
        } else {
            let why = format!("the secret {name} in {namespace} has no key {key} that requests may use");
            inputs.missing.get_or_insert(why);
        }
    }
    Ok(())
}

/// Puts the values into the object a step is given; `secrets` are masked in what it prints.
pub async fn open(
    store: &Store,
    offers: &Offers,
    offer: &Offer,
    object: &mut Object,
    secrets: &mut Vec<String>,
) -> Result<()> {
    let named = named(offers, Some(offer), object);
    let marks = stand_in::marks(&object.spec);
    if !marks.is_empty() {
        let opened = store.opened(object).await?;
        let plain: Vec<(String, Value)> =
            marks.iter().filter_map(|(at, _)| Some((at.clone(), value(&opened, at)?))).collect();
        for (at, plain) in plain {
            outputs::collect(&plain, secrets);
            put(&mut object.spec, &at, plain);
        }
    }
    for (at, name, key) in named {
        if let Some(text) = named_secret(store, &object.metadata.namespace, &name, &key).await? {
            secrets.push(text.clone());
            put(&mut object.spec, &at, Value::String(text));
        }
    }
    Ok(())
}

/// The secrets a spec holds, for masking.
pub async fn known(store: &Store, resource: &Object) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    if !stand_in::marks(&resource.spec).is_empty() {
        for (key, opened) in store.opened(resource).await? {
            if stand_in::pointer_of(&key).is_some() {
                outputs::collect(&read(&opened)?, &mut texts);
            }
        }
    }
    Ok(texts)
}

/// Puts the secrets of the spec into a value that is about to be sealed itself: a template knows only what stands for them.
pub fn filled_in(spec: &Value, opened: &BTreeMap<String, Opened>, output: &mut Value) {
    let marks = stand_in::marks(spec);
    let secrets: Vec<(&str, String)> = marks
        .iter()
        .filter_map(|(at, mark)| match value(opened, at)? {
            Value::String(text) => Some((*mark, text)),
            other => Some((*mark, other.to_string())),
        })
        .collect();
    if !secrets.is_empty() {
        replace(output, &secrets);
    }
}

fn replace(value: &mut Value, secrets: &[(&str, String)]) {
    match value {
        Value::String(text) => {
            for (mark, secret) in secrets {
                if text.contains(mark) {
                    *text = text.replace(mark, secret);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, secrets)),
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, secrets)),
        _ => {}
    }
}

/// The places of a spec that name a key of a secret. Only where the schema asks for a secret is such a text more than a text.
fn named(offers: &Offers, offer: Option<&Offer>, resource: &Object) -> Vec<(String, String, String)> {
    if !mentions(&resource.spec, domain::document::MAX_DEPTH) {
        return Vec::new();
    }
    let Some(schema) = offer.and_then(|offer| offers.schema(offer)) else { return Vec::new() };
    let named = |at: String| match stand_in::of(resource.spec.pointer(&at)?)? {
        StandIn::Of { name, key } => Some((at.clone(), name.to_owned(), key.to_owned())),
        _ => None,
    };
    secret_places(&schema, &resource.spec).into_iter().filter_map(named).collect()
}

/// A glance, since nearly no spec names one.
fn mentions(value: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match value {
        Value::String(_) => matches!(stand_in::of(value), Some(StandIn::Of { .. })),
        Value::Array(items) => items.iter().any(|item| mentions(item, depth)),
        Value::Object(map) => map.values().any(|child| mentions(child, depth)),
        _ => false,
    }
}

fn put(spec: &mut Value, at: &str, plain: Value) {
    if let Some(place) = spec.pointer_mut(at) {
        *place = plain;
    }
}

fn value(opened: &BTreeMap<String, Opened>, at: &str) -> Option<Value> {
    read(opened.get(&stand_in::sealed_as(at))?).ok()
}

fn read(opened: &Opened) -> Result<Value> {
    serde_json::from_slice(opened.as_bytes()).map_err(|_| Error::internal("a sealed secret is no JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_is_sealed_gets_the_secret_a_template_only_knew_the_mark_of() {
        let spec = json!({"password": "${secret:0123456789abcdef}"});
        let opened = BTreeMap::from([("spec/password".to_owned(), Opened::new(b"\"hunter2\"".to_vec()))]);
        let mut output = json!(["postgres://app:${secret:0123456789abcdef}@db"]);
        filled_in(&spec, &opened, &mut output);
        assert_eq!(output, json!(["postgres://app:hunter2@db"]));
    }
}
