//! Forms on their way: one that is not filled in to its end, and what fields said that are hidden now.

use super::{
    Asker, Services,
    kinds::{Promised, Served},
    objects::UnknownFields,
    spec_secrets::{Holder, OpenSpec, Source},
};
use domain::{
    Error, ErrorKind, Object, Result,
    caller::Verb,
    request::{Operation, Request, RequestPhase, RequestSpec, RequestStatus},
    run::ResourceRef,
};
use serde_json::{Map, Value};
use std::sync::Arc;
use store::Op;

/// On a draft: what stood in fields that were hidden when it was made, as JSON. It is not asked for, but the form shows it again.
const HIDDEN: &str = "midspan.dev/hidden-fields";

/// Larger than this nothing is remembered.
const MOST: usize = 16 * 1024;

/// On a draft of a form that is not filled in to its end.
const PARTLY: &str = "midspan.dev/not-filled-in";

/// A form as it came in, to be kept.
#[derive(Clone, Debug, Default)]
pub struct Given<'a> {
    pub namespace: &'a str,
    /// May be missing, or illegal, in a form that is not filled in to its end.
    pub name: &'a str,
    pub spec: Value,
    /// The generation the form was made from; without it the resource must be new.
    pub editing: Option<&'a str>,
    /// The draft the form goes on from.
    pub from: Option<&'a Request>,
}

impl Services {
    /// Keeps what a form gave as a draft that can be submitted.
    pub async fn draft_from(&self, asker: &Asker, served: &Arc<Served>, given: Given<'_>) -> Result<Request> {
        let Given { namespace, name, spec, editing, from } = given;
        self.authorise(asker, Verb::Write, served, namespace)?;
        let promised = served
            .promised()
            .cloned()
            .ok_or_else(|| Error::bad_request(format!("{} are not requested", served.plural)))?;
        let stored = self.store.by_name(&served.group, &served.kind, namespace, name).await?;
        may_follow(served, stored.as_ref(), name, namespace, editing)?;
        let mut object = self.wanted(served, namespace, name, spec, stored.as_ref())?;
        self.check_identity(served, namespace, &mut object)?;
        let promised = self.bound(&promised, &object).await?;
        let (exists, sources) = self.sources(&promised, namespace, stored.as_ref(), from).await?;
        let before = exists.then(|| sources.first()).flatten();
        let unknown = UnknownFields::Refuse;
        let (open, _) = self.admit_open(asker, served, &promised, &mut object, (before, &sources), unknown).await?;
        let mut request = self.draft_about(asker, &promised, &object, editing);
        let ops = self.sealed_input(&promised, &mut request, object.spec, &open, (before, None)).await?;
        self.keep(asker, served, Op::Create, &request, ops).await?;
        Ok(request)
    }

    /// Keeps a form that is not filled in to its end. It can be gone on with; nothing is promised about what it holds so far. A draft of the
    /// same kind that it goes on from is written anew.
    pub async fn draft_partly(&self, asker: &Asker, served: &Arc<Served>, given: Given<'_>) -> Result<Request> {
        let Given { namespace, name, spec, editing, from } = given;
        self.authorise(asker, Verb::Write, served, namespace)?;
        let promised = served
            .promised()
            .cloned()
            .ok_or_else(|| Error::bad_request(format!("{} are not requested", served.plural)))?;
        let stored = match name {
            "" => None,
            name => self.store.by_name(&served.group, &served.kind, namespace, name).await?,
        };
        if let Some(stored) = stored.as_ref().filter(|_| editing.is_none()) {
            return Err(taken(served, stored, namespace));
        }
        let mut object = self.wanted(served, namespace, name, spec, stored.as_ref())?;
        if !name.is_empty() {
            self.check_identity(served, namespace, &mut object)?;
        }
        let promised = self.bound(&promised, &object).await?;
        let (exists, sources) = self.sources(&promised, namespace, stored.as_ref(), from).await?;
        let before = exists.then(|| sources.first()).flatten();
        let nothing = Source::default();
        let known: Vec<&Source> = (!exists).then_some(&nothing).into_iter().chain(&sources).collect();
        let what = served.invalid_name(name);
        let schema = &promised.schema;
        let open = self.open_spec(asker, schema, namespace, &object.spec, &known, &what).await?;
        let mut request = self.draft_about(asker, &promised, &object, editing);
        request.metadata.annotations.insert(PARTLY.to_owned(), "true".to_owned());
        let own = from.filter(|from| goes_on(from, &request) && is_partly(from));
        let Some(own) = own else {
            let ops = self.sealed_input(&promised, &mut request, open.spec.clone(), &open, (before, None)).await?;
            self.keep(asker, served, Op::Create, &request, ops).await?;
            return Ok(request);
        };
        let mut again = Request::submitted(&own.metadata.uid, request.spec.clone(), self.now());
        again.status = request.status;
        again.metadata.annotations = request.metadata.annotations;
        again.metadata.creation_timestamp = own.metadata.creation_timestamp;
        again.metadata.resource_version = own.metadata.resource_version;
        let ops = self.sealed_input(&promised, &mut again, open.spec.clone(), &open, (before, sources.last())).await?;
        self.keep(asker, served, Op::Update, &again, ops).await?;
        Ok(again)
    }

    /// What the marks of a form may stand for: what is changed, and the draft gone on from. Whether there is something that is changed comes first.
    pub(super) async fn sources(
        &self,
        promised: &Promised,
        namespace: &str,
        stored: Option<&Object>,
        from: Option<&Request>,
    ) -> Result<(bool, Vec<Source>)> {
        let mut sources = Vec::new();
        if !promised.schema.has_secrets() {
            sources.extend(stored.map(Source::plain));
            return Ok((stored.is_some(), sources));
        }
        if let Some(stored) = stored {
            sources.push(self.source_of(stored).await?);
        }
        // the secrets of one thing are not carried into another
        let of_this = |from: &&Request| {
            from.spec.promise == promised.offer.promise.name && from.spec.resource.namespace == namespace
        };
        if let Some(from) = from.filter(of_this) {
            sources.push(self.source_of_draft(from).await?);
        }
        Ok((stored.is_some(), sources))
    }

    fn draft_about(&self, asker: &Asker, promised: &Promised, object: &Object, editing: Option<&str>) -> Request {
        let spec = RequestSpec {
            operation: if editing.is_some() { Operation::Update } else { Operation::Create },
            promise: promised.offer.promise.name.clone(),
            resource: ResourceRef::to(object),
            based_on: editing.unwrap_or_default().to_owned(),
            asked_by: asker.caller.name.clone(),
            source: asker.source.clone(),
            ..RequestSpec::default()
        };
        let mut request = Request::submitted(&self.ids.uid("req"), spec, self.now());
        request.status = RequestStatus { phase: RequestPhase::Draft, ..RequestStatus::default() };
        request
    }

    /// A draft holds marks alone: its secrets are sealed beside it, or beside the resource it would change.
    async fn sealed_input(
        &self,
        promised: &Promised,
        request: &mut Request,
        mut spec: Value,
        open: &OpenSpec,
        (standing, before): (Option<&Source>, Option<&Source>),
    ) -> Result<Vec<Op>> {
        let exists = usize::from(request.spec.operation == Operation::Update);
        let holder = Holder { metadata: &request.metadata, before, standing, marks_stay: exists };
        let ops = self.seal_spec(&promised.schema, &mut spec, open, holder).await?;
        request.spec.input = spec;
        Ok(ops)
    }

    async fn keep(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        how: fn(Object) -> Op,
        request: &Request,
        seals: Vec<Op>,
    ) -> Result<()> {
        let object = request.to_object();
        let is_new = request.metadata.resource_version == 0;
        let mut ops = vec![how(object.clone())];
        ops.extend(seals);
        ops.extend(is_new.then(|| self.audit(asker, "draft", None, Some(&object))));
        ops.extend(self.ground(served, &request.metadata.namespace).await?);
        self.store.commit(ops).await?;
        Ok(())
    }

    /// Remembers with a draft what stood in hidden fields: `shown` is the whole form without secrets.
    pub async fn remember_hidden(&self, request: &Request, shown: &Value) -> Result<()> {
        let text = match beyond(shown, &request.spec.input) {
            Some(extra) => extra.to_string(),
            None => return Ok(()),
        };
        if text.len() > MOST {
            return Ok(());
        }
        let mut request = request.clone();
        request.metadata.annotations.insert(HIDDEN.to_owned(), text);
        self.store.commit(vec![Op::Update(request.to_object())]).await?;
        Ok(())
    }
}

/// Whether a draft was kept before its form was filled in to its end.
pub fn is_partly(request: &Request) -> bool {
    request.metadata.annotations.contains_key(PARTLY)
}

/// The same person's draft of the same thing.
fn goes_on(from: &Request, request: &Request) -> bool {
    let (was, is) = (&from.spec, &request.spec);
    from.status.phase == RequestPhase::Draft
        && was.asked_by == is.asked_by
        && (&was.promise, was.operation, &was.resource.namespace) == (&is.promise, is.operation, &is.resource.namespace)
}

fn taken(served: &Served, stored: &Object, namespace: &str) -> Error {
    let name = &stored.metadata.name;
    let message = format!("{} {name:?} is taken in namespace {namespace}; choose another name", served.kind);
    Error::new(ErrorKind::AlreadyExists, message)
}

fn may_follow(
    served: &Served,
    stored: Option<&Object>,
    name: &str,
    namespace: &str,
    editing: Option<&str>,
) -> Result<()> {
    match (stored, editing) {
        (Some(stored), None) => Err(taken(served, stored, namespace)),
        (None, Some(_)) => Err(Error::not_found(&served.resource(), name)),
        (Some(stored), Some(generation)) if generation != stored.metadata.generation.to_string() => {
            Err(Error::conflict(
                "Somebody has changed this resource since you opened the form. Your values are kept below; open the form again to see theirs",
            ))
        }
        _ => Ok(()),
    }
}

/// What a draft's form shows: what is asked for, and what its hidden fields said.
pub fn with_hidden(request: &Request) -> Value {
    let mut shown = request.spec.input.clone();
    let remembered = request.metadata.annotations.get(HIDDEN).and_then(|text| serde_json::from_str(text).ok());
    if let Some(remembered) = remembered {
        add(&mut shown, remembered);
    }
    shown
}

/// The fields of objects that one value has and the other has not.
fn beyond(whole: &Value, known: &Value) -> Option<Value> {
    let (Value::Object(whole), Value::Object(known)) = (whole, known) else { return None };
    let extra = whole.iter().filter_map(|(name, value)| match known.get(name) {
        None => Some((name.clone(), value.clone())),
        Some(known) => beyond(value, known).map(|extra| (name.clone(), extra)),
    });
    let extra: Map<String, Value> = extra.collect();
    (!extra.is_empty()).then_some(Value::Object(extra))
}

fn add(value: &mut Value, extra: Value) {
    let (Value::Object(value), Value::Object(extra)) = (value, extra) else { return };
    for (name, extra) in extra {
        match value.get_mut(&name) {
            Some(known) => add(known, extra),
            None => {
                value.insert(name, extra);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_beyond_comes_back_to_where_it_stood() {
        let whole = json!({"on": false, "schedule": "daily", "store": {"kind": "s3", "path": "/x"}, "list": [1]});
        let known = json!({"on": false, "store": {"kind": "s3"}, "list": []});
        let extra = beyond(&whole, &known).unwrap();
        assert_eq!(extra, json!({"schedule": "daily", "store": {"path": "/x"}}));
        let mut again = known;
        add(&mut again, extra);
        assert_eq!(again, json!({"on": false, "store": {"kind": "s3", "path": "/x"}, "list": [], "schedule": "daily"}));
    }
}
