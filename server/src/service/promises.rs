//! Publishing: a promise's content becomes an immutable revision, its API is served at once, its resources are looked at again.

use super::{
    Asker, Services,
    kinds::{Origin, Served, schema_of},
    objects::{Draft, WriteOptions, checked},
    revisions::{NEW_REVISION, mark},
};
use domain::{
    Error, ErrorKind, Object, Result,
    condition::{self, Condition, Truth},
    destination::{DestinationSpec, StateStoreSpec},
    facets::PROMISE_LABEL,
    object::{GROUP, Typed},
    plan::{Offer, PAUSED, RECONCILE_RESOURCES},
    promise::{
        self, PROMISE_OF_REVISION, Promise, ROUND, Revision, RevisionKind, RevisionSpec, RevisionStatus,
        VERSION_OF_REVISION, annotated_interval, content_digest, revision_name,
    },
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
        options: WriteOptions,
    ) -> Result<Draft> {
        let new_revision = options.new_revision
            | object.metadata.annotations.remove(NEW_REVISION).is_some_and(|value| value == "true");
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
        self.check_claims(&promise, served, stored).await?;
        let digest = content_digest(&object, &promise.version);
        let name = revision_name(&promise.name, &digest);
        if stored.is_some_and(|stored| stored.spec != object.spec) {
            object.metadata.generation += 1;
        }
        let mut ops: Vec<Op> = nothing_newer(seen).collect();
        let mut warnings = warnings(&promise);
        warnings.extend(promise::remarks(&object));
        let previous = stored
            .and_then(|stored| stored.status.get("revision"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if previous != name {
            if stored.is_some() && !new_revision {
                self.check_version(&promise, served, &object, &name).await?;
            }
            if stored.is_some() && self.schema_changes(&promise, &previous).await? {
                let fleet = self.fleet(&promise.name, &schema).await?;
                if fleet.breaking > 0 && !options.accept_breaking {
                    return Err(fleet.refusal(&served.invalid_name(&promise.name)));
                }
                warnings.extend(fleet.warnings());
            }
            ops.extend(self.revision_ops(&promise, &object, &name, digest).await?);
            if !previous.is_empty() {
                ops.extend(self.retire_revision(&previous).await?);
            }
            ops.push(Op::WakeSelected { query: Box::new(made_from(&promise.name)), due: self.now() });
        }
        let asked_again = object.metadata.labels.remove(RECONCILE_RESOURCES).is_some_and(|value| value == "true");
        if asked_again {
            // counted, not handed on: each resource sees for itself that it has not run since
            let round = object.status.get(ROUND).and_then(Value::as_u64).unwrap_or(0) + 1;
            object.status[ROUND] = json!(round);
        }
        let paused = |object: &Object| object.metadata.labels.get(PAUSED).is_some_and(|value| value == "true");
        let interval = |object: &Object| annotated_interval(object);
        if stored.is_some_and(|stored| paused(stored) != paused(&object) || interval(stored) != interval(&object))
            || asked_again
        {
            ops.push(Op::WakeSelected { query: Box::new(made_from(&promise.name)), due: self.now() });
        }
        object.status = self.promise_status(&promise, &name, &object);
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
        if matches!(served.origin, Origin::Binding) {
            return self.binding_gone(object).await;
        }
        let revision =
            object.status.get("revision").and_then(Value::as_str).filter(|_| matches!(served.origin, Origin::Promise));
        tracing::info!(kind = served.kind, name = object.metadata.name, revision, "deleted");
        match revision {
            Some(revision) => self.retire_revision(revision).await,
            None => Ok(None),
        }
    }

    /// Whether what is asked of resources is another thing than before.
    async fn schema_changes(&self, promise: &Promise, previous: &str) -> Result<bool> {
        let before = self.offers.by_name(&self.store, previous).await?;
        let schema = |promise: &Promise| promise.spec.api.as_ref().map(|api| api.schema.clone());
        Ok(before.is_some_and(|before| schema(&before.promise) != schema(promise)))
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
        let before = match stored.and_then(|stored| stored.status.get("revision")).and_then(Value::as_str) {
            Some(revision) => self.offers.by_name(&self.store, revision).await?,
            None => None,
        };
        let Some(api) = &promise.spec.api else {
            if before.is_some_and(|offer| offer.promise.spec.api.is_some()) {
                return refuse("it cannot be taken away; delete the promise to end its API".to_owned());
            }
            return Ok(());
        };
        let taken = self.kinds.snapshot().kinds.iter().find_map(|kind| {
            let same = kind.group == api.group && (kind.plural == api.plural || kind.kind == api.kind);
            let other = kind.promised().is_none_or(|promised| promised.offer.promise.name != promise.name);
            (same && other).then(|| kind.clone())
        });
        if let Some(kind) = taken {
            let owner = kind.promised().map_or("Midspan", |promised| promised.offer.promise.name.as_str());
            return refuse(format!("{}.{} is already offered by {owner}", api.plural, api.group));
        }
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
            mark(&mut revision, true);
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
                (PROMISE_OF_REVISION.to_owned(), promise.name.clone()),
                (VERSION_OF_REVISION.to_owned(), promise.version.clone()),
            ]
            .into(),
            ..domain::Metadata::default()
        };
        let spec = RevisionSpec { promise: promise.name.clone(), version: promise.version.clone(), digest, content };
        let mut revision = Revision { metadata, spec, status: RevisionStatus::default() };
        mark(&mut revision, true);
        Ok(vec![Op::Create(revision.to_object())])
    }

    async fn retire_revision(&self, name: &str) -> Result<Option<Op>> {
        let Some(object) = self.store.by_name(GROUP, "Revision", "", name).await? else { return Ok(None) };
        let mut revision = Typed::<RevisionKind>::parse(object)?;
        mark(&mut revision, false);
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
    use super::patches::Change;
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
