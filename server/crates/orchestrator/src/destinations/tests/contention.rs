//! Others write to the same branch at the same time, and nobody loses anything.

use super::*;
use std::{
    sync::{
        Arc,
        atomic::AtomicBool,
    },
    thread,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_committer_pushing_in_a_loop_neither_starves_us_nor_loses_a_file() {
    let world = World::repository().await;
    let stop = Arc::new(AtomicBool::new(false));
    let theirs = thread::spawn({
        let (stop, remote) = (Arc::clone(&stop), world.remote());
        move || {
            let mut pushed = 0;
            while !stop.load(Ordering::Relaxed) {
                merges_on_the_server(&remote, &format!("theirs/{pushed}"));
                pushed += 1;
                thread::sleep(Duration::from_millis(50));
            }
            pushed
        }
    });
    for number in 0..200 {
        let written = world.writes(&[wanted(&format!("dev/r{number}"), [("x", "1")])]).await.unwrap();
        assert!(written.changed);
    }
    stop.store(true, Ordering::Relaxed);
    let pushed = theirs.join().unwrap();
    let tree = world.tree();
    assert_eq!(tree.iter().filter(|path| path.starts_with("dev/")).count(), 200);
    assert_eq!(tree.iter().filter(|path| path.starts_with("theirs/")).count(), pushed);
    assert_eq!(world.git(&["rev-list", "--count", "--merges", "main"]), "0");
    assert_eq!(world.commits(), 1 + 200 + pushed);
    assert!(pushed > 50, "the other committer pushed only {pushed} times");
}

/// A commit made in the repository itself, as by a merge button: faster than any push.
fn merges_on_the_server(remote: &Path, path: &str) {
    let index = remote.join("another-index");
    let run = |args: &[&str]| outside_git(remote, args).env("GIT_INDEX_FILE", &index).output().unwrap();
    let said = |args: &[&str]| String::from_utf8(run(args).stdout).unwrap().trim().to_owned();
    loop {
        let head = said(&["rev-parse", "main"]);
        said(&["read-tree", &head]);
        let readme = said(&["rev-parse", &format!("{head}:README.md")]);
        said(&["update-index", "--add", "--cacheinfo", &format!("100644,{readme},{path}")]);
        let commit = said(&["commit-tree", &said(&["write-tree"]), "-p", &head, "-m", path]);
        if run(&["update-ref", "refs/heads/main", &commit, &head]).status.success() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_with_caches_of_their_own_both_get_through() {
    let world = World::repository().await;
    let other = world.replica();
    let ours = async {
        for number in 0..40 {
            world.writes(&[wanted(&format!("dev/a{number}"), [("x", "1")])]).await.unwrap();
        }
    };
    let theirs = async {
        for number in 0..40 {
            let wanted = [wanted(&format!("dev/b{number}"), [("x", "1")])];
            other.write(UID, "gitops", &world.backend, &wanted, NOW).await.unwrap();
        }
    };
    tokio::join!(ours, theirs);
    assert_eq!((world.tree().len(), world.commits()), (81, 81));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_with_one_cache_take_turns() {
    let world = World::repository().await;
    // A second `Stores` knows nothing of the first one's mutex: only the lock file stands between them.
    let second = stores(&world.scratch.at("cache"));
    let write = async |stores: &Stores, name: &str| {
        for number in 0..20 {
            let wanted = [wanted(&format!("dev/{name}{number}"), [("x", "1")])];
            stores.write(UID, "gitops", &world.backend, &wanted, NOW).await.unwrap();
        }
    };
    tokio::join!(write(&world.stores, "a"), write(&second, "b"));
    assert_eq!(world.tree().len(), 41);
}

#[tokio::test]
async fn whoever_slept_through_the_loss_of_its_lease_does_not_overwrite_its_successor() {
    let world = World::repository().await;
    world.writes(&[Wanted { fence: 5, ..wanted("dev/shop", [("x", "old")]) }]).await.unwrap();
    let successor = [Wanted { fence: 6, ..wanted("dev/shop", [("x", "new")]) }];
    world.replica().write(UID, "gitops", &world.backend, &successor, NOW).await.unwrap();
    let error = world.writes(&[Wanted { fence: 5, ..wanted("dev/shop", [("x", "older")]) }]).await.unwrap_err();
    assert_eq!(error.kind, domain::ErrorKind::Conflict);
    assert_eq!(world.content("dev/shop/x"), "new");
    // With a lease of its own again it may.
    world.writes(&[Wanted { fence: 7, ..wanted("dev/shop", [("x", "newest")]) }]).await.unwrap();
    assert_eq!(world.content("dev/shop/x"), "newest");
}
