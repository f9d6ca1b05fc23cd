//! Watching: nothing is missed, nothing comes twice, and the order is the order of commits.

use crate::{on_each, resource, stored, with_phase};
use domain::ErrorKind;
use std::time::Duration;
use store::{Change, Filter, Op, Store};
use testkit::databases;

fn told(changes: &[Change]) -> Vec<String> {
    let one = |change: &Change| match change {
        Change::Put(object) => format!("{} {}", change.version(), object.metadata.name),
        Change::Removed(object) => format!("{} {} gone", change.version(), object.metadata.name),
    };
    changes.iter().map(one).collect()
}

#[tokio::test]
async fn changes_come_in_commit_order_with_the_last_state_of_what_is_gone() {
    on_each(async |store| {
        let a = stored(&store, resource("default", "a")).await;
        stored(&store, resource("default", "b")).await;
        store.commit(vec![Op::Update(with_phase(a, "Ready"))]).await.unwrap();
        store.commit(vec![Op::Remove { uid: "uid-default-b".into(), version: Some(2) }]).await.unwrap();
        stored(&store, resource("other", "c")).await;

        let all = store.since(&Filter::default(), 0, 100).await.unwrap();
        assert_eq!((told(&all.changes), all.version), (vec!["3 a".into(), "4 b gone".into(), "5 c".into()], 5));
        let gone = &all.changes[1];
        assert_eq!(gone.object().spec, resource("default", "b").spec);

        let first = store.since(&Filter::default(), 2, 1).await.unwrap();
        assert_eq!((told(&first.changes), first.version), (vec!["3 a".into()], 3));
        let rest = store.since(&Filter::default(), first.version, 100).await.unwrap();
        assert_eq!(told(&rest.changes), ["4 b gone", "5 c"]);

        let other = Filter { namespace: Some("other".into()), ..Filter::of_kind("data.example.com", "Postgresql") };
        assert_eq!(told(&store.since(&other, 0, 100).await.unwrap().changes), ["5 c"]);
        let none = store.since(&Filter::of_kind("", "ConfigMap"), 0, 100).await.unwrap();
        assert_eq!((none.changes.len(), none.version), (0, 5));
    })
    .await;
}

#[tokio::test]
async fn a_watch_behind_what_is_forgotten_must_list_again() {
    on_each(async |store| {
        stored(&store, resource("default", "a")).await;
        store.commit(vec![Op::Remove { uid: "uid-default-a".into(), version: None }]).await.unwrap();
        store.prune_removed(2).await.unwrap();
        assert_eq!(store.since(&Filter::default(), 1, 10).await.unwrap_err().kind, ErrorKind::Expired);
        assert!(store.since(&Filter::default(), 2, 10).await.unwrap().changes.is_empty());
    })
    .await;
}

#[tokio::test]
async fn own_commits_are_told_at_once() {
    on_each(async |store| {
        let mut changes = store.changes();
        assert_eq!(*changes.borrow_and_update(), 0);
        store.commit(vec![Op::Create(resource("default", "a")), Op::Create(resource("default", "b"))]).await.unwrap();
        assert_eq!(*changes.borrow_and_update(), 2);
    })
    .await;
}

#[tokio::test]
async fn commits_of_another_replica_are_heard() {
    let Some(database) = databases::postgres() else { return };
    let (here, there) = (Store::open(database.url()).await.unwrap(), Store::open(database.url()).await.unwrap());
    let mut changes = here.changes();
    there.commit(vec![Op::Create(resource("default", "a"))]).await.unwrap();
    let heard = changes.wait_for(|version| *version == 1);
    tokio::time::timeout(Duration::from_secs(20), heard).await.expect("the commit is heard").unwrap();
    here.close().await;
    there.close().await;
}

#[tokio::test]
async fn versions_of_several_replicas_form_one_gapless_order() {
    let Some(database) = databases::postgres() else { return };
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(Store::open(database.url()).await.unwrap());
    }
    let watcher = tokio::spawn({
        let store = replicas[0].clone();
        async move {
            let (mut at, mut seen) = (0, Vec::new());
            while at < 300 {
                let next = store.since(&Filter::default(), at, 1000).await.unwrap();
                seen.extend(next.changes.iter().map(Change::version));
                at = next.version;
                tokio::task::yield_now().await;
            }
            seen
        }
    });
    let writers = (0..300).map(|n| {
        let store = replicas[n % 3].clone();
        tokio::spawn(
            async move { store.commit(vec![Op::Create(resource("default", &format!("r{n}")))]).await.unwrap() },
        )
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(watcher.await.unwrap(), (1..=300).collect::<Vec<i64>>());
    for replica in replicas {
        replica.close().await;
    }
}
