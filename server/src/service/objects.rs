//! The verbs on any object: get, list, create, change, delete. What a change means beyond the row is the kind's own file.

mod change;
mod delete;

pub use delete::Precondition;

use super::{
    Asker, Services,
    kinds::{Origin, Served},
    namespaces, pins, unknown,
};
use domain::{Caller, Error, ErrorKind, Object, Result, caller::Verb, object::decode};
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
    /// A promise's version may be published again with other content.
    pub new_revision: bool,
    /// A promise may be published though some of its resources are not valid in it.
    pub accept_breaking: bool,
    pub dependents: Dependents,
    /// Why something is deleted though nobody asked for it.
    pub because: &'static str,
}

/// What a delete does about what stands on the object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dependents {
    /// The object stays as long as something stands on it.
    #[default]
    Keep,
    /// They go with it, where that is possible.
    TakeAlong,
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
        self.authorise_one(asker, Verb::Read, served, namespace, name)?;
        match served.origin {
            Origin::View => return self.view(served, name).await,
            Origin::Token => return self.token(name).await,
            Origin::User => return self.user(name).await,
            _ => {}
        }
        self.stored(served, namespace, name).await
    }

    pub async fn list(&self, asker: &Asker, served: &Served, query: &Query) -> Result<store::Page> {
        let namespace = query.namespaces.first().map_or("", String::as_str);
        self.authorise(asker, Verb::List, served, namespace)?;
        match served.origin {
            Origin::View => return self.views(query).await,
            Origin::Token => return self.tokens(query).await,
            Origin::User => return self.users(query).await,
            _ => {}
        }
        self.store.list(query).await
    }

    /// Makes an object. A promise whose look at the others was too old is looked at again.
    pub async fn create(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        namespace: &str,
        body: Value,
        options: WriteOptions,
    ) -> Result<Written> {
        self.authorise(asker, Verb::Create, served, namespace)?;
        let mut object = Object::from_value(body)?;
        if matches!(served.origin, Origin::Token) {
            return self.create_token(asker, served, &object, options).await;
        }
        if matches!(served.origin, Origin::User) {
            return self.create_user(asker, served, &object, options).await;
        }
        self.check_identity(served, namespace, &mut object)?;
        let metadata = &mut object.metadata;
        metadata.uid = self.ids.uid(uid_prefix(served));
        metadata.resource_version = 0;
        metadata.generation = 1;
        metadata.creation_timestamp = Some(self.now().to_second());
        metadata.deletion_timestamp = None;
        object.status = Value::Null;
        let _alone = self.publishing(served).await;
        for attempt in 1.. {
            let known = self.kinds.snapshot().newest;
            match self.create_once(asker, served, object.clone(), options).await {
                Err(error)
                    if error.kind == ErrorKind::Conflict
                        && attempt < ATTEMPTS
                        && (matches!(served.origin, Origin::Platform)
                            || self.promises_moved(served, known).await?) => {}
                result => return result,
            }
        }
        unreachable!("the loop returns")
    }

    async fn create_once(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        object: Object,
        options: WriteOptions,
    ) -> Result<Written> {
        let Object { metadata, .. } = &object;
        let ground = self.ground(served, &metadata.namespace).await?;
        if self.store.by_name(&served.group, &served.kind, &metadata.namespace, &metadata.name).await?.is_some() {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("{} {:?} already exists", served.resource(), metadata.name),
            ));
        }
        let draft = self.admit(asker, served, object, None, options).await?;
        let mut ops = vec![Op::Create(draft.object.clone())];
        ops.extend(ground);
        ops.extend(draft.ops);
        ops.push(self.audit(asker, "create", None, Some(&draft.object)));
        self.commit(served, draft.object, draft.warnings, ops, options).await
    }

    pub(crate) async fn stored(&self, served: &Served, namespace: &str, name: &str) -> Result<Object> {
        let found = self.store.by_name(&served.group, &served.kind, namespace, name).await?;
        found.ok_or_else(|| Error::not_found(&served.resource(), name))
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
        let mut object = object;
        let unknown = unknown::fields(served, &mut object, stored, options.unknown_fields)?;
        let mut draft = self.admit_kind(asker, served, object, stored, options).await?;
        draft.warnings.splice(0..0, unknown);
        Ok(draft)
    }

    async fn admit_kind(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        object: Object,
        stored: Option<&Object>,
        options: WriteOptions,
    ) -> Result<Draft> {
        match &served.origin {
            Origin::Promised(promised) => {
                pins::refuse_annotation(served, promised, &object)?;
                let promised = self.bound(promised, &object).await?;
                let mut draft = self.admit_resource(asker, served, &promised, object, stored, options).await?;
                if !draft.object.deleting() {
                    draft.warnings.extend(self.tie(asker, &mut draft.object).await?);
                }
                Ok(draft)
            }
            Origin::Promise => self.admit_promise(served, object, stored, options).await,
            Origin::Binding => self.admit_binding(asker, served, object, stored).await,
            Origin::Health => self.admit_health_record(asker, served, object, stored).await,
            Origin::Release => self.admit_release(served, object, stored),
            Origin::Platform => self.admit_place(served, object, stored).await,
            Origin::Namespace => namespaces::admit(served, object),
            Origin::Secret => self.admit_secret(served, object, stored).await,
            Origin::ConfigMap => self.admit_config_map(served, object, stored),
            Origin::Derived | Origin::View | Origin::Events | Origin::Token | Origin::User => Err(derived(served)),
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

/// Parses a value of a kind of ours, for its errors.
pub(crate) fn checked<T: serde::de::DeserializeOwned>(value: &Value, served: &Served, name: &str) -> Result<T> {
    let value = if value.is_null() { serde_json::json!({}) } else { value.clone() };
    decode(value, "spec").map_err(|error| forms::admission::refusal(&served.invalid_name(name), error.causes))
}

/// The caller of the server's own acts.
pub fn system() -> Asker {
    let caller = Caller {
        name: "system:midspan".to_owned(),
        groups: vec![domain::caller::PLATFORM.to_owned()],
        ..Caller::default()
    };
    Asker { caller, source: "server".to_owned(), ..Asker::default() }
}
