//! Promise releases: checked when they are asked for, carried out by the orchestrator, which publishes through the verbs that people have.

use super::{
    Services,
    kinds::Served,
    objects::{Dependents, Draft, Precondition, WriteOptions, checked, system},
    patches::Change,
};
use domain::{Error, ErrorKind, Object, Result, plan::FINALIZER, promise::ReleaseSpec};
use futures::future::BoxFuture;
use orchestrator::Publisher;
use serde_json::Value;

impl Services {
    pub(crate) fn admit_release(&self, served: &Served, mut object: Object, stored: Option<&Object>) -> Result<Draft> {
        checked::<ReleaseSpec>(&object.spec, served, &object.metadata.name)?;
        let metadata = &mut object.metadata;
        if metadata.deletion_timestamp.is_none() && !metadata.finalizers.iter().any(|f| f == FINALIZER) {
            metadata.finalizers.push(FINALIZER.to_owned());
        }
        if stored.is_some_and(|stored| stored.spec != object.spec) {
            metadata.generation += 1;
        }
        let ops = vec![self.wake_promise(&object.metadata.uid)];
        Ok(Draft { object, ops, warnings: Vec::new() })
    }

    async fn publish_released(&self, mut document: Value) -> Result<()> {
        let object = Object::from_value(document.clone())?;
        let served =
            self.kinds.snapshot().by_kind(&object.api_version, &object.kind).ok_or_else(super::kinds::not_served)?;
        let (asker, name) = (system(), &object.metadata.name);
        match self.store.by_name(object.group(), &object.kind, "", name).await? {
            None => self.create(&asker, &served, "", document, WriteOptions::default()).await.map(drop),
            Some(stored) if stored.deleting() => Err(Error::conflict(format!("the promise {name} is being removed"))),
            Some(stored) => {
                document["metadata"]["resourceVersion"] = stored.metadata.resource_version.to_string().into();
                let change = Change::Replace(document);
                self.change(&asker, &served, "", name, &change, WriteOptions::default()).await.map(drop)
            }
        }
    }

    async fn withdraw_released(&self, promise: Object) -> Result<()> {
        let snapshot = self.kinds.snapshot();
        let served = snapshot.by_kind(&promise.api_version, &promise.kind).ok_or_else(super::kinds::not_served)?;
        let options = WriteOptions { dependents: Dependents::TakeAlong, ..WriteOptions::default() };
        match self.delete(&system(), &served, "", &promise.metadata.name, &Precondition::default(), options).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            result => result.map(drop),
        }
    }
}

impl Publisher for Services {
    fn publish(&self, document: Value) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.publish_released(document))
    }

    fn withdraw(&self, promise: Object) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.withdraw_released(promise))
    }
}
