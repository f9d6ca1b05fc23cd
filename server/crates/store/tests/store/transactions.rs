//! All or nothing, in one order, and never over someone else's change.

use crate::{at, names, object, on_each, resource, stored, wake, with_phase};
use domain::ErrorKind;
use serde_json::json;
use std::collections::BTreeSet;
use store::{Event, Filter, Op, Query};

#[tokio::test]
async fn an_object_reads_back_under_its_new_version() {
    on_each(async |store| {
        let committed = store.commit(vec![Op::Create(resource("default", "shop")), wake("k", 1)]).await.unwrap();
        assert_eq!((committed.version, committed.versions.as_slice()), (1, [1, 0].as_slice()));

        let mut expected = resource("default", "shop");
        expected.metadata.resource_version = 1;
        assert_eq!(store.by_uid("uid-default-shop").await.unwrap(), Some(expected.clone()));
        assert_eq!(store.by_name("data.example.com", "Postgresql", "default", "shop").await.unwrap(), Some(expected));
        assert_eq!(store.by_name("data.example.com", "Postgresql", "other", "shop").await.unwrap(), None);
        assert_eq!(store.by_uid("nobody").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_given_once() {
    on_each(async |store| {
        stored(&store, resource("default", "shop")).await;
        let mut twin = resource("default", "shop");
        twin.metadata.uid = "another".into();
        for op in [Op::Create(twin.clone()), Op::Put(twin), Op::Create(resource("default", "shop"))] {
            let error = store.commit(vec![op]).await.unwrap_err();
            assert_eq!(
                (error.kind, error.message.as_str()),
                (ErrorKind::AlreadyExists, "postgresqls.data.example.com \"shop\" already exists")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_update_on_an_old_version_is_refused() {
    on_each(async |store| {
        let seen = stored(&store, resource("default", "shop")).await;
        store.commit(vec![Op::Update(with_phase(seen.clone(), "Ready"))]).await.unwrap();
        let error = store.commit(vec![Op::Update(with_phase(seen, "Failed"))]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict);
        assert_eq!(
            error.message,
            "Operation cannot be fulfilled on postgresqls.data.example.com \"shop\": the object has been modified; \
             please apply your changes to the latest version and try again"
        );
        let error = store.commit(vec![Op::Update(resource("default", "nobody"))]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn a_refused_transaction_leaves_no_trace() {
    on_each(async |store| {
        let first = stored(&store, resource("default", "first")).await;
        let mut stale = first.clone();
        stale.metadata.resource_version = 77;
        let event = Event { subject: "uid-default-second".into(), reason: "Submitted".into(), ..Event::default() };
        let refused = vec![
            Op::Create(resource("default", "second")),
            Op::Update(with_phase(first.clone(), "Ready")),
            Op::Remove { uid: first.metadata.uid.clone(), version: None },
            wake("second", 1),
            Op::Event(event),
            Op::Update(stale),
        ];
        assert_eq!(store.commit(refused).await.unwrap_err().kind, ErrorKind::NotFound);

        assert_eq!(names(&store.list(&Query::default()).await.unwrap().objects), ["first"]);
        assert_eq!(store.by_uid(&first.metadata.uid).await.unwrap(), Some(first));
        assert_eq!(store.version().await.unwrap(), 1);
        assert_eq!(store.next_due().await.unwrap(), None);
        assert!(store.events("uid-default-second", None, 10).await.unwrap().is_empty());
        assert_eq!(store.since(&Filter::default(), 0, 10).await.unwrap().changes.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn transactions_that_share_a_group_fail_alone() {
    on_each(async |store| {
        // All are queued before the writer gets to run, so they are stored as one group.
        let commits = (0..100).map(|n| {
            let store = store.clone();
            let name = format!("shop-{}", n / 2);
            tokio::spawn(async move {
                store.commit(vec![wake(&format!("{n}"), n), Op::Create(resource("default", &name))]).await
            })
        });
        let commits: Vec<_> = commits.collect();
        let mut versions = BTreeSet::new();
        let mut refused = 0;
        for commit in commits {
            match commit.await.unwrap() {
                Ok(committed) => assert!(versions.insert(committed.version)),
                Err(error) => {
                    assert_eq!(error.kind, ErrorKind::AlreadyExists);
                    refused += 1;
                }
            }
        }
        assert_eq!((refused, versions), (50, (1..=50).collect()));
        assert_eq!(store.queue_depth(at(1000)).await.unwrap().due, 50);
    })
    .await;
}

#[tokio::test]
async fn concurrent_updates_of_one_object_are_all_seen_or_refused() {
    on_each(async |store| {
        stored(
            &store,
            object(
                json!({"apiVersion": "v1", "kind": "Counter", "metadata": {"name": "c", "uid": "c"}, "spec": {"n": 0}}),
            ),
        )
        .await;
        let adders = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    loop {
                        let mut counter = store.by_uid("c").await.unwrap().unwrap();
                        counter.spec["n"] = json!(counter.spec["n"].as_i64().unwrap() + 1);
                        match store.commit(vec![Op::Update(counter)]).await {
                            Ok(_) => break,
                            Err(error) => assert_eq!(error.kind, ErrorKind::Conflict),
                        }
                    }
                }
            })
        });
        for adder in adders.collect::<Vec<_>>() {
            adder.await.unwrap();
        }
        let counter = store.by_uid("c").await.unwrap().unwrap();
        assert_eq!((counter.spec["n"].as_i64(), counter.metadata.resource_version), (Some(80), 81));
    })
    .await;
}

#[tokio::test]
async fn a_state_that_is_stored_already_makes_no_version() {
    on_each(async |store| {
        let seen = stored(&store, resource("default", "shop")).await;
        let committed = store.commit(vec![Op::Put(resource("default", "shop")), Op::Update(seen)]).await.unwrap();
        assert_eq!((committed.version, committed.versions), (1, vec![1, 1]));
    })
    .await;
}

#[tokio::test]
async fn one_transaction_may_change_an_object_twice_and_replace_a_removed_one() {
    on_each(async |store| {
        let mut again = with_phase(resource("default", "shop"), "Ready");
        again.metadata.resource_version = 1;
        store.commit(vec![Op::Create(resource("default", "shop")), Op::Update(again)]).await.unwrap();

        let mut heir = resource("default", "shop");
        heir.metadata.uid = "heir".into();
        store
            .commit(vec![Op::Remove { uid: "uid-default-shop".into(), version: Some(2) }, Op::Create(heir)])
            .await
            .unwrap();
        let found = store.by_name("data.example.com", "Postgresql", "default", "shop").await.unwrap().unwrap();
        assert_eq!((found.metadata.uid.as_str(), found.metadata.resource_version), ("heir", 4));
        assert_eq!(store.by_uid("uid-default-shop").await.unwrap(), None);

        // the same uid comes back within one transaction
        store
            .commit(vec![Op::Remove { uid: "heir".into(), version: None }, Op::Put(resource("other", "x"))])
            .await
            .unwrap();
        let back = vec![Op::Remove { uid: "uid-other-x".into(), version: None }, Op::Create(resource("other", "x"))];
        store.commit(back).await.unwrap();
        let labelled =
            Query { labels: domain::selector::Selector::parse("kratix.io/promise-name").unwrap(), ..Query::default() };
        assert_eq!(names(&store.list(&labelled).await.unwrap().objects), ["x"]);
    })
    .await;
}

#[tokio::test]
async fn what_the_database_cannot_store_spoils_nobody_elses_transaction() {
    on_each(async |store| {
        // PostgreSQL has no NUL in text; SQLite has
        let poison = Event { subject: "a\0b".into(), ..Event::default() };
        let bad = tokio::spawn({
            let store = store.clone();
            async move { store.commit(vec![Op::Event(poison)]).await }
        });
        let good = tokio::spawn({
            let store = store.clone();
            async move { store.commit(vec![Op::Create(resource("default", "shop"))]).await }
        });
        let _ = bad.await.unwrap();
        assert_eq!(good.await.unwrap().unwrap().version, 1);
    })
    .await;
}
