//! The end of a resource's time: what may be written about it, how it is put off, and what happens when it has come.

use super::{
    Asker, Services,
    kinds::{Promised, Served},
    metadata::cause,
    objects::{Precondition, WriteOptions},
};
use domain::{
    Caller, Error, ErrorKind, Object, Result, Timestamp,
    caller::{PLATFORM, Verb},
    event::{Event, Level},
    expiry::{EXPIRES_AT, end_of},
    request::{Operation, Request, RequestPhase, RequestSpec},
    run::ResourceRef,
};
use serde_json::json;
use std::time::Duration;
use store::Op;

/// How often an extension is tried again when the resource has just changed.
const ATTEMPTS: usize = 20;
/// What a deletion's request says about why.
pub const EXPIRED: &str = "expired";

impl Services {
    /// Puts off the end of a resource's time. It is done when this returns; the request is its record.
    pub async fn extend(
        &self,
        asker: &Asker,
        served: &Served,
        (namespace, name): (&str, &str),
        by: Option<Duration>,
        dry_run: bool,
    ) -> Result<Request> {
        self.authorise(asker, Verb::Write, served, namespace)?;
        for attempt in 1.. {
            match self.extend_once(asker, served, (namespace, name), by, dry_run).await {
                Err(error) if error.kind == ErrorKind::Conflict && error.causes.is_empty() && attempt < ATTEMPTS => {}
                result => return result,
            }
        }
        unreachable!("the loop returns")
    }

    async fn extend_once(
        &self,
        asker: &Asker,
        served: &Served,
        (namespace, name): (&str, &str),
        by: Option<Duration>,
        dry_run: bool,
    ) -> Result<Request> {
        let current = served.promised().ok_or_else(|| Error::bad_request(format!("{} have no end", served.plural)))?;
        let stored = self.stored(served, namespace, name).await?;
        let promised = self.bound(current, &stored).await?;
        let refused = |why: String| {
            Error::invalid(format!("{} cannot be extended: {why}", served.invalid_name(name)), Vec::new())
        };
        let promise = &promised.offer.promise;
        let policy = promise.spec.expiry.as_ref().ok_or_else(|| refused("the promise has no expiry".to_owned()))?;
        let end = end_of(&stored).ok_or_else(|| refused("its time has no end".to_owned()))?;
        if stored.deleting() {
            return Err(refused("it is being deleted".to_owned()));
        }
        let now = self.now();
        let created = stored.metadata.creation_timestamp.unwrap_or(now);
        let new = policy.extended(created, end, by, now).map_err(refused)?;
        let mut object = stored.clone();
        object.metadata.annotations.insert(EXPIRES_AT.to_owned(), new.to_string());
        let spec = RequestSpec {
            operation: Operation::Extend,
            promise: promise.name.clone(),
            resource: ResourceRef::to(&object),
            input: json!({"from": end, "until": new}),
            generation: object.metadata.generation,
            asked_by: asker.caller.name.clone(),
            source: asker.source.clone(),
            ..RequestSpec::default()
        };
        let mut request = Request::submitted(&self.ids.uid("req"), spec, now);
        request.metadata.owner_references = vec![object.as_owner()];
        request.status.phase = RequestPhase::Succeeded;
        request.status.finished_at = Some(now);
        if dry_run {
            return Ok(request);
        }
        let words = format!("{} extended it until {new}", asker.caller.name);
        let metadata = &object.metadata;
        let mut ops = vec![
            Op::Create(request.to_object()),
            Op::Event(Event::about(&object, now, Level::Normal, "Extended", words).by(&asker.caller.name)),
            Op::Wake { key: metadata.uid.clone(), lane: metadata.namespace.clone(), due: now },
        ];
        let told = json!({"request": request.metadata.name, "from": end, "until": new});
        ops.push(self.audit(asker, "extend", None, Some(&Object { spec: told, ..object.clone() })));
        ops.push(Op::Update(object));
        self.store.commit(ops).await?;
        Ok(request)
    }

    /// Asks for the deletion of a resource whose time is over, unless it was extended meanwhile.
    pub(crate) async fn delete_expired(&self, resource: &Object) -> Result<()> {
        let found = self.kinds.snapshot().by_kind(&resource.api_version, &resource.kind);
        let served = found.ok_or_else(|| Error::not_found(&resource.kind, &resource.metadata.name))?;
        let precondition = Precondition {
            uid: Some(resource.metadata.uid.clone()),
            over_at: Some(self.now()),
            ..Precondition::default()
        };
        let caller =
            Caller { name: "system:expiry".to_owned(), groups: vec![PLATFORM.to_owned()], ..Caller::default() };
        let asker = Asker { caller, source: "server".to_owned(), ..Asker::default() };
        let (namespace, name) = (&resource.metadata.namespace, &resource.metadata.name);
        let options = WriteOptions { because: EXPIRED, ..WriteOptions::default() };
        match self.delete(&asker, &served, namespace, name, &precondition, options).await {
            Err(error) if error.kind != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// What is written about the end of a resource's time, checked; what is left out stays as it was. Returns what its writer should know.
pub(crate) fn admit(
    served: &Served,
    promised: &Promised,
    object: &mut Object,
    stored: Option<&Object>,
    now: Timestamp,
) -> Result<Option<String>> {
    let before = stored.and_then(|stored| stored.metadata.annotations.get(EXPIRES_AT));
    let policy = &promised.offer.promise.spec.expiry;
    let Some(text) = object.metadata.annotations.get(EXPIRES_AT) else {
        if let Some(before) = before.filter(|_| policy.is_some()) {
            object.metadata.annotations.insert(EXPIRES_AT.to_owned(), before.clone());
        }
        return Ok(None);
    };
    if before == Some(text) {
        return Ok(None);
    }
    let refused = |why: String| {
        let field = format!("metadata.annotations[{EXPIRES_AT}]");
        let cause = cause("FieldValueInvalid", &field, format!("Invalid value: {text:?}: {why}"));
        forms::admission::refusal(&served.invalid_name(&object.metadata.name), vec![cause])
    };
    let asked =
        Timestamp::parse(text).ok_or_else(|| refused("must be a time such as 2026-12-01T12:00:00Z".to_owned()))?;
    let Some(policy) = policy else {
        return Ok(Some(format!("the promise has no expiry, so the annotation {EXPIRES_AT} has no effect")));
    };
    let created = object.metadata.creation_timestamp.unwrap_or(now);
    policy.written(created, stored.and_then(end_of), asked, now).map_err(refused)?;
    Ok(None)
}
