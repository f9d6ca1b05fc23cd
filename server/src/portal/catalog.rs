//! The catalog and a promise's page.

use super::{ServerPortal, facts, markdown};
use app::{
    pages::{
        catalog::{Catalog, CatalogQuery},
        promise::{Example, OutputDoc, PromisePage, VersionRow},
    },
    view::{Facet, PromiseCard},
};
use domain::{
    Object, Result, Typed,
    caller::{PLATFORM, Target, Verb, may},
    document,
    object::GROUP,
    promise::{Promise, RevisionKind},
    request::{Operation, RequestKind},
};
use forms::labels::humanised;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::{Query, Sort};

impl ServerPortal {
    pub(super) async fn catalog_page(&self, query: &CatalogQuery) -> Result<Catalog> {
        let all = self.cards().await?;
        let mut tags: BTreeMap<String, u64> = BTreeMap::new();
        for tag in all.iter().flat_map(|card| &card.tags) {
            *tags.entry(tag.clone()).or_default() += 1;
        }
        let words: Vec<String> = query.q.split_whitespace().map(str::to_lowercase).collect();
        let fits = |card: &PromiseCard| {
            let text = format!("{} {} {} {}", card.name, card.title, card.description, card.tags.join(" ")).to_lowercase();
            (query.tag.is_empty() || card.tags.contains(&query.tag)) && words.iter().all(|word| text.contains(word))
        };
        Ok(Catalog {
            total: all.len() as u64,
            cards: all.into_iter().filter(fits).collect(),
            tags: tags.into_iter().map(|(value, count)| Facet { label: humanised(&value), value, count }).collect(),
            may_publish: self.asker.caller.groups.iter().any(|group| group == PLATFORM),
        })
    }

    /// Every promise with something to request, by title.
    pub(super) async fn cards(&self) -> Result<Vec<PromiseCard>> {
        let mine = self.doors.services.store.facets(&self.mine(&[]), store::Facet::Promise).await?;
        let typical = self.typical_seconds().await?;
        let count = |name: &str| mine.iter().find(|(promise, _)| promise == name).map_or(0, |(_, count)| u64::try_from(*count).unwrap_or(0));
        let offers = facts::offers_of(self)?;
        let mut cards: Vec<PromiseCard> =
            offers.values().map(|offer| facts::card(&offer.promise, count(&offer.promise.name), typical.get(&offer.promise.name).copied())).collect();
        cards.sort_by_key(|card| card.title.to_lowercase());
        Ok(cards)
    }

    /// Median seconds from asking to ready of the newest creations, by promise.
    async fn typical_seconds(&self) -> Result<BTreeMap<String, i64>> {
        const SAMPLE: i64 = 200;
        let query = Query { phases: vec!["Succeeded".to_owned()], sort: Sort::Created, descending: true, limit: SAMPLE, ..Query::of_kind(GROUP, "Request") };
        let mut seconds: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let requests = self.doors.services.store.list(&query).await?.objects.into_iter().filter_map(|object| Typed::<RequestKind>::parse(object).ok());
        for request in requests.filter(|request| request.spec.operation == Operation::Create) {
            if let Some(took) = facts::seconds_between(request.status.submitted_at, request.status.finished_at) {
                seconds.entry(request.spec.promise).or_default().push(took);
            }
        }
        Ok(seconds.into_iter().filter_map(|(promise, all)| Some((promise, facts::median(all)?))).collect())
    }

    pub(super) async fn promise_page(&self, name: &str) -> Result<PromisePage> {
        let served = self.offered(name)?;
        let promised = served.promised().cloned().ok_or_else(|| domain::Error::not_found("promises.midspan.dev", name))?;
        let promise = &promised.offer.promise;
        let store = &self.doors.services.store;
        let mut card = self.cards().await?.into_iter().find(|card| card.name == name).unwrap_or_else(|| facts::card(promise, 0, None));
        if let Err(why) = may(&self.asker.caller, Verb::Write, Target::Resource { namespace: "default" }) {
            card.refusal = why;
        }
        let mine = Query { promise: Some(name.to_owned()), sort: Sort::Version, descending: true, limit: 5, ..self.mine(&[]) };
        let mine = store.list(&mine).await?.objects;
        Ok(PromisePage {
            card,
            docs_html: markdown::html(&promise.spec.docs),
            api_version: served.api_version(),
            kind: served.kind.clone(),
            outputs: outputs(promise),
            versions: self.versions(name).await?,
            examples: examples(promise),
            mine: mine.iter().map(|object| facts::row(object, Some(&promised.offer))).collect(),
            requires: promise.spec.requires.iter().map(|required| if required.version.is_empty() { required.name.clone() } else { format!("{} ({})", required.name, required.version) }).collect(),
            yaml: self.sample(&served.api_version(), &served.kind, promise),
        })
    }

    async fn versions(&self, promise: &str) -> Result<Vec<VersionRow>> {
        let store = &self.doors.services.store;
        let labels = super::label("midspan.dev/promise", promise);
        let query = Query { labels, sort: Sort::Created, descending: true, limit: 20, ..Query::of_kind(GROUP, "Revision") };
        let row = |object: Object| {
            let revision = Typed::<RevisionKind>::parse(object)?;
            Ok(VersionRow {
                version: revision.spec.version,
                revision: revision.spec.digest.short(10).to_owned(),
                published: revision.metadata.creation_timestamp.unwrap_or_default(),
                is_current: revision.status.current,
                in_use: 0,
            })
        };
        let mut rows = store.list(&query).await?.objects.into_iter().map(row).collect::<Result<Vec<_>>>()?;
        if let Some(current) = rows.iter_mut().find(|row| row.is_current) {
            let mine = Query { promise: Some(promise.to_owned()), ..self.mine(&[]) };
            current.in_use = u64::try_from(store.count(&mine).await?).unwrap_or(0);
        }
        Ok(rows)
    }

    /// A minimal document: the first example, else what the schema requires.
    fn sample(&self, api_version: &str, kind: &str, promise: &Promise) -> String {
        let spec = promise.spec.examples.first().map_or_else(|| json!({}), |example| example.spec.clone());
        document::to_yaml(&json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "my-name", "namespace": "default"}, "spec": spec}))
    }
}

pub(super) fn outputs(promise: &Promise) -> Vec<OutputDoc> {
    let properties = promise.spec.outputs.get("properties").and_then(Value::as_object);
    let text = |schema: &Value, key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let doc = |(name, schema): (&String, &Value)| {
        let (title, description) = (text(schema, "title"), text(schema, "description"));
        let is_secret = schema.get("writeOnly").is_some_and(|value| *value == true);
        OutputDoc { name: name.clone(), description: if description.is_empty() { title } else { description }, is_secret }
    };
    properties.into_iter().flatten().map(doc).collect()
}

fn examples(promise: &Promise) -> Vec<Example> {
    let numbered = promise.spec.examples.iter().enumerate();
    numbered.map(|(index, example)| Example { name: index.to_string(), title: example.title.clone(), description: example.description.clone() }).collect()
}
