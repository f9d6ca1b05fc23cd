//! Every statement is prepared and run on both databases, with every part a query can have.

use crate::{at, on_each, resource, wake};
use domain::{digest::Digest, selector::Selector};
use store::{
    AuditEntry, AuditQuery, Event, Facet, Filter, LogChunk, Op, Person, Query, SavedView, Session, Sort, Tail, Token,
};

#[tokio::test]
async fn every_statement_runs_on_both_databases() {
    on_each(async |store| {
        let text = |text: &str| Some(text.to_owned());
        let full = Query {
            group: text("g"),
            kind: text("K"),
            namespaces: vec!["a".into(), "b".into()],
            resources: true,
            promise: text("p"),
            phases: vec!["x".into(), String::new()],
            made: vec!["v1".into(), String::new()],
            asked_by: text("dana"),
            owner: text("o"),
            labels: Selector::parse("a=b,c notin (d,e),f,!g").unwrap(),
            name: text("n"),
            name_contains: text("%"),
            deleting: Some(true),
            active: Some(false),
            limit: 1,
            ..Query::default()
        };
        store.commit(vec![Op::Create(resource("default", "a")), Op::Create(resource("default", "b"))]).await.unwrap();
        for sort in [Sort::Name, Sort::Created, Sort::Version] {
            for descending in [false, true] {
                let after = store.list(&Query { sort, descending, limit: 1, ..Query::default() }).await.unwrap().next;
                store.list(&Query { sort, descending, after, ..full.clone() }).await.unwrap();
            }
        }
        store.count(&full).await.unwrap();
        for facet in [Facet::Phase, Facet::Promise, Facet::Namespace, Facet::AskedBy] {
            store.facets(&full, facet).await.unwrap();
        }
        store.fleet(&full, 10).await.unwrap();
        store.owned("o").await.unwrap();
        store.by_uids(["a", "b", "c"]).await.unwrap();
        let filter = Filter { name: text("n"), namespace: text("s"), ..Filter::of_kind("g", "K") };
        store.since(&filter, 0, 5).await.unwrap();

        let everything = vec![
            Op::Create(resource("default", "new")),
            Op::Put(resource("default", "a")),
            Op::Remove { uid: "uid-default-b".into(), version: None },
            Op::Blob { digest: Digest::of("x"), bytes: b"x".to_vec() },
            wake("k", 1),
            Op::WakeSelected { query: Box::new(full), due: at(1) },
            Op::Event(Event::default()),
            Op::Audit(AuditEntry::default()),
        ];
        store.commit(everything).await.unwrap();
        let leases = store.claim("r", at(1), at(2), 5).await.unwrap();
        for lease in &leases {
            store.renew(lease, at(3)).await.unwrap();
        }
        store.commit(vec![Op::RaiseFence { above: 1 }]).await.unwrap();
        store.commit(leases.into_iter().map(|lease| Op::Settle { lease, next: None }).collect()).await.unwrap();
        store.next_due().await.unwrap();
        store.queue_depth(at(1)).await.unwrap();
        store.release_others("r", at(1)).await.unwrap();
        store.release_dead(at(1)).await.unwrap();
        store.beat("r", at(1)).await.unwrap();
        store.live_replicas(at(1)).await.unwrap();
        store.forget_replicas(at(1)).await.unwrap();
        store.begin_housekeeping(at(1), std::time::Duration::ZERO).await.unwrap();
        store.retire("r", at(1)).await.unwrap();
        store.blobs(&[Digest::of("x")]).await.unwrap();
        store.sweep_blobs().await.unwrap();
        store.append_log([LogChunk::default()]).await.unwrap();
        store.log("", 0, 1).await.unwrap();
        store.log_tail("", Some(("p", "s")), Tail { bytes: 1, lines: 1 }).await.unwrap();
        store.log_position("").await.unwrap();
        store.forget_log("").await.unwrap();
        store.events("", None, 1).await.unwrap();
        store.recent_events(None, None, 1).await.unwrap();
        store.recent_events(text("n").as_deref(), Some(1), 1).await.unwrap();
        store.events_after(0, 1).await.unwrap();
        let audit = AuditQuery { actor: text("a"), uid: text("u"), namespace: text("n"), before: Some(1), limit: 1 };
        store.audit(&audit).await.unwrap();
        store.insert_token(&Token::default()).await.unwrap();
        store.token_by_hash("").await.unwrap();
        store.tokens("").await.unwrap();
        store.token("").await.unwrap();
        store.all_tokens(1).await.unwrap();
        store.touch_token("", at(1)).await.unwrap();
        store.revoke_token("").await.unwrap();
        store.session_create(&Session::default()).await.unwrap();
        store.session_save(&Session::default()).await.unwrap();
        store.session_touch("", at(1), at(2)).await.unwrap();
        store.sessions_of("a", at(1), 1).await.unwrap();
        store.session_end("a", "b").await.unwrap();
        store.sessions_end_others("a", "b").await.unwrap();
        store.sessions_end_at_provider("a", "b", "c").await.unwrap();
        store.insert_person(&Person::default()).await.unwrap();
        store.person_by_identity("", "").await.unwrap();
        store.person("").await.unwrap();
        store.people(1).await.unwrap();
        store.person_came("", at(1), &domain::sign_in::Profile::default()).await.unwrap();
        store.disable_person("", true).await.unwrap();
        store.delete_person("", "").await.unwrap();
        store.put_ticket("", "k", &serde_json::json!({}), at(9)).await.unwrap();
        store.ticket("", "k", at(1)).await.unwrap();
        store.change_ticket("", "k", &serde_json::json!({}), &serde_json::json!({"a": 1})).await.unwrap();
        store.take_ticket("", "k", at(1)).await.unwrap();
        store.sweep_tickets(at(1)).await.unwrap();
        store.save_view(&SavedView::default()).await.unwrap();
        store.saved_views("", "", 1).await.unwrap();
        store.rename_view("", "", "n").await.unwrap();
        store.delete_view("", "").await.unwrap();
        store.forget_views("").await.unwrap();
        store.session_load("", at(1)).await.unwrap();
        store.session_delete("").await.unwrap();
        store.sweep_sessions(at(1)).await.unwrap();
        store.prune_removed(1).await.unwrap();
        store.sweep_events(at(1)).await.unwrap();
        store.sweep_audit(at(1)).await.unwrap();
        store.outlived_runs(at(1), 1).await.unwrap();
        store.version().await.unwrap();
    })
    .await;
}
