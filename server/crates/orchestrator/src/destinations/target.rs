//! A state store to be written: where it is, and the values of the Secret it names.

use domain::{Error, ErrorKind, Result, destination::Backend};
use std::{collections::BTreeMap, fmt};

/// A state store as a pass reaches it.
#[derive(Clone, Debug)]
pub struct Target {
    pub uid: String,
    pub name: String,
    pub backend: Backend,
    /// What the Secret holds that the backend names, read for this pass; absent where it names none.
    pub secret: Option<SecretValues>,
}

impl Target {
    pub(super) fn secret(&self) -> Result<&SecretValues> {
        self.secret.as_ref().ok_or_else(|| {
            let named = self.backend.secret().map_or_else(String::new, |it| format!("{}/{}", it.namespace, it.name));
            Error::new(ErrorKind::NotFound, format!("the secret {named:?} that holds the credentials is not there"))
        })
    }
}

/// The values of a Secret, by key. They appear in no message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretValues {
    /// `namespace/name`, for messages.
    name: String,
    values: BTreeMap<String, Vec<u8>>,
}

impl SecretValues {
    pub fn new(namespace: &str, name: &str, values: BTreeMap<String, Vec<u8>>) -> Self {
        Self { name: format!("{namespace}/{name}"), values }
    }

    /// A value that is text.
    pub(super) fn text(&self, key: &str) -> Result<&str> {
        let problem = |what: &str| Error::new(ErrorKind::Invalid, format!("the secret {:?} {what} {key:?}", self.name));
        let value = self.values.get(key).ok_or_else(|| problem("has no key"))?;
        std::str::from_utf8(value).map_err(|_| problem("holds something other than text under"))
    }

    /// The first of these keys that is there.
    pub(super) fn any(&self, keys: [&str; 2]) -> Result<&str> {
        let key = keys.into_iter().find(|key| self.values.contains_key(*key)).unwrap_or(keys[0]);
        self.text(key)
    }
}

impl fmt::Debug for SecretValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretValues").field("name", &self.name).finish_non_exhaustive()
    }
}
