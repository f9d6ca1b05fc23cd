//! A rolling restart under load: each of three servers in turn is told to stop, in the middle of requests, steps and pushes, and a new one takes its place.
//!
//! The lease is far longer than the test may take: a server that went without giving back what it had leased, or without signing off, would leave
//! work lying until then, and this fails.

use crate::{
    chance::{Chance, asked, seed},
    ledger,
    promise::Wish,
    site::Site,
    submitter::Submitter,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use testkit::databases::postgres;

const PARCELS: u64 = 60;
const ROUNDS: usize = 2;
const LEASE: Duration = Duration::from_mins(10);
/// What the program gives running steps, and a little.
const DRAINED: Duration = Duration::from_secs(30);
const CONVERGED: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_loses_nothing_and_waits_for_no_lease() {
    let Some(database) = postgres() else { return };
    let seed = asked("MIDSPAN_CRASH_SEED").unwrap_or_else(seed);
    println!("MIDSPAN_CRASH_SEED={seed}");
    let mut chance = Chance::new(seed);
    let site = Arc::new(Site::new(None).await);
    let hows = ["one", "two", "three"].map(|name| site.replica(name, database.url(), LEASE));
    let mut servers = Vec::new();
    for how in &hows {
        servers.push(site.up(how).await);
    }
    site.publish(&hows[0], &servers[0].1).await;
    for (how, (_, address)) in hows.iter().zip(&servers) {
        site.known(how, address).await;
    }

    let wishes: Vec<_> = (0..PARCELS).map(Wish::numbered).collect();
    let wanted: BTreeMap<_, _> = wishes.iter().map(|wish| (wish.name.clone(), wish.size)).collect();
    let submitter = Submitter::start(site.clone(), hows[0].clone(), wishes);
    let restarts = ROUNDS * hows.len();
    for turn in 0..restarts {
        let (leaving, next) = (turn % hows.len(), (turn + 1) % hows.len());
        submitter.direct(Some(servers[leaving].1.clone()));
        submitter.allow(usize::try_from(PARCELS).unwrap() / restarts);
        let (server, _) = &mut servers[leaving];
        assert!(!server.ended_within(chance.millis(50..500)).await, "{}", server.last_words());
        server.terminate();
        submitter.direct(Some(servers[next].1.clone()));
        let (server, _) = &mut servers[leaving];
        assert!(server.drained_within(DRAINED).await, "it did not end in peace:\n{}", server.last_words());
        servers[leaving] = site.up(&hows[leaving]).await;
    }
    let repeated = submitter.finish().await;
    site.ready(&hows[0], &servers[0].1, &wanted, CONVERGED).await;
    ledger::check(&site, database.url(), &hows[0].data.join("dev/gitops.git"), &wanted).await;
    println!("{restarts} restarts, {repeated} requests asked again");
}
