//! The loop around the plan: claim due keys, give each its pass. It knows no rule of any promise.

use crate::{
    Offers,
    destinations::Stores,
    failpoint,
    steps::Runner,
    tenure::{Performing, Tenure, lock},
};
use domain::{
    Clock, Result, Timestamp,
    destination::{Destination, DestinationKind},
    object::{GROUP, Typed},
    plan::Offer,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Lease, Op, Query, Store};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How much at once, and for how long.
#[derive(Clone, Debug)]
pub struct Config {
    /// This process's name among the replicas: new at each start, so that nothing of an earlier process counts as ours.
    pub replica: String,
    /// A claimed key belongs to its replica for this long, and so does a running step after the replica's last beat.
    pub lease: Duration,
    /// No other replica can be on this database: whatever another name holds, nobody holds.
    pub alone: bool,
    /// Where a debug build is to die; for tests.
    pub failpoint: Option<String>,
    /// Passes at once.
    pub passes: usize,
    /// Steps with an effect performed at once, in all and for one promise.
    pub steps: usize,
    pub steps_per_promise: usize,
}

impl Config {
    pub fn new(replica: impl Into<String>) -> Self {
        let lease = Duration::from_secs(10);
        Self {
            replica: replica.into(),
            lease,
            alone: false,
            failpoint: None,
            passes: 64,
            steps: 64,
            steps_per_promise: 16,
        }
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
    /// As whom this process holds things now.
    pub tenure: Mutex<Arc<Tenure>>,
    pub performing: Performing,
    /// Set when something may have been left behind by somebody who is gone.
    pub sweep_due: AtomicBool,
    pub left_behind: Notify,
    pub all_steps: Arc<Semaphore>,
    pub promise_steps: Mutex<HashMap<String, Arc<Semaphore>>>,
    pub stop: CancellationToken,
    /// The heart beats on while running steps come to their end.
    pub heart: CancellationToken,
    pub tasks: TaskTracker,
}

/// What all passes of one batch share: read once, not once a pass.
pub(crate) struct Batch {
    pub tenure: Arc<Tenure>,
    pub destinations: Arc<Vec<Destination>>,
    pub current: tokio::sync::Mutex<HashMap<String, Option<Arc<Offer>>>>,
}

impl Orchestrator {
    pub fn new(
        config: Config,
        store: Store,
        clock: Arc<dyn Clock>,
        offers: Arc<Offers>,
        runner: Runner,
        stores: Stores,
    ) -> Self {
        if let Some(setting) = &config.failpoint {
            failpoint::arm(setting);
        }
        let tenure = Tenure::new(&config.replica, (!config.alone).then_some(config.lease));
        let inner = Inner {
            live: Mutex::default(),
            tenure: Mutex::new(Arc::new(tenure)),
            performing: Performing::default(),
            sweep_due: AtomicBool::new(true),
            left_behind: Notify::new(),
            all_steps: Arc::new(Semaphore::new(config.steps)),
            promise_steps: Mutex::default(),
            stop: CancellationToken::new(),
            heart: CancellationToken::new(),
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
        while let Err(error) = self.begin().await {
            tracing::warn!(%error, "cannot begin yet");
            if self.paused(Duration::from_secs(1)).await {
                return Ok(());
            }
        }
        let heart = self.clone();
        tokio::spawn(async move { heart.keep_beating().await });
        let mut changes = self.inner.store.changes();
        let permits = Arc::new(Semaphore::new(self.inner.config.passes));
        while !self.inner.stop.is_cancelled() {
            changes.borrow_and_update();
            match self.turn(&permits).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot claim work");
                    self.paused(Duration::from_secs(1)).await;
                    continue;
                }
            }
            let idle = self.until_next_due().await;
            tokio::select! {
                () = self.inner.stop.cancelled() => break,
                changed = changes.changed() => if changed.is_err() { break },
                () = self.inner.left_behind.notified() => {}
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
            self.tenure().over.cancel();
            let _ = tokio::time::timeout(Duration::from_secs(5), self.inner.tasks.wait()).await;
        }
        self.inner.heart.cancel();
        if let Err(error) = self.inner.store.retire(&self.tenure().replica, self.inner.clock.now()).await {
            tracing::warn!(%error, "cannot sign off; others will notice within the lease");
        }
    }

    pub(crate) fn tenure(&self) -> Arc<Tenure> {
        lock(&self.inner.tenure).clone()
    }

    /// One turn of the loop. False when there was nothing to do.
    async fn turn(&self, permits: &Arc<Semaphore>) -> Result<bool> {
        if !self.tenure().holds() {
            // what is claimed now would be somebody else's at once
            self.paused(Duration::from_millis(50)).await;
            return Ok(true);
        }
        if self.inner.sweep_due.swap(false, Ordering::AcqRel)
            && let Err(error) = self.sweep().await
        {
            self.inner.sweep_due.store(true, Ordering::Release);
            return Err(error);
        }
        self.claim_batch(permits).await
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
        let tenure = self.tenure();
        let leases = self.inner.store.claim(&tenure.replica, now, now + self.inner.config.lease, limit).await?;
        if leases.is_empty() {
            return Ok(false);
        }
        failpoint::pass("keys.claimed");
        metrics::counter!("midspan_keys_claimed").increment(leases.len() as u64);
        let batch = Arc::new(Batch {
            tenure,
            destinations: Arc::new(self.destinations().await?),
            current: tokio::sync::Mutex::default(),
        });
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
            Some(name) => self.store_pass(&lease, name, &batch.tenure).await,
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
            self.give_back(&lease, if lost_race { Duration::ZERO } else { Duration::from_secs(5) }).await;
        }
    }

    /// Sees to it that a key whose pass broke off is looked at again. A commit that failed may still have happened, and with it the end of the
    /// lease: then the key is woken anew, or what that commit began would be nobody's.
    async fn give_back(&self, lease: &Lease, pause: Duration) {
        loop {
            let due = self.inner.clock.now() + pause;
            let kept = match self.settle(lease, Some(due)).await {
                Err(error) if error.kind == domain::ErrorKind::Conflict => {
                    let wake = Op::Wake { key: lease.key.clone(), lane: lease.lane.clone(), due };
                    self.inner.store.commit(vec![wake]).await.map(drop)
                }
                settled => settled,
            };
            let Err(error) = kept else {
                // no object has changed by it, so nothing else tells the loop that the key is due
                self.inner.left_behind.notify_one();
                return;
            };
            tracing::debug!(key = lease.key, %error, "lease not given back yet");
            if self.paused(Duration::from_secs(1)).await {
                return;
            }
        }
    }

    pub(crate) async fn settle(&self, lease: &Lease, next: Option<Timestamp>) -> Result<()> {
        failpoint::pass("key.settle");
        self.inner.store.commit(vec![Op::Settle { lease: lease.clone(), next }]).await?;
        failpoint::pass("key.settled");
        Ok(())
    }

    async fn destinations(&self) -> Result<Vec<Destination>> {
        self.inner
            .store
            .list(&Query::of_kind(GROUP, "Destination"))
            .await?
            .objects
            .into_iter()
            .map(Typed::<DestinationKind>::parse)
            .collect()
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
        failpoint::pass("sweep");
        self.inner.store.release_dead(now).await?;
        failpoint::pass("sweep.released");
        self.inner.store.commit(vec![Op::WakeSelected { query: Box::new(unsettled()), due: now }]).await?;
        failpoint::pass("swept");
        Ok(())
    }

    async fn begin(&self) -> Result<()> {
        if self.inner.config.alone {
            // who was here before is dead, however long its last word would still hold
            let ever = Timestamp::default();
            for other in self.inner.store.live_replicas(ever).await? {
                self.inner.store.retire(&other, self.inner.clock.now()).await?;
            }
        }
        self.beat().await
    }

    /// Says that this replica is alive, and notices who no longer does.
    async fn beat(&self) -> Result<()> {
        let (begun, now, tenure) = (Instant::now(), self.inner.clock.now(), self.tenure());
        self.inner.store.beat(&tenure.replica, now + self.inner.config.lease).await?;
        tenure.prove(begun);
        let mut live = self.inner.store.live_replicas(now).await?;
        live.insert(tenure.replica.clone());
        let before = std::mem::replace(&mut *lock(&self.inner.live), live.clone());
        if !before.is_subset(&live) {
            // what the vanished was performing has no wake-up of its own
            self.inner.sweep_due.store(true, Ordering::Release);
            self.inner.left_behind.notify_one();
        }
        Ok(())
    }

    async fn keep_beating(&self) {
        let every = self.inner.config.lease / 3;
        loop {
            tokio::select! {
                () = self.inner.heart.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            // asked before the beat too: after a long pause it would revive a name whose work others have taken over
            self.give_up_if_lapsed(every).await;
            match tokio::time::timeout(every, self.beat()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "heartbeat failed"),
                Err(_) => tracing::warn!("heartbeat timed out"),
            }
            self.give_up_if_lapsed(every).await;
        }
    }

    /// Ends this replica's effects when others may have taken them over, and goes on as somebody new.
    async fn give_up_if_lapsed(&self, patience: Duration) {
        let tenure = self.tenure();
        if !tenure.lapsed() {
            return;
        }
        let successor = tenure.successor();
        tracing::error!(
            replica = tenure.replica,
            successor = successor.replica,
            "no heartbeat for a whole lease: ending this replica's steps"
        );
        tenure.over.cancel();
        *lock(&self.inner.tenure) = Arc::new(successor);
        let retired = self.inner.store.retire(&tenure.replica, self.inner.clock.now());
        if !matches!(tokio::time::timeout(patience, retired).await, Ok(Ok(()))) {
            tracing::debug!(replica = tenure.replica, "not signed off; its last word has run out already");
        }
    }

    /// Waits; true when told to stop meanwhile.
    pub(crate) async fn paused(&self, duration: Duration) -> bool {
        tokio::time::timeout(duration, self.inner.stop.cancelled()).await.is_ok()
    }
}

/// Resources on their way somewhere. Whoever waits for a destination, a store or a promise is among them.
pub fn unsettled() -> Query {
    let phases = ["", "Pending", "Progressing", "Deleting"].map(ToOwned::to_owned);
    Query { resources: true, phases: phases.into(), ..Query::default() }
}
