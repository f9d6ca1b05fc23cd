//! The loop around the plan: claim due keys, give each its pass. It knows no rule of any promise.

use crate::{Offers, destinations::Stores, steps::Runner};
use domain::{
    Clock, Result, Timestamp,
    destination::{Destination, DestinationKind},
    object::{GROUP, Typed},
    plan::Offer,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{Lease, Query, Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How much at once, and for how long.
#[derive(Clone, Debug)]
pub struct Config {
    /// This process's name among the replicas: new at each start, so that nothing of an earlier process counts as ours.
    pub replica: String,
    /// A claimed key belongs to its replica for this long.
    pub lease: Duration,
    /// Passes at once.
    pub passes: usize,
    /// Steps with an effect performed at once, in all and for one promise.
    pub steps: usize,
    pub steps_per_promise: usize,
}

impl Config {
    pub fn new(replica: impl Into<String>) -> Self {
        Self { replica: replica.into(), lease: Duration::from_secs(10), passes: 64, steps: 64, steps_per_promise: 16 }
    }
}

/// Everything a pass needs. Cheap to clone.
#[derive(Clone)]
pub struct Orchestrator {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub config: Config,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub offers: Arc<Offers>,
    pub runner: Runner,
    pub stores: Stores,
    /// Replicas known to be alive, refreshed with each heartbeat.
    pub live: Mutex<BTreeSet<String>>,
    pub all_steps: Arc<Semaphore>,
    pub promise_steps: Mutex<HashMap<String, Arc<Semaphore>>>,
    pub stop: CancellationToken,
    /// Ends effects when this replica can no longer prove that it holds them.
    pub fenced_off: CancellationToken,
    pub tasks: TaskTracker,
}

/// What all passes of one batch share: read once, not once a pass.
pub(crate) struct Batch {
    pub destinations: Arc<Vec<Destination>>,
    pub current: tokio::sync::Mutex<HashMap<String, Option<Arc<Offer>>>>,
}

impl Orchestrator {
    pub fn new(config: Config, store: Store, clock: Arc<dyn Clock>, offers: Arc<Offers>, runner: Runner, stores: Stores) -> Self {
        let inner = Inner {
            live: Mutex::new(BTreeSet::from([config.replica.clone()])),
            all_steps: Arc::new(Semaphore::new(config.steps)),
            promise_steps: Mutex::default(),
            stop: CancellationToken::new(),
            fenced_off: CancellationToken::new(),
            tasks: TaskTracker::new(),
            config,
            store,
            clock,
            offers,
            runner,
            stores,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Runs until [`Self::stop`]. Starts with a sweep: whatever is not settled is looked at, whether or not somebody remembered to wake it.
    pub async fn run(&self) -> Result<()> {
        let heart = self.clone();
        self.beat().await?;
        self.inner.tasks.spawn(async move { heart.keep_beating().await });
        self.sweep().await?;
        let mut changes = self.inner.store.changes();
        let permits = Arc::new(Semaphore::new(self.inner.config.passes));
        while !self.inner.stop.is_cancelled() {
            changes.borrow_and_update();
            match self.claim_batch(&permits).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot claim work");
                    self.pause(Duration::from_secs(1)).await;
                    continue;
                }
            }
            let idle = self.until_next_due().await;
            tokio::select! {
                () = self.inner.stop.cancelled() => break,
                changed = changes.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(idle) => {}
            }
        }
        Ok(())
    }

    /// Stops claiming, lets running passes and steps come to their end for at most `grace`, and takes this replica off the list.
    pub async fn stop(&self, grace: Duration) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(grace, self.inner.tasks.wait()).await.is_err() {
            self.inner.fenced_off.cancel();
            let _ = tokio::time::timeout(Duration::from_secs(5), self.inner.tasks.wait()).await;
        }
        if let Err(error) = self.inner.store.retire(&self.inner.config.replica, self.inner.clock.now()).await {
            tracing::warn!(%error, "cannot sign off; others will notice within the lease");
        }
    }

    /// Claims what is due, as far as there is room, and starts its passes. False when nothing was due.
    async fn claim_batch(&self, permits: &Arc<Semaphore>) -> Result<bool> {
        let Ok(first) = permits.clone().acquire_owned().await else { return Ok(false) };
        let mut room: Vec<OwnedSemaphorePermit> = vec![first];
        while let Ok(permit) = permits.clone().try_acquire_owned() {
            room.push(permit);
        }
        let now = self.inner.clock.now();
        let limit = i64::try_from(room.len()).unwrap_or(i64::MAX);
        let leases = self.inner.store.claim(&self.inner.config.replica, now, now + self.inner.config.lease, limit).await?;
        if leases.is_empty() {
            return Ok(false);
        }
        metrics::counter!("midspan_keys_claimed").increment(leases.len() as u64);
        let batch = Arc::new(Batch { destinations: Arc::new(self.destinations().await?), current: tokio::sync::Mutex::default() });
        for (lease, permit) in leases.into_iter().zip(room) {
            let (orchestrator, batch) = (self.clone(), batch.clone());
            self.inner.tasks.spawn(async move {
                orchestrator.pass(lease, &batch).await;
                drop(permit);
            });
        }
        Ok(true)
    }

    async fn pass(&self, lease: Lease, batch: &Batch) {
        let key = lease.key.clone();
        let result = match key.strip_prefix("store/") {
            Some(name) => self.store_pass(&lease, name).await,
            None => self.resource_pass(&lease, &key, batch).await,
        };
        if let Err(error) = result {
            // a lost race, a gone database: the lease runs out or is given back, and the same key is looked at again
            let lost_race = error.kind == domain::ErrorKind::Conflict;
            if lost_race {
                tracing::debug!(%key, %error, "pass lost a race");
            } else {
                tracing::error!(%key, %error, "pass failed");
            }
            let pause = if lost_race { Duration::ZERO } else { Duration::from_secs(5) };
            if let Err(error) = self.settle(&lease, Some(self.inner.clock.now() + pause)).await {
                tracing::debug!(%key, %error, "lease not given back; it runs out by itself");
            }
        }
    }

    pub(crate) async fn settle(&self, lease: &Lease, next: Option<Timestamp>) -> Result<()> {
        self.inner.store.commit(vec![store::Op::Settle { lease: lease.clone(), next }]).await.map(drop)
    }

    async fn destinations(&self) -> Result<Vec<Destination>> {
        self.inner.store.list(&Query::of_kind(GROUP, "Destination")).await?.objects.into_iter().map(Typed::<DestinationKind>::parse).collect()
    }

    async fn until_next_due(&self) -> Duration {
        const LONGEST: Duration = Duration::from_secs(5);
        match self.inner.store.next_due().await {
            Ok(Some(due)) => due.since(self.inner.clock.now()).clamp(Duration::from_millis(1), LONGEST),
            _ => LONGEST,
        }
    }

    /// Wakes everything that is on its way somewhere.
    async fn sweep(&self) -> Result<()> {
        let now = self.inner.clock.now();
        self.inner.store.release_dead(now).await?;
        self.inner.store.commit(vec![store::Op::WakeSelected { query: Box::new(unsettled()), due: now }]).await.map(drop)
    }

    async fn beat(&self) -> Result<()> {
        let now = self.inner.clock.now();
        self.inner.store.beat(&self.inner.config.replica, now + self.inner.config.lease).await?;
        let mut live = self.inner.store.live_replicas(now).await?;
        live.insert(self.inner.config.replica.clone());
        *self.inner.live.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = live;
        Ok(())
    }

    async fn keep_beating(&self) {
        let every = self.inner.config.lease / 3;
        let mut proven = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = self.inner.stop.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            match tokio::time::timeout(every, self.beat()).await {
                Ok(Ok(())) => proven = tokio::time::Instant::now(),
                Ok(Err(error)) => tracing::warn!(%error, "heartbeat failed"),
                Err(_) => tracing::warn!("heartbeat timed out"),
            }
            if proven.elapsed() >= self.inner.config.lease {
                tracing::error!("no heartbeat for a whole lease: ending this replica's steps");
                self.inner.fenced_off.cancel();
            }
        }
    }

    async fn pause(&self, duration: Duration) {
        tokio::select! {
            () = self.inner.stop.cancelled() => {}
            () = tokio::time::sleep(duration) => {}
        }
    }
}

/// Resources on their way somewhere. Whoever waits for a destination, a store or a promise is among them.
pub fn unsettled() -> Query {
    let phases = ["", "Pending", "Progressing", "Deleting"].map(ToOwned::to_owned);
    Query { resources: true, phases: phases.into(), ..Query::default() }
}
