//! The verbs on any object: get, list, create, change, delete. What a change means beyond the row is the kind's own file.

use super::{
    Asker, Services,
    kinds::{Origin, Served},
    metadata::cause,
    patches::Change,
};
use domain::{Caller, Error, ErrorKind, Object, Result, caller::Verb, name, object::decode};
use serde_json::Value;
use std::sync::Arc;
use store::{Op, Query};

/// How often a change that names no version is run again when others were faster. Of all who try at once one succeeds each time.
const ATTEMPTS: usize = 100;

/// How a write is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteOptions {
    /// Everything is done but the commit.
    pub dry_run: bool,
    pub unknown_fields: UnknownFields,
}

/// What becomes of fields the schema does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownFields {
    #[default]
    Ignore,
    Warn,
    Refuse,
}

/// What a write came to.
#[derive(Clone, Debug)]
pub struct Written {
    pub object: Object,
    pub warnings: Vec<String>,
    /// False when the object already said all that was asked.
    pub changed: bool,
}

/// A write in the making: the object as it will be and what must be committed with it.
pub(crate) struct Draft {
    pub object: Object,
    pub ops: Vec<Op>,
    pub warnings: Vec<String>,
}

impl Services {
    pub async fn get(&self, asker: &Asker, served: &Served, namespace: &str, name: &str) -> Result<Object> {
        self.authorise(asker, Verb::Read, served, namespace)?;
        self.stored(served, namespace, name).await
    }

    pub async fn list(&self, asker: &Asker, served: &Served, query: &Query) -> Result<store::Page> {
        let namespace = query.namespaces.first().map_or("", String::as_str);
        self.authorise(asker, Verb::Read, served, namespace)?;
        self.store.list(query).await
    }

    pub async fn create(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        namespace: &str,
        body: Value,
        options: WriteOptions,
    ) -> Result<Written> {
        self.authorise(asker, Verb::Write, served, namespace)?;
        let mut object = Object::from_value(body)?;
        self.check_identity(served, namespace, &mut object)?;
        if served.namespaced {
            self.require_namespace(namespace).await?;
        }
        let _alone = self.publishing(served).await;
        if self.store.by_name(&served.group, &served.kind, namespace, &object.metadata.name).await?.is_some() {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("{} {:?} already exists", served.resource(), object.metadata.name),
            ));
        }
        let metadata = &mut object.metadata;
        metadata.uid = self.ids.uid(uid_prefix(served));
        metadata.resource_version = 0;
        metadata.generation = 1;
        metadata.creation_timestamp = Some(self.now().to_second());
        metadata.deletion_timestamp = None;
        object.status = Value::Null;
        let draft = self.admit(asker, served, object, None, options).await?;
        let mut ops = vec![Op::Create(draft.object.clone())];
        ops.extend(draft.ops);
        ops.push(self.audit(asker, "create", None, Some(&draft.object)));
        self.commit(served, draft.object, draft.warnings, ops, options).await
    }

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
        self.authorise(asker, Verb::Write, served, namespace)?;
        let _alone = self.publishing(served).await;
        for attempt in 1.. {
            let stored = self.stored(served, namespace, name).await?;
            match self.change_once(asker, served, &stored, change, options).await {
                Err(error) if error.kind == ErrorKind::Conflict && change.may_repeat() && attempt < ATTEMPTS => {}
                result => return result,
            }
        }
        unreachable!("the loop returns")
    }

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
        self.authorise(asker, Verb::Write, served, namespace)?;
        if matches!(served.origin, Origin::Derived | Origin::Events) {
            return Err(derived(served));
        }
        let _alone = self.publishing(served).await;
        for attempt in 1.. {
            let stored = self.stored(served, namespace, name).await?;
            precondition.check(&stored, served)?;
            match self.delete_once(asker, served, stored, options).await {
                Err(error) if error.kind == ErrorKind::Conflict && attempt < ATTEMPTS => {}
                result => return result,
            }
        }
        unreachable!("the loop returns")
    }

    pub(crate) async fn stored(&self, served: &Served, namespace: &str, name: &str) -> Result<Object> {
        let found = self.store.by_name(&served.group, &served.kind, namespace, name).await?;
        found.ok_or_else(|| Error::not_found(&served.resource(), name))
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
        if version == 0 && matches!(change, Change::Replace(_)) && !matches!(served.origin, Origin::Namespace) {
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
            let ops = vec![
                Op::Remove { uid: kept.uid.clone(), version: Some(kept.resource_version) },
                self.audit(asker, "delete", Some(stored), None),
            ];
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

    async fn delete_once(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        stored: Object,
        options: WriteOptions,
    ) -> Result<Written> {
        let mut object = stored.clone();
        self.before_delete(served, &object).await?;
        if object.metadata.finalizers.is_empty() {
            let mut ops =
                vec![Op::Remove { uid: object.metadata.uid.clone(), version: Some(object.metadata.resource_version) }];
            ops.extend(self.after_delete(served, &object).await?);
            ops.push(self.audit(asker, "delete", Some(&stored), None));
            return self.commit(served, object, Vec::new(), ops, options).await;
        }
        if object.deleting() {
            return Ok(Written { object, warnings: Vec::new(), changed: false });
        }
        object.metadata.deletion_timestamp = Some(self.now().to_second());
        object.metadata.generation += 1;
        let mut ops = vec![Op::Update(object.clone())];
        ops.extend(self.on_resource_delete(asker, served, &object));
        ops.push(self.audit(asker, "delete", Some(&stored), Some(&object)));
        self.commit(served, object, Vec::new(), ops, options).await
    }

    /// The kind's own rules: validation, defaults, what else is written with the object.
    async fn admit(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        object: Object,
        stored: Option<&Object>,
        options: WriteOptions,
    ) -> Result<Draft> {
        match &served.origin {
            Origin::Promised(promised) => self.admit_resource(asker, served, promised, object, stored, options),
            Origin::Promise => self.admit_promise(served, object, stored).await,
            Origin::Platform => self.admit_platform(served, object, stored),
            Origin::Namespace => admit_namespace(served, object),
            Origin::Derived | Origin::Events => Err(derived(served)),
        }
    }

    async fn commit(
        &self,
        served: &Served,
        mut object: Object,
        warnings: Vec<String>,
        ops: Vec<Op>,
        options: WriteOptions,
    ) -> Result<Written> {
        if !options.dry_run {
            let committed = self.store.commit(ops).await?;
            object.metadata.resource_version = committed.versions.first().copied().unwrap_or(committed.version);
            if matches!(served.origin, Origin::Promise) {
                self.refresh_kinds().await?;
            }
        }
        Ok(Written { object, warnings, changed: true })
    }

    /// Promises are published one at a time: two that claim one API must see each other.
    async fn publishing(&self, served: &Served) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        match served.origin {
            Origin::Promise => Some(self.kinds.publishing.lock().await),
            _ => None,
        }
    }
}

/// What must still be so for a delete.
#[derive(Clone, Debug, Default)]
pub struct Precondition {
    pub uid: Option<String>,
    pub resource_version: Option<i64>,
}

impl Precondition {
    fn check(&self, stored: &Object, served: &Served) -> Result<()> {
        let Object { metadata, .. } = stored;
        if let Some(uid) = self.uid.as_ref().filter(|uid| **uid != metadata.uid) {
            return Err(Error::conflict(format!(
                "Operation cannot be fulfilled on {}: the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                served.invalid_name(&metadata.name),
                metadata.uid
            )));
        }
        let version = self.resource_version.is_none_or(|version| version == metadata.resource_version);
        if version { Ok(()) } else { Err(conflict(served, &metadata.name)) }
    }
}

/// What an API server says of a write on an object that has changed since it was read.
pub fn conflict(served: &Served, name: &str) -> Error {
    Error::conflict(format!(
        "Operation cannot be fulfilled on {} {name:?}: the object has been modified; please apply your changes to the latest version and try again",
        served.resource()
    ))
}

fn derived(served: &Served) -> Error {
    Error::new(ErrorKind::MethodNotAllowed, format!("{} are written by Midspan itself", served.plural))
}

fn uid_prefix(served: &Served) -> &str {
    match served.origin {
        Origin::Promised(_) => "res",
        Origin::Namespace => "ns",
        Origin::Promise => "promise",
        _ => "obj",
    }
}

fn admit_namespace(served: &Served, mut object: Object) -> Result<Draft> {
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
        object.status = serde_json::json!({"phase": "Active"});
    }
    Ok(Draft { object, ops: Vec::new(), warnings: Vec::new() })
}

/// Parses a value of a kind of ours, for its errors.
pub(crate) fn checked<T: serde::de::DeserializeOwned>(value: &Value, served: &Served, name: &str) -> Result<T> {
    let value = if value.is_null() { serde_json::json!({}) } else { value.clone() };
    decode(value, "spec").map_err(|error| forms::admission::refusal(&served.invalid_name(name), error.causes))
}

/// The caller of the server's own acts.
pub fn system() -> Asker {
    let caller = Caller { name: "system:midspan".to_owned(), groups: vec![domain::caller::PLATFORM.to_owned()] };
    Asker { caller, source: "server".to_owned(), request_id: String::new() }
}
