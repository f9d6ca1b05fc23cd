//! Killed at random moments, in the middle of requests, steps, commits and pushes, and during its own start.

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

const PARCELS: u64 = 100;
const ROUNDS: u64 = 50;
const CONVERGED: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_moment_loses_nothing_and_doubles_nothing() {
    let seed = asked("MIDSPAN_CRASH_SEED").unwrap_or_else(seed);
    let rounds = asked("MIDSPAN_CRASH_ROUNDS").unwrap_or(ROUNDS);
    println!("MIDSPAN_CRASH_SEED={seed} MIDSPAN_CRASH_ROUNDS={rounds}");
    let mut chance = Chance::new(seed);
    let site = Arc::new(Site::new(Some(Chance::new(seed + 1))).await);
    let how = site.server("data");
    let (mut server, address) = site.up(&how).await;
    site.publish(&how, &address).await;

    let (wishes, wanted) = wishes(&mut chance);
    let mut left = wishes.len();
    let submitter = Submitter::start(site.clone(), how.clone(), wishes);
    submitter.direct(Some(address));
    let (mut kills, mut starts) = (0, Vec::new());
    for round in 0..rounds {
        let share = left.div_ceil(usize::try_from(rounds - round).unwrap());
        left -= share;
        let life = chance.millis(20..400);
        let mut asking: Vec<u64> =
            (0..share).map(|_| chance.below(u64::try_from(life.as_millis()).unwrap() + 1)).collect();
        asking.sort_unstable();
        let born = Instant::now();
        for moment in asking {
            let wait = Duration::from_millis(moment).saturating_sub(born.elapsed());
            assert!(!server.ended_within(wait).await, "the server ended by itself:\n{}", server.last_words());
            submitter.allow(1);
        }
        assert!(
            !server.ended_within(life.saturating_sub(born.elapsed())).await,
            "the server ended by itself:\n{}",
            server.last_words()
        );
        submitter.direct(None);
        server.kill().await;
        kills += 1;
        let begun = Instant::now();
        server = Server::start(&how);
        while chance.one_in(5) {
            // not even up yet
            let _ = server.ended_within(chance.millis(20..150)).await;
            server.kill().await;
            kills += 1;
            server = Server::start(&how);
        }
        let address = server.ready().await;
        starts.push(begun.elapsed());
        submitter.direct(Some(address.unwrap_or_else(|| panic!("no start after a crash:\n{}", server.last_words()))));
    }
    submitter.direct(None);
    server.kill().await;
    let begun = Instant::now();
    let (mut server, address) = site.up(&how).await;
    let started = begun.elapsed();
    submitter.direct(Some(address.clone()));
    let unanswered = submitter.finish().await;
    site.ready(&how, &address, &wanted, CONVERGED).await;
    let converged = begun.elapsed();
    let database = format!("sqlite:{}", how.data.join("midspan.db").display());
    ledger::check(&site, &database, &how.data.join("dev/gitops.git"), &wanted).await;
    server.kill().await;
    starts.sort_unstable();
    let median = starts.get(starts.len() / 2).copied().unwrap_or_default();
    println!("{kills} kills, {unanswered} requests without an answer, calls: {:?}", tally(&site.receiver.calls()));
    println!("start after a kill: median {median:?}, longest {:?}", starts.last());
    println!("after the last kill: answering after {started:?}, everything ready after {converged:?}");
}

/// A hundred parcels, every fifth of them changed later, and the size each must have in the end.
fn wishes(chance: &mut Chance) -> (Vec<Wish>, BTreeMap<String, i64>) {
    let (mut wishes, mut wanted) = (Vec::new(), BTreeMap::new());
    for number in 0..PARCELS {
        let wish = Wish {
            name: format!("parcel-{number:03}"),
            size: 1,
            moody: chance.one_in(2),
            slow: chance.one_in(8),
            change: false,
        };
        wanted.insert(wish.name.clone(), wish.size);
        wishes.push(wish.clone());
        if number % 5 == 4 {
            let earlier = format!("parcel-{:03}", number - chance.below(5));
            wanted.insert(earlier.clone(), 2);
            wishes.push(Wish { name: earlier, size: 2, change: true, ..wish });
        }
    }
    (wishes, wanted)
}
