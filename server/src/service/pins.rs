//! Which revision's schema judges a resource: that of its pin, or else the current one.

use super::{
    Services,
    kinds::{Promised, Served},
};
use domain::{
    Error, ErrorKind, Object, Result,
    binding::{Binding, BindingKind, LATEST, RESOURCE_LABEL},
    facets::PROMISE_LABEL,
    object::{Kind, Typed},
    plan::PIN,
    promise::KRATIX_GROUP,
    selector::{Requirement, Selector},
};
use serde_json::Value;
use std::sync::Arc;
use store::Query;

impl Services {
    /// The revision a resource runs, as far as it is written or about to be.
    pub(crate) async fn bound(&self, current: &Arc<Promised>, object: &Object) -> Result<Arc<Promised>> {
        let promise = &current.offer.promise;
        let pin = if promise.kratix {
            let binding = self.binding(&promise.name, &object.metadata.namespace, &object.metadata.name).await?;
            binding.as_ref().and_then(|binding| binding.spec.pin().map(ToOwned::to_owned))
        } else {
            annotated(object).map(ToOwned::to_owned)
        };
        let Some(version) = pin else { return Ok(current.clone()) };
        match self.version(&promise.name, &version, object).await? {
            Some(promised) => Ok(promised),
            // a binding may be there before its version is: the resource waits for it and says so
            None if promise.kratix => Ok(current.clone()),
            None => Err(self.no_such_version(&promise.name, &version).await?),
        }
    }

    /// The revision that a pin of this resource to a version means.
    pub(crate) async fn version(&self, promise: &str, version: &str, object: &Object) -> Result<Option<Arc<Promised>>> {
        let runs = object.status.get("revision").and_then(Value::as_str).unwrap_or_default();
        let offer = self.offers.pinned(&self.store, promise, version, runs).await?;
        offer.map(|offer| self.kinds.compiled(offer)).transpose()
    }

    /// The binding of a resource, whatever it is called.
    pub(crate) async fn binding(&self, promise: &str, namespace: &str, name: &str) -> Result<Option<Binding>> {
        let labelled = |key: &str, value: &str| Requirement::In(key.to_owned(), vec![value.to_owned()]);
        let requirements = vec![labelled(PROMISE_LABEL, promise), labelled(RESOURCE_LABEL, name)];
        let query = Query {
            namespaces: vec![namespace.to_owned()],
            labels: Selector { requirements },
            limit: 1,
            ..Query::of_kind(KRATIX_GROUP, BindingKind::KIND)
        };
        self.store.list(&query).await?.objects.pop().map(Typed::<BindingKind>::parse).transpose()
    }

    async fn no_such_version(&self, promise: &str, version: &str) -> Result<Error> {
        const TOLD: usize = 20;
        let mut versions: Vec<String> = self.revisions(promise).await?.into_iter().map(|r| r.spec.version).collect();
        versions.dedup();
        versions.truncate(TOLD);
        let message = format!(
            "metadata.annotations[{PIN}]: {promise} has no version {version:?}; it has {}",
            versions.join(", ")
        );
        Ok(Error::new(ErrorKind::Invalid, message))
    }
}

/// The version an annotation holds a resource at.
pub fn annotated(object: &Object) -> Option<&str> {
    object.metadata.annotations.get(PIN).map(String::as_str).filter(|pin| !matches!(*pin, "" | LATEST))
}

/// Kratix has another place for it, and two places could disagree.
pub(crate) fn refuse_annotation(served: &Served, promised: &Promised, object: &Object) -> Result<()> {
    match annotated(object).filter(|_| promised.offer.promise.kratix) {
        None => Ok(()),
        Some(version) => Err(Error::new(
            ErrorKind::Invalid,
            format!(
                "{} is invalid: metadata.annotations[{PIN}]: what is made from a Kratix promise is held at a version by its ResourceBinding; set spec.version there, or `midspan pin {}/{} {version}`",
                served.invalid_name(&object.metadata.name),
                served.singular,
                object.metadata.name
            ),
        )),
    }
}
