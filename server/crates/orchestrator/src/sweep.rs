//! Looking at whatever is not settled, whether or not somebody remembered to wake it: at the start, and when a replica has vanished.

use crate::{driver::Orchestrator, failpoint};
use domain::{
    Result,
    object::Kind,
    plan::{ACTING, FOLLOWS},
    promise::{self, KRATIX_GROUP, ReleaseKind},
    selector::{Requirement, Selector},
};
use store::{Op, Query};

impl Orchestrator {
    /// Wakes everything that is on its way somewhere.
    pub(crate) async fn sweep(&self) -> Result<()> {
        let now = self.inner.clock.now();
        failpoint::pass("sweep");
        self.inner.store.release_dead(now).await?;
        failpoint::pass("sweep.released");
        let queries = promises().into_iter().chain([releases(), unsettled(), acting()]);
        let wakes = queries.map(|query| Op::WakeSelected { query: Box::new(query), due: now });
        self.inner.store.commit(wakes.collect()).await?;
        failpoint::pass("swept");
        Ok(())
    }
}

/// All promises, of either format: few, and each may wait for any other, or have something to place.
pub fn promises() -> [Query; 2] {
    promise::GROUPS.map(|group| Query::of_kind(group, "Promise"))
}

/// What installs promises and keeps them installed.
pub fn releases() -> Query {
    Query::of_kind(KRATIX_GROUP, ReleaseKind::KIND)
}

/// Resources with an action under way; they may be ready meanwhile.
fn acting() -> Query {
    let labels = Selector { requirements: vec![Requirement::Exists(ACTING.to_owned())] };
    Query { resources: true, labels, ..Query::default() }
}

/// Resources that may go elsewhere, or to more places, when destinations change.
pub fn followers() -> Query {
    let labels = Selector { requirements: vec![Requirement::Exists(FOLLOWS.to_owned())] };
    Query { resources: true, labels, ..Query::default() }
}

/// Resources that have not begun: something they need is not there. Whoever is held at an old revision may need what the current one does not.
pub fn waiting() -> Query {
    let phases = ["", "Pending"].map(ToOwned::to_owned);
    Query { resources: true, phases: phases.into(), ..Query::default() }
}

/// Resources on their way somewhere. Whoever waits for a destination, a store or a promise is among them.
pub fn unsettled() -> Query {
    let phases = ["", "Pending", "Progressing", "Degraded", "Deleting"].map(ToOwned::to_owned);
    Query { resources: true, phases: phases.into(), ..Query::default() }
}
