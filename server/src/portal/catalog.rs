//! The catalog and a promise's page.

use super::{ServerPortal, facts, label, markdown, resource, runs};
use crate::service::kinds::Promised;
use app::{
    pages::{
        catalog::{Catalog, CatalogQuery},
        promise::{Example, OutputDoc, PromisePage, Required, Standing, VersionRow},
    },
    paths::ResourceKey,
    view::{Facet, PromiseCard, Sync},
};
use domain::{
    Object, Result, Typed,
    caller::{Target, Verb, may},
    object::{GROUP, Kind},
    placement::PlacementKind,
    promise::{Availability, KRATIX_GROUP, Promise, PromiseStatus, Requirement, RequirementState, RevisionKind},
    run::RunKind,
    status::ResourceStatus,
    work::SYSTEM_NAMESPACE,
};
use serde_json::{Value, json};
use std::{cmp::Reverse, collections::BTreeMap};
use store::{Query, Sort};

impl ServerPortal {
    pub(super) async fn catalog_page(&self, query: &CatalogQuery) -> Result<Catalog> {
        let all = self.cards().await?;
        let total = all.len() as u64;
        let tags = tags(&all);
        let cards = all.into_iter().filter(|card| fits(card, query)).collect();
        let may_publish = may(&self.asker.caller, Verb::Write, Target::Platform("promises")).is_ok();
        Ok(Catalog { cards, tags, total, may_publish })
    }

    /// Every promise with something to request, by title. Three queries, however many there are.
    pub(super) async fn cards(&self) -> Result<Vec<PromiseCard>> {
        self.may_look()?;
        let everyones = self.mine(&[]);
        let (mine, typical) = futures::try_join!(
            self.doors.services.store.facets(&everyones, store::Facet::Promise),
            self.typical(None)
        )?;
        let mine: BTreeMap<String, i64> = mine.into_iter().collect();
        let refusal = self.refusal(Verb::Write, "").unwrap_or_default();
        let offers = self.offers();
        let titles = facts::titles(&offers);
        let card = |promise: &Promise| {
            let mine = mine.get(&promise.name).and_then(|count| u64::try_from(*count).ok()).unwrap_or(0);
            let typical = typical.get(&promise.name).map(|typical| typical.seconds);
            let card = facts::card(promise, mine, typical, refusal.clone());
            PromiseCard { title: titles.get(&promise.name).cloned().unwrap_or_else(|| card.title.clone()), ..card }
        };
        let mut cards: Vec<PromiseCard> = offers.values().map(|offer| card(&offer.promise)).collect();
        cards.sort_by_key(|card| card.title.to_lowercase());
        Ok(cards)
    }

    pub(super) async fn promise_page(&self, name: &str) -> Result<PromisePage> {
        const SHOWN: usize = 5;
        let (served, promised) = self.offer(name)?;
        let promise = &promised.offer.promise;
        let of_promise = Query { promise: Some(name.to_owned()), ..self.mine(&[]) };
        let newest = Query { sort: Sort::Version, descending: true, limit: 100, ..of_promise.clone() };
        let store = &self.doors.services.store;
        let (mine, count, typical) =
            futures::try_join!(store.list(&newest), store.count(&of_promise), self.typical(Some(name)))?;
        let rows = mine.objects.iter().take(SHOWN).map(|object| facts::row(object, Some(&promised.offer)));
        Ok(PromisePage {
            card: facts::card(
                promise,
                u64::try_from(count).unwrap_or(0),
                typical.get(name).map(|typical| typical.seconds),
                self.refusal(Verb::Write, "").unwrap_or_default(),
            ),
            docs_html: markdown::html(&promise.spec.docs),
            api_version: served.api_version(),
            kind: served.kind.clone(),
            outputs: outputs(promise),
            versions: self.versions(name, &mine.objects).await?,
            examples: examples(promise),
            mine: rows.collect(),
            standing: self.standing(promise).await?,
            yaml: self.manifest(&served, &promised, &ResourceKey::new("default", name, ""), &sample(&promised)),
        })
    }

    /// How the promise itself stands: what it needs, what it brings along, how its own workflow went.
    pub(super) async fn standing(&self, promise: &Promise) -> Result<Standing> {
        let store = &self.doors.services.store;
        let group = if promise.kratix { KRATIX_GROUP } else { GROUP };
        let Some(object) = store.by_name(group, "Promise", "", &promise.name).await? else {
            return Ok(Standing::default());
        };
        let status = PromiseStatus::read(&object.status);
        let run = store.by_name(GROUP, RunKind::KIND, SYSTEM_NAMESPACE, &status.run).await?;
        let run = run.map(Typed::<RunKind>::parse).transpose()?.map(|run| runs::row(&run, &self.offers()));
        let placed = Query { owner: Some(object.metadata.uid.clone()), ..Query::of_kind(GROUP, PlacementKind::KIND) };
        let mut places: BTreeMap<String, Sync> = BTreeMap::new();
        for object in store.list(&placed).await?.objects {
            let placement = Typed::<PlacementKind>::parse(object)?;
            let here = places.entry(placement.spec.destination.clone()).or_insert(Sync::Synced);
            if !placement.settled() {
                *here = Sync::Pending;
            }
        }
        let waits = object.deleting() || status.status == Availability::Unavailable;
        Ok(Standing {
            waits_for: if waits { status.message.clone() } else { String::new() },
            requires: promise.spec.requires.iter().map(|required| told(required, &status)).collect(),
            places: places.into_iter().collect(),
            health: status.health.map(|fact| (super::health::state(fact.state), fact.message)),
            run: run.map(|row| (row.name, row.phase)),
        })
    }

    pub(super) async fn versions(&self, promise: &str, mine: &[Object]) -> Result<Vec<VersionRow>> {
        const NEWEST: i64 = 10;
        let labels = label("midspan.dev/promise", promise);
        let query =
            Query { labels, sort: Sort::Created, descending: true, limit: NEWEST, ..Query::of_kind(GROUP, "Revision") };
        let mut in_use: BTreeMap<String, u64> = BTreeMap::new();
        for object in mine {
            *in_use.entry(ResourceStatus::read(&object.status).revision).or_default() += 1;
        }
        let row = |object: Object| {
            let revision = Typed::<RevisionKind>::parse(object)?;
            Ok(VersionRow {
                in_use: in_use.get(&revision.metadata.name).copied().unwrap_or(0),
                version: revision.spec.version,
                revision: revision.spec.digest.short(10).to_owned(),
                published: revision.metadata.creation_timestamp.unwrap_or_default(),
                is_current: revision.status.current,
            })
        };
        self.doors.services.store.list(&query).await?.objects.into_iter().map(row).collect()
    }
}

/// The most used tags first.
fn tags(cards: &[PromiseCard]) -> Vec<Facet> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for tag in cards.iter().flat_map(|card| &card.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    let facet = |(tag, count): (&str, u64)| Facet { label: tag.to_owned(), value: tag.to_owned(), count };
    let mut tags: Vec<Facet> = counts.into_iter().map(facet).collect();
    tags.sort_by_key(|tag| Reverse(tag.count));
    tags
}

/// Every word of the search stands somewhere on the card.
pub(super) fn fits(card: &PromiseCard, query: &CatalogQuery) -> bool {
    let text = format!("{} {} {} {}", card.name, card.title, card.description, card.tags.join(" ")).to_lowercase();
    let tagged = query.tag.is_empty() || card.tags.contains(&query.tag);
    tagged && query.q.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn outputs(promise: &Promise) -> Vec<OutputDoc> {
    let properties = promise.spec.outputs.get("properties").and_then(Value::as_object);
    let doc = |(name, schema): (&String, &Value)| OutputDoc {
        name: name.clone(),
        description: resource::describe(schema),
        is_secret: domain::output::is_secret(schema),
    };
    properties.into_iter().flatten().map(doc).collect()
}

fn examples(promise: &Promise) -> Vec<Example> {
    let numbered = promise.spec.examples.iter().enumerate();
    let example = |(index, example): (usize, &domain::promise::Example)| Example {
        name: index.to_string(),
        title: example.title.clone(),
        description: example.description.clone(),
    };
    numbered.map(example).collect()
}

fn told(required: &Requirement, status: &PromiseStatus) -> Required {
    let name = match required.version.as_str() {
        "" => required.name.clone(),
        version => format!("{} ({version})", required.name),
    };
    let stands = status.required_promises.iter().find(|stands| stands.name == required.name);
    let missing = stands.map(|stands| stands.state).filter(|state| *state != RequirementState::Installed);
    Required { name, missing: missing.map_or_else(String::new, |state| state.as_str().to_owned()) }
}

/// The first example, for a document to begin with.
fn sample(promised: &Promised) -> Value {
    promised.offer.promise.spec.examples.first().map_or_else(|| json!({}), |example| example.spec.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> PromiseCard {
        PromiseCard {
            name: "postgresql".into(),
            title: "PostgreSQL database".into(),
            description: "With backups".into(),
            tags: vec!["sql".into(), "stateful".into()],
            ..PromiseCard::default()
        }
    }

    #[track_caller]
    fn check(q: &str, tag: &str, expected: bool) {
        assert_eq!(fits(&card(), &CatalogQuery { q: q.into(), tag: tag.into() }), expected, "{q:?} {tag:?}");
    }

    #[test]
    fn a_search_finds_all_its_words_anywhere_on_the_card() {
        check("", "", true);
        check("POSTGRES backups", "", true);
        check("sql redis", "", false);
        check("", "sql", true);
        check("database", "cache", false);
    }

    #[test]
    fn tags_are_counted_and_the_most_used_come_first() {
        let cards = [card(), PromiseCard { tags: vec!["stateful".into()], ..PromiseCard::default() }];
        let told: Vec<String> = tags(&cards).iter().map(|tag| format!("{} {}", tag.label, tag.count)).collect();
        assert_eq!(told, ["stateful 2", "sql 1"]);
    }
}
