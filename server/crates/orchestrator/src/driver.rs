//! The loop around the plan: claim due keys, give each its pass. It knows no rule of any promise.

use crate::{
    Config, Gate, Offers,
    course::{Settings, Standing},
    destinations::Stores,
    failpoint, places,
    release_pass::Publisher,
    steps::Runner,
    store_of,
    surroundings::Known,
    tenure::{Begun, Performing, Tenure, lock},
};
use domain::{Clock, Error, Object, Result, Timestamp, destination::Destination};
use futures::FutureExt as _;
use std::{
    collections::{BTreeSet, HashMap},
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Lease, Op, Store};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long the loop waits for what is due later, or may have been heard of by nobody.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(5);

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
    /// Who publishes what releases bring.
    pub publisher: OnceLock<Arc<dyn Publisher>>,
    /// Replicas known to be alive, refreshed with each heartbeat.
    pub live: Mutex<BTreeSet<String>>,
    /// As whom this process holds things now.
    pub tenure: Mutex<Arc<Tenure>>,
    pub performing: Performing,
    /// Set when something may have been left behind by somebody who is gone.
    pub sweep_due: AtomicBool,
    pub left_behind: Notify,
    pub all_steps: Arc<Semaphore>,
    pub all_stores: Arc<Semaphore>,
    pub all_probes: Arc<Semaphore>,
    pub promise_steps: Mutex<HashMap<String, Arc<Semaphore>>>,
    /// Where children are written.
    pub gate: OnceLock<Arc<dyn Gate>>,
    pub stop: CancellationToken,
    /// The heart beats on while running steps come to their end.
    pub heart: CancellationToken,
    pub tasks: TaskTracker,
}

/// What all passes of one batch share: read once, not once a pass.
pub(crate) struct Batch {
    /// When the claim of their leases was begun.
    pub claimed: Instant,
    pub tenure: Arc<Tenure>,
    pub destinations: Arc<Vec<Destination>>,
    /// What was being performed here before the rows were read: a step that ends in between has left its outcome in them.
    pub performing: BTreeSet<Begun>,
    /// Each claimed object with what it is made of, until its pass takes it.
    pub observed: Mutex<HashMap<String, (Object, Vec<Object>)>>,
    pub settings: Settings,
    pub promises: tokio::sync::Mutex<HashMap<String, Option<Arc<Standing>>>>,
    /// Whether anybody writes health records at all.
    pub records: tokio::sync::OnceCell<bool>,
    /// All promises, once one of them has a pass.
    pub known: tokio::sync::OnceCell<Vec<Known>>,
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
            all_stores: Arc::new(Semaphore::new(config.stores)),
            all_probes: Arc::new(Semaphore::new(config.probes)),
            promise_steps: Mutex::default(),
            gate: OnceLock::new(),
            stop: CancellationToken::new(),
            heart: CancellationToken::new(),
            tasks: TaskTracker::new(),
            config,
            store,
            clock,
            offers,
            runner,
            stores,
            publisher: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Lets steps ask for resources of other promises. Said once, before it runs.
    pub fn open_gate(&self, gate: Arc<dyn Gate>) {
        _ = self.inner.gate.set(gate);
    }

    pub(crate) fn gate(&self) -> Result<&dyn Gate> {
        let gate = self.inner.gate.get().map(AsRef::as_ref);
        gate.ok_or_else(|| Error::internal("a step asks for a child, but nobody takes it"))
    }

    /// Says who publishes what promise releases bring. The first word counts.
    pub fn publish_through(&self, publisher: Arc<dyn Publisher>) {
        _ = self.inner.publisher.set(publisher);
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
        let house = self.clone();
        self.inner.tasks.spawn(async move { house.keep_house().await });
        // what steps print makes no key due
        let mut changes = self.inner.store.versions();
        let permits = Arc::new(Semaphore::new(self.inner.config.passes));
        while !self.inner.stop.is_cancelled() {
            changes.borrow_and_update();
            let idle = match self.turn(&permits).await {
                Ok(Some(idle)) => idle,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(%error, "cannot claim work");
                    self.paused(Duration::from_secs(1)).await;
                    continue;
                }
            };
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

    /// One turn of the loop. How long there is nothing to do, if there was nothing.
    async fn turn(&self, permits: &Arc<Semaphore>) -> Result<Option<Duration>> {
        if !self.tenure().holds() {
            // what is claimed now would be somebody else's at once
            self.paused(Duration::from_millis(50)).await;
            return Ok(None);
        }
        if self.inner.sweep_due.swap(false, Ordering::AcqRel)
            && let Err(error) = self.sweep().await
        {
            self.inner.sweep_due.store(true, Ordering::Release);
            return Err(error);
        }
        // a look costs less than a claim of nothing, for which all writing waits
        let idle = self.until_next_due().await?;
        if idle.is_zero() && self.claim_batch(permits).await? { Ok(None) } else { Ok(Some(idle.max(SHORTEST))) }
    }

    /// Claims what is due, as far as there is room, and starts its passes. False when nothing was due after all.
    async fn claim_batch(&self, permits: &Arc<Semaphore>) -> Result<bool> {
        let Ok(first) = permits.clone().acquire_owned().await else { return Ok(false) };
        let mut room: Vec<OwnedSemaphorePermit> = vec![first];
        while let Ok(permit) = permits.clone().try_acquire_owned() {
            room.push(permit);
        }
        let (claimed, now) = (Instant::now(), self.inner.clock.now());
        let limit = i64::try_from(room.len()).unwrap_or(i64::MAX);
        let tenure = self.tenure();
        let leases = self.inner.store.claim(&tenure.replica, now, now + self.inner.config.lease, limit).await?;
        if leases.is_empty() {
            return Ok(false);
        }
        failpoint::pass("keys.claimed");
        metrics::counter!("midspan_keys_claimed").increment(leases.len() as u64);
        let batch = Arc::new(self.look(claimed, tenure, &leases).await?);
        for (lease, permit) in leases.into_iter().zip(room) {
            let (orchestrator, batch) = (self.clone(), batch.clone());
            self.inner.tasks.spawn(async move {
                if store_of(&lease.key).is_none() {
                    orchestrator.pass(lease, &batch).await;
                    drop(permit);
                    return;
                }
                // a store that does not answer takes nothing from those who need no store
                drop(permit);
                match orchestrator.inner.all_stores.clone().try_acquire_owned() {
                    Ok(_room) => orchestrator.pass(lease, &batch).await,
                    Err(_) => orchestrator.give_back(&lease, Duration::from_secs(1)).await,
                }
            });
        }
        Ok(true)
    }

    async fn look(&self, claimed: Instant, tenure: Arc<Tenure>, leases: &[Lease]) -> Result<Batch> {
        let performing = self.inner.performing.snapshot();
        let objects = leases.iter().map(|lease| lease.key.as_str()).filter(|key| store_of(key).is_none());
        let observed = self.inner.store.with_owned(&objects.collect::<Vec<_>>()).await?;
        Ok(Batch {
            claimed,
            tenure,
            destinations: Arc::new(places::destinations(&self.inner.store).await?),
            performing,
            observed: Mutex::new(observed),
            settings: Settings::read(&self.inner.store).await?,
            promises: tokio::sync::Mutex::default(),
            records: tokio::sync::OnceCell::new(),
            known: tokio::sync::OnceCell::new(),
        })
    }

    async fn pass(&self, lease: Lease, batch: &Batch) {
        let key = lease.key.clone();
        let pass = async {
            match store_of(&key) {
                Some(name) => Box::pin(self.store_pass(&lease, name, batch)).await,
                None => Box::pin(self.resource_pass(&lease, &key, batch)).await,
            }
        };
        // a bug in one pass must not keep its key leased and nobody at it
        let result = AssertUnwindSafe(pass).catch_unwind().await;
        if let Err(error) = result.unwrap_or_else(|panic| Err(broke_down(&*panic))) {
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

    async fn until_next_due(&self) -> Result<Duration> {
        let due = self.inner.store.next_due().await?;
        Ok(due.map_or(LONGEST, |due| due.since(self.inner.clock.now()).min(LONGEST)))
    }

    /// Waits; true when told to stop meanwhile.
    pub(crate) async fn paused(&self, duration: Duration) -> bool {
        tokio::time::timeout(duration, self.inner.stop.cancelled()).await.is_ok()
    }
}

/// A panic as an error, in its own words. The panic hook has told where it was.
pub(crate) fn broke_down(panic: &(dyn std::any::Any + Send)) -> Error {
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Error::internal(format!("broke down: {}", words.unwrap_or("without a word")))
}
