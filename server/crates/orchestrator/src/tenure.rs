//! A replica's word that it is alive, and what ends with it.
//!
//! Others count a replica as dead when a lease has passed since its last beat, and take over what it held. So a replica that could not beat for
//! a lease (paused, cut off) is dead for itself too: its effects end, and it goes on under a new name, which holds nothing yet.

use domain::run::StepAt;
use std::{
    collections::BTreeSet,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// One life of a replica.
pub(crate) struct Tenure {
    pub replica: String,
    /// Cancelled at its end: no effect of it may go on.
    pub over: CancellationToken,
    /// `None` where nobody else is there to take over: then there is nothing to prove.
    lease: Option<Duration>,
    proven: Mutex<Option<Instant>>,
    successors: u32,
}

impl Tenure {
    pub fn new(replica: &str, lease: Option<Duration>) -> Self {
        Self {
            replica: replica.to_owned(),
            over: CancellationToken::new(),
            lease,
            proven: Mutex::default(),
            successors: 0,
        }
    }

    /// The life after this one.
    pub fn successor(&self) -> Self {
        let first = self.replica.split('~').next().unwrap_or_default();
        let successors = self.successors + 1;
        Self { successors, ..Self::new(&format!("{first}~{successors}"), self.lease) }
    }

    /// A beat that was begun at `at` has been heard.
    pub fn prove(&self, at: Instant) {
        *lock(&self.proven) = Some(at);
    }

    /// Whether others still count this replica as alive, as far as it can tell by itself.
    pub fn holds(&self) -> bool {
        !self.over.is_cancelled() && self.counts_at(Instant::now())
    }

    /// Does the work as long as this replica counts as alive. Asked before each stretch of it: a process that was stopped for a while asks before
    /// it goes on, so it sends nothing that somebody else may have sent since. `None` when it has broken off.
    pub async fn while_it_counts<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let stretch = |context: &mut Context<'_>| {
            if !self.counts_at(Instant::now()) {
                return Poll::Ready(None);
            }
            work.as_mut().poll(context).map(Some)
        };
        poll_fn(stretch).await
    }

    fn counts_at(&self, now: Instant) -> bool {
        let proven = *lock(&self.proven);
        proven.is_some_and(|at| self.lease.is_none_or(|lease| now.saturating_duration_since(at) < lease))
    }

    /// Whether it held once and does no longer.
    pub fn lapsed(&self) -> bool {
        lock(&self.proven).is_some() && !self.holds()
    }
}

/// The steps being performed in this process, each by its run, its place there and the fence it was begun under.
#[derive(Clone, Default)]
pub(crate) struct Performing(Arc<Mutex<BTreeSet<Begun>>>);

pub(crate) type Begun = (String, StepAt, i64);

/// A step is performed as long as this lives.
pub(crate) struct Performed {
    all: Performing,
    step: Begun,
}

impl Performing {
    pub fn begin(&self, run: &str, at: StepAt, fence: i64) -> Performed {
        let step = (run.to_owned(), at, fence);
        lock(&self.0).insert(step.clone());
        Performed { all: self.clone(), step }
    }

    /// As it stands now.
    pub fn snapshot(&self) -> BTreeSet<Begun> {
        lock(&self.0).clone()
    }
}

impl Drop for Performed {
    fn drop(&mut self) {
        lock(&self.all.0).remove(&self.step);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(10);

    #[test]
    fn a_replica_holds_what_it_has_for_a_lease_after_its_last_beat_began() {
        let (tenure, begun) = (Tenure::new("replica_1", Some(LEASE)), Instant::now());
        assert!(!tenure.counts_at(begun), "nobody has heard of it yet");
        tenure.prove(begun);
        assert!(tenure.counts_at(begun + LEASE / 2));
        assert!(!tenure.counts_at(begun + LEASE));
    }

    #[test]
    fn a_tenure_that_was_ended_holds_nothing() {
        let tenure = Tenure::new("replica_1", Some(LEASE));
        tenure.prove(Instant::now());
        tenure.over.cancel();
        assert!(tenure.lapsed());
    }

    #[test]
    fn whoever_is_alone_on_its_database_holds_on_for_ever() {
        let (tenure, begun) = (Tenure::new("replica_1", None), Instant::now());
        tenure.prove(begun);
        assert!(tenure.counts_at(begun + LEASE * 1000));
    }

    #[tokio::test]
    async fn work_is_not_even_begun_once_the_lease_has_run_out() {
        let tenure = Tenure::new("replica_1", Some(Duration::ZERO));
        tenure.prove(Instant::now());
        let mut begun = false;
        assert_eq!(tenure.while_it_counts(async { begun = true }).await, None);
        assert!(!begun);
    }

    #[test]
    fn each_life_has_a_name_of_its_own() {
        let first = Tenure::new("replica_1", None);
        let second = first.successor();
        assert_eq!((&*second.replica, &*second.successor().replica), ("replica_1~1", "replica_1~2"));
    }
}
