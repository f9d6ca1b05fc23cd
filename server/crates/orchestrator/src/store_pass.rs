//! One pass over one state store: is it as its document says, and does it take writes; then every placement that is not as it should be, in one write.

mod health;
mod look;
mod places;
mod together;
mod wishes;

use crate::{
    destinations::{SecretValues, Target, Unwritten, Written},
    driver::{Batch, Orchestrator},
    failpoint,
    places::{destination_objects, state_store_object},
    resource_pass::wake,
};
use domain::{
    Error, Object, Result, Timestamp,
    destination::{Destination, StateStore, StateStoreRef, StateStoreStatus},
    object::{GROUP, Kind, Typed},
    placement::{Placement, PlacementKind, PlacementState},
    selector::{Requirement, Selector},
    workflow::{GoDuration, Retry},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use store::{Lease, Op, Query};
use wishes::Wishes;

/// Placements written together at most: bounds the memory of a pass and the rate at which a store that was away is caught up with, not the work
/// that gets done.
const TOGETHER: i64 = 500;
/// How often a store that nothing is written to is asked whether it would take a write.
const CHECK_EVERY: Duration = Duration::from_mins(10);
/// How soon a placement is tried again that was refused for what it is, and not for the store.
const REFUSED_AGAIN: Duration = Duration::from_secs(30);
/// How soon a destination that is going is looked at again.
const GOING_AGAIN: Duration = Duration::from_secs(1);

/// A state store as a pass found it.
struct Site {
    key: String,
    object: Option<Object>,
    status: StateStoreStatus,
    /// The Secret that it names, if there is one.
    secret: Option<Object>,
    /// The destinations in it, as they are stored and as they are read.
    destinations: Vec<(Object, Destination)>,
}

/// What a pass came to.
struct Outcome {
    written: Result<Written>,
    /// When the store is asked again after a failure.
    again: Timestamp,
    failures: u32,
}

impl Orchestrator {
    pub(crate) async fn store_pass(&self, lease: &Lease, key: &str, batch: &Batch) -> Result<()> {
        let placements = self.open_placements(key).await?;
        let site = self.site(key).await?;
        let places = self.places_to_write(&site).await?;
        let now = self.inner.clock.now();
        let next_check = match &site.object {
            Some(object)
                if site.status.observed_generation == object.metadata.generation
                    && site.status.secret_version == site.secret_version() =>
            {
                site.status.checked_at.filter(|_| site.status.failures == 0).map_or(now, |at| at + CHECK_EVERY)
            }
            Some(_) => now,
            None => Timestamp::from_micros(i64::MAX),
        };
        let next_look = site.next_look(batch.settings, now);
        if placements.is_empty() && places.is_empty() && next_check.min(next_look) > now && site.all_told() {
            return self.settle(lease, site.object.as_ref().map(|_| next_check.min(next_look))).await;
        }
        let begun: BTreeSet<String> = places.iter().map(|place| place.id.clone()).collect();
        let written = match &site.object {
            None => Err(missing(key)),
            Some(object) => {
                let write = self.ask_and_write(object, &site, &placements, places, next_check <= now, lease.fence);
                let write = self.while_leased(lease, batch.claimed, write);
                match batch.tenure.while_it_counts(Box::pin(write)).await.flatten() {
                    // what came of it is for the pass to see that has taken over
                    None => return Err(Error::conflict("this replica was away for longer than its lease")),
                    Some(Err(Unwritten::Overtaken(fence))) => return self.go_above(lease, key, fence).await,
                    Some(written) => written.map_err(Error::from),
                }
            }
        };
        failpoint::pass("store.written");
        let now = self.inner.clock.now();
        let early = site.status.retry_at.filter(|at| *at > now && site.status.failures > 0);
        let failures = match (&written, early) {
            (Ok(_), _) => 0,
            (Err(_), Some(_)) => site.status.failures,
            (Err(_), None) => site.status.failures.saturating_add(1),
        };
        let again = early.unwrap_or_else(|| now + backoff(failures, key));
        let outcome = Outcome { written, again, failures };
        let lost_race = self.record_writes(lease, &placements, &outcome).await?;
        failpoint::pass("placements.recorded");
        self.record_health(lease, &site, &outcome).await?;
        let going = self.record_places(lease, &site, &begun, &outcome).await?;
        failpoint::pass("store.recorded");
        let next = match &outcome.written {
            Err(error) => {
                tracing::warn!(store = key, %error, "state store refuses writes");
                Some(outcome.again)
            }
            Ok(_) if lost_race || i64::try_from(placements.len()).is_ok_and(|n| n >= TOGETHER) => Some(now),
            Ok(_) if going => Some(now + GOING_AGAIN),
            Ok(written) if !written.refused.is_empty() => Some(now + spread(REFUSED_AGAIN, key, now)),
            Ok(_) => Some(now + CHECK_EVERY),
        };
        if outcome.written.is_err() {
            return self.settle(lease, next).await;
        }
        let looked = self.look_round(lease, &site, batch).await?;
        self.settle(lease, next.map(|next| next.min(looked))).await
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

    async fn site(&self, key: &str) -> Result<Site> {
        let object = state_store_object(&self.inner.store, key).await?;
        let status = object.as_ref().map(|object| serde_json::from_value(object.status.clone()).unwrap_or_default());
        let state_store = object.as_ref().map(StateStore::read).and_then(Result::ok);
        let secret = match state_store.as_ref().and_then(|state_store| state_store.spec.backend.secret()) {
            Some(named) => self.inner.store.by_name("", "Secret", &named.namespace, &named.name).await?,
            None => None,
        };
        let mut destinations = Vec::new();
        for object in destination_objects(&self.inner.store).await? {
            let read = Destination::read(&object).ok().filter(|read| read.spec.state_store_ref.key() == key);
            destinations.extend(read.map(|read| (object, read)));
        }
        Ok(Site { key: key.to_owned(), object, status: status.unwrap_or_default(), secret, destinations })
    }

    /// New and changed placements first: those that were refused before cannot keep them waiting.
    async fn open_placements(&self, key: &str) -> Result<Vec<Placement>> {
        let mut open = Vec::new();
        for phase in ["Pending", "Failing"] {
            let room = TOGETHER - i64::try_from(open.len()).unwrap_or(TOGETHER);
            if room > 0 {
                let of_store = Requirement::In("midspan.dev/state-store".to_owned(), vec![key.to_owned()]);
                let query = Query {
                    phases: vec![phase.to_owned()],
                    labels: Selector { requirements: vec![of_store] },
                    limit: room,
                    ..Query::of_kind(GROUP, PlacementKind::KIND)
                };
                open.extend(self.inner.store.find(&query).await?);
            }
        }
        open.into_iter().map(Typed::<PlacementKind>::parse).collect()
    }

    /// Asks whether the store takes writes, if that is due, and writes.
    async fn ask_and_write(
        &self,
        object: &Object,
        site: &Site,
        placements: &[Placement],
        places: Vec<crate::destinations::Wanted>,
        check_is_due: bool,
        fence: i64,
    ) -> Result<Written, Unwritten> {
        let state_store = StateStore::read(object)?;
        let target = self.target(&state_store, site).await?;
        if check_is_due {
            self.inner.stores.check(&target).await?;
        }
        let mut wishes = self.wishes(&state_store, site, placements, fence).await?;
        let places = places.into_iter().map(|place| crate::destinations::Wanted { fence, ..place });
        wishes.wanted.extend(places);
        if wishes.wanted.is_empty() {
            return Ok(Written { refused: wishes.refused, ..Written::default() });
        }
        failpoint::pass("store.write");
        let Wishes { wanted, refused, shared } = wishes;
        let mut written = self.inner.stores.write(&target, &wanted, self.inner.clock.now()).await?;
        // a file that several placements share was refused to all of them
        for one in std::mem::take(&mut written.refused) {
            let placements = shared.get(&one.id).cloned().unwrap_or_else(|| vec![one.id.clone()]);
            let of = |id| crate::destinations::Refused { id, error: one.error.clone() };
            written.refused.extend(placements.into_iter().map(of));
        }
        written.refused.extend(refused);
        Ok(written)
    }

    async fn target(&self, state_store: &StateStore, site: &Site) -> Result<Target> {
        let secret = match &site.secret {
            Some(object) => {
                let values = self.inner.store.opened(object).await?;
                let values = values.into_iter().map(|(key, value)| (key, value.as_bytes().to_vec())).collect();
                Some(SecretValues::new(&object.metadata.namespace, &object.metadata.name, values))
            }
            None => None,
        };
        let backend = state_store.spec.backend.clone();
        Ok(Target { uid: state_store.metadata.uid.clone(), name: state_store.metadata.name.clone(), backend, secret })
    }

    /// Says on each placement what became of it. True if one changed meanwhile: it is pending again and has its turn in the next pass.
    async fn record_writes(&self, lease: &Lease, placements: &[Placement], outcome: &Outcome) -> Result<bool> {
        let refused: BTreeMap<&str, &Error> = match &outcome.written {
            Ok(written) => written.refused.iter().map(|one| (one.id.as_str(), &one.error)).collect(),
            Err(_) => BTreeMap::new(),
        };
        let now = self.inner.clock.now();
        let records = placements.iter().map(|placement| {
            let refused = refused.get(placement.metadata.uid.as_str()).map(|error| (*error, now + REFUSED_AGAIN));
            let failed = outcome.written.as_ref().err().map(|error| (error, outcome.again));
            let version = outcome.written.as_ref().map_or("", |written| written.version.as_str());
            self.record_write(lease, placement, refused.or(failed), version)
        });
        let mut lost_race = false;
        for result in futures::future::join_all(records).await {
            match result {
                Ok(()) => {}
                Err(error) if error.kind == domain::ErrorKind::Conflict => lost_race = true,
                Err(error) => return Err(error),
            }
        }
        Ok(lost_race)
    }

    async fn record_write(
        &self,
        lease: &Lease,
        placement: &Placement,
        error: Option<(&Error, Timestamp)>,
        version: &str,
    ) -> Result<()> {
        let now = self.inner.clock.now();
        let mut next = placement.clone();
        let status = &mut next.status;
        match error {
            None => {
                status.state = PlacementState::Written;
                status.written = Some(placement.spec.content());
                version.clone_into(&mut status.version);
                status.written_at = Some(now);
                status.message = String::new();
                status.retry_at = None;
                status.holds = together::held(placement);
                status.drift = None;
            }
            Some((error, again)) => {
                status.state = PlacementState::Failing;
                status.message.clone_from(&error.message);
                status.retry_at = Some(again.to_second());
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
}

impl Site {
    /// Another one for every change of the credentials.
    fn secret_version(&self) -> i64 {
        self.secret.as_ref().map_or(0, |secret| secret.metadata.resource_version)
    }
}

fn missing(key: &str) -> Error {
    let StateStoreRef { kind, name } = StateStoreRef::of_key(key);
    Error::not_found(&kind.resource(), &name)
}

fn backoff(failures: u32, store: &str) -> Duration {
    let retry = Retry {
        attempts: u32::MAX,
        backoff: GoDuration(Duration::from_secs(2)),
        max_backoff: GoDuration(Duration::from_secs(300)),
    };
    retry.pause(failures.max(1), store)
}

/// A pause that differs from store to store and from time to time by up to a quarter.
fn spread(pause: Duration, store: &str, now: Timestamp) -> Duration {
    let retry = Retry { attempts: u32::MAX, backoff: GoDuration(pause), max_backoff: GoDuration(pause) };
    retry.pause(1, &format!("{store}/{}", now.micros()))
}
