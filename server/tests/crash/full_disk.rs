//! A disk that is filled to the last byte under a server that works, and cleared again: what was acknowledged comes true, nothing is corrupt, and
//! nobody had to start it anew.
//!
//! SQLite takes a transaction back by itself when the disk is full: without the new connection in `Db::begin` the server never writes again. Without
//! `Store::answers` it calls itself ready meanwhile. Either way this fails.

use crate::{ledger, moments::within, promise::Wish, server::Start, site::Site};
use domain::{Clock as _, SystemClock};
use reqwest::{Method, StatusCode};
use std::{collections::BTreeMap, fs, io::Write as _, path::Path, process::Command, time::Duration};

const DISK: u64 = 64 << 20;
const CONVERGED: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_comes_true_after_the_disk_was_full() {
    if !can_mount() {
        eprintln!("left out: bubblewrap cannot mount anything here");
        return;
    }
    let site = Site::new(None).await;
    let how = Start { disk: Some(DISK), ..site.server("data") };
    let (server, address) = site.up(&how).await;
    let data = server.inside(&how.data);
    fs::create_dir_all(how.data.join("dev/tokens")).unwrap();
    fs::copy(data.join("dev/tokens/platform"), how.data.join("dev/tokens/platform")).unwrap();
    site.publish(&how, &address).await;
    let mut wanted = BTreeMap::new();
    let wish =
        |number| Wish { name: format!("parcel-{number:03}"), size: 1, moody: false, slow: number > 4, change: false };
    for number in 0..5 {
        assert!(site.ask(&how, &address, &wish(number)).await.is_ok());
        wanted.insert(wish(number).name, 1);
    }
    site.ready(&how, &address, &wanted, CONVERGED).await;

    // these are in the middle of it
    for number in 5..10 {
        assert!(site.ask(&how, &address, &wish(number)).await.is_ok());
        wanted.insert(wish(number).name, 1);
    }
    fill(&data.join("ballast"));
    let parcels = format!("{address}/apis/crash.example.com/v1/namespaces/default/parcels");
    let mut number = 10;
    let refusal = within(CONVERGED, async || {
        let (status, answer) = site.call(&how, Method::POST, &parcels, Some(&wish(number).document())).await.unwrap();
        if status.is_success() {
            // the database had room in what it holds already
            wanted.insert(wish(number).name, 1);
            number += 1;
            return None;
        }
        Some((status, answer["message"].as_str().unwrap().to_owned()))
    });
    let (status, message) = refusal.await.expect("a full disk takes nothing in the end");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{message}");
    assert!(message.starts_with("the disk that holds the database is full; nothing was changed"), "{message}");
    let ready = async || reqwest::get(format!("{address}/readyz")).await.unwrap().status();
    assert_eq!(ready().await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reqwest::get(format!("{address}/livez")).await.unwrap().status(), StatusCode::OK);
    let (status, list) = site.call(&how, Method::GET, &parcels, None).await.unwrap();
    assert_eq!(
        (status, list["items"].as_array().map(Vec::len)),
        (StatusCode::OK, Some(wanted.len())),
        "it can be read"
    );

    fs::remove_file(data.join("ballast")).unwrap();
    let recovered = within(CONVERGED, async || (ready().await == StatusCode::OK).then_some(()));
    assert!(recovered.await.is_some(), "it goes on by itself:\n{}", server.last_words());
    assert!(site.ask(&how, &address, &wish(number)).await.is_ok());
    wanted.insert(wish(number).name, 1);
    site.ready(&how, &address, &wanted, CONVERGED).await;
    // what stands on that disk goes with its server: it is looked at in a copy, taken while the server holds its breath
    let (copy, database) = (site.folder.join("copy"), format!("sqlite:{}/copy/midspan.db", site.folder.display()));
    let at_rest = within(CONVERGED, async || {
        let _ = fs::remove_dir_all(&copy);
        server.pause();
        let copied = Command::new("cp").arg("-r").args([&data, &copy]).status().unwrap();
        server.resume();
        assert!(copied.success());
        let store = store::Store::open(&database).await.unwrap();
        let depth = store.queue_depth(SystemClock.now()).await.unwrap();
        store.close().await;
        (depth.due + depth.leased == 0).then_some(())
    });
    assert!(at_rest.await.is_some(), "the queue does not empty");
    let repository = copy.join("dev/gitops.git");
    ledger::check(&site, &database, &repository, &wanted).await;
    let told = Command::new("git").arg("-C").arg(&repository).args(["fsck", "--strict"]).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    println!("{} parcels acknowledged, {} of them on a full disk", wanted.len(), wanted.len() - 11);
}

fn can_mount() -> bool {
    let tried =
        Command::new("bwrap").args(["--dev-bind", "/", "/", "--size", "65536", "--tmpfs", "/mnt", "true"]).output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// To the last byte.
fn fill(ballast: &Path) {
    let mut file = fs::File::create(ballast).unwrap();
    for piece in [1 << 20, 4096, 1] {
        let piece = vec![0; piece];
        while file.write_all(&piece).and_then(|()| file.flush()).is_ok() {}
    }
}
