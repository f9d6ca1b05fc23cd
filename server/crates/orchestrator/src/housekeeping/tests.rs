//! Each kind of thing that piles up goes when its time has come, and not before.

use super::*;
use domain::{
    Digest,
    request::{RequestPhase, RequestSpec},
};
use store::Filter;
use testkit::databases::databases;

const HOUR: Duration = Duration::from_hours(1);

fn at(hours: i64) -> Timestamp {
    Timestamp::from_micros(hours * 3_600_000_000)
}

/// A round at this hour, on a store of each kind that was made ready before.
async fn after_a_round_at(hour: i64, ready: impl AsyncFn(&Store), check: impl AsyncFn(&Store)) {
    for database in databases() {
        println!("on {}", database.url());
        let store = Store::open(database.url()).await.unwrap();
        ready(&store).await;
        tidy(&store, at(hour), HOUR, &Retention::default()).await.unwrap();
        check(&store).await;
        store.close().await;
    }
}

fn draft(name: &str, made: Timestamp) -> Op {
    let mut request = Request::submitted(&format!("req_{name}"), RequestSpec::default(), made);
    request.metadata.namespace = "default".to_owned();
    request.status = domain::request::RequestStatus::default();
    Op::Create(request.to_object())
}

#[tokio::test]
async fn a_draft_that_nobody_submits_for_a_week_is_withdrawn_and_keeps_what_it_asked_for() {
    let ready = async |store: &Store| {
        let drafts = (0..250).map(|n| draft(&format!("old{n}"), at(0))).chain([draft("new", at(1))]);
        store.commit(drafts.collect()).await.unwrap();
    };
    after_a_round_at(7 * 24, ready, async |store| {
        let phase = async |name: &str| {
            let object = store.by_uid(&format!("req_{name}")).await.unwrap().unwrap();
            Typed::<RequestKind>::parse(object).unwrap().status
        };
        for name in ["old0", "old249"] {
            let status = phase(name).await;
            assert_eq!((status.phase, status.finished_at), (RequestPhase::Withdrawn, Some(at(7 * 24))));
            assert_eq!(status.message, "Nobody submitted it for a week.");
        }
        assert_eq!(phase("new").await.phase, RequestPhase::Draft);
        let audit = store.audit(&store::AuditQuery { limit: 500, ..Default::default() }).await.unwrap();
        assert_eq!((audit.len(), audit[0].entry.verb.as_str()), (250, "withdraw"));
    })
    .await;
}

#[tokio::test]
async fn bytes_go_that_no_object_names() {
    let kept = Digest::of("kept");
    let ready = async |store: &Store| {
        let mut request = Request::submitted("req_1", RequestSpec::default(), at(1));
        request.metadata.namespace = "default".to_owned();
        request.status.message = format!("names {kept}");
        let blob = |text: &str| Op::Blob { digest: Digest::of(text), bytes: text.into() };
        store.commit(vec![Op::Create(request.to_object()), blob("kept"), blob("forgotten")]).await.unwrap();
    };
    after_a_round_at(1, ready, async |store| {
        let found = store.blobs(&[kept.clone(), Digest::of("forgotten")]).await.unwrap();
        assert_eq!(found.into_keys().collect::<Vec<_>>(), std::slice::from_ref(&kept));
    })
    .await;
}

#[tokio::test]
async fn sessions_go_when_they_have_expired() {
    let ready = async |store: &Store| {
        let session = store::Session { hash: "over".into(), expires: at(2), ..store::Session::default() };
        store.session_create(&session).await.unwrap();
        let session = store::Session { hash: "lives".into(), expires: at(3), ..store::Session::default() };
        store.session_create(&session).await.unwrap();
    };
    after_a_round_at(2, ready, async |store| {
        assert_eq!(store.session_load("over", at(0)).await.unwrap(), None);
        assert!(store.session_load("lives", at(2)).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn replicas_are_forgotten_an_hour_after_their_last_word() {
    let ready = async |store: &Store| {
        store.beat("gone", at(1)).await.unwrap();
        store.beat("just gone", at(2)).await.unwrap();
    };
    after_a_round_at(2, ready, async |store| {
        assert_eq!(store.live_replicas(at(0)).await.unwrap().into_iter().collect::<Vec<_>>(), ["just gone"]);
    })
    .await;
}

#[tokio::test]
async fn removals_are_told_to_watchers_for_an_interval_at_least() {
    let ready = async |store: &Store| {
        store.commit(vec![draft("a", at(1))]).await.unwrap();
        store.commit(vec![Op::Remove { uid: "req_a".to_owned(), version: None }]).await.unwrap();
    };
    after_a_round_at(1, ready, async |store| {
        assert_eq!(store.since(&Filter::default(), 1, 10).await.unwrap().changes.len(), 1);
        // too early: somebody has had this round
        tidy(store, at(1), HOUR, &Retention::default()).await.unwrap();
        assert_eq!(store.since(&Filter::default(), 1, 10).await.unwrap().changes.len(), 1);
        tidy(store, at(2), HOUR, &Retention::default()).await.unwrap();
        assert_eq!(store.since(&Filter::default(), 1, 10).await.unwrap_err().kind, ErrorKind::Expired);
    })
    .await;
}

fn revision(number: usize, current: bool) -> Op {
    let content =
        serde_json::json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "db"}});
    let document = serde_json::json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Revision",
        "metadata": {"name": format!("db-{number}"), "uid": format!("rev_{number}"), "labels": {"midspan.dev/promise": "db", "midspan.dev/version": format!("v{number}")}},
        "spec": {"promise": "db", "version": format!("v{number}"), "digest": Digest::of(number.to_string()), "content": content},
        "status": {"current": current},
    });
    Op::Create(domain::Object::from_value(document).unwrap())
}

fn resource(name: &str, annotation: &str, status: serde_json::Value) -> Op {
    let document = serde_json::json!({
        "apiVersion": "data.example.com/v1", "kind": "Db", "status": status,
        "metadata": {"name": name, "uid": format!("res_{name}"), "namespace": "default",
                     "labels": {"kratix.io/promise-name": "db"}, "annotations": {"midspan.dev/version": annotation}},
    });
    Op::Create(domain::Object::from_value(document).unwrap())
}

#[tokio::test]
async fn revisions_that_nothing_runs_go_but_for_the_newest_ten() {
    let ready = async |store: &Store| {
        for number in 1..=20 {
            store.commit(vec![revision(number, number == 20)]).await.unwrap();
        }
        let runs = resource("runs", "", serde_json::json!({"revision": "db-2"}));
        store.commit(vec![runs, resource("held", "v4", serde_json::json!({}))]).await.unwrap();
    };
    after_a_round_at(1, ready, async |store| {
        let mut left: Vec<u32> = store
            .list(&Query::of_kind(GROUP, "Revision"))
            .await
            .unwrap()
            .objects
            .iter()
            .map(|revision| revision.metadata.name.trim_start_matches("db-").parse().unwrap())
            .collect();
        left.sort_unstable();
        assert_eq!(left, [2, 4, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    })
    .await;
}

fn run(name: &str, owner: &str, made: Timestamp, phase: &str) -> Op {
    let document = serde_json::json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Run",
        "metadata": {"name": format!("run-{name}"), "uid": format!("run_{name}"), "namespace": "default", "creationTimestamp": made.to_second(),
                     "ownerReferences": [{"apiVersion": "v1", "kind": "Db", "name": owner, "uid": format!("res_{owner}"), "controller": true}]},
        "spec": {}, "status": {"phase": phase},
    });
    Op::Create(domain::Object::from_value(document).unwrap())
}

#[tokio::test]
async fn finished_runs_go_after_a_month_with_their_logs_but_for_the_newest_twenty() {
    const MONTH: i64 = 30 * 24;
    let ready = async |store: &Store| {
        let lives = resource("shop", "", serde_json::json!({}));
        let many = (0..25).map(|n| run(&format!("shop{n}"), "shop", at(n), "Succeeded"));
        let others = [
            run("gone", "gone", at(0), "Failed"),
            run("gone-lately", "gone", at(10), "Succeeded"),
            run("busy", "gone", at(0), "Running"),
        ];
        store.commit(many.chain(others).chain([lives]).collect()).await.unwrap();
        let chunk =
            |run: &str| store::LogChunk { run: run.to_owned(), text: "hello\n".to_owned(), ..Default::default() };
        store.append_log(["run_shop0", "run_shop24"].map(chunk)).await.unwrap();
    };
    after_a_round_at(MONTH + 3, ready, async |store| {
        let there = async |name: &str| store.by_uid(&format!("run_{name}")).await.unwrap().is_some();
        // older than a month are 0, 1 and 2; not among the newest twenty are 0 to 4
        for (name, stays) in [
            ("shop2", false),
            ("shop3", true),
            ("shop24", true),
            ("gone", false),
            ("gone-lately", true),
            ("busy", true),
        ] {
            assert_eq!(there(name).await, stays, "{name}");
        }
        assert_eq!(store.log("run_shop0", 0, 10).await.unwrap().len(), 0);
        assert_eq!(store.log("run_shop24", 0, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn events_go_after_a_month_and_the_audit_log_when_an_operator_says_so() {
    const MONTH: i64 = 30 * 24;
    let ready = async |store: &Store| {
        let event = |hour| Op::Event(domain::event::Event { at: at(hour), ..Default::default() });
        let line = |hour| Op::Audit(AuditEntry { at: at(hour), ..AuditEntry::default() });
        store.commit((0..600).map(|_| event(1)).chain([event(5), line(1), line(5)]).collect()).await.unwrap();
    };
    after_a_round_at(MONTH + 5, ready, async |store| {
        let left = async || {
            let events = store.recent_events(None, None, 1_000).await.unwrap().len();
            (events, store.audit(&store::AuditQuery::default()).await.unwrap().len())
        };
        assert_eq!(left().await, (1, 2));
        let keep = Retention { audit: Some(Duration::from_hours(2)), ..Retention::default() };
        tidy(store, at(7), HOUR, &keep).await.unwrap();
        assert_eq!(left().await, (1, 1));
    })
    .await;
}
