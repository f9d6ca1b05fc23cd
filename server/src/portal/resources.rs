//! The list of resources: searched, filtered, sorted and paged by the store; what it can be narrowed by is counted in one look.

mod counts;

pub use counts::NONE;

use super::{ServerPortal, home::rows, paging, standing};
use app::{
    pages::resources::{DELETED, Grouped, Resources, ResourcesQuery, SavedView},
    view::{Facet, Paging},
};
use counts::Counts;
use domain::{Result, promise::UNVERSIONED, selector::Selector};
use futures::future::try_join_all;
use store::{Query, Sort};

/// Whose views: the list they are of.
pub const LIST: &str = "resources";
/// Groups shown with their first resources, and how many of those.
const GROUPS: usize = 12;
const OF_EACH: i64 = 5;

impl ServerPortal {
    pub(super) async fn resources_page(&self, query: &ResourcesQuery) -> Result<Resources> {
        if query.whose == DELETED {
            return self.deleted_page(query).await;
        }
        self.may_look()?;
        let store = &self.doors.services.store;
        let views = self.saved_views().await?;
        let everybody = query.whose == "all";
        let mut labels = if everybody { Selector::default() } else { self.asked_by_caller() };
        match Selector::parse(&query.label) {
            Ok(chosen) => labels.requirements.extend(chosen.requirements),
            Err(error) => {
                let refusal = format!("{}: {}", query.label, error.message);
                return Ok(Resources { refusal, any: true, views, ..Resources::default() });
            }
        }
        let name_contains = Some(query.q.trim().to_owned()).filter(|text| !text.is_empty());
        let base = Query { resources: true, labels, name_contains, ..Query::default() };
        let narrowed = narrowed(&base, query);
        let (turned, by) = query.sort.strip_prefix('-').map_or((false, query.sort.as_str()), |by| (true, by));
        let (sort, newest_first) = match by {
            "name" => (Sort::Name, false),
            "created" => (Sort::Created, true),
            _ => (Sort::Version, true),
        };
        let listed = Query { sort, descending: newest_first != turned, ..narrowed };
        // of one's own there is one owner
        let owners = async || {
            let of_all = Query { asked_by: None, ..listed.clone() };
            if everybody { store.facets(&of_all, store::Facet::AskedBy).await } else { Ok(Vec::new()) }
        };
        let counted = Query { asked_by: listed.asked_by.clone(), ..base };
        let (counts, owners) = futures::try_join!(store.fleet(&counted, counts::MOST), owners())?;
        let counts = Counts::new(counts, owners, query);
        let offers = self.offers();
        let titles = super::facts::titles(&offers);
        let titled = |facet: Facet| match titles.get(&facet.value) {
            Some(title) => Facet { label: title.clone(), ..facet },
            None => facet,
        };
        let mut shown = Resources {
            promises: counts.promises().into_iter().map(titled).collect(),
            states: counts.states(),
            namespaces: counts.namespaces(),
            versions: counts.versions(),
            owners: counts.owners(),
            uncounted: counts.uncounted(),
            views,
            ..Resources::default()
        };
        if query.group.is_empty() {
            const PAGE: i64 = 30;
            let page = Query { limit: PAGE, ..listed };
            let paged = paging::page(store, page, &query.after, &query.before).await?;
            shown.rows = rows(&paged.objects, &offers);
            shown.paging = Paging { previous: paged.previous, next: paged.next, total: counts.total() };
        } else {
            shown.groups = self.grouped(query, &listed, &counts, &shown).await?;
        }
        // asked only when nothing is seen: is there anything at all, of the caller or of others?
        shown.any = !shown.rows.is_empty()
            || counts.any()
            || store.count(&Query { resources: true, ..Query::default() }).await? > 0;
        Ok(shown)
    }

    /// The largest groups with the first of each.
    async fn grouped(
        &self,
        query: &ResourcesQuery,
        listed: &Query,
        counts: &Counts,
        shown: &Resources,
    ) -> Result<Vec<Grouped>> {
        let by = query.group.as_str();
        let facets = match by {
            "promise" => &shown.promises,
            "state" => &shown.states,
            "namespace" => &shown.namespaces,
            "version" => &shown.versions,
            "owner" => &shown.owners,
            _ => {
                return Err(domain::Error::bad_request(
                    "Resources are grouped by promise, state, namespace, version or owner.",
                ));
            }
        };
        let mut facets: Vec<Facet> = counts.within(by, facets);
        facets.sort_by(|a, b| (std::cmp::Reverse(a.count), &a.label).cmp(&(std::cmp::Reverse(b.count), &b.label)));
        let of = |facet: &Facet| {
            let one = ResourcesQuery::from_pairs([(by.to_owned(), facet.value.clone())]);
            Query { limit: OF_EACH, ..narrowed(listed, &one) }
        };
        let queries: Vec<Query> = facets.iter().take(GROUPS).map(of).collect();
        let store = &self.doors.services.store;
        let mut found = try_join_all(queries.iter().map(|query| store.find(query))).await?.into_iter();
        let offers = self.offers();
        let group = |facet: Facet| Grouped {
            states: counts.states_of(by, &facet.value),
            rows: found.next().map(|objects| rows(&objects, &offers)).unwrap_or_default(),
            facet,
        };
        Ok(facets.into_iter().map(group).collect())
    }

    async fn saved_views(&self) -> Result<Vec<SavedView>> {
        let views = self.doors.services.saved_views(&self.asker, LIST).await?.into_iter();
        Ok(views.map(|view| SavedView { id: view.id, name: view.name, filters: view.filters }).collect())
    }
}

/// The query with the filters of an address on top.
fn narrowed(base: &Query, query: &ResourcesQuery) -> Query {
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let or_none = |text: String| if text == NONE { String::new() } else { text };
    let mut narrowed = base.clone();
    narrowed.promise = some(&query.promise).or(narrowed.promise);
    narrowed.asked_by = some(&query.owner).map(or_none).or(narrowed.asked_by);
    if let Some(namespace) = some(&query.namespace) {
        narrowed.namespaces = vec![namespace];
    }
    if let Some(version) = some(&query.version) {
        let none = || vec![String::new(), UNVERSIONED.to_owned()];
        narrowed.made = if version == NONE { none() } else { vec![version] };
    }
    if let Some(state) = some(&query.state) {
        narrowed.phases = standing::stored(&state);
    }
    narrowed
}
