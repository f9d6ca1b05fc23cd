//! The destinations of a store: the files they begin with, whether they are ready, and their end.

use super::{Outcome, Site, health, wishes::from_the_top};
use crate::{
    destinations::{Shape, Wanted},
    driver::Orchestrator,
};
use bytes::Bytes;
use domain::{
    Error, Object, Result,
    condition::{self, Condition, Truth},
    destination::{CLEANUP_FINALIZER, Destination, Layout, StateStore},
    event::Level,
    object::{GROUP, Kind as _, Typed},
    placement::{Placement, PlacementKind},
    selector::{Requirement, Selector},
};
use std::collections::{BTreeMap, BTreeSet};
use store::{Lease, Op, Query};

/// What an agent finds before anything is placed, under the names Kratix gives it.
const FIRST: [(&str, &str, &str); 2] = [
    (
        "dependencies",
        "kratix-canary-namespace.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: kratix-worker-system\n",
    ),
    (
        "resources",
        "kratix-canary-configmap.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: kratix-info\n  namespace: kratix-worker-system\ndata:\n  canary: An agent that applies this reads the state store\n",
    ),
];

impl Orchestrator {
    /// The files that destinations begin with, as far as they are not there yet or are to go.
    pub(super) async fn places_to_write(&self, site: &Site) -> Result<Vec<Wanted>> {
        let Some(Ok(state_store)) = site.object.as_ref().map(StateStore::read) else { return Ok(Vec::new()) };
        let mut wanted = Vec::new();
        for (_, destination) in &site.destinations {
            if destination.deleting() && !self.may_end(destination).await? {
                continue;
            }
            let files = first_files(&state_store, destination);
            let standing: BTreeSet<String> = destination.status.init_files.iter().cloned().collect();
            if files.keys().eq(&standing) {
                continue;
            }
            let gone = standing.into_iter().filter(|path| !files.contains_key(path)).collect();
            wanted.push(Wanted {
                root: String::new(),
                shape: Shape::Files { gone },
                files,
                subject: format!("destination {}", destination.metadata.name),
                spared: Vec::new(),
                asked_by: BTreeSet::new(),
                id: destination.metadata.uid.clone(),
                fence: 0,
            });
        }
        Ok(wanted)
    }

    /// Says on each destination whether it is ready; lets go those that are deleted and empty. True while one is still going.
    /// `begun` are those whose first files were part of this pass.
    pub(super) async fn record_places(
        &self,
        lease: &Lease,
        site: &Site,
        begun: &BTreeSet<String>,
        outcome: &Outcome,
    ) -> Result<bool> {
        let mut going = false;
        let state_store = site.object.as_ref().map(StateStore::read).and_then(Result::ok);
        for (object, destination) in &site.destinations {
            let refused = match &outcome.written {
                Ok(written) => written.refused.iter().find(|one| one.id == object.metadata.uid).map(|one| &one.error),
                Err(error) => Some(error),
            };
            if destination.deleting() {
                let cleared = destination.status.init_files.is_empty() || begun.contains(&object.metadata.uid);
                let ended = refused.is_none() && cleared && self.may_end(destination).await?;
                if ended {
                    self.end(lease, object).await?;
                }
                going |= !ended;
                continue;
            }
            let files = state_store.as_ref().map(|state_store| first_files(state_store, destination));
            self.record_place(lease, site, object, destination, files.unwrap_or_default(), refused).await?;
        }
        Ok(going)
    }

    async fn record_place(
        &self,
        lease: &Lease,
        site: &Site,
        before: &Object,
        destination: &Destination,
        files: BTreeMap<String, Bytes>,
        refused: Option<&Error>,
    ) -> Result<()> {
        let now = self.inner.clock.now();
        let name = &before.metadata.name;
        let mut status = destination.status.clone();
        status.observed_generation = before.metadata.generation;
        let (reason, message) = match refused {
            None if files.is_empty() => ("Ready", "The state store takes writes".to_owned()),
            None => ("TestDocumentsWritten", "The state store takes writes, and the first files are there".to_owned()),
            Some(error) if site.object.is_none() => ("StateStoreNotFound", error.message.clone()),
            Some(error) => ("StateStoreWriteFailed", format!("Failed to write test documents: {}", error.message)),
        };
        if refused.is_none() {
            status.init_files = files.into_keys().collect();
        }
        let ready = Condition {
            kind: "Ready".to_owned(),
            status: Truth::from(refused.is_none()),
            reason: reason.to_owned(),
            message: message.clone(),
            last_transition_time: now,
            observed_generation: before.metadata.generation,
        };
        let flipped = health::was(&status.conditions) != Some(ready.status);
        condition::set(&mut status.conditions, ready);
        let after = Object { status: serde_json::to_value(&status).unwrap_or_default(), ..before.clone() };
        let told = flipped.then(|| match refused {
            None => health::event(before, now, Level::Normal, "Ready", format!("Destination {name:?} is ready")),
            Some(_) => health::event(before, now, Level::Warning, reason, message),
        });
        self.say(lease, before, after, told).await
    }

    /// Whether nothing stands on a deleted destination any more.
    async fn may_end(&self, destination: &Destination) -> Result<bool> {
        let ours = destination.metadata.finalizers.iter().any(|finalizer| finalizer == CLEANUP_FINALIZER);
        Ok(ours && self.inner.store.count(&placed_on(vec![destination.metadata.name.clone()])).await? == 0)
    }

    async fn end(&self, lease: &Lease, object: &Object) -> Result<()> {
        let mut after = object.clone();
        after.metadata.finalizers.retain(|finalizer| finalizer != CLEANUP_FINALIZER);
        let op = if after.metadata.finalizers.is_empty() {
            Op::Remove { uid: object.metadata.uid.clone(), version: Some(object.metadata.resource_version) }
        } else {
            Op::Update(after)
        };
        self.inner.store.commit(vec![Op::while_leased(lease), op]).await.map(drop)
    }

    pub(super) async fn placements_on(&self, destinations: Vec<String>) -> Result<Vec<Placement>> {
        let found = self.inner.store.find(&placed_on(destinations)).await?;
        found.into_iter().map(Typed::<PlacementKind>::parse).collect()
    }
}

impl Site {
    /// Whether every destination says already how things stand, and none is going.
    pub(super) fn all_told(&self) -> bool {
        self.destinations.iter().all(|(object, destination)| {
            let status = &destination.status;
            let seen = status.observed_generation == object.metadata.generation && !destination.deleting();
            seen && (self.object.is_some() || status.conditions.iter().any(|one| one.reason == "StateStoreNotFound"))
        })
    }
}

fn placed_on(destinations: Vec<String>) -> Query {
    let on = Requirement::In("midspan.dev/destination".to_owned(), destinations);
    Query { labels: Selector { requirements: vec![on] }, ..Query::of_kind(GROUP, PlacementKind::KIND) }
}

/// By their paths from the store's top. A destination that is going has none.
fn first_files(state_store: &StateStore, destination: &Destination) -> BTreeMap<String, Bytes> {
    if !destination.spec.init_workloads.enabled || destination.deleting() {
        return BTreeMap::new();
    }
    let folder = destination.spec.folder();
    let place = |(kind, name, content): (&str, &str, &'static str)| {
        let inside = if destination.spec.filepath.mode == Layout::Nested { kind } else { "" };
        let parts = [folder.as_str(), inside, name];
        let path = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        (from_the_top(&state_store.spec.backend, &path), Bytes::from_static(content.as_bytes()))
    };
    FIRST.into_iter().map(place).collect()
}
