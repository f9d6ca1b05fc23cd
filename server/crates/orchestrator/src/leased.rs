//! Holding on to a key while something outside is written: that may take longer than a lease, and must end with it.

use crate::{driver::Orchestrator, tenure::lock};
use std::{
    future::poll_fn,
    pin::pin,
    sync::Mutex,
    task::{Context, Poll},
};
use store::Lease;
use tokio::time::{Instant, sleep, timeout_at};

impl Orchestrator {
    /// Does the work while the lease is renewed beside it. `None` when the lease was lost, or may have been: the work has been broken off, and was
    /// not even woken once more after that. `claimed` is when the lease began at the earliest.
    pub(crate) async fn while_leased<T>(
        &self,
        lease: &Lease,
        claimed: Instant,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let held_until = Mutex::new(claimed + self.inner.config.lease);
        let mut lost = pin!(self.renew_until_lost(lease, &held_until));
        let mut work = pin!(work);
        let stretch = |context: &mut Context<'_>| {
            // a process that was stopped for a while finds out before it goes on
            let lapsed = Instant::now() >= *lock(&held_until);
            if lapsed || lost.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            work.as_mut().poll(context).map(Some)
        };
        poll_fn(stretch).await
    }

    async fn renew_until_lost(&self, lease: &Lease, held_until: &Mutex<Instant>) {
        let length = self.inner.config.lease;
        loop {
            sleep(length / 3).await;
            let (begun, until) = (Instant::now(), self.inner.clock.now() + length);
            let end = *lock(held_until);
            match timeout_at(end, self.inner.store.renew(lease, until)).await {
                Ok(Ok(true)) => *lock(held_until) = begun + length,
                Ok(Err(error)) if Instant::now() < end => {
                    tracing::warn!(key = lease.key, %error, "lease not renewed yet");
                }
                Ok(Ok(false) | Err(_)) | Err(_) => {
                    tracing::warn!(key = lease.key, fence = lease.fence, "the lease was lost; its pass breaks off");
                    return;
                }
            }
        }
    }
}
