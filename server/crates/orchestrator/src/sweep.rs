//! Looking at whatever is not settled, whether or not somebody remembered to wake it: at the start, and when a replica has vanished.

use crate::{driver::Orchestrator, failpoint};
use domain::Result;
use store::{Op, Query};

impl Orchestrator {
    /// Wakes everything that is on its way somewhere.
    pub(crate) async fn sweep(&self) -> Result<()> {
        let now = self.inner.clock.now();
        failpoint::pass("sweep");
        self.inner.store.release_dead(now).await?;
        failpoint::pass("sweep.released");
        self.inner.store.commit(vec![Op::WakeSelected { query: Box::new(unsettled()), due: now }]).await?;
        failpoint::pass("swept");
        Ok(())
    }
}

/// Resources on their way somewhere. Whoever waits for a destination, a store or a promise is among them.
pub fn unsettled() -> Query {
    let phases = ["", "Pending", "Progressing", "Deleting"].map(ToOwned::to_owned);
    Query { resources: true, phases: phases.into(), ..Query::default() }
}
