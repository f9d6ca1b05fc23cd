//! Secrets and config maps as those read them who need their values: state stores for credentials, steps for their environment.

use crate::{Store, seal::Opened};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Error, Object, Result};
use serde_json::Value;
use std::collections::BTreeMap;

impl Store {
    /// The values of a secret; none when there is no such secret.
    pub async fn secret(&self, namespace: &str, name: &str) -> Result<Option<BTreeMap<String, Opened>>> {
        match self.by_name("", "Secret", namespace, name).await? {
            Some(object) => self.opened(&object).await.map(Some),
            None => Ok(None),
        }
    }

    /// The values of a config map, text and bytes; none when there is no such config map.
    pub async fn config_map(&self, namespace: &str, name: &str) -> Result<Option<BTreeMap<String, Vec<u8>>>> {
        let found = self.by_name("", "ConfigMap", namespace, name).await?;
        found.map(|object| values(&object)).transpose()
    }
}

fn values(object: &Object) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut values = BTreeMap::new();
    for (key, text) in entries(object, "data") {
        values.insert(key.clone(), text.as_bytes().to_vec());
    }
    for (key, text) in entries(object, "binaryData") {
        let bytes = BASE64_STANDARD.decode(text).map_err(|e| {
            Error::internal(format!("config map {:?}: binaryData {key:?} is no base64: {e}", object.metadata.name))
        })?;
        values.insert(key.clone(), bytes);
    }
    Ok(values)
}

fn entries<'a>(object: &'a Object, part: &str) -> impl Iterator<Item = (&'a String, &'a str)> {
    let map = object.rest.get(part).and_then(Value::as_object);
    map.into_iter().flatten().filter_map(|(key, value)| Some((key, value.as_str()?)))
}
