//! The platform as those see it who run it: fleets, destinations, state stores, what has failed.

use super::{
    ServerPortal,
    facts::{Offers, titles},
    home::rows,
    resources::NONE,
    standing,
};
use crate::service::places::placed_on;
use app::{
    pages::{
        platform::{DestinationRow, PlatformPage, Readiness, StoreRow},
        platform_fleet::{Fleet, OfVersion},
    },
    view::Facet,
};
use domain::{
    Result, Typed,
    caller::{Target, Verb, may},
    condition::{Condition, Truth},
    destination::Backend,
    object::GROUP,
    promise::{Availability, PromiseStatus, UNVERSIONED},
    run::{Run, RunKind},
};
use futures::future::try_join_all;
use std::{cmp::Reverse, collections::BTreeMap};
use store::{FleetCount, Query, Sort};

/// Combinations that are counted.
const COUNTED: i64 = 20_000;
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
        let (counts, failing, failed, pulse, destinations, stores) = futures::try_join!(
            store.fleet(&all, COUNTED),
            store.list(&failing),
            store.list(&failed),
            self.pulse(&offers),
            self.destination_rows(),
            self.store_rows()
        )?;
        let runs: Vec<Run> =
            failed.objects.into_iter().filter_map(|object| Typed::<RunKind>::parse(object).ok()).collect();
        let is_all = i64::try_from(counts.len()).is_ok_and(|length| length < COUNTED);
        let uncounted =
            format!("Only the first {COUNTED} combinations of promise, namespace, state and version are counted.");
        Ok(PlatformPage {
            pulse,
            total: counts.iter().filter_map(|count| u64::try_from(count.number).ok()).sum(),
            fleets: self.fleets(&offers, counts).await?,
            uncounted: if is_all { String::new() } else { uncounted },
            destinations,
            stores,
            failing: rows(&failing.objects, &offers),
            failures: self.run_rows(&runs, &offers).await?,
        })
    }

    /// Every promise that is offered, by title, with what runs which of its versions and how it stands.
    async fn fleets(&self, offers: &Offers, counts: Vec<FleetCount>) -> Result<Vec<Fleet>> {
        let promises = Query { kind: Some("Promise".to_owned()), ..Query::default() };
        let promises = self.doors.services.store.find(&promises).await?;
        let statuses: BTreeMap<String, PromiseStatus> = promises
            .into_iter()
            .map(|object| (object.metadata.name.clone(), PromiseStatus::read(&object.status)))
            .collect();
        let mut by_promise: BTreeMap<String, Vec<FleetCount>> = BTreeMap::new();
        for count in counts {
            by_promise.entry(count.promise.clone()).or_default().push(count);
        }
        let titles = titles(offers);
        let fleet = |offer: &std::sync::Arc<domain::plan::Offer>| {
            let promise = &offer.promise;
            let status = statuses.get(&promise.name);
            let waits = status.filter(|status| status.status == Availability::Unavailable);
            Fleet {
                name: promise.name.clone(),
                title: titles.get(&promise.name).cloned().unwrap_or_default(),
                icon: promise.spec.icon.clone(),
                owner: promise.spec.owner.clone(),
                version: promise.version.clone(),
                waits_for: waits.map_or_else(String::new, |status| status.message.clone()),
                versions: of_versions(by_promise.remove(&promise.name).unwrap_or_default(), &promise.version),
            }
        };
        let mut fleets: Vec<Fleet> = offers.values().map(fleet).collect();
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

/// The current version first, then those that most run.
pub(super) fn of_versions(counts: Vec<FleetCount>, current: &str) -> Vec<OfVersion> {
    let mut by_version: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for count in counts {
        let made = if count.made == UNVERSIONED { String::new() } else { count.made };
        *by_version.entry(made).or_default().entry(count.phase).or_default() += count.number;
    }
    let of = |(made, phases): (String, BTreeMap<String, i64>)| {
        let phases: Vec<(String, i64)> = phases.into_iter().collect();
        let states: Vec<Facet> = standing::counted(&phases).collect();
        let count = states.iter().map(|state| state.count).sum();
        let (value, label) = if made.is_empty() { (NONE, "None yet") } else { (made.as_str(), made.as_str()) };
        let version = Facet { value: value.to_owned(), label: label.to_owned(), count };
        OfVersion { is_old: !made.is_empty() && current != UNVERSIONED && made != current, version, states }
    };
    let mut versions: Vec<OfVersion> = by_version.into_iter().map(of).collect();
    versions.sort_by_key(|of| Reverse((of.version.value == current, of.version.count)));
    versions
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_told_by_version_and_state() {
        let count = |phase: &str, made: &str, number| FleetCount {
            phase: phase.into(),
            made: made.into(),
            number,
            ..FleetCount::default()
        };
        let counts = vec![
            count("Ready", "v1", 9),
            count("Failed", "v1", 1),
            count("Ready", "v2", 3),
            count("Pending", "", 1),
            count("Pending", UNVERSIONED, 1),
        ];
        let told = |current: &str| {
            let versions = of_versions(counts.clone(), current).into_iter().map(|of| {
                let states = of.states.iter().filter(|state| state.count > 0);
                let states: Vec<_> = states.map(|state| format!("{} {}", state.count, state.value)).collect();
                let old = if of.is_old { " old" } else { "" };
                format!("{}{old}: {} = {}", of.version.label, of.version.count, states.join(" + "))
            });
            versions.collect::<Vec<_>>().join("; ")
        };
        assert_eq!(told("v2"), "v2: 3 = 3 ready; v1 old: 10 = 9 ready + 1 failed; None yet: 2 = 2 waiting");
        assert!(!told(UNVERSIONED).contains("old"), "of what has no version nothing is out of date");
    }
}
