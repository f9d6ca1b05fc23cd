//! A push that takes longer than a lease: it is let finish as long as nobody else has the key, and broken off when somebody has. And a database that
//! was restored: it is not shut out for ever by fences it has forgotten.

use crate::{
    moments::within,
    promise::Wish,
    server::{Server, Start},
    site::Site,
};
use domain::{Clock as _, SystemClock};
use std::{
    collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command, time::Duration,
};
use store::{Lease, Op, Store};

const LEASE: Duration = Duration::from_secs(1);
const READY: Duration = Duration::from_secs(30);

/// A server whose repository lets no push in until it is told to.
struct Slow {
    site: Site,
    how: Start,
    server: Server,
    address: String,
    wanted: BTreeMap<String, i64>,
}

impl Slow {
    async fn pushing() -> Self {
        let site = Site::new(None).await;
        let environment = vec![("MIDSPAN_LEASE_MS", LEASE.as_millis().to_string())];
        let how = Start { environment, ..site.server("data") };
        let (server, address) = site.up(&how).await;
        site.publish(&how, &address).await;
        let slow = Self { wanted: BTreeMap::from([("parcel".to_owned(), 1)]), site, how, server, address };
        let hook = slow.repository().join("hooks/pre-receive");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        let (pushed, open) = (slow.pushed().display().to_string(), slow.gate().display().to_string());
        let script = format!("#!/bin/sh\necho one >> {pushed}\nwhile [ ! -e {open} ]; do sleep 0.05; done\n");
        fs::write(&hook, script).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        let wish = Wish { name: "parcel".to_owned(), size: 1, moody: false, slow: false, change: false };
        assert!(slow.site.ask(&slow.how, &slow.address, &wish).await.is_ok());
        assert!(within(READY, async || slow.pushed().exists().then_some(())).await.is_some(), "nothing is pushed");
        slow
    }

    fn repository(&self) -> PathBuf {
        self.how.data.join("dev/gitops.git")
    }

    fn pushed(&self) -> PathBuf {
        self.site.folder.join("pushed")
    }

    fn gate(&self) -> PathBuf {
        self.site.folder.join("open")
    }

    fn pushes(&self) -> usize {
        fs::read_to_string(self.pushed()).unwrap().lines().count()
    }

    async fn becomes_ready(&self) {
        self.site.ready(&self.how, &self.address, &self.wanted, READY).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_that_takes_several_leases_is_made_once() {
    let mut slow = Slow::pushing().await;
    assert!(!slow.server.ended_within(3 * LEASE).await, "{}", slow.server.last_words());
    fs::write(slow.gate(), "").unwrap();
    slow.becomes_ready().await;
    assert_eq!(slow.pushes(), 1, "{}", slow.server.last_words());
    assert!(!slow.server.logged("the lease was lost"), "{}", slow.server.last_words());
    slow.server.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_is_broken_off_when_somebody_else_has_the_key() {
    let mut slow = Slow::pushing().await;
    let store = Store::open(&format!("sqlite:{}", slow.how.data.join("midspan.db").display())).await.unwrap();
    let lease = taken_away(&store).await;
    let noticed = within(READY, async || slow.server.logged("the lease was lost; its pass breaks off").then_some(()));
    assert!(noticed.await.is_some(), "{}", slow.server.last_words());
    fs::write(slow.gate(), "").unwrap();
    // whoever took it gives it back, and the work is done after all
    store.commit(vec![Op::Settle { lease, next: Some(SystemClock.now()) }]).await.unwrap();
    slow.becomes_ready().await;
    store.close().await;
    slow.server.kill().await;
}

/// The state store's key, claimed by another replica as if its lease had run out.
async fn taken_away(store: &Store) -> Lease {
    let theft = within(READY, async || {
        let now = SystemClock.now();
        store.release_others("thief", now).await.unwrap();
        let leases = store.claim("thief", now, now + READY, 10).await.unwrap();
        leases.into_iter().find(|lease| lease.key == "store/gitops")
    });
    theft.await.expect("the key is in the queue")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_restored_goes_on_above_the_fences_it_has_forgotten() {
    const FORGOTTEN: i64 = 1_000_000;
    let site = Site::new(None).await;
    let how = site.server("data");
    let (mut server, address) = site.up(&how).await;
    site.publish(&how, &address).await;
    server.kill().await;
    let store = Store::open(&format!("sqlite:{}", how.data.join("midspan.db").display())).await.unwrap();
    let gitops = store.by_name("midspan.dev", "StateStore", "", "gitops").await.unwrap().unwrap();
    store.close().await;
    // what this database wrote in the time between its backup and its loss
    let repository = how.data.join("dev/gitops.git");
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=Midspan", "-c", "user.email=midspan@localhost"];
        let output = Command::new("git").arg("--git-dir").arg(&repository).args(who).args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let message = format!("Place it\n\nMidspan-Store: {}\nMidspan-Fence: {FORGOTTEN}\n", gitops.metadata.uid);
    let lost = git(&["commit-tree", "main^{tree}", "-p", "main", "-m", &message]);
    git(&["update-ref", "refs/heads/main", &lost]);

    let (mut server, address) = site.up(&how).await;
    let wish = Wish { name: "parcel".to_owned(), size: 1, moody: false, slow: false, change: false };
    assert!(site.ask(&how, &address, &wish).await.is_ok());
    site.ready(&how, &address, &BTreeMap::from([(wish.name, 1)]), READY).await;
    assert!(server.logged("going on above it"), "{}", server.last_words());
    let fence = git(&["log", "-1", "--format=%(trailers:key=Midspan-Fence,valueonly)", "main"]);
    assert!(fence.parse::<i64>().unwrap() > FORGOTTEN, "{fence}");
    server.kill().await;
}
