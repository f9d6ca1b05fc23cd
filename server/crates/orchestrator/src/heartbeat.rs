//! A replica's heartbeat: it says that it is alive, notices who no longer does, and notices when it cannot say so itself.

use crate::{driver::Orchestrator, tenure::lock};
use domain::{Result, Timestamp};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;

impl Orchestrator {
    pub(crate) async fn begin(&self) -> Result<()> {
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

    pub(crate) async fn keep_beating(&self) {
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
}
