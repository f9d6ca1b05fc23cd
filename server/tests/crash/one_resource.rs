//! Four servers on one PostgreSQL, and everybody changes the same resource through another one of them: they take turns at it, and never meet.
//!
//! The receiver refuses a fence older than one it has seen, and the ledger knows each attempt's key. No lease runs out here, so what a commit's fence
//! is for is the simulator's to show (`NoCheckOfTheLease`).

use crate::{
    ledger,
    moments::within,
    promise::{GROUP, Wish},
    server::Start,
    site::Site,
};
use futures::future::join_all;
use reqwest::Method;
use std::{collections::BTreeMap, time::Duration};
use testkit::databases::postgres;

const SERVERS: i64 = 4;
const CHANGES: i64 = 40;
const CONVERGED: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_change_one_resource_take_turns_at_it() {
    let Some(database) = postgres() else { return };
    let site = Site::new(None).await;
    let mut servers = Vec::new();
    for number in 0..SERVERS {
        let how = Start { database: Some(database.url().to_owned()), ..site.server(&format!("server-{number}")) };
        let (server, address) = site.up(&how).await;
        servers.push((server, how, address));
    }
    let (_, how, address) = &servers[0];
    site.publish(how, address).await;
    for (_, how, address) in &servers {
        site.known(how, address).await;
    }
    let wish = |size, change| Wish { name: "parcel".to_owned(), size, moody: false, slow: false, change };
    assert!(site.ask(how, address, &wish(0, false)).await.is_ok());

    let (site, wish) = (&site, &wish);
    let changing = servers.iter().zip(1..).map(async |((_, how, address), number)| {
        for turn in 0..CHANGES {
            let asked = site.ask(how, address, &wish(turn * SERVERS + number, true)).await;
            assert!(asked.is_ok(), "the server went away");
            if turn % 5 == number {
                // a breath, in which whoever is at it gets somewhere
                let before = site.receiver.calls().len();
                let further = within(CONVERGED, async || (site.receiver.calls().len() > before).then_some(()));
                assert!(further.await.is_some(), "nobody gets anywhere");
            }
        }
    });
    join_all(changing).await;
    let url = format!("{address}/apis/{GROUP}/v1/namespaces/default/parcels/parcel");
    let (_, parcel) = site.call(how, Method::GET, &url, None).await.unwrap();
    assert_eq!(parcel["metadata"]["generation"], SERVERS * CHANGES + 1);
    let wanted = BTreeMap::from([("parcel".to_owned(), parcel["spec"]["size"].as_i64().unwrap())]);
    site.ready(how, address, &wanted, CONVERGED).await;
    ledger::check(site, database.url(), &how.data.join("dev/gitops.git"), &wanted).await;
    let calls = site.receiver.calls();
    assert!(
        calls.iter().all(|call| call.became == crate::receiver::Became::Applied),
        "nobody came too late: {calls:?}"
    );
    println!("{} changes made {} calls", SERVERS * CHANGES, calls.len());
}
