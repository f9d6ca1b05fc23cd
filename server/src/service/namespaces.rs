//! Namespaces: the tenants' spaces. An object in a namespace needs it to be there.

use super::Services;
use domain::{Error, Object, Result};
use serde_json::json;

impl Services {
    pub async fn require_namespace(&self, name: &str) -> Result<()> {
        match self.store.by_name("", "Namespace", "", name).await? {
            Some(namespace) if namespace.deleting() => {
                Err(Error::forbidden(format!("namespace {name:?} is being terminated: nothing new can be made in it")))
            }
            Some(_) => Ok(()),
            None => Err(Error::not_found("namespaces", name)),
        }
    }

    /// Makes a namespace at start if it is not there.
    pub async fn ensure_namespace(&self, name: &str) -> Result<()> {
        if self.store.by_name("", "Namespace", "", name).await?.is_some() {
            return Ok(());
        }
        let mut object =
            Object::from_value(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))?;
        object.metadata.uid = self.ids.uid("ns");
        object.metadata.generation = 1;
        object.metadata.creation_timestamp = Some(self.now().to_second());
        object.status = json!({"phase": "Active"});
        self.store.commit(vec![store::Op::Create(object)]).await.map(drop)
    }
}
