//! A resource whose time is over and that cannot be deleted yet: people are told why, once.

use crate::driver::Orchestrator;
use domain::{
    Error, ErrorKind, Object,
    event::{Event, Level},
};
use store::Op;

const REASON: &str = "ExpiryHeld";

impl Orchestrator {
    /// It is asked for again after a while, whatever became of it.
    pub(crate) async fn told_held(&self, resource: &Object, error: &Error) {
        let store = &self.inner.store;
        tracing::debug!(%error, resource = resource.metadata.uid, "what has expired cannot be deleted yet");
        if matches!(error.kind, ErrorKind::ServiceUnavailable | ErrorKind::InternalError) {
            return;
        }
        let message = format!("Its time is over, and it cannot be deleted yet: {}", error.message);
        let known = store.events(&resource.metadata.uid, None, 20).await;
        let told = known.is_ok_and(|events| {
            events.iter().any(|stored| stored.event.reason == REASON && stored.event.message == message)
        });
        if !told {
            let event = Event::about(resource, self.inner.clock.now(), Level::Warning, REASON, message);
            if let Err(error) = store.commit(vec![Op::Event(event)]).await {
                tracing::debug!(%error, "nobody was told");
            }
        }
    }
}
