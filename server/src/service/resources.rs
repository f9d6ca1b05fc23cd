//! What a promise offers, asked for: its schema judges the spec, a request records the asking, the orchestrator is woken.

use super::{
    Asker, Errand, Services, expiry,
    kinds::{Promised, Served},
    objects::{Draft, UnknownFields, WriteOptions},
    pins::annotated,
    secrets::LAST_APPLIED,
    spec_secrets::{Holder, OpenSpec, Source},
    unknown::judged,
};
use domain::{
    Error, Object, Result, Typed,
    event::{Event, Level},
    facets::{PROMISE_LABEL, REQUESTED_BY},
    plan::{ASKED_AGAIN_BY, CHILD, CHILD_OF_STEP, CHILD_WAIT, FINALIZER, RECONCILE},
    request::{Operation, Request, RequestSpec},
    run::ResourceRef,
};
use forms::{Schema, secrets::secret_places};
use serde_json::{Value, json};
use std::sync::Arc;
use store::Op;

/// What tells where a resource comes from. Who could write that could act in another's name, or slip his own under another's resource.
const ORIGIN: [&str; 4] = [REQUESTED_BY, CHILD, CHILD_OF_STEP, CHILD_WAIT];

impl Services {
    /// Validates and defaults a resource, and says what is written with it.
    pub(crate) async fn admit_resource(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        promised: &Arc<Promised>,
        mut object: Object,
        stored: Option<&Object>,
        options: WriteOptions,
    ) -> Result<Draft> {
        let sealed = self.admit_secretly(asker, served, promised, &mut object, stored, options.unknown_fields).await?;
        let Sealed { mut warnings, ops: seals } = sealed;
        warnings.extend(expiry::admit(served, promised, &mut object, stored, self.now())?);
        let promise = &promised.offer.promise.name;
        object.metadata.labels.insert(PROMISE_LABEL.to_owned(), promise.clone());
        keep_origin(&mut object, stored, &asker.errand);
        let draft = match &asker.errand {
            Errand::Draft(uid) => Some(uid.as_str()),
            Errand::Wish | Errand::Child => None,
        };
        let operation = match stored {
            None => {
                object.metadata.labels.insert(REQUESTED_BY.to_owned(), domain::name::to_value(&asker.caller.name));
                object.metadata.finalizers.push(FINALIZER.to_owned());
                object.metadata.finalizers.dedup();
                object.status = json!({"phase": "Pending", "message": "Resource requested"});
                Some(Operation::Create)
            }
            Some(stored) if !stored.deleting() && !object.metadata.finalizers.iter().any(|f| f == FINALIZER) => {
                // who replaces the whole object must not make Midspan forget what it placed
                object.metadata.finalizers.push(FINALIZER.to_owned());
                changed_spec(stored, &mut object)
            }
            Some(stored) if stored.deleting() && stored.spec != object.spec => {
                return Err(Error::conflict(format!(
                    "{} is being deleted; its spec can no longer change",
                    served.invalid_name(&object.metadata.name)
                )));
            }
            Some(stored) => changed_spec(stored, &mut object),
        };
        let mut ops = seals;
        if let Some(operation) = operation {
            let asked = Asked { operation, draft, because: "" };
            ops.extend(self.asked(asker, promise, &object, asked));
            // what it holds is the resource's from now on
            ops.extend(draft.map(|uid| Op::UnsealAll { uid: uid.to_owned() }));
        }
        let asks_again = asks_again(stored, &object);
        let by = if asks_again { Some(&asker.caller.name) } else { stored.and_then(asked_again_by) };
        let annotations = &mut object.metadata.annotations;
        match by {
            Some(by) => _ = annotations.insert(ASKED_AGAIN_BY.to_owned(), by.clone()),
            None => _ = annotations.remove(ASKED_AGAIN_BY),
        }
        if asks_again {
            let by = &asker.caller.name;
            let message = format!("{by} asked to run it again");
            ops.push(Op::Event(Event::about(&object, self.now(), Level::Normal, "RunAgainRequested", message).by(by)));
        }
        let (before, held) = (stored.and_then(annotated), annotated(&object));
        if stored.is_some() && before != held {
            ops.push(self.held(asker, &object, held));
        }
        ops.push(self.wake_resource(&object));
        Ok(Draft { object, ops, warnings })
    }

    /// The line on the time line when a resource is held at another version than before, or at none any more.
    pub(crate) fn held(&self, asker: &Asker, resource: &Object, version: Option<&str>) -> Op {
        let who = &asker.caller.name;
        let (reason, message) = match version {
            Some(version) => ("Pinned", format!("{who} holds it at version {version} of its promise")),
            None => ("Unpinned", format!("{who} lets it follow its promise again")),
        };
        Op::Event(Event::about(resource, self.now(), Level::Normal, reason, message).by(who))
    }

    /// What a delete of a resource writes beside the mark on it.
    pub(crate) fn on_resource_delete(&self, asker: &Asker, served: &Served, object: &Object, because: &str) -> Vec<Op> {
        let Some(promised) = served.promised() else { return Vec::new() };
        let asked = Asked { operation: Operation::Delete, draft: None, because };
        let mut ops = self.asked(asker, &promised.offer.promise.name, object, asked);
        ops.push(self.wake_resource(object));
        ops
    }

    fn wake_resource(&self, object: &Object) -> Op {
        Op::Wake { key: object.metadata.uid.clone(), lane: object.metadata.namespace.clone(), due: self.now() }
    }

    /// The request and the line on the time line. A draft that is carried out keeps its identity.
    fn asked(
        &self,
        asker: &Asker,
        promise: &str,
        object: &Object,
        Asked { operation, draft, because }: Asked<'_>,
    ) -> Vec<Op> {
        let now = self.now();
        let uid = draft.map_or_else(|| self.ids.uid("req"), ToOwned::to_owned);
        let spec = RequestSpec {
            operation,
            promise: promise.to_owned(),
            resource: ResourceRef::to(object),
            input: if operation == Operation::Delete { Value::Null } else { object.spec.clone() },
            metadata: None,
            based_on: String::new(),
            generation: object.metadata.generation,
            action: String::new(),
            reason: because.to_owned(),
            asked_by: asker.caller.name.clone(),
            source: asker.source.clone(),
        };
        let mut request = Request::submitted(&uid, spec, now);
        request.metadata.owner_references = vec![object.as_owner()];
        let verb = match operation {
            Operation::Create => "Requested",
            Operation::Update => "ChangeRequested",
            Operation::Delete => "DeleteRequested",
            Operation::Action | Operation::Extend => "ActionRequested",
        };
        let why = if because.is_empty() { String::new() } else { format!(": {because}") };
        let message = format!(
            "{} asked to {} it (generation {}){why}",
            asker.caller.name,
            operation.as_str(),
            object.metadata.generation
        );
        let event = Event::about(object, now, Level::Normal, verb, message).by(&asker.caller.name);
        vec![Op::Put(request.to_object()), Op::Event(event)]
    }
}

impl Services {
    /// Judges a spec with its secrets in clear, and leaves it with what stands for them.
    async fn admit_secretly(
        &self,
        asker: &Asker,
        served: &Served,
        promised: &Promised,
        object: &mut Object,
        stored: Option<&Object>,
        unknown: UnknownFields,
    ) -> Result<Sealed> {
        if !promised.schema.has_secrets() {
            let warnings = admit_spec(served, promised, object, stored, unknown)?;
            return Ok(Sealed { warnings, ops: Vec::new() });
        }
        let mut sources = Vec::new();
        if let Some(stored) = stored {
            sources.push(self.source_of(stored).await?);
        }
        if let Errand::Draft(uid) = &asker.errand
            && let Some(draft) = self.store.by_uid(uid).await?
        {
            sources.push(self.source_of_draft(&Typed::parse(draft)?).await?);
        }
        if asker.errand == Errand::Child
            && let Some(owner) = object.owner()
            && let Some(parent) = self.store.by_uid(&owner.uid).await?
        {
            sources.push(self.source_of(&parent).await?);
        }
        let before = stored.and(sources.first());
        let (open, warnings) = self.admit_open(asker, served, promised, object, (before, &sources), unknown).await?;
        let holder = Holder { metadata: &object.metadata, before, standing: None, marks_stay: 0 };
        let ops = self.seal_spec(&promised.schema, &mut object.spec, &open, holder).await?;
        forget_applied(&promised.schema, object);
        Ok(Sealed { warnings, ops })
    }

    /// Judges a spec with its secrets in clear, and leaves them so.
    pub(crate) async fn admit_open(
        &self,
        asker: &Asker,
        served: &Served,
        promised: &Promised,
        object: &mut Object,
        (stored, sources): (Option<&Source>, &[Source]),
        unknown: UnknownFields,
    ) -> Result<(OpenSpec, Vec<String>)> {
        let what = served.invalid_name(&object.metadata.name);
        let namespace = object.metadata.namespace.clone();
        // the first source is the resource itself, where there is one
        let schema = &promised.schema;
        let nothing = Source::default();
        let known: Vec<&Source> = stored.is_none().then_some(&nothing).into_iter().chain(sources).collect();
        let open = self.open_spec(asker, schema, &namespace, &object.spec, &known, &what).await?;
        object.spec.clone_from(&open.spec);
        let before = stored.map(Source::in_clear).transpose()?.map(|spec| Object { spec, ..object.clone() });
        let admitted = admit_spec(served, promised, object, before.as_ref(), unknown);
        let warnings = admitted.map_err(|error| open.covered(error))?;
        Ok((open, warnings))
    }
}

/// A spec that was admitted, with what is to be sealed.
struct Sealed {
    warnings: Vec<String>,
    ops: Vec<Op>,
}

/// Takes the secrets out of what a client noted of its last apply; what cannot be read goes whole.
fn forget_applied(schema: &Schema, object: &mut Object) {
    let Some(text) = object.metadata.annotations.remove(LAST_APPLIED) else { return };
    let Ok(mut applied) = serde_json::from_str::<Value>(&text) else { return };
    if let Some(spec) = applied.get_mut("spec") {
        for pointer in secret_places(schema, spec) {
            if let Some(place) = spec.pointer_mut(&pointer) {
                *place = json!("");
            }
        }
    }
    object.metadata.annotations.insert(LAST_APPLIED.to_owned(), format!("{applied}\n"));
}

/// What was asked of a resource.
struct Asked<'a> {
    operation: Operation,
    /// The draft it carries out.
    draft: Option<&'a str>,
    because: &'a str,
}

/// Prunes, fills in defaults, validates. Returns the warnings.
pub(crate) fn admit_spec(
    served: &Served,
    promised: &Promised,
    object: &mut Object,
    stored: Option<&Object>,
    unknown: UnknownFields,
) -> Result<Vec<String>> {
    if !object.spec.is_object() {
        if !object.spec.is_null() {
            return Err(Error::bad_request(format!(
                "spec must be an object, not {}",
                domain::object::type_name(&object.spec)
            )));
        }
        object.spec = json!({});
    }
    let old = stored.map(|stored| &stored.spec);
    let admission = forms::admission::admit(&promised.schema, &object.spec, old, "spec");
    let mut dropped = admission.dropped.clone();
    dropped.extend(object.rest.keys().cloned());
    object.rest.clear();
    let warnings = judged(served, dropped, unknown)?;
    object.spec = admission.into_result(&served.invalid_name(&object.metadata.name))?;
    Ok(warnings)
}

/// Whether this change asks for a run of what is there already.
fn asks_again(stored: Option<&Object>, object: &Object) -> bool {
    let asked = |object: &Object| object.metadata.labels.get(RECONCILE).is_some_and(|value| value == "true");
    stored.is_some_and(|stored| !asked(stored)) && asked(object)
}

/// As it was written when it was asked: nobody asks in another's name.
fn asked_again_by(stored: &Object) -> Option<&String> {
    stored.metadata.annotations.get(ASKED_AGAIN_BY)
}

fn changed_spec(stored: &Object, object: &mut Object) -> Option<Operation> {
    (stored.spec != object.spec).then(|| {
        object.metadata.generation += 1;
        Operation::Update
    })
}

/// The labels of its origin stay as they were written when it came. Only a step's own write names a child.
fn keep_origin(object: &mut Object, stored: Option<&Object>, errand: &Errand) {
    let kept = if *errand == Errand::Child { &ORIGIN[..1] } else { &ORIGIN[..] };
    for label in kept {
        match stored.and_then(|stored| stored.metadata.labels.get(*label)) {
            Some(value) => _ = object.metadata.labels.insert((*label).to_owned(), value.clone()),
            None => _ = object.metadata.labels.remove(*label),
        }
    }
}
