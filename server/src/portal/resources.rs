//! The list of resources: searched, filtered, sorted and paged by the store.

use super::{ServerPortal, home::rows, paging, standing};
use app::{
    pages::resources::{DELETED, Resources, ResourcesQuery},
    view::{Facet, Paging},
};
use domain::{Result, selector::Selector};
use store::{Query, Sort};

impl ServerPortal {
    pub(super) async fn resources_page(&self, query: &ResourcesQuery) -> Result<Resources> {
        const PAGE: i64 = 30;
        if query.whose == DELETED {
            return self.deleted_page(query).await;
        }
        self.may_look()?;
        let store = &self.doors.services.store;
        let everybody = query.whose == "all";
        let all = Query {
            resources: true,
            labels: if everybody { Selector::default() } else { self.asked_by_caller() },
            ..Query::default()
        };
        let mut filtered = Query {
            promise: Some(query.promise.clone()).filter(|promise| !promise.is_empty()),
            namespaces: Some(query.namespace.clone()).filter(|namespace| !namespace.is_empty()).into_iter().collect(),
            name_contains: Some(query.q.trim().to_owned()).filter(|text| !text.is_empty()),
            ..all.clone()
        };
        if !query.state.is_empty() {
            filtered.phases = standing::stored(&query.state);
        }
        let (turned, by) = query.sort.strip_prefix('-').map_or((false, query.sort.as_str()), |by| (true, by));
        let (sort, newest_first) = match by {
            "name" => (Sort::Name, false),
            "created" => (Sort::Created, true),
            _ => (Sort::Version, true),
        };
        let listed = Query { sort, descending: newest_first != turned, limit: PAGE, ..filtered.clone() };
        let (paged, total, by_promise, by_namespace, by_phase) = futures::try_join!(
            paging::page(store, listed, &query.after, &query.before),
            store.count(&filtered),
            store.facets(&all, store::Facet::Promise),
            store.facets(&all, store::Facet::Namespace),
            store.facets(&all, store::Facet::Phase)
        )?;
        let offers = self.offers();
        // asked only when the caller has none: is there anything of others?
        let any =
            !by_phase.is_empty() || !everybody && store.count(&Query { labels: Selector::default(), ..all }).await? > 0;
        let states = standing::counted(&by_phase);
        Ok(Resources {
            rows: rows(&paged.objects, &offers),
            promises: by_promise
                .iter()
                .map(|(name, count)| {
                    facet(name, offers.get(name).map_or(name.as_str(), |offer| offer.promise.title()), *count)
                })
                .collect(),
            states: states.filter(|state| state.count > 0 || state.value == query.state).collect(),
            namespaces: by_namespace.iter().map(|(name, count)| facet(name, name, *count)).collect(),
            paging: Paging { previous: paged.previous, next: paged.next, total: u64::try_from(total).ok() },
            any,
            gone: Vec::new(),
        })
    }
}

fn facet(value: &str, label: &str, count: i64) -> Facet {
    Facet { value: value.to_owned(), label: label.to_owned(), count: u64::try_from(count).unwrap_or(0) }
}
