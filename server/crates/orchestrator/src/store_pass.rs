//! One pass over one state store: every placement that is not as it should be, in one write.

use crate::{
    destinations::{Unwritten, Wanted, Written},
    driver::{Batch, Orchestrator},
    failpoint,
    resource_pass::wake,
};
use domain::{
    Error, Result,
    condition::{self, Condition, Truth},
    destination::{Backend, StateStore, StateStoreKind},
    digest::Digest,
    object::{GROUP, Kind, Typed},
    placement::{Placement, PlacementKind, PlacementState},
    selector::{Requirement, Selector},
    workflow::{GoDuration, Retry},
};
use std::{collections::BTreeSet, time::Duration};
use store::{Lease, Op, Query};

/// Placements written together at most: bounds the memory of a pass, not the work that gets done.
const TOGETHER: i64 = 500;

impl Orchestrator {
    pub(crate) async fn store_pass(&self, lease: &Lease, name: &str, batch: &Batch) -> Result<()> {
        let placements = self.open_placements(name).await?;
        if placements.is_empty() {
            return self.settle(lease, None).await;
        }
        let object = self.inner.store.by_name(GROUP, StateStoreKind::KIND, "", name).await?;
        let state_store = object.map(Typed::<StateStoreKind>::parse).transpose()?;
        let written = match &state_store {
            None => Err(Error::not_found("statestores.midspan.dev", name)),
            Some(state_store) => {
                let write = self.write(state_store, &placements, lease.fence);
                let write = self.while_leased(lease, batch.claimed, write);
                match batch.tenure.while_it_counts(write).await.flatten() {
                    // what came of it is for the pass to see that has taken over
                    None => return Err(Error::conflict("this replica was away for longer than its lease")),
                    Some(Err(Unwritten::Overtaken(fence))) => return self.go_above(lease, name, fence).await,
                    Some(written) => written.map_err(Error::from),
                }
            }
        };
        failpoint::pass("store.written");
        let now = self.inner.clock.now();
        let version = written.as_ref().map_or_else(|_| String::new(), |written| written.version.clone());
        let mut lost_race = false;
        let records =
            placements.iter().map(|placement| self.record_write(lease, placement, written.as_ref().err(), &version));
        for result in futures::future::join_all(records).await {
            match result {
                Ok(()) => {}
                // the placement changed meanwhile: it is pending again and has its turn in the next pass
                Err(error) if error.kind == domain::ErrorKind::Conflict => lost_race = true,
                Err(error) => return Err(error),
            }
        }
        failpoint::pass("placements.recorded");
        let failures = self.record_health(lease, state_store, written.as_ref().err(), &version).await?;
        failpoint::pass("store.recorded");
        let next = match &written {
            Err(error) => {
                tracing::warn!(store = name, %error, "state store refuses writes");
                Some(now + backoff(failures, name))
            }
            Ok(_) if lost_race || i64::try_from(placements.len()).is_ok_and(|n| n >= TOGETHER) => Some(now),
            Ok(_) => None,
        };
        self.settle(lease, next).await
    }

    /// The store was written under a higher fence than this lease's. If the lease is lost, then by whoever has it now, and this pass is over. If it is
    /// held, nobody newer is there, but the database is younger than what it once wrote: it was restored. Then its fences go on above.
    async fn go_above(&self, lease: &Lease, name: &str, fence: i64) -> Result<()> {
        let again = Op::Settle { lease: lease.clone(), next: Some(self.inner.clock.now()) };
        self.inner.store.commit(vec![again, Op::RaiseFence { above: fence }]).await?;
        tracing::warn!(
            store = name,
            ours = lease.fence,
            found = fence,
            "the state store has seen a later fence than this database has given out, as after a restored backup; going on above it"
        );
        self.inner.left_behind.notify_one();
        Ok(())
    }

    async fn open_placements(&self, store: &str) -> Result<Vec<Placement>> {
        let query = Query {
            phases: vec!["Pending".to_owned(), "Failing".to_owned()],
            labels: Selector {
                requirements: vec![Requirement::In("midspan.dev/state-store".to_owned(), vec![store.to_owned()])],
            },
            limit: TOGETHER,
            ..Query::of_kind(GROUP, PlacementKind::KIND)
        };
        self.inner.store.list(&query).await?.objects.into_iter().map(Typed::<PlacementKind>::parse).collect()
    }

    async fn write(
        &self,
        state_store: &StateStore,
        placements: &[Placement],
        fence: i64,
    ) -> Result<Written, Unwritten> {
        let digests: BTreeSet<Digest> =
            placements.iter().filter(|p| !p.spec.withdrawn).flat_map(|p| p.spec.files.values().cloned()).collect();
        let blobs = self.inner.store.blobs(&digests.into_iter().collect::<Vec<_>>()).await?;
        let mut wanted = Vec::with_capacity(placements.len());
        for Placement { metadata, spec, .. } in placements {
            let mut files = std::collections::BTreeMap::new();
            for (path, digest) in spec.files.iter().filter(|_| !spec.withdrawn) {
                let bytes =
                    blobs.get(digest).ok_or_else(|| Error::internal(format!("blob {digest} of {path} is missing")))?;
                files.insert(path.clone(), bytes.clone().into());
            }
            let subject = format!("{} {}/{}", spec.promise, metadata.namespace, spec.resource);
            let root = nested(&state_store.spec.backend, &spec.root);
            wanted.push(Wanted { root, files, subject, id: metadata.uid.clone(), fence });
        }
        failpoint::pass("store.write");
        let (uid, name, backend) = (&state_store.metadata.uid, &state_store.metadata.name, &state_store.spec.backend);
        self.inner.stores.write(uid, name, backend, &wanted, self.inner.clock.now()).await
    }

    async fn record_write(
        &self,
        lease: &Lease,
        placement: &Placement,
        error: Option<&Error>,
        version: &str,
    ) -> Result<()> {
        let now = self.inner.clock.now();
        let mut next = placement.clone();
        match error {
            None => {
                next.status.state = PlacementState::Written;
                next.status.written = Some(placement.spec.content());
                next.status.version = version.to_owned();
                next.status.written_at = Some(now);
                next.status.message = String::new();
            }
            Some(error) => {
                next.status.state = PlacementState::Failing;
                next.status.message.clone_from(&error.message);
            }
        }
        if next == *placement {
            return Ok(());
        }
        let owner = placement.metadata.owner_references.first().map_or("", |owner| owner.uid.as_str());
        failpoint::pass("placement.record");
        let wake = wake(owner, &placement.metadata.namespace, now);
        self.inner.store.commit(vec![Op::while_leased(lease), Op::Update(next.to_object()), wake]).await.map(drop)
    }

    /// Says on the state store whether it takes writes. Returns the failures in a row.
    async fn record_health(
        &self,
        lease: &Lease,
        state_store: Option<StateStore>,
        error: Option<&Error>,
        version: &str,
    ) -> Result<u32> {
        let Some(mut state_store) = state_store else { return Ok(1) };
        let before = state_store.clone();
        let status = &mut state_store.status;
        status.failures = if error.is_some() { status.failures.saturating_add(1) } else { 0 };
        status.observed_generation = state_store.metadata.generation;
        if !version.is_empty() {
            version.clone_into(&mut status.version);
        }
        let ready = Condition {
            kind: "Ready".to_owned(),
            status: Truth::from(error.is_none()),
            reason: if error.is_none() { "Written".to_owned() } else { "WriteFailed".to_owned() },
            message: error.map_or_else(|| "The last write was taken".to_owned(), |error| error.message.clone()),
            last_transition_time: self.inner.clock.now(),
            observed_generation: state_store.metadata.generation,
        };
        condition::set(&mut status.conditions, ready);
        let failures = status.failures;
        if state_store != before {
            match self.inner.store.commit(vec![Op::while_leased(lease), Op::Update(state_store.to_object())]).await {
                Ok(_) => {}
                Err(error) if error.kind == domain::ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
        Ok(failures)
    }
}

/// A repository may keep all of its destinations below one folder.
fn nested(backend: &Backend, root: &str) -> String {
    match backend {
        Backend::Git(git) if !git.path.trim_matches('/').is_empty() => format!("{}/{root}", git.path.trim_matches('/')),
        _ => root.to_owned(),
    }
}

fn backoff(failures: u32, store: &str) -> Duration {
    let retry = Retry {
        attempts: u32::MAX,
        backoff: GoDuration(Duration::from_secs(2)),
        max_backoff: GoDuration(Duration::from_secs(300)),
    };
    retry.pause(failures.max(1), store)
}
