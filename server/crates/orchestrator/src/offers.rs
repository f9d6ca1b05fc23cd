//! Parsed promise revisions. A revision never changes, so what was parsed once is right for ever.

use crate::outputs;
use domain::{
    Object, Result,
    object::{GROUP, Typed},
    plan::Offer,
    promise::{self, PROMISE_OF_REVISION, Promise, Revision, RevisionKind, VERSION_OF_REVISION},
    selector::{Requirement, Selector},
};
use forms::schema::Schema;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use store::{Query, Sort, Store};

/// Revisions by name, parsed on first use.
#[derive(Default)]
pub struct Offers {
    parsed: Mutex<HashMap<String, Arc<Offer>>>,
    /// Compiled on first use; absent where the promise has no API or one that cannot be read.
    schemas: Mutex<HashMap<String, Option<Arc<Schema>>>>,
    /// What each revision gives back, likewise.
    outputs: Mutex<HashMap<String, Result<Arc<Schema>>>>,
}

impl Offers {
    /// The revision of this name; `None` when there is none.
    pub async fn by_name(&self, store: &Store, revision: &str) -> Result<Option<Arc<Offer>>> {
        if revision.is_empty() {
            return Ok(None);
        }
        if let Some(offer) = self.cached(revision) {
            return Ok(Some(offer));
        }
        let Some(object) = store.by_name(GROUP, "Revision", "", revision).await? else { return Ok(None) };
        let parsed: Revision = Typed::<RevisionKind>::parse(object)?;
        let offer = Arc::new(Offer { revision: revision.to_owned(), promise: Promise::read(&parsed.spec.content)? });
        let mut cache = self.parsed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        cache.insert(revision.to_owned(), offer.clone());
        Ok(Some(offer))
    }

    /// The revision a pin means: a version of the promise, or a revision's own name. What runs there already stays: a version that was published
    /// again, with other content, is no upgrade of those who are pinned to it.
    pub async fn pinned(&self, store: &Store, promise: &str, version: &str, runs: &str) -> Result<Option<Arc<Offer>>> {
        let fits = |offer: &Arc<Offer>| {
            offer.promise.name == promise && (offer.promise.version == version || offer.revision == version)
        };
        if let Some(offer) = self.by_name(store, runs).await?.filter(fits) {
            return Ok(Some(offer));
        }
        let labelled = |key: &str, value: &str| Requirement::In(key.to_owned(), vec![value.to_owned()]);
        let labels = vec![labelled(PROMISE_OF_REVISION, promise), labelled(VERSION_OF_REVISION, version)];
        let query = Query {
            labels: Selector { requirements: labels },
            sort: Sort::Version,
            descending: true,
            ..Query::of_kind(GROUP, "Revision")
        };
        let found = store.find(&query).await?;
        // of several of one version, the current one, else the one that was current last
        let current = found.iter().find(|revision| revision.status["current"] == true).or(found.first());
        let name = current.map_or(version, |revision| revision.metadata.name.as_str());
        Ok(self.by_name(store, name).await?.filter(fits))
    }

    /// The promise's current revision. Two documents may be called promise: Midspan's own and Kratix's.
    pub async fn current(&self, store: &Store, promise: &str) -> Result<Option<Arc<Offer>>> {
        match document(store, promise).await? {
            Some(object) => self.current_of(store, &object).await,
            None => Ok(None),
        }
    }

    /// The current revision of this promise document.
    pub async fn current_of(&self, store: &Store, promise: &Object) -> Result<Option<Arc<Offer>>> {
        let revision = promise.status.get("revision").and_then(serde_json::Value::as_str).unwrap_or_default();
        self.by_name(store, revision).await
    }

    /// The schema of what this revision offers.
    pub fn schema(&self, offer: &Offer) -> Option<Arc<Schema>> {
        let mut schemas = self.schemas.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let compile = || {
            let schema = &offer.promise.spec.api.as_ref()?.schema;
            Schema::parse_structural(schema).ok().map(Arc::new)
        };
        schemas.entry(offer.revision.clone()).or_insert_with(compile).clone()
    }

    /// The object as this revision sees it: what was asked for before a field was there has its default.
    pub fn completed(&self, offer: &Offer, mut object: Object) -> Object {
        if let Some(schema) = self.schema(offer).filter(|_| object.spec.is_object()) {
            forms::admission::fill_defaults(&schema, &mut object.spec);
        }
        object
    }

    /// The schema of the outputs, by which one step's are judged: what other steps have yet to give is not missing.
    pub fn outputs(&self, offer: &Offer) -> Result<Arc<Schema>> {
        let mut outputs = self.outputs.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let compile = || outputs::partial(&offer.promise.spec.outputs).map(Arc::new);
        outputs.entry(offer.revision.clone()).or_insert_with(compile).clone()
    }

    fn cached(&self, revision: &str) -> Option<Arc<Offer>> {
        self.parsed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(revision).cloned()
    }
}

/// The document of a promise, Midspan's or Kratix's.
pub(crate) async fn document(store: &Store, promise: &str) -> Result<Option<Object>> {
    for group in promise::GROUPS {
        if let Some(object) = store.by_name(group, "Promise", "", promise).await? {
            return Ok(Some(object));
        }
    }
    Ok(None)
}
