//! Others write to the same branch at the same time, and nobody loses anything.

use super::*;
use std::{
    sync::{Arc, atomic::AtomicBool},
    thread,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_committer_pushing_in_a_loop_neither_starves_us_nor_loses_a_file() {
    let world = World::repository().await;
    let fay = world.clone_of_another("fay");
    let stop = Arc::new(AtomicBool::new(false));
    let theirs = thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            let mut pushed = 0;
            while !stop.load(Ordering::Relaxed) {
                fay.pushes_without_a_work_tree(&format!("theirs/{pushed}"));
                pushed += 1;
                thread::sleep(Duration::from_millis(50));
            }
            pushed
        }
    });
    for number in 0..500 {
        let written = world.writes(&[wanted(&format!("dev/r{number}"), [("x", "1")])]).await.unwrap();
        assert!(written.changed);
    }
    stop.store(true, Ordering::Relaxed);
    let pushed = theirs.join().unwrap();
    let tree = world.tree();
    assert_eq!(tree.iter().filter(|path| path.starts_with("dev/")).count(), 500);
    assert_eq!(tree.iter().filter(|path| path.starts_with("theirs/")).count(), pushed);
    assert_eq!(world.git(&["rev-list", "--count", "--merges", "main"]), "0");
    assert_eq!(world.commits(), 1 + 500 + pushed);
    assert!(pushed > 0);
}

#[tokio::test]
async fn a_race_that_is_lost_twice_at_the_very_end_is_run_a_third_time() {
    let world = World::repository().await;
    // Two of three pushes find that the branch has moved after they were let in.
    world.hook(
        "pre-receive",
        "unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
         export GIT_INDEX_FILE=\"$PWD/another-index\" GIT_COMMITTER_NAME=Fay GIT_COMMITTER_EMAIL=f@x GIT_AUTHOR_NAME=Fay GIT_AUTHOR_EMAIL=f@x
         number=$(($(cat pushes 2>/dev/null || echo 0) + 1)); echo $number > pushes
         [ $((number % 3)) = 0 ] && exit 0
         head=$(git rev-parse main); git read-tree $head
         git update-index --add --cacheinfo 100644,$(git rev-parse $head:README.md),theirs/$number
         git update-ref refs/heads/main $(git commit-tree $(git write-tree) -p $head -m theirs) $head",
    );
    for number in 0..10 {
        world.writes(&[wanted(&format!("dev/r{number}"), [("x", "1")])]).await.unwrap();
    }
    let count = |prefix: &str| world.tree().iter().filter(|path| path.starts_with(prefix)).count();
    assert_eq!((count("dev/"), count("theirs/"), world.commits()), (10, 20, 31));
    assert_eq!(world.git(&["rev-list", "--count", "--merges", "main"]), "0");
}

impl Clone {
    /// As quick as a robot can be: no checkout, no rebase, a new commit on each new head until one is in.
    fn pushes_without_a_work_tree(&self, path: &str) {
        let said = |args: &[&str]| git(&self.0, args);
        loop {
            said(&["fetch", "-q", "origin", "main"]);
            said(&["read-tree", "FETCH_HEAD"]);
            let readme = said(&["rev-parse", "FETCH_HEAD:README.md"]);
            said(&["update-index", "--add", "--cacheinfo", &format!("100644,{readme},{path}")]);
            let commit = said(&["commit-tree", &said(&["write-tree"]), "-p", "FETCH_HEAD", "-m", path]);
            let pushed = outside_git(&self.0, &["push", "-q", "origin", &format!("{commit}:main")]).output().unwrap();
            if pushed.status.success() {
                return;
            }
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
            other.write(&target(&world.backend), &wanted, NOW).await.unwrap();
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
            stores.write(&target(&world.backend), &wanted, NOW).await.unwrap();
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
    world.replica().write(&target(&world.backend), &successor, NOW).await.unwrap();
    // that it has seen the successor's files meanwhile gives it no right to write over them
    world.stores.read(&target(&world.backend), "dev/shop").await.unwrap();
    world.stores.check(&target(&world.backend)).await.unwrap();
    let late = [Wanted { fence: 5, ..wanted("dev/shop", [("x", "older")]) }];
    let refused = world.stores.write(&target(&world.backend), &late, NOW).await;
    assert_eq!(refused, Err(Unwritten::Overtaken(6)));
    assert_eq!(world.content("dev/shop/x"), "new");
    // With a lease of its own again it may.
    world.writes(&[Wanted { fence: 7, ..wanted("dev/shop", [("x", "newest")]) }]).await.unwrap();
    assert_eq!(world.content("dev/shop/x"), "newest");
}
