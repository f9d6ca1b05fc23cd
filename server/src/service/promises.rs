//! Publishing: a promise's content becomes an immutable revision, its API is served at once, its resources are looked at again.

use super::{
    Asker, Services,
    kinds::{Origin, Served, Snapshot, schema_of},
    metadata::cause,
    objects::{Draft, WriteOptions},
    revisions::{NEW_REVISION, mark},
    steps::check_steps,
};
use domain::{
    Error, ErrorKind, Object, Result,
    destination::Destination,
    facets::PROMISE_LABEL,
    object::{GROUP, Typed},
    plan::{self, FINALIZER, Observed, Offer, PAUSED, RECONCILE_RESOURCES, Subject},
    promise::{
        self, Availability, PROMISE_OF_REVISION, Promise, PromiseStatus, ROUND, Revision, RevisionKind, RevisionSpec,
        RevisionStatus, VERSION_OF_REVISION, annotated_interval, content_digest, revision_name,
    },
    selector::{Requirement, Selector},
};
use orchestrator::made_from;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
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
        let promise = Promise::read(&object)?;
        leave_with_order(&promise, &mut object);
        if let Some(stored) = stored.filter(|stored| stored.spec == object.spec && stored.metadata == object.metadata) {
            return Ok(Draft { object: stored.clone(), ops: Vec::new(), warnings: Vec::new() });
        }
        if let Some(stored) = stored.filter(|stored| stored.spec == object.spec) {
            // the same content in another order of its fields is no new revision
            object.spec = stored.spec.clone();
        }
        // the look at who offers what is as old as this, whatever is published meanwhile
        if stored.is_none_or(|stored| stored.spec != object.spec) {
            check_steps(&promise, served)?;
            super::actions::check(&promise)?;
        }
        let snapshot = self.kinds.snapshot();
        let seen = snapshot.newest;
        let schema = schema_of(&promise)?;
        self.check_claims(&promise, served, stored).await?;
        check_requirements(&promise, served, &snapshot)?;
        let digest = content_digest(&object, &promise.version);
        let name = revision_name(&promise.name, &digest);
        if stored.is_some_and(|stored| stored.spec != object.spec) {
            object.metadata.generation += 1;
        }
        let mut ops: Vec<Op> = nothing_newer(seen).collect();
        let mut warnings = warnings(&promise);
        warnings.extend(promise::remarks(&object));
        warnings.extend(self.goes_nowhere(&promise).await?);
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
            // a version of it may be what others need
            let selected = [made_from(&promise.name), orchestrator::waiting()].map(Box::new);
            ops.extend(selected.map(|query| Op::WakeSelected { query, due: self.now() }));
            ops.extend(snapshot.dependents(&promise.name).map(|uid| self.wake_promise(uid)));
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
        ops.push(self.wake_promise(&object.metadata.uid));
        object.status = self.promise_status(&promise, &name, &object, &snapshot);
        warnings.extend(missing(&promise, &snapshot));
        Ok(Draft { object, ops, warnings })
    }

    /// What a Kratix promise makes is there to be placed, and dependencies are: said when no destination would take it.
    async fn goes_nowhere(&self, promise: &Promise) -> Result<Option<String>> {
        if !promise.kratix && promise.spec.dependencies.is_empty() {
            return Ok(None);
        }
        let selectors = &promise.spec.destination_selectors;
        let destinations = orchestrator::destinations(&self.store).await?;
        let takes = |one: &Destination| !one.deleting() && selectors.iter().all(|each| each.matches(one.labels()));
        let labels: Vec<String> =
            selectors.iter().flat_map(|one| &one.match_labels).map(|(k, v)| format!("{k}={v}")).collect();
        Ok((!destinations.iter().any(takes)).then(|| match (destinations.is_empty(), labels.is_empty()) {
            (true, _) => "there is no destination yet: what it places waits until there is one".to_owned(),
            (_, true) => "no destination is as it asks: what it places waits until one is".to_owned(),
            (_, false) => {
                format!("no destination has the labels {}: what it places waits until one has", labels.join(","))
            }
        }))
    }

    /// A promise takes its revisions along, and whoever requires it must know.
    pub(crate) async fn after_delete(&self, served: &Served, object: &Object) -> Result<Vec<Op>> {
        if matches!(served.origin, Origin::Binding) {
            return Ok(self.binding_gone(object).await?.into_iter().collect());
        }
        if matches!(served.origin, Origin::Health) {
            return self.wake_recorded(object).await;
        }
        let name = &object.metadata.name;
        tracing::info!(kind = served.kind, name, "deleted");
        if !matches!(served.origin, Origin::Promise) {
            return Ok(Vec::new());
        }
        let of_it = Requirement::In(PROMISE_OF_REVISION.to_owned(), vec![name.clone()]);
        let labels = Selector { requirements: vec![of_it] };
        let revisions = self.store.list(&Query { labels, ..Query::of_kind(GROUP, "Revision") }).await?.objects;
        let gone = revisions.into_iter().map(|revision| Op::Remove { uid: revision.metadata.uid, version: None });
        let queries = orchestrator::promises().into_iter().chain([orchestrator::releases()]);
        let others = queries.map(|query| Op::WakeSelected { query: Box::new(query), due: self.now() });
        Ok(gone.chain(others).collect())
    }

    /// What a delete of a promise writes beside the mark on it: all that was made from it must see that nothing new may begin.
    pub(crate) fn on_promise_delete(&self, object: &Object) -> Vec<Op> {
        let resources = Op::WakeSelected { query: Box::new(made_from(&object.metadata.name)), due: self.now() };
        vec![self.wake_promise(&object.metadata.uid), resources]
    }

    pub(crate) fn wake_promise(&self, uid: &str) -> Op {
        Op::Wake { key: uid.to_owned(), lane: String::new(), due: self.now() }
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
                return Err(Error::new(
                    ErrorKind::AlreadyExists,
                    format!(
                        "{} is taken: metadata.name: a promise of group {group} has this name; names are unique over both formats. Delete that one (`midspan delete promises.{group} {}`), or give this one another name",
                        served.invalid_name(&promise.name),
                        promise.name
                    ),
                ));
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

    fn promise_status(&self, promise: &Promise, revision: &str, object: &Object, snapshot: &Snapshot) -> Value {
        let mut status = PromiseStatus::read(&object.status);
        let new = status.revision.is_empty();
        revision.clone_into(&mut status.revision);
        status.version.clone_from(&promise.version);
        status.observed_generation = object.metadata.generation;
        if let Some(api) = &promise.spec.api {
            status.kind.clone_from(&api.kind);
            status.api_version = format!("{}/{}", api.group, api.version);
        }
        if new && promise.spec.requires.is_empty() && promise.spec.workflows.promise.configure.is_empty() {
            status.status = Availability::Available;
            status.last_available_time = Some(self.now());
        } else if new {
            "Pending".clone_into(&mut status.message);
        }
        status.status.as_str().clone_into(&mut status.phase);
        let object = Object { status: status.to_value(), ..object.clone() };
        if object.metadata.finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
            return object.status;
        }
        // nothing is to be done for it, so what its first pass would say is known now
        let offer = Offer { revision: revision.to_owned(), promise: promise.clone() };
        let observed = Observed {
            resource: object,
            subject: Subject::Promise(snapshot.around(promise)),
            offer: Some(Arc::new(offer)),
            ..Observed::default()
        };
        plan::plan(observed, self.now()).next.resource.status
    }
}

/// That no promise is newer than those that were looked at, here or on another replica.
fn nothing_newer(seen: i64) -> impl Iterator<Item = Op> {
    promise::GROUPS.into_iter().map(move |group| Op::Require {
        guard: Guard::Nothing { query: Box::new(Query::of_kind(group, "Promise")), since: seen },
        otherwise: Error::conflict("another promise was published at the same moment; try again"),
    })
}

/// A promise that places or does something of its own goes by the orchestrator's hand.
fn leave_with_order(promise: &Promise, object: &mut Object) {
    let spec = &promise.spec;
    let own = &spec.workflows.promise;
    let owns = !(spec.dependencies.is_empty() && own.configure.is_empty() && own.delete.is_empty());
    let finalizers = &mut object.metadata.finalizers;
    if owns && object.metadata.deletion_timestamp.is_none() && !finalizers.iter().any(|f| f == FINALIZER) {
        finalizers.push(FINALIZER.to_owned());
    }
}

/// Promises that require each other in a circle would wait for ever.
fn check_requirements(promise: &Promise, served: &Served, snapshot: &Snapshot) -> Result<()> {
    let names = |requires: &[promise::Requirement]| requires.iter().map(|required| required.name.clone()).collect();
    let mut all: BTreeMap<String, Vec<String>> =
        snapshot.promises.iter().map(|(name, published)| (name.clone(), names(&published.requires))).collect();
    all.insert(promise.name.clone(), names(&promise.spec.requires));
    let circle = promise::cycle(&promise.name, &all);
    if circle.is_empty() {
        return Ok(());
    }
    let field = if promise.kratix { "spec.requiredPromises" } else { "spec.requires" };
    let message = format!("the requirements go in a circle: {}", circle.join(" requires "));
    let cause = cause("FieldValueInvalid", field, format!("Invalid value: {message}"));
    Err(forms::admission::refusal(&served.invalid_name(&promise.name), vec![cause]))
}

/// As in Kratix, what is required may come later.
fn missing(promise: &Promise, snapshot: &Snapshot) -> Vec<String> {
    let missing = promise.spec.requires.iter().filter(|required| !snapshot.promises.contains_key(&required.name));
    let told = |required: &promise::Requirement| {
        format!("the promise {} is required and not there yet: requests will wait until it is", required.name)
    };
    missing.map(told).collect()
}

/// What a promise's author should know though it does not stop publishing.
fn warnings(promise: &Promise) -> Vec<String> {
    const MOST: usize = 20;
    let Some(api) = &promise.spec.api else { return Vec::new() };
    let findings = forms::lint::lint(&api.schema).into_iter();
    let findings = findings.map(|finding| format!("spec.api.schema{}: {}", finding.pointer, finding.message));
    let names = orchestrator::steps::names::unknown(promise).into_iter().take(MOST);
    findings.take(MOST).chain(names).collect()
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
