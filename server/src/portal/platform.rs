//! The platform as those see it who run it: fleets, destinations, state stores, what has failed.

use super::{ServerPortal, facts::Offers, home::rows, standing};
use crate::service::places::placed_on;
use app::pages::platform::{DestinationRow, Fleet, PlatformPage, Readiness, StoreRow};
use domain::{
    Result, Typed,
    caller::{Target, Verb, may},
    condition::{Condition, Truth},
    destination::Backend,
    object::GROUP,
    promise::{Availability, PromiseStatus},
    run::{Run, RunKind},
    status::ResourceStatus,
};
use futures::future::try_join_all;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};
use store::{Facet, Query, Sort};

/// Versions are counted over this many of the newest resources.
const COUNTED: i64 = 2_000;
/// What has failed is shown up to here; the lists show the rest.
const SHOWN: i64 = 8;

impl ServerPortal {
    /// Whether the caller is somebody who runs the platform.
    pub(super) fn runs_platform(&self) -> bool {
        may(&self.asker.caller, Verb::Write, Target::Platform("promises")).is_ok()
    }

    pub(super) async fn platform_page(&self) -> Result<PlatformPage> {
        may(&self.asker.caller, Verb::Write, Target::Platform("promises")).map_err(domain::Error::forbidden)?;
        let store = &self.doors.services.store;
        let offers = self.offers();
        let all = Query { resources: true, ..Query::default() };
        let newest = Query { sort: Sort::Version, descending: true, limit: COUNTED, ..all.clone() };
        let failing = Query {
            phases: ["failed", "degraded"].into_iter().flat_map(standing::stored).collect(),
            sort: Sort::Version,
            descending: true,
            limit: SHOWN,
            ..all.clone()
        };
        let failed = Query {
            phases: vec!["Failed".to_owned()],
            sort: Sort::Created,
            descending: true,
            limit: SHOWN,
            ..Query::of_kind(GROUP, "Run")
        };
        let (total, newest, failing, failed, fleets, destinations, stores) = futures::try_join!(
            store.count(&all),
            store.list(&newest),
            store.list(&failing),
            store.list(&failed),
            self.fleets(&offers),
            self.destination_rows(),
            self.store_rows()
        )?;
        let mut versions: HashMap<String, BTreeMap<String, u64>> = HashMap::new();
        for object in &newest.objects {
            let version = ResourceStatus::read(&object.status).promise_version;
            // what was not made yet runs no version
            if !version.is_empty() {
                let promise = object.facets().promise.to_owned();
                *versions.entry(promise).or_default().entry(version).or_default() += 1;
            }
        }
        let runs: Vec<Run> =
            failed.objects.into_iter().filter_map(|object| Typed::<RunKind>::parse(object).ok()).collect();
        let spread = |fleet: Fleet| {
            let mut versions: Vec<_> = versions.remove(&fleet.name).unwrap_or_default().into_iter().collect();
            versions.sort_by_key(|(_, number)| Reverse(*number));
            Fleet { versions, ..fleet }
        };
        Ok(PlatformPage {
            fleets: fleets.into_iter().map(spread).collect(),
            counted: newest.objects.len() as u64,
            total: u64::try_from(total).unwrap_or(0),
            destinations,
            stores,
            failing: rows(&failing.objects, &offers),
            failures: self.run_rows(&runs, &offers).await?,
        })
    }

    /// Every promise that is offered, by title, with how its resources stand.
    async fn fleets(&self, offers: &Offers) -> Result<Vec<Fleet>> {
        let store = &self.doors.services.store;
        let of = |promise: &String| Query { resources: true, promise: Some(promise.clone()), ..Query::default() };
        let queries: Vec<Query> = offers.keys().map(of).collect();
        let counted = try_join_all(queries.iter().map(|query| store.facets(query, Facet::Phase))).await?;
        let promises = Query { kind: Some("Promise".to_owned()), ..Query::default() };
        let statuses: BTreeMap<String, PromiseStatus> = store
            .list(&promises)
            .await?
            .objects
            .into_iter()
            .map(|object| (object.metadata.name.clone(), PromiseStatus::read(&object.status)))
            .collect();
        let fleet = |(offer, counted): (&std::sync::Arc<domain::plan::Offer>, Vec<(String, i64)>)| {
            let promise = &offer.promise;
            let status = statuses.get(&promise.name);
            let waits = status.filter(|status| status.status == Availability::Unavailable);
            Fleet {
                name: promise.name.clone(),
                title: promise.title().to_owned(),
                icon: promise.spec.icon.clone(),
                owner: promise.spec.owner.clone(),
                version: promise.version.clone(),
                waits_for: waits.map_or_else(String::new, |status| status.message.clone()),
                states: standing::counted(&counted).filter(|state| state.count > 0).collect(),
                versions: Vec::new(),
            }
        };
        let mut fleets: Vec<Fleet> = offers.values().zip(counted).map(fleet).collect();
        fleets.sort_by(|a, b| a.title.cmp(&b.title));
        Ok(fleets)
    }

    async fn destination_rows(&self) -> Result<Vec<DestinationRow>> {
        let places = self.places().await?;
        let destinations = self.destinations().await?;
        let queries: Vec<Query> = destinations.iter().map(|each| placed_on(&each.metadata.name)).collect();
        let placed = try_join_all(queries.iter().map(|query| self.doors.services.store.count(query))).await?;
        let row = |(destination, placed): (domain::destination::Destination, i64)| DestinationRow {
            writes_to: places.in_full(&destination.metadata.name),
            labels: destination.labels().iter().map(|(key, value)| format!("{key}={value}")).collect(),
            readiness: readiness(&destination.status.conditions),
            placed: u64::try_from(placed).unwrap_or(0),
            room: destination.spec.capacity.map_or_else(String::new, |capacity| {
                format!("{} of {} resources", destination.status.standing, capacity.resources)
            }),
            is_cordoned: destination.spec.cordoned,
            name: destination.metadata.name,
        };
        Ok(destinations.into_iter().zip(placed).map(row).collect())
    }

    async fn store_rows(&self) -> Result<Vec<StoreRow>> {
        let stores = orchestrator::state_stores(&self.doors.services.store).await?;
        let mut used: BTreeMap<String, u64> = BTreeMap::new();
        for destination in self.destinations().await? {
            *used.entry(destination.spec.state_store_ref.key()).or_default() += 1;
        }
        let row = |(key, store): (String, domain::destination::StateStore)| StoreRow {
            what: super::places::words(&store.spec.backend),
            readiness: readiness(&store.status.conditions),
            commit: match store.spec.backend {
                Backend::Git(_) => store.status.version.chars().take(10).collect(),
                _ => String::new(),
            },
            destinations: used.get(&key).copied().unwrap_or(0),
            name: store.metadata.name,
        };
        Ok(stores.into_iter().map(row).collect())
    }
}

fn readiness(conditions: &[Condition]) -> Readiness {
    let Some(ready) = conditions.iter().find(|condition| condition.kind == "Ready") else {
        return Readiness::default();
    };
    Readiness {
        is_ready: match ready.status {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Unknown => None,
        },
        message: ready.message.clone(),
    }
}
