//! What a step is given beside its object: the namespace's secrets and config maps, and access to the API, all of it before it starts.

use super::{StepInput, access::Access};
use domain::{
    Error, Result,
    workflow::container::{Container, KeyRef, KeyToPath, Permission, SourceRef, Volume},
};
use std::collections::{BTreeMap, BTreeSet};

/// Keys and values of one secret or config map.
pub type Values = BTreeMap<String, Vec<u8>>;

/// Those that exist of the ones a step names.
#[derive(Clone, Default)]
pub struct Given {
    pub secrets: BTreeMap<String, Values>,
    pub config_maps: BTreeMap<String, Values>,
    /// Where they are.
    pub namespace: String,
    /// What the pipeline may do on the API.
    pub permissions: Vec<Permission>,
    pub access: Option<Access>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").finish_non_exhaustive()
    }
}

/// The names of secrets and config maps that a container needs.
pub fn names(container: &Container, volumes: &[Volume]) -> [BTreeSet<String>; 2] {
    let [mut secrets, mut config_maps] = [BTreeSet::new(), BTreeSet::new()];
    for from in container.env.iter().filter_map(|variable| variable.value_from.as_ref()) {
        secrets.extend(from.secret_key_ref.iter().map(|key| key.name.clone()));
        config_maps.extend(from.config_map_key_ref.iter().map(|key| key.name.clone()));
    }
    for from in &container.env_from {
        secrets.extend(from.secret_ref.iter().map(|source| source.name.clone()));
        config_maps.extend(from.config_map_ref.iter().map(|source| source.name.clone()));
    }
    let mounted = |volume: &&Volume| container.volume_mounts.iter().any(|mount| mount.name == volume.name);
    for volume in volumes.iter().filter(mounted) {
        secrets.extend(volume.secret.iter().map(|secret| secret.secret_name.clone()));
        config_maps.extend(volume.config_map.iter().map(|map| map.name.clone()));
    }
    [secrets, config_maps]
}

impl Given {
    /// The texts that must not be printed.
    pub fn to_mask(&self) -> impl Iterator<Item = String> {
        self.secrets
            .values()
            .flat_map(|values| values.values())
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .chain(self.access.iter().map(|access| access.token.clone()))
    }

    /// One value; `None` when it is missing and may be.
    pub fn value(&self, secret: bool, key: &KeyRef, input: &StepInput) -> Result<Option<String>> {
        let found = self.all(secret).get(&key.name).and_then(|values| values.get(&key.key));
        match found {
            Some(bytes) => String::from_utf8(bytes.clone()).map(Some).map_err(|_| {
                Error::bad_request(format!("{} {:?}: the value of {:?} is no text", kind(secret), key.name, key.key))
            }),
            None if key.optional => Ok(None),
            None => {
                let namespace = self.namespace(input);
                let (kind, name, key) = (kind(secret), &key.name, &key.key);
                Err(Error::unavailable(format!(
                    "there is no {kind} {name:?} with a key {key:?} in namespace {namespace:?}"
                )))
            }
        }
    }

    /// All values of one; none when it is missing and may be.
    pub fn values(&self, secret: bool, source: &SourceRef, input: &StepInput) -> Result<Values> {
        match self.all(secret).get(&source.name) {
            Some(values) => Ok(values.clone()),
            None if source.optional => Ok(Values::new()),
            None => {
                let (kind, name, namespace) = (kind(secret), &source.name, self.namespace(input));
                Err(Error::unavailable(format!("there is no {kind} {name:?} in namespace {namespace:?}")))
            }
        }
    }

    /// The files of a volume, by path.
    pub fn files(&self, secret: bool, source: &SourceRef, items: &[KeyToPath], input: &StepInput) -> Result<Values> {
        let mut values = self.values(secret, source, input)?;
        if items.is_empty() {
            return Ok(values);
        }
        items
            .iter()
            .filter_map(|item| match values.remove(&item.key) {
                Some(bytes) => Some(Ok((item.path.clone(), bytes))),
                None if source.optional => None,
                None => Some(Err(Error::unavailable(format!(
                    "{} {:?} has no key {:?}",
                    kind(secret),
                    source.name,
                    item.key
                )))),
            })
            .collect()
    }

    fn namespace<'a>(&'a self, input: &'a StepInput) -> &'a str {
        if self.namespace.is_empty() { &input.object.metadata.namespace } else { &self.namespace }
    }

    fn all(&self, secret: bool) -> &BTreeMap<String, Values> {
        if secret { &self.secrets } else { &self.config_maps }
    }
}

fn kind(secret: bool) -> &'static str {
    if secret { "Secret" } else { "ConfigMap" }
}
