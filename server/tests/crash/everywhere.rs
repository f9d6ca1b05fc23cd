//! Killed once at each place at which a debug build can be made to die: one parcel for each, on its way through the whole pipeline.

use crate::{
    ledger,
    moments::within,
    promise::Wish,
    server::{Server, Start},
    site::{Gone, Site},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// Data directories that are used side by side.
const LANES: usize = 2;
const READY: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_every_named_place_is_recovered_from() {
    let places = places().await;
    assert!(places.len() >= 30, "few places: {places:?}");
    let lanes = (0..LANES).map(|lane| {
        let mine: Vec<_> = places.iter().skip(lane).step_by(LANES).cloned().collect();
        die_at_each(mine)
    });
    let (mut recoveries, mut missed) = (Vec::new(), Vec::new());
    for (recovered, passed_by) in futures::future::join_all(lanes).await {
        recoveries.extend(recovered);
        missed.extend(passed_by);
    }
    let name = |place: &String| place.split(':').next().unwrap_or_default().to_owned();
    let died: BTreeSet<_> = recoveries.iter().map(|(_, place)| name(place)).collect();
    let never: Vec<_> = places.iter().map(name).filter(|name| !died.contains(name)).collect();
    assert!(never.is_empty(), "never died at {never:?}");
    recoveries.sort_unstable();
    let median = &recoveries[recoveries.len() / 2];
    println!("died at {} places; not reached again: {missed:?}", recoveries.len());
    println!("from the crash to ready: median {:?}, longest {:?}", median.0, recoveries.last());
}

/// All places that one parcel passes on its way, from the start of the server: `name:nth`.
async fn places() -> Vec<String> {
    let site = Site::new(None).await;
    let how = site.server("data");
    let (mut server, address) = site.up(&how).await;
    site.publish(&how, &address).await;
    server.kill().await;
    let listing = armed(&how, "list");
    let (mut server, address) = site.up(&listing).await;
    let wanted = ask(&site, &listing, &address, &wish(0, false)).await;
    site.ready(&listing, &address, &wanted, READY).await;
    ledger::check(&site, &database(&how), &how.data.join("dev/gitops.git"), &wanted).await;
    server.kill().await;
    let log = std::fs::read_to_string(how.data.with_extension("log")).unwrap();
    let mut passed: BTreeMap<&str, u32> = BTreeMap::new();
    let mut places = Vec::new();
    for place in log.lines().filter_map(|line| line.strip_prefix("failpoint ")) {
        let nth = passed.entry(place).or_default();
        *nth += 1;
        places.push(format!("{place}:{nth}"));
    }
    places
}

/// Returns how long each recovery took, and the places that were not passed this time.
async fn die_at_each(places: Vec<String>) -> (Vec<(Duration, String)>, Vec<String>) {
    let site = Site::new(None).await;
    let how = site.server("data");
    let (mut server, address) = site.up(&how).await;
    site.publish(&how, &address).await;
    server.kill().await;
    let (mut wanted, mut recovered, mut missed) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (number, place) in places.into_iter().enumerate() {
        // where a process is left behind, it is still there when the next server comes
        let wish = wish(number, place.starts_with("command.spawned"));
        let died = dies(&site, &armed(&how, &place), &wish).await;
        let crashed = Instant::now();
        let (mut server, address) = site.up(&how).await;
        let asked = ask(&site, &how, &address, &wish).await;
        site.ready(&how, &address, &asked, READY).await;
        println!("parcel-{number:03} died at {place}: {died}, ready {:?} after", crashed.elapsed());
        if died {
            recovered.push((crashed.elapsed(), place));
        } else {
            missed.push(place);
        }
        wanted.extend(asked);
        server.kill().await;
    }
    let (mut server, _) = site.up(&how).await;
    ledger::check(&site, &database(&how), &how.data.join("dev/gitops.git"), &wanted).await;
    server.kill().await;
    (recovered, missed)
}

/// Starts the armed server and asks it for a parcel. False when it lives on although everything is done.
async fn dies(site: &Site, how: &Start, wish: &Wish) -> bool {
    let mut server = Server::start(how);
    let Some(address) = server.ready().await else { return true };
    if site.ask(how, &address, wish).await.is_ok() {
        let wanted = BTreeMap::from([(wish.name.clone(), wish.size)]);
        let _ = within(READY, async || match site.unready(how, &address, &wanted).await {
            Ok(unready) => unready.is_empty().then_some(()),
            Err(Gone) => Some(()),
        })
        .await;
        // files are looked at only now and then, unless somebody asks
        let _ = site.look(how, &address, wish).await;
    }
    // what comes after the parcel is ready is over soon
    let died = server.ended_within(Duration::from_secs(1)).await;
    server.kill().await;
    died
}

async fn ask(site: &Site, how: &Start, address: &str, wish: &Wish) -> BTreeMap<String, i64> {
    assert!(site.ask(how, address, wish).await.is_ok(), "the server went away");
    BTreeMap::from([(wish.name.clone(), wish.size)])
}

fn wish(number: usize, slow: bool) -> Wish {
    Wish { name: format!("parcel-{number:03}"), size: 1, moody: false, slow, change: false }
}

fn armed(how: &Start, place: &str) -> Start {
    Start { environment: vec![("MIDSPAN_FAILPOINT", place.to_owned())], ..how.clone() }
}

fn database(how: &Start) -> String {
    format!("sqlite:{}", how.data.join("midspan.db").display())
}
