//! Several servers on one PostgreSQL: one is killed, one is paused for longer than its lease and comes back to find its work taken over.

use crate::{
    chance::{Chance, asked, seed},
    ledger,
    promise::Wish,
    receiver::tally,
    server::Server,
    site::Site,
    submitter::Submitter,
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use testkit::databases::postgres;

const PARCELS: u64 = 100;
const LEASE: Duration = Duration::from_secs(2);
const CONVERGED: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_or_a_pause_of_a_replica_is_made_good_by_the_others() {
    let Some(database) = postgres() else { return };
    let seed = asked("MIDSPAN_CRASH_SEED").unwrap_or_else(seed);
    println!("MIDSPAN_CRASH_SEED={seed}");
    let mut chance = Chance::new(seed);
    let site = Arc::new(Site::new(Some(Chance::new(seed + 1))).await);
    let hows = ["one", "two", "three"].map(|name| site.replica(name, database.url(), LEASE));
    let mut servers: Vec<(Server, String)> = Vec::new();
    for how in &hows {
        servers.push(site.up(how).await);
    }
    let [(mut killed, first), (mut paused, _), (mut steady, address)] = <[_; 3]>::try_from(servers).ok().unwrap();
    site.publish(&hows[0], &first).await;
    site.known(&hows[2], &address).await;

    let wishes: Vec<_> = (0..PARCELS).map(Wish::numbered).collect();
    let wanted: BTreeMap<_, _> = wishes.iter().map(|wish| (wish.name.clone(), wish.size)).collect();
    let submitter = Submitter::start(site.clone(), hows[2].clone(), wishes);
    submitter.direct(Some(address.clone()));
    submitter.allow(40);
    assert!(!killed.ended_within(chance.millis(200..800)).await, "{}", killed.last_words());
    killed.kill().await;
    let begun = Instant::now();
    submitter.allow(30);
    assert!(!steady.ended_within(chance.millis(100..600)).await, "{}", steady.last_words());
    paused.pause();
    submitter.allow(30);
    assert!(!steady.ended_within(2 * LEASE).await, "{}", steady.last_words());
    paused.resume();
    let unanswered = submitter.finish().await;
    site.ready(&hows[2], &address, &wanted, CONVERGED).await;
    let converged = begun.elapsed();
    assert!(!paused.ended_within(Duration::ZERO).await, "the paused replica goes on:\n{}", paused.last_words());
    assert!(
        paused.logged("no heartbeat for a whole lease"),
        "the paused replica has noticed:\n{}",
        paused.last_words()
    );
    ledger::check(&site, database.url(), &hows[0].data.join("dev/gitops.git"), &wanted).await;
    steady.kill().await;

    // whoever comes back alone is able to work
    let last = Wish { name: "parcel-last".to_owned(), size: 1, moody: false, slow: false, change: false };
    let (address, wanted) = (paused.address().to_owned(), BTreeMap::from([(last.name.clone(), last.size)]));
    assert!(site.ask(&hows[1], &address, &last).await.is_ok());
    site.ready(&hows[1], &address, &wanted, CONVERGED).await;
    paused.kill().await;
    println!("{unanswered} requests without an answer, calls: {:?}", tally(&site.receiver.calls()));
    println!("one replica killed, one paused: everything ready {converged:?} after the kill");
}
