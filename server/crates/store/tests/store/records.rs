//! What is kept beside the objects: file bytes, events, audit.

use crate::{at, on_each, resource};
use domain::digest::Digest;
use serde_json::json;
use store::{AuditEntry, AuditQuery, Event, Op};

#[tokio::test]
async fn bytes_are_kept_once_under_their_digest() {
    on_each(async |store| {
        let bytes = [b"one".to_vec(), vec![0, 255, 7], Vec::new()];
        let ops: Vec<Op> =
            bytes.iter().map(|bytes| Op::Blob { digest: Digest::of(bytes), bytes: bytes.clone() }).collect();
        store.commit(ops.clone()).await.unwrap();
        store.commit(ops).await.unwrap();
        let mut wanted: Vec<Digest> = bytes.iter().map(Digest::of).collect();
        wanted.push(Digest::of("absent"));
        let found = store.blobs(&wanted).await.unwrap();
        assert_eq!(found, bytes.iter().map(|bytes| (Digest::of(bytes), bytes.clone())).collect());
    })
    .await;
}

#[tokio::test]
async fn bytes_that_no_object_names_are_swept() {
    on_each(async |store| {
        let mut ops: Vec<Op> = (0..10)
            .map(|n| format!("file {n}"))
            .map(|text| Op::Blob { digest: Digest::of(&text), bytes: text.into() })
            .collect();
        let mut placement = resource("default", "placement");
        placement.spec = json!({"files": {"a.yaml": Digest::of("file 3"), "b.yaml": Digest::of("file 7")}});
        ops.push(Op::Create(placement));
        store.commit(ops).await.unwrap();
        assert_eq!(store.sweep_blobs().await.unwrap(), 8);
        let all: Vec<Digest> = (0..10).map(|n| Digest::of(format!("file {n}"))).collect();
        let kept: Vec<Vec<u8>> = store.blobs(&all).await.unwrap().into_values().collect();
        assert_eq!(kept.len(), 2);
        assert!(kept.contains(&b"file 3".to_vec()) && kept.contains(&b"file 7".to_vec()));
    })
    .await;
}

#[tokio::test]
async fn events_are_told_newest_first_by_subject_and_namespace() {
    on_each(async |store| {
        let event = |n: i64, subject: &str| Event {
            at: at(n),
            namespace: "default".into(),
            subject: subject.into(),
            reason: "Submitted".into(),
            message: format!("event {n}"),
            actor: "dana".into(),
            data: json!({"n": n}),
        };
        for n in 1..=5 {
            store.commit(vec![Op::Event(event(n, if n == 3 { "b" } else { "a" }))]).await.unwrap();
        }
        let newest = store.events("a", None, 2).await.unwrap();
        assert_eq!(newest.iter().map(|stored| &stored.event).collect::<Vec<_>>(), [&event(5, "a"), &event(4, "a")]);
        let older = store.events("a", Some(newest[1].seq), 10).await.unwrap();
        assert_eq!(older.iter().map(|stored| stored.event.at).collect::<Vec<_>>(), [at(2), at(1)]);
        assert_eq!(store.recent_events(Some("default"), None, 10).await.unwrap().len(), 5);
        assert_eq!(store.recent_events(Some("other"), None, 10).await.unwrap().len(), 0);
        assert_eq!(store.recent_events(None, None, 3).await.unwrap().len(), 3);
        let next = store.events_after(newest[1].seq, 10).await.unwrap();
        assert_eq!(next, newest[..1]);
    })
    .await;
}

#[tokio::test]
async fn the_audit_answers_who_and_what() {
    on_each(async |store| {
        let entry = |actor: &str, uid: &str| AuditEntry {
            at: at(1),
            actor: actor.into(),
            verb: "create".into(),
            uid: uid.into(),
            outcome: "allowed".into(),
            source: "page".into(),
            data: json!({"request": "r"}),
            ..AuditEntry::default()
        };
        store
            .commit(vec![Op::Audit(entry("dana", "a")), Op::Audit(entry("paul", "a")), Op::Audit(entry("dana", "b"))])
            .await
            .unwrap();
        let of_dana = AuditQuery { actor: Some("dana".into()), ..AuditQuery::default() };
        let found = store.audit(&of_dana).await.unwrap();
        assert_eq!(
            found.iter().map(|stored| &stored.entry).collect::<Vec<_>>(),
            [&entry("dana", "b"), &entry("dana", "a")]
        );
        let both = AuditQuery { uid: Some("a".into()), before: Some(found[1].seq), ..of_dana };
        assert!(store.audit(&both).await.unwrap().is_empty());
    })
    .await;
}
