//! How the destinations of a resource stand, as a page.

use super::{ServerPortal, diff, resource::secrets_of};
use crate::service::{drift::Looked, preview::FileChange};
use app::{
    pages::drift::{DifferingFile, Differs, DriftPage, LookedStore},
    paths::ResourceKey,
};
use domain::{
    Result,
    caller::Verb,
    drift::{Difference, OnDrift},
};

impl ServerPortal {
    pub(super) async fn drift_page(&self, key: &ResourceKey) -> Result<DriftPage> {
        let (served, promised, object) = self.found(key).await?;
        let standing = self.doors.services.drift(&self.asker, &served, &key.namespace, &key.name).await?;
        let cover = secrets_of(&promised, &object, &self.requests_of(&object.metadata.uid).await?);
        let count = standing.drift.as_ref().map_or(0, |drift| drift.count);
        let file = |file: &crate::service::drift::Differing| {
            let FileChange { path, destination, before, after } = &file.change;
            let covered = |text: &Option<String>| text.as_ref().map(|text| cover.text(text));
            let (path, destination) = (path.clone(), destination.clone());
            let change = FileChange { path, destination, before: covered(before), after: covered(after) };
            DifferingFile { how: how(file.difference), diff: diff::file(&change), hidden: file.hidden.to_owned() }
        };
        Ok(DriftPage {
            head: self.head(&object, &served).await?,
            repairs: standing.policy == OnDrift::Repair,
            since: standing.drift.as_ref().map(|drift| drift.since),
            files: standing.files.iter().map(file).collect(),
            more: count.saturating_sub(standing.files.len()) as u64,
            stores: standing.stores.into_iter().map(store).collect(),
            refusal: self
                .refusal(Verb::Write, &key.namespace)
                .unwrap_or_else(|| if object.deleting() { "It is being deleted".to_owned() } else { String::new() }),
        })
    }
}

fn how(difference: Difference) -> Differs {
    match difference {
        Difference::Changed => Differs::Changed,
        Difference::Missing => Differs::Missing,
        Difference::Foreign => Differs::Foreign,
    }
}

fn store(looked: Looked) -> LookedStore {
    let is_asked = looked.asked > looked.answered;
    LookedStore { name: looked.name, at: looked.at, is_asked, failure: looked.failure }
}
