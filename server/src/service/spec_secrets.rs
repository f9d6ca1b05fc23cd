//! The secrets of a spec on their way in: opened to be judged, sealed beside what holds them before anything is written, and only stood for from
//! then on. Drafts, resources and their history hold nothing else.

use super::{Asker, Services};
use domain::{
    Cause, Error, Metadata, Object, Result,
    caller::Verb,
    request::Request,
    stand_in::{self, StandIn},
};
use forms::{Schema, pointer::field_path, secrets::secret_places};
use serde_json::Value;
use std::collections::BTreeMap;
use store::{Op, Opened, Place};

/// What covers a secret within a sentence.
const COVERED: &str = "••••••";
/// Shorter ones are not looked for in sentences.
const SHORTEST: usize = 4;
/// A value made by Midspan, where the schema does not say how long.
const MADE: usize = 32;

/// Something that holds sealed values, and the spec in which marks stand for them.
#[derive(Default)]
pub(crate) struct Source {
    spec: Value,
    opened: BTreeMap<String, Opened>,
}

/// A spec with its secrets in clear. It does not print itself.
pub(crate) struct OpenSpec {
    pub spec: Value,
    /// What stays as it was said: names of secrets, references to outputs.
    said: BTreeMap<String, Value>,
    /// What stood for a value, and in which source it was found.
    known: BTreeMap<String, (usize, Value)>,
    texts: Vec<String>,
}

/// Where the secrets of a spec are sealed.
pub(crate) struct Holder<'a> {
    pub metadata: &'a Metadata,
    /// As it stands now.
    pub before: Option<&'a Source>,
    /// What a draft would change: where it holds the same value, its mark stands.
    pub standing: Option<&'a Source>,
    /// The marks of so many sources stay: whoever reads them looks there, too.
    pub marks_stay: usize,
}

impl Source {
    /// The value behind a text, and where in the source it stands.
    fn find(&self, text: &str) -> Result<Option<Value>> {
        let place = stand_in::marks(&self.spec).into_iter().find(|(_, mark)| *mark == text);
        match place {
            Some((pointer, _)) => self.at(&pointer),
            None => Ok(None),
        }
    }

    fn at(&self, pointer: &str) -> Result<Option<Value>> {
        let Some(opened) = self.opened.get(&stand_in::sealed_as(pointer)) else { return Ok(None) };
        serde_json::from_slice(opened.as_bytes()).map(Some).map_err(|_| Error::internal("a sealed secret is no JSON"))
    }

    /// What stands for this very value at this very place.
    fn mark_of(&self, pointer: &str, plain: &[u8]) -> Option<&Value> {
        let same = self.opened.get(&stand_in::sealed_as(pointer)).is_some_and(|opened| opened.as_bytes() == plain);
        self.spec.pointer(pointer).filter(|mark| same && stand_in::of(mark).is_some())
    }

    /// Of what holds no secrets.
    pub fn plain(resource: &Object) -> Self {
        Self { spec: resource.spec.clone(), opened: BTreeMap::new() }
    }

    /// The spec with its own secrets in clear.
    pub fn in_clear(&self) -> Result<Value> {
        let mut spec = self.spec.clone();
        for (pointer, _) in stand_in::marks(&self.spec) {
            if let (Some(plain), Some(place)) = (self.at(&pointer)?, spec.pointer_mut(&pointer)) {
                *place = plain;
            }
        }
        Ok(spec)
    }
}

impl Services {
    pub(crate) async fn source_of(&self, resource: &Object) -> Result<Source> {
        Ok(Source { spec: resource.spec.clone(), opened: self.store.opened(resource).await? })
    }

    pub(crate) async fn source_of_draft(&self, draft: &Request) -> Result<Source> {
        Ok(Source { spec: draft.spec.input.clone(), opened: self.store.opened(&draft.to_object()).await? })
    }

    /// Puts values in the places of what stands for them. `sources` hold what marks may stand for; the first is what is changed.
    pub(crate) async fn open_spec(
        &self,
        asker: &Asker,
        schema: &Schema,
        namespace: &str,
        spec: &Value,
        sources: &[&Source],
        what: &str,
    ) -> Result<OpenSpec> {
        let (mut said, mut known, mut texts) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let (mut opened, mut causes) = (spec.clone(), Vec::new());
        for pointer in secret_places(schema, spec) {
            let Some(value) = spec.pointer(&pointer) else { continue };
            let mut plain = value.clone();
            match stand_in::of(value) {
                None if domain::reference::is_reference(value) => {
                    said.insert(pointer, value.clone());
                    continue;
                }
                None => {}
                Some(StandIn::Unknown) => {
                    causes.push(refused(
                        spec,
                        &pointer,
                        "names no secret: give the secret itself, or say which one is meant",
                    ));
                    continue;
                }
                Some(StandIn::Sealed(_)) => {
                    let Some((index, secret)) = found(value.as_str().unwrap_or_default(), sources)? else {
                        let why = "stands for a secret that is not stored here: give the secret itself";
                        causes.push(refused(spec, &pointer, why));
                        continue;
                    };
                    known.insert(pointer.clone(), (index, value.clone()));
                    plain = secret;
                }
                Some(wish @ (StandIn::Generate | StandIn::Renew)) => {
                    let standing = sources.first().filter(|_| wish == StandIn::Generate);
                    match standing.map(|source| source.at(&pointer)).transpose()?.flatten() {
                        Some(secret) => plain = secret,
                        None => plain = self.made(schema, spec, &pointer),
                    }
                }
                Some(StandIn::Of { name, key }) => {
                    said.insert(pointer.clone(), value.clone());
                    let stands = sources.first().and_then(|source| source.spec.pointer(&pointer)) == Some(value);
                    match self.usable(asker, namespace, name, key).await {
                        Ok(secret) => plain = Value::String(secret),
                        // what stands there already was judged when it came
                        Err(_) if stands => continue,
                        Err(why) => {
                            causes.push(refused(spec, &pointer, &why));
                            continue;
                        }
                    }
                }
            }
            collect(&plain, &mut texts);
            if let Some(place) = opened.pointer_mut(&pointer) {
                *place = plain;
            }
        }
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        if causes.is_empty() {
            Ok(OpenSpec { spec: opened, said, known, texts })
        } else {
            Err(forms::admission::refusal(what, causes))
        }
    }

    /// Puts what stands for them in the places of the secrets of an open spec; what is to be sealed goes into the same transaction.
    pub(crate) async fn seal_spec(
        &self,
        schema: &Schema,
        spec: &mut Value,
        open: &OpenSpec,
        holder: Holder<'_>,
    ) -> Result<Vec<Op>> {
        let (metadata, mut ops, mut kept) = (holder.metadata, Vec::new(), Vec::new());
        for pointer in secret_places(schema, spec) {
            let Some(place) = spec.pointer_mut(&pointer) else { continue };
            if let Some(said) = open.said.get(&pointer) {
                place.clone_from(said);
                continue;
            }
            if let Some((_, known)) = open.known.get(&pointer).filter(|(source, _)| *source < holder.marks_stay) {
                place.clone_from(known);
                continue;
            }
            let key = stand_in::sealed_as(&pointer);
            let plain = place.to_string().into_bytes();
            if let Some(mark) = holder.standing.and_then(|standing| standing.mark_of(&pointer, &plain)) {
                place.clone_from(mark);
                continue;
            }
            let mark = holder.before.and_then(|before| before.mark_of(&pointer, &plain));
            if let Some(mark) = mark {
                place.clone_from(mark);
            } else {
                let at = Place { uid: &metadata.uid, namespace: &metadata.namespace, name: &metadata.name, key: &key };
                *place = stand_in::sealed(&self.store.mark(&at, &plain).await?);
                ops.push(self.store.seal(&at, &plain).await?);
            }
            kept.push(key);
        }
        let before = holder.before.into_iter().flat_map(|before| before.opened.keys());
        let gone = before.filter(|key| stand_in::pointer_of(key).is_some() && !kept.contains(key));
        ops.extend(gone.map(|key| Op::Unseal { uid: metadata.uid.clone(), key: key.clone() }));
        Ok(ops)
    }

    /// A new secret of the length the schema asks for.
    fn made(&self, schema: &Schema, spec: &Value, pointer: &str) -> Value {
        let node = schema.at(spec, pointer);
        let bound = |length: Option<u64>| length.and_then(|length| usize::try_from(length).ok());
        let (least, most) =
            (bound(node.and_then(|node| node.min_length)), bound(node.and_then(|node| node.max_length)));
        let length = MADE.max(least.unwrap_or(0)).min(most.unwrap_or(usize::MAX)).min(1024);
        let mut text = String::new();
        while text.len() < length {
            text.push_str(&self.ids.secret());
        }
        text.truncate(length);
        Value::String(text)
    }

    /// A key of a secret that requests may name, if this caller may see it; else why not. Who may not see it is told what they would be told
    /// if it were not there.
    async fn usable(&self, asker: &Asker, namespace: &str, name: &str, key: &str) -> Result<String, String> {
        let absent = || {
            format!("names the secret {name}/{key}, which is not there or may not be used by requests of {namespace}")
        };
        let served = self.kinds.snapshot().by_kind("v1", "Secret").ok_or_else(absent)?;
        self.authorise_one(asker, Verb::Read, &served, namespace, name).map_err(|_| absent())?;
        let value = orchestrator::named_secret(&self.store, namespace, name, key).await;
        value.map_err(|error| error.message)?.ok_or_else(absent)
    }
}

impl OpenSpec {
    /// An error without the secrets a message may have repeated.
    pub fn covered(&self, mut error: Error) -> Error {
        let cover = |text: &mut String| {
            for secret in self.texts.iter().filter(|secret| secret.len() >= SHORTEST) {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), COVERED);
                }
            }
        };
        cover(&mut error.message);
        for cause in &mut error.causes {
            cover(&mut cause.message);
            cover(&mut cause.human);
        }
        error
    }
}

fn found(text: &str, sources: &[&Source]) -> Result<Option<(usize, Value)>> {
    for (index, source) in sources.iter().enumerate() {
        if let Some(plain) = source.find(text)? {
            return Ok(Some((index, plain)));
        }
    }
    Ok(None)
}

fn refused(spec: &Value, pointer: &str, why: &str) -> Cause {
    Cause {
        reason: "FieldValueInvalid".to_owned(),
        message: format!("Invalid value: {why}"),
        field: field_path("spec", spec, pointer),
        pointer: pointer.to_owned(),
        human: format!("This {why}."),
    }
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(map) => map.values().for_each(|value| collect(value, texts)),
        _ => {}
    }
}
