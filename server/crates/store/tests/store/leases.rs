//! A lease can be held on to, but never against somebody who came after; and its fence is above all that were ever seen.

use crate::{at, on_each, resource, wake};
use domain::ErrorKind;
use store::{Lease, Op, Store};

async fn claimed(store: &Store, replica: &str, second: i64) -> Option<Lease> {
    store.claim(replica, at(second), at(second + 10), 1).await.unwrap().pop()
}

#[tokio::test]
async fn a_lease_that_is_renewed_is_given_to_nobody_else() {
    on_each(async |store| {
        store.commit(vec![wake("a", 10)]).await.unwrap();
        let lease = claimed(&store, "one", 10).await.unwrap();
        assert!(store.renew(&lease, at(30)).await.unwrap());
        assert_eq!(store.next_due().await.unwrap(), Some(at(30)));
        assert_eq!(claimed(&store, "two", 29).await, None);
        // nobody asked for the key in between, so it is not due when it is settled
        store.commit(vec![Op::Settle { lease, next: None }]).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_wake_up_during_a_renewed_lease_is_kept() {
    on_each(async |store| {
        store.commit(vec![wake("a", 10)]).await.unwrap();
        let lease = claimed(&store, "one", 10).await.unwrap();
        store.renew(&lease, at(30)).await.unwrap();
        store.commit(vec![wake("a", 12)]).await.unwrap();
        store.renew(&lease, at(40)).await.unwrap();
        store.commit(vec![Op::Settle { lease, next: None }]).await.unwrap();
        assert_eq!(store.next_due().await.unwrap(), Some(at(12)));
    })
    .await;
}

#[tokio::test]
async fn a_lost_lease_is_neither_renewed_nor_written_under() {
    on_each(async |store| {
        store.commit(vec![wake("a", 10)]).await.unwrap();
        let lost = claimed(&store, "one", 10).await.unwrap();
        let held = claimed(&store, "two", 20).await.unwrap();
        assert!(!store.renew(&lost, at(99)).await.unwrap());
        let write = |lease: &Lease| vec![Op::while_leased(lease), Op::Create(resource("default", "a"))];
        assert_eq!(store.commit(write(&lost)).await.unwrap_err().kind, ErrorKind::Conflict);
        store.commit(write(&held)).await.unwrap();
        store.commit(vec![Op::Settle { lease: held.clone(), next: None }]).await.unwrap();
        assert!(!store.renew(&held, at(99)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn fences_go_on_above_one_that_was_seen_outside() {
    on_each(async |store| {
        store.commit(vec![wake("a", 10)]).await.unwrap();
        let young = claimed(&store, "one", 10).await.unwrap();
        let again = Op::Settle { lease: young.clone(), next: Some(at(11)) };
        store.commit(vec![again.clone(), Op::RaiseFence { above: 4_711 }]).await.unwrap();
        let next = claimed(&store, "one", 11).await.unwrap();
        assert!(next.fence > 4_711, "{next:?}");
        // whoever has lost its lease raises nothing
        store.commit(vec![again, Op::RaiseFence { above: 9_999 }]).await.unwrap_err();
        store.commit(vec![Op::Settle { lease: next, next: Some(at(12)) }, Op::RaiseFence { above: 5 }]).await.unwrap();
        let last = claimed(&store, "one", 12).await.unwrap();
        assert!((4_711..9_999).contains(&last.fence), "{last:?}");
    })
    .await;
}
