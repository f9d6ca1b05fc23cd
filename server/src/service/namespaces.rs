//! Namespaces: the tenants' spaces. An object in a namespace needs it to be there.

use super::{
    Services,
    kinds::{Origin, Served},
    metadata::cause,
    objects::Draft,
};
use domain::{Error, Object, Result, name, promise::KRATIX_NAMESPACE};
use serde_json::json;
use store::{Guard, Op};

impl Services {
    /// What a new object of this kind stands on, for the transaction that makes it: its namespace, and the promise that offers it.
    pub(crate) async fn ground(&self, served: &Served, namespace: &str) -> Result<Vec<Op>> {
        let mut ground = Vec::new();
        if served.namespaced {
            let guard = Guard::Standing { uid: self.require_namespace(namespace).await?.metadata.uid };
            ground.push(Op::Require { guard, otherwise: Error::not_found("namespaces", namespace) });
        }
        if let Origin::Promised(_) = &served.origin {
            let guard = Guard::Standing { uid: served.promise_uid.clone() };
            ground.push(Op::Require { guard, otherwise: super::kinds::not_served() });
        }
        Ok(ground)
    }

    pub async fn require_namespace(&self, name: &str) -> Result<Object> {
        match self.store.by_name("", "Namespace", "", name).await? {
            Some(namespace) if namespace.deleting() => {
                Err(Error::forbidden(format!("namespace {name:?} is being terminated: nothing new can be made in it")))
            }
            Some(namespace) => Ok(namespace),
            None if name == KRATIX_NAMESPACE => {
                // documents of Kratix name it as a place that is simply there
                self.ensure_namespace(name).await?;
                self.store.by_name("", "Namespace", "", name).await?.ok_or_else(|| Error::not_found("namespaces", name))
            }
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
        self.store.commit(vec![Op::Create(object)]).await.map(drop)
    }
}

/// A namespace's own rules.
pub(super) fn admit(served: &Served, mut object: Object) -> Result<Draft> {
    let name = &object.metadata.name;
    if !name::is_label(name) {
        let message = format!(
            "Invalid value: {name:?}: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
             alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        );
        return Err(forms::admission::refusal(
            &served.invalid_name(name),
            vec![cause("FieldValueInvalid", "metadata.name", message)],
        ));
    }
    if object.status.is_null() {
        object.status = json!({"phase": "Active"});
    }
    Ok(Draft { object, ops: Vec::new(), warnings: Vec::new() })
}
