//! A bug that panics in the middle of a pass or a step: the server lives on, and what was asked for comes true without a restart.

use crate::{ledger, promise::Wish, server::Start, site::Site};
use std::{collections::BTreeMap, time::Duration};

const READY: Duration = Duration::from_secs(30);

/// In a pass over a resource, before and after its commit; before and after a step's effect; while its outcome is recorded; in a pass over a state store.
const PLACES: [&str; 7] = [
    "resource.commit",
    "resource.committed",
    "step.perform",
    "step.performed",
    "step.record",
    "store.write",
    "placement.record",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_a_pass_or_a_step_is_an_outcome_and_no_end() {
    let site = Site::new(None).await;
    let how = site.server("data");
    let (mut server, address) = site.up(&how).await;
    site.publish(&how, &address).await;
    server.kill().await;
    let mut wanted = BTreeMap::new();
    for (number, place) in PLACES.into_iter().enumerate() {
        let wish = Wish { name: format!("parcel-{number:03}"), size: 1, moody: false, slow: false, change: false };
        let panicking = Start { environment: vec![("MIDSPAN_FAILPOINT", format!("{place}:1:panic"))], ..how.clone() };
        let (mut server, address) = site.up(&panicking).await;
        assert!(site.ask(&panicking, &address, &wish).await.is_ok(), "{place}: {}", server.last_words());
        wanted.insert(wish.name, wish.size);
        site.ready(&panicking, &address, &wanted, READY).await;
        assert!(server.logged(&format!("failpoint {place}:1")), "nothing panicked at {place}");
        server.kill().await;
    }
    let database = format!("sqlite:{}", how.data.join("midspan.db").display());
    let (mut server, _) = site.up(&how).await;
    ledger::check(&site, &database, &how.data.join("dev/gitops.git"), &wanted).await;
    server.kill().await;
}
