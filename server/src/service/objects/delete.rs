//! Deleting an object: at once, or marked until the last finalizer has dropped.

use super::{ATTEMPTS, Asker, Services, WriteOptions, Written, conflict, derived};
use crate::service::{
    kinds::{Origin, Served},
    removal::Parting,
};
use domain::{Error, ErrorKind, Object, Result, Timestamp, caller::Verb, expiry::end_of, plan::FINALIZER};
use std::sync::Arc;
use store::Op;

impl Services {
    /// Deletes an object. With finalizers on it, it is marked and goes when the last of them has dropped.
    pub async fn delete(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        namespace: &str,
        name: &str,
        precondition: &Precondition,
        options: WriteOptions,
    ) -> Result<Written> {
        self.authorise_one(asker, Verb::Delete, served, namespace, name)?;
        if matches!(served.origin, Origin::Derived | Origin::View | Origin::Events) {
            return Err(derived(served));
        }
        if matches!(served.origin, Origin::Token) {
            return self.revoke_token(asker, name, precondition, served, options).await;
        }
        if matches!(served.origin, Origin::User) {
            return self.delete_user(asker, name, precondition, served, options).await;
        }
        let _alone = self.publishing(served).await;
        for attempt in 1.. {
            let stored = self.stored(served, namespace, name).await?;
            precondition.check(&stored, served)?;
            let parting = self.may_go(served, &stored, precondition.force, options.dependents).await?;
            match self.delete_once(asker, served, stored, parting, options).await {
                Err(error) if error.kind == ErrorKind::Conflict && attempt < ATTEMPTS => {}
                result => return result,
            }
        }
        unreachable!("the loop returns")
    }

    async fn delete_once(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        stored: Object,
        Parting { guards, cascades }: Parting,
        options: WriteOptions,
    ) -> Result<Written> {
        let mut object = stored.clone();
        if cascades && !object.metadata.finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
            object.metadata.finalizers.push(FINALIZER.to_owned());
        }
        if object.metadata.finalizers.is_empty() {
            let mut ops =
                vec![Op::Remove { uid: object.metadata.uid.clone(), version: Some(object.metadata.resource_version) }];
            ops.extend(guards);
            ops.extend(self.after_delete(served, &object).await?);
            ops.extend(self.on_place_delete(served, &object).await?);
            ops.push(self.audit(asker, "delete", Some(&stored), None));
            return self.commit(served, object, Vec::new(), ops, options).await;
        }
        if object.deleting() {
            return Ok(Written { object, warnings: Vec::new(), changed: false });
        }
        object.metadata.deletion_timestamp = Some(self.now().to_second());
        object.metadata.generation += 1;
        let mut ops = vec![Op::Update(object.clone())];
        ops.extend(guards);
        match served.origin {
            Origin::Promise => ops.extend(self.on_promise_delete(&object)),
            Origin::Release => ops.push(self.wake_promise(&object.metadata.uid)),
            _ => ops.extend(self.on_resource_delete(asker, served, &object, options.because)),
        }
        let mut warnings = Vec::new();
        if served.promised().is_some() {
            let children = self.going_along(&object).await?;
            warnings
                .extend((!children.is_empty()).then(|| format!("with it go its children: {}", children.join(", "))));
        }
        ops.extend(self.on_place_delete(served, &object).await?);
        ops.push(self.audit(asker, "delete", Some(&stored), Some(&object)));
        self.commit(served, object, warnings, ops, options).await
    }
}

/// What must still be so for a delete.
#[derive(Clone, Debug, Default)]
pub struct Precondition {
    pub uid: Option<String>,
    pub resource_version: Option<i64>,
    /// Though others use what it gives back.
    pub force: bool,
    /// Its time must be over at this moment.
    pub over_at: Option<Timestamp>,
}

impl Precondition {
    pub(in crate::service) fn check(&self, stored: &Object, served: &Served) -> Result<()> {
        let Object { metadata, .. } = stored;
        if let Some(uid) = self.uid.as_ref().filter(|uid| **uid != metadata.uid) {
            return Err(Error::conflict(format!(
                "Operation cannot be fulfilled on {}: the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                served.invalid_name(&metadata.name),
                metadata.uid
            )));
        }
        if self.over_at.is_some_and(|now| end_of(stored).is_none_or(|end| end > now)) {
            return Err(Error::conflict(format!("{} has time left", served.invalid_name(&metadata.name))));
        }
        let version = self.resource_version.is_none_or(|version| version == metadata.resource_version);
        if version { Ok(()) } else { Err(conflict(served, &metadata.name)) }
    }
}
