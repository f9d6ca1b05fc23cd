//! What nobody needs any more goes, a slice at a time, and one replica at a time sees to it.

use crate::{at, on_each, resource, stored};
use domain::ErrorKind;
use std::time::Duration;
use store::{Filter, Op, Round, Session};

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_round_is_taken_by_one_and_comes_again_after_its_time() {
    on_each(async |store| {
        let begin = async |second| store.begin_housekeeping(at(second), HOUR).await.unwrap();
        assert_eq!(begin(100_000).await, Some(Round { version_before: 0 }));
        assert_eq!(begin(100_000).await, None);
        assert_eq!(begin(103_599).await, None);
        stored(&store, resource("default", "a")).await;
        assert_eq!(begin(103_600).await, Some(Round { version_before: 0 }));
        assert_eq!(begin(107_200).await, Some(Round { version_before: 1 }));
        // a clock that was set back
        assert_eq!(begin(5_000).await, Some(Round { version_before: 1 }));
    })
    .await;
}

#[tokio::test]
async fn more_sessions_than_one_slice_holds_are_swept() {
    on_each(async |store| {
        let saving = (0..1_100).map(|n| {
            let store = store.clone();
            let expires = at(if n == 7 { 50 } else { 10 });
            let session = Session { hash: format!("s{n}"), expires, ..Session::default() };
            async move { store.session_create(&session).await }
        });
        for saved in saving.map(tokio::spawn).collect::<Vec<_>>() {
            saved.await.unwrap().unwrap();
        }
        assert_eq!(store.sweep_sessions(at(10)).await.unwrap(), 1_099);
        assert!(store.session_load("s7", at(10)).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn removals_are_forgotten_up_to_a_version_and_no_further() {
    on_each(async |store| {
        let names: Vec<String> = (0..1_100).map(|n| format!("r{n}")).collect();
        store.commit(names.iter().map(|name| Op::Create(resource("default", name))).collect()).await.unwrap();
        let remove = |name: &String| Op::Remove { uid: format!("uid-default-{name}"), version: None };
        store.commit(names.iter().map(remove).collect()).await.unwrap();
        assert_eq!(store.prune_removed(2_199).await.unwrap(), 1_099);
        assert_eq!(store.since(&Filter::default(), 2_198, 10).await.unwrap_err().kind, ErrorKind::Expired);
        assert_eq!(store.since(&Filter::default(), 2_199, 10).await.unwrap().changes.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn replicas_that_are_long_dead_are_dropped() {
    on_each(async |store| {
        for (name, until) in [("long gone", 10), ("dead", 100), ("alive", 1_000)] {
            store.beat(name, at(until)).await.unwrap();
        }
        assert_eq!(store.forget_replicas(at(10)).await.unwrap(), 1);
        assert_eq!(store.live_replicas(at(0)).await.unwrap().len(), 2);
        assert_eq!(store.forget_replicas(at(10)).await.unwrap(), 0);
    })
    .await;
}
