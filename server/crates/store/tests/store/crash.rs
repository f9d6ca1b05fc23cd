//! What was acknowledged is there after a crash.

use crate::{object, on_each, resource, wake};
use serde_json::json;
use sqlx::Connection;
use std::collections::BTreeSet;
use store::{Op, Query, Store};
use testkit::databases::{databases, postgres};

#[tokio::test]
async fn everything_acknowledged_is_there_after_a_crash() {
    for database in databases() {
        println!("on {}", database.url());
        // A runtime of its own dies with its tasks and connections wherever they are: nothing is closed in good order.
        let url = database.url().to_owned();
        let acknowledged = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let acknowledged = runtime.block_on(async {
                let store = Store::open(&url).await.unwrap();
                let commits = (0..200).map(|n| {
                    let store = store.clone();
                    async move {
                        let name = format!("r{n}");
                        store.commit(vec![Op::Create(resource("default", &name)), wake(&name, 1)]).await.map(|_| name)
                    }
                });
                let commits: Vec<_> = commits.map(tokio::spawn).collect();
                let mut acknowledged = BTreeSet::new();
                for commit in commits.into_iter().take(120) {
                    acknowledged.insert(commit.await.unwrap().unwrap());
                }
                acknowledged
            });
            runtime.shutdown_background();
            acknowledged
        });
        let acknowledged = acknowledged.join().unwrap();

        let store = Store::open(database.url()).await.unwrap();
        let page = store.list(&Query::default()).await.unwrap();
        let found: BTreeSet<String> = page.objects.iter().map(|object| object.metadata.name.clone()).collect();
        assert!(found.is_superset(&acknowledged), "lost: {:?}", acknowledged.difference(&found));
        assert_eq!(page.version, i64::try_from(found.len()).unwrap(), "versions have no gaps");
        assert_eq!(
            store.queue_depth(crate::at(2)).await.unwrap().due,
            page.version,
            "an object and its wake-up come together"
        );
        store.close().await;
    }
}

#[tokio::test]
async fn a_lost_connection_costs_nothing_but_time() {
    let Some(database) = postgres() else { return };
    let store = Store::open(database.url()).await.unwrap();
    let mut changes = store.changes();
    for round in 1..=3 {
        let mut killer = sqlx::PgConnection::connect(database.url()).await.unwrap();
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        sqlx::query(kill).execute(&mut killer).await.unwrap();
        killer.close().await.unwrap();
        let committed = store.commit(vec![Op::Create(resource("default", &format!("r{round}")))]).await.unwrap();
        assert_eq!(committed.version, round);
        assert_eq!(store.count(&Query::default()).await.unwrap(), round);
        assert_eq!(*changes.borrow_and_update(), round);
    }
    store.close().await;
}

#[tokio::test]
async fn a_closed_store_says_so_and_what_it_took_is_stored() {
    for database in databases() {
        let store = Store::open(database.url()).await.unwrap();
        let taken = (0..50).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(vec![Op::Create(resource("default", &format!("r{n}")))]).await })
        });
        let taken: Vec<_> = taken.collect();
        tokio::task::yield_now().await;
        store.close().await;
        let mut stored = 0;
        for commit in taken {
            stored += i64::from(commit.await.unwrap().is_ok());
        }
        let error = store.commit(vec![wake("k", 1)]).await.unwrap_err();
        assert_eq!(error.message, "the store is closed");
        assert!(store.version().await.is_err());

        let again = Store::open(database.url()).await.unwrap();
        assert_eq!(again.version().await.unwrap(), stored);
        again.close().await;
    }
}

#[tokio::test]
async fn stores_in_memory_are_each_their_own() {
    let (one, two) = (Store::open("sqlite::memory:").await.unwrap(), Store::open("sqlite::memory:").await.unwrap());
    one.commit(vec![Op::Create(resource("default", "a"))]).await.unwrap();
    assert_eq!((one.version().await.unwrap(), two.version().await.unwrap()), (1, 0));
}

#[tokio::test]
async fn large_and_strange_documents_read_back_as_they_were_written() {
    on_each(async |store| {
        let strange = object(json!({
            "apiVersion": "v1", "kind": "Strange", "metadata": {"name": "s", "uid": "s"},
            "spec": {"nul": "a\u{0}b", "text": "é\u{1f600}\u{2028}'\"\\", "big": "x".repeat(2_000_000), "number": 1.5e300, "z": null, "a": [[]]},
            "data": {"kept": true}
        }));
        store.commit(vec![Op::Create(strange.clone())]).await.unwrap();
        let mut found = store.by_uid("s").await.unwrap().unwrap();
        found.metadata.resource_version = 0;
        assert_eq!(found, strange);
    })
    .await;
}
