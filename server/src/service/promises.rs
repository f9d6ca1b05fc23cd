//! Publishing: a promise's content becomes an immutable revision, its API is served at once, its resources are looked at again.

use super::{
    Asker, Services,
    kinds::{Origin, Served, schema_of},
    objects::{Draft, checked},
};
use domain::{
    Error, ErrorKind, Object, Result,
    condition::{self, Condition, Truth},
    destination::{DestinationSpec, StateStoreSpec},
    facets::PROMISE_LABEL,
    object::{GROUP, Typed},
    plan::Offer,
    promise::{self, Promise, Revision, RevisionKind, RevisionSpec, RevisionStatus, content_digest, revision_name},
};
use orchestrator::steps::condition as condition_of_step;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use store::{Guard, Op, Query};

impl Services {
    /// Validates a promise and writes its revision beside it.
    pub(crate) async fn admit_promise(
        &self,
        served: &Served,
        mut object: Object,
        stored: Option<&Object>,
    ) -> Result<Draft> {
        if let Some(stored) = stored.filter(|stored| stored.spec == object.spec && stored.metadata == object.metadata) {
            return Ok(Draft { object: stored.clone(), ops: Vec::new(), warnings: Vec::new() });
        }
        if let Some(stored) = stored.filter(|stored| stored.spec == object.spec) {
            // the same content in another order of its fields is no new revision
            object.spec = stored.spec.clone();
        }
        // the look at who offers what is as old as this, whatever is published meanwhile
        let seen = self.kinds.snapshot().newest;
        let promise = Promise::read(&object)?;
        check_conditions(&promise)?;
        let schema = schema_of(&promise)?;
        drop(schema);
        self.check_claims(&promise, served, stored).await?;
        let digest = content_digest(&object, &promise.version);
        let name = revision_name(&promise.name, &digest);
        if stored.is_some_and(|stored| stored.spec != object.spec) {
            object.metadata.generation += 1;
        }
        let mut ops: Vec<Op> = nothing_newer(seen).collect();
        let previous = stored
            .and_then(|stored| stored.status.get("revision"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if previous != name {
            ops.extend(self.revision_ops(&promise, &object, &name, digest).await?);
            if !previous.is_empty() {
                ops.extend(self.retire_revision(&previous).await?);
            }
            ops.push(Op::WakeSelected { query: Box::new(made_from(&promise.name)), due: self.now() });
        }
        object.status = self.promise_status(&promise, &name, &object);
        let mut warnings = warnings(&promise);
        warnings.extend(promise::remarks(&object));
        Ok(Draft { object, ops, warnings })
    }

    /// State stores and destinations: typed, so that a wrong field is refused by name.
    pub(crate) fn admit_platform(&self, served: &Served, mut object: Object, stored: Option<&Object>) -> Result<Draft> {
        let name = &object.metadata.name;
        if served.kind == "StateStore" {
            checked::<StateStoreSpec>(&object.spec, served, name)?;
        } else if checked::<DestinationSpec>(&object.spec, served, name)?.state_store_ref.name.is_empty() {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("{} is invalid: spec.stateStoreRef.name: Required value", served.invalid_name(name)),
            ));
        }
        if stored.is_some_and(|stored| stored.spec != object.spec) {
            object.metadata.generation += 1;
        }
        // a new place, or a mended store, is what waiting resources wait for
        let ops = vec![Op::WakeSelected { query: Box::new(orchestrator::unsettled()), due: self.now() }];
        Ok(Draft { object, ops, warnings: Vec::new() })
    }

    /// The revision of a promise that is gone stays readable, and is no longer the current one.
    pub(crate) async fn after_delete(&self, served: &Served, object: &Object) -> Result<Option<Op>> {
        let revision =
            object.status.get("revision").and_then(Value::as_str).filter(|_| matches!(served.origin, Origin::Promise));
        tracing::info!(kind = served.kind, name = object.metadata.name, revision, "deleted");
        match revision {
            Some(revision) => self.retire_revision(revision).await,
            None => Ok(None),
        }
    }

    /// An API has one owner; a promise keeps the API it began with.
    async fn check_claims(&self, promise: &Promise, served: &Served, stored: Option<&Object>) -> Result<()> {
        let refuse = |message: String| {
            Err(Error::new(
                ErrorKind::Invalid,
                format!("{} is invalid: spec.api: {message}", served.invalid_name(&promise.name)),
            ))
        };
        for group in promise::GROUPS.into_iter().filter(|group| *group != served.group) {
            if self.store.by_name(group, "Promise", "", &promise.name).await?.is_some() {
                return refuse(format!("a promise of group {group} is named {:?} already", promise.name));
            }
        }
        let Some(api) = &promise.spec.api else { return Ok(()) };
        let taken = self.kinds.snapshot().kinds.iter().find_map(|kind| {
            let same = kind.group == api.group && (kind.plural == api.plural || kind.kind == api.kind);
            let other = kind.promised().is_none_or(|promised| promised.offer.promise.name != promise.name);
            (same && other).then(|| kind.clone())
        });
        if let Some(kind) = taken {
            let owner = kind.promised().map_or("Midspan", |promised| promised.offer.promise.name.as_str());
            return refuse(format!("{}.{} is already offered by {owner}", api.plural, api.group));
        }
        let before = match stored.and_then(|stored| stored.status.get("revision")).and_then(Value::as_str) {
            Some(revision) => self.offers.by_name(&self.store, revision).await?,
            None => None,
        };
        if let Some(old) = before.as_ref().and_then(|offer: &Arc<Offer>| offer.promise.spec.api.as_ref())
            && (old.group != api.group || old.kind != api.kind || old.plural != api.plural)
        {
            return refuse(format!(
                "group, kind and plural cannot change; they are {}, {} and {}",
                old.group, old.kind, old.plural
            ));
        }
        Ok(())
    }

    async fn revision_ops(
        &self,
        promise: &Promise,
        object: &Object,
        name: &str,
        digest: domain::Digest,
    ) -> Result<Vec<Op>> {
        if let Some(existing) = self.store.by_name(GROUP, "Revision", "", name).await? {
            // content that was current before is current again
            let mut revision = Typed::<RevisionKind>::parse(existing)?;
            revision.status.current = true;
            return Ok(vec![Op::Update(revision.to_object())]);
        }
        let mut content = object.clone();
        content.status = Value::Null;
        let metadata = domain::Metadata {
            name: name.to_owned(),
            uid: self.ids.uid("rev"),
            generation: 1,
            creation_timestamp: Some(self.now().to_second()),
            labels: [
                ("midspan.dev/promise".to_owned(), promise.name.clone()),
                ("midspan.dev/version".to_owned(), promise.version.clone()),
            ]
            .into(),
            ..domain::Metadata::default()
        };
        let spec = RevisionSpec { promise: promise.name.clone(), version: promise.version.clone(), digest, content };
        Ok(vec![Op::Create(Revision { metadata, spec, status: RevisionStatus { current: true } }.to_object())])
    }

    async fn retire_revision(&self, name: &str) -> Result<Option<Op>> {
        let Some(object) = self.store.by_name(GROUP, "Revision", "", name).await? else { return Ok(None) };
        let mut revision = Typed::<RevisionKind>::parse(object)?;
        revision.status.current = false;
        Ok(Some(Op::Update(revision.to_object())))
    }

    fn promise_status(&self, promise: &Promise, revision: &str, object: &Object) -> Value {
        let mut conditions = object
            .status
            .get("conditions")
            .and_then(|conditions| serde_json::from_value::<Vec<Condition>>(conditions.clone()).ok())
            .unwrap_or_default();
        for kind in ["Available", "Ready"] {
            let new = Condition {
                kind: kind.to_owned(),
                status: Truth::True,
                reason: "Served".to_owned(),
                message: "The promise's API is served".to_owned(),
                last_transition_time: self.now(),
                observed_generation: object.metadata.generation,
            };
            condition::set(&mut conditions, new);
        }
        let mut status = match &object.status {
            Value::Object(map) => map.clone(),
            _ => Map::new(),
        };
        status.insert("observedGeneration".to_owned(), json!(object.metadata.generation));
        status.insert("version".to_owned(), json!(promise.version));
        status.insert("revision".to_owned(), json!(revision));
        status.insert("status".to_owned(), json!("Available"));
        status.insert("phase".to_owned(), json!("Available"));
        status.insert("conditions".to_owned(), serde_json::to_value(conditions).unwrap_or_default());
        if let Some(api) = &promise.spec.api {
            status.insert("kind".to_owned(), json!(api.kind));
            status.insert("apiVersion".to_owned(), json!(format!("{}/{}", api.group, api.version)));
        }
        Value::Object(status)
    }
}

/// That no promise is newer than those that were looked at, here or on another replica.
fn nothing_newer(seen: i64) -> impl Iterator<Item = Op> {
    promise::GROUPS.into_iter().map(move |group| Op::Require {
        guard: Guard::Nothing { query: Box::new(Query::of_kind(group, "Promise")), since: seen },
        otherwise: Error::conflict("another promise was published at the same moment; try again"),
    })
}

/// Every step's condition can be asked.
fn check_conditions(promise: &Promise) -> Result<()> {
    let workflows = &promise.spec.workflows;
    let all = [
        ("resource/configure", &workflows.resource.configure),
        ("resource/delete", &workflows.resource.delete),
        ("promise/configure", &workflows.promise.configure),
        ("promise/delete", &workflows.promise.delete),
    ];
    for (occasion, pipelines) in all {
        for (pipeline_at, pipeline) in pipelines.iter().enumerate() {
            for (step_at, step) in pipeline.steps.iter().enumerate() {
                if let Some(source) = &step.condition {
                    let at = format!("/spec/workflows/{occasion}/{pipeline_at}/steps/{step_at}/if");
                    condition_of_step::check(source, &at)?;
                }
            }
        }
    }
    Ok(())
}

/// What a promise's author should know though it does not stop publishing.
fn warnings(promise: &Promise) -> Vec<String> {
    let Some(api) = &promise.spec.api else { return Vec::new() };
    forms::lint::lint(&api.schema)
        .into_iter()
        .map(|finding| format!("spec.api.schema{}: {}", finding.pointer, finding.message))
        .take(20)
        .collect()
}

/// The resources of a promise.
pub fn made_from(promise: &str) -> Query {
    Query { promise: Some(promise.to_owned()), resources: true, ..Query::default() }
}

/// The label every resource of a promise carries.
pub fn promise_of(object: &Object) -> &str {
    object.metadata.labels.get(PROMISE_LABEL).map_or("", String::as_str)
}

/// Applies a document as the server itself, creating or replacing: how the starter catalog is seeded.
pub async fn publish(services: &Services, asker: &Asker, document: Value) -> Result<()> {
    use super::{objects::WriteOptions, patches::Change};
    let object = Object::from_value(document.clone())?;
    let snapshot = services.kinds.snapshot();
    let served = snapshot
        .by_kind(&object.api_version, &object.kind)
        .ok_or_else(|| Error::bad_request(format!("no kind {} is served in {}", object.kind, object.api_version)))?;
    match services.create(asker, &served, &object.metadata.namespace, document.clone(), WriteOptions::default()).await {
        Err(error) if error.kind == ErrorKind::AlreadyExists => {
            let change = Change::Merge(document);
            services
                .change(
                    asker,
                    &served,
                    &object.metadata.namespace,
                    &object.metadata.name,
                    &change,
                    WriteOptions::default(),
                )
                .await
                .map(drop)
        }
        result => result.map(drop),
    }
}
