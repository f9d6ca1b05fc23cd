//! Waiting for facts, with a deadline; and the delays that belong to the play itself.

use std::time::Duration;
use tokio::time::Instant;

/// Looks every few milliseconds until `seen` has something; `None` when the deadline passes first.
pub async fn within<T>(deadline: Duration, mut seen: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let looking = async {
        loop {
            looks.tick().await;
            if let Some(found) = seen().await {
                return found;
            }
        }
    };
    tokio::time::timeout(deadline, looking).await.ok()
}

/// A slow partner's time to think; never a way to wait for something.
pub async fn thinking(time: Duration) {
    tokio::time::sleep_until(Instant::now() + time).await;
}
