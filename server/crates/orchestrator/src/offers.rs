//! Parsed promise revisions. A revision never changes, so what was parsed once is right for ever.

use domain::{
    Result,
    object::{GROUP, Typed},
    plan::Offer,
    promise::{self, Promise, Revision, RevisionKind},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use store::Store;

/// Revisions by name, parsed on first use.
#[derive(Default)]
pub struct Offers {
    parsed: Mutex<HashMap<String, Arc<Offer>>>,
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

    /// The promise's current revision. Two documents may be called promise: Midspan's own and Kratix's.
    pub async fn current(&self, store: &Store, promise: &str) -> Result<Option<Arc<Offer>>> {
        for group in promise::GROUPS {
            if let Some(object) = store.by_name(group, "Promise", "", promise).await? {
                let revision = object.status.get("revision").and_then(serde_json::Value::as_str).unwrap_or_default();
                return self.by_name(store, revision).await;
            }
        }
        Ok(None)
    }

    fn cached(&self, revision: &str) -> Option<Arc<Offer>> {
        self.parsed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(revision).cloned()
    }
}
