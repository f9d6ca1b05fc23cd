//! Changing an object: what of it may change, and the race against other writers.

use super::{ATTEMPTS, Asker, Services, WriteOptions, Written, conflict};
use crate::service::{
    kinds::{Origin, Served},
    metadata::cause,
    patches::Change,
};
use domain::{Error, ErrorKind, Object, Result, caller::Verb};
use std::sync::Arc;
use store::Op;

/// How often a change of a place that names a version is run again: what lost the race may have been its look at the other places.
const GUARDED_AGAIN: usize = 5;

impl Services {
    /// Changes an object. A race lost against another writer is run again when the change names no version.
    pub async fn change(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        namespace: &str,
        name: &str,
        change: &Change,
        options: WriteOptions,
    ) -> Result<Written> {
        self.authorise_one(asker, Verb::Change, served, namespace, name)?;
        if matches!(served.origin, Origin::Token) {
            let message = "tokens do not change: make another, and revoke this one";
            return Err(Error::new(ErrorKind::MethodNotAllowed, message));
        }
        if matches!(served.origin, Origin::User) {
            return self.change_user(asker, served, name, change, options).await;
        }
        let _alone = self.publishing(served).await;
        for attempt in 1.. {
            let known = self.kinds.snapshot().newest;
            let stored = self.stored(served, namespace, name).await?;
            match self.change_once(asker, served, &stored, change, options).await {
                Err(error)
                    if error.kind == ErrorKind::Conflict
                        && attempt < ATTEMPTS
                        && (self.promises_moved(served, known).await?
                            || change.may_repeat()
                            || (matches!(served.origin, Origin::Platform) && attempt <= GUARDED_AGAIN)) => {}
                result => return result,
            }
        }
        unreachable!("the loop returns")
    }

    async fn change_once(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        stored: &Object,
        change: &Change,
        options: WriteOptions,
    ) -> Result<Written> {
        let mut object = change.apply(stored)?;
        let version = object.metadata.resource_version;
        if version == 0 && matches!(change, Change::Replace(_)) && !served.group.is_empty() {
            let message = "Invalid value: 0: must be specified for an update".to_owned();
            let cause = cause("FieldValueInvalid", "metadata.resourceVersion", message);
            return Err(forms::admission::refusal(
                &format!("{} {:?}", served.resource(), stored.metadata.name),
                vec![cause],
            ));
        }
        if version != 0 && version != stored.metadata.resource_version {
            return Err(conflict(served, &stored.metadata.name));
        }
        if !object.metadata.name.is_empty() && object.metadata.name != stored.metadata.name {
            return Err(Error::bad_request(format!(
                "the name of the object ({}) does not match the name on the URL ({})",
                object.metadata.name, stored.metadata.name
            )));
        }
        if !object.metadata.uid.is_empty() && object.metadata.uid != stored.metadata.uid {
            return Err(Error::conflict(format!(
                "Precondition failed: UID in precondition: {}, UID in object meta: {}",
                object.metadata.uid, stored.metadata.uid
            )));
        }
        object.metadata.name.clone_from(&stored.metadata.name);
        self.check_identity(served, &stored.metadata.namespace, &mut object)?;
        let kept = &stored.metadata;
        let metadata = &mut object.metadata;
        metadata.uid.clone_from(&kept.uid);
        metadata.generate_name.clone_from(&kept.generate_name);
        metadata.resource_version = kept.resource_version;
        metadata.generation = kept.generation;
        metadata.creation_timestamp = kept.creation_timestamp;
        metadata.deletion_timestamp = kept.deletion_timestamp;
        metadata.owner_references.clone_from(&kept.owner_references);
        object.status = stored.status.clone();
        if kept.deletion_timestamp.is_some()
            && let Some(new) = metadata.finalizers.iter().find(|finalizer| !kept.finalizers.contains(finalizer))
        {
            let message = format!(
                "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{{{new:?}}}"
            );
            let cause = cause("FieldValueForbidden", "metadata.finalizers", message);
            return Err(forms::admission::refusal(&served.invalid_name(&kept.name), vec![cause]));
        }
        if kept.deletion_timestamp.is_some() && metadata.finalizers.is_empty() {
            let mut ops = vec![Op::Remove { uid: kept.uid.clone(), version: Some(kept.resource_version) }];
            ops.extend(self.after_delete(served, stored).await?);
            ops.push(self.audit(asker, "delete", Some(stored), None));
            return self.commit(served, object, Vec::new(), ops, options).await;
        }
        let draft = self.admit(asker, served, object, Some(stored), options).await?;
        if draft.object == *stored {
            return Ok(Written { object: draft.object, warnings: draft.warnings, changed: false });
        }
        let mut ops = vec![Op::Update(draft.object.clone())];
        ops.extend(draft.ops);
        ops.push(self.audit(asker, "update", Some(stored), Some(&draft.object)));
        self.commit(served, draft.object, draft.warnings, ops, options).await
    }
}
