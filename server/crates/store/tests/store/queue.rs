//! The queue: a key is given to one at a time, no wake-up is lost, no lane is starved, and a lost lease settles nothing.

use crate::{at, on_each, resource, stored, wake, with_phase};
use domain::ErrorKind;
use std::collections::BTreeSet;
use store::{Lease, Op, Query, QueueDepth, Store};

async fn claim(store: &Store, replica: &str, second: i64, limit: i64) -> Vec<Lease> {
    store.claim(replica, at(second), at(second + 60), limit).await.unwrap()
}

fn keys(leases: &[Lease]) -> BTreeSet<&str> {
    leases.iter().map(|lease| lease.key.as_str()).collect()
}

#[tokio::test]
async fn a_due_key_is_leased_to_one_replica_until_it_is_settled() {
    on_each(async |store| {
        store.commit(vec![wake("a", 10), wake("later", 500)]).await.unwrap();
        assert!(claim(&store, "one", 9, 10).await.is_empty());
        assert_eq!(store.next_due().await.unwrap(), Some(at(10)));

        let leases = claim(&store, "one", 10, 10).await;
        assert_eq!(
            (keys(&leases), leases[0].lane.as_str(), leases[0].replica.as_str()),
            (BTreeSet::from(["a"]), "default", "one")
        );
        assert!(claim(&store, "two", 11, 10).await.is_empty());
        let depth = QueueDepth { due: 0, leased: 1, scheduled: 1, oldest_due: None };
        assert_eq!(store.queue_depth(at(11)).await.unwrap(), depth);

        store.commit(vec![Op::Settle { lease: leases[0].clone(), next: Some(at(100)) }]).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(100)));
        let leases = claim(&store, "two", 100, 10).await;
        store.commit(vec![Op::Settle { lease: leases[0].clone(), next: None }]).await.unwrap();
        assert_eq!(store.queue_depth(at(100)).await.unwrap(), QueueDepth { scheduled: 1, ..QueueDepth::default() });
    })
    .await;
}

#[tokio::test]
async fn the_earlier_wake_up_wins() {
    on_each(async |store| {
        store.commit(vec![wake("a", 30)]).await.unwrap();
        store.commit(vec![wake("a", 10), wake("a", 20)]).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(10)));
    })
    .await;
}

#[tokio::test]
async fn a_wake_up_during_a_lease_is_not_lost() {
    on_each(async |store| {
        store.commit(vec![wake("a", 1)]).await.unwrap();
        let leases = claim(&store, "one", 1, 10).await;
        store.commit(vec![wake("a", 2)]).await.unwrap();
        assert!(claim(&store, "two", 3, 10).await.is_empty());
        store.commit(vec![Op::Settle { lease: leases[0].clone(), next: None }]).await.unwrap();
        assert_eq!(keys(&claim(&store, "two", 3, 10).await), BTreeSet::from(["a"]));
    })
    .await;
}

#[tokio::test]
async fn a_stale_fence_is_refused_and_with_it_the_whole_transaction() {
    on_each(async |store| {
        store.commit(vec![wake("a", 1)]).await.unwrap();
        let old = claim(&store, "one", 1, 10).await.remove(0);
        let new = claim(&store, "one", 100, 10).await.remove(0);
        assert!(new.fence > old.fence);

        let late = vec![Op::Create(resource("default", "shop")), Op::Settle { lease: old.clone(), next: None }];
        let error = store.commit(late).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict);
        assert_eq!(error.message, format!("the lease of \"a\" with fence {} was lost to another holder", old.fence));
        assert_eq!(store.count(&Query::default()).await.unwrap(), 0);

        store.commit(vec![Op::Settle { lease: new.clone(), next: None }]).await.unwrap();
        // settled, forgotten, woken and claimed anew: an old lease is still an old lease
        store.commit(vec![wake("a", 1)]).await.unwrap();
        assert!(claim(&store, "one", 200, 10).await[0].fence > new.fence);
        assert_eq!(
            store.commit(vec![Op::Settle { lease: new, next: None }]).await.unwrap_err().kind,
            ErrorKind::Conflict
        );
    })
    .await;
}

#[tokio::test]
async fn a_lane_with_many_keys_delays_no_other() {
    on_each(async |store| {
        let crowd = (0..10_000).map(|n| Op::Wake { key: format!("crowd-{n}"), lane: "crowd".into(), due: at(1) });
        store.commit(crowd.collect()).await.unwrap();
        let quiet = |lane: &str| Op::Wake { key: format!("of-{lane}"), lane: lane.into(), due: at(50) };
        store
            .commit(vec![
                quiet("quiet"),
                quiet("a-first-one"),
                Op::Wake { key: "z".into(), lane: "zz".into(), due: at(900) },
            ])
            .await
            .unwrap();

        let leases = claim(&store, "one", 60, 20).await;
        assert_eq!(leases.len(), 20);
        assert!(keys(&leases).is_superset(&BTreeSet::from(["of-quiet", "of-a-first-one"])), "{leases:?}");
    })
    .await;
}

#[tokio::test]
async fn many_claimers_never_share_a_key() {
    on_each(async |store| {
        store.commit((0..200).map(|n| wake(&format!("{n}"), 1)).collect()).await.unwrap();
        let claimers = (0..10).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { claim(&store, &format!("replica-{n}"), 1, 20).await })
        });
        let mut claimed = Vec::new();
        for claimer in claimers.collect::<Vec<_>>() {
            claimed.extend(claimer.await.unwrap());
        }
        assert_eq!((claimed.len(), keys(&claimed).len()), (200, 200));
    })
    .await;
}

#[tokio::test]
async fn keys_of_dead_replicas_are_free_at_once() {
    on_each(async |store| {
        store.commit(vec![wake("a", 1), wake("b", 1), wake("c", 1)]).await.unwrap();
        for (replica, until) in [("dead", 5), ("alive", 500), ("leaving", 500)] {
            store.beat(replica, at(until)).await.unwrap();
            assert_eq!(claim(&store, replica, 1, 1).await.len(), 1);
        }
        assert_eq!(
            store.live_replicas(at(10)).await.unwrap(),
            BTreeSet::from(["alive".to_owned(), "leaving".to_owned()])
        );
        assert_eq!(store.release_dead(at(10)).await.unwrap(), 1);
        assert_eq!(store.queue_depth(at(10)).await.unwrap().due, 1);
        store.retire("leaving", at(10)).await.unwrap();
        assert_eq!(store.queue_depth(at(10)).await.unwrap().due, 2);
        assert_eq!(store.release_others("me", at(10)).await.unwrap(), 1);
        assert_eq!(claim(&store, "me", 10, 10).await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn everything_a_query_finds_is_woken_by_one_op() {
    on_each(async |store| {
        for (name, phase) in [("a", "Pending"), ("b", "Ready"), ("c", "Pending")] {
            stored(&store, with_phase(resource("default", name), phase)).await;
        }
        store.commit(vec![wake("uid-default-a", 5)]).await.unwrap();
        let query = Query { promise: Some("postgresql".into()), phases: vec!["Pending".into()], ..Query::default() };
        // an object of the same transaction counts
        let ops = vec![
            Op::Create(with_phase(resource("team", "new"), "Pending")),
            Op::WakeSelected { query: Box::new(query), due: at(7) },
        ];
        store.commit(ops).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(5)));
        let leases = claim(&store, "one", 7, 10).await;
        assert_eq!(keys(&leases), BTreeSet::from(["uid-default-a", "uid-default-c", "uid-team-new"]));
        assert!(leases.iter().any(|lease| lease.lane == "team"));
    })
    .await;
}
