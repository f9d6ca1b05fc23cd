//! Watches: what changes is told, from any point on, until time is up.

use crate::{
    midspan::{Midspan, everywhere},
    people::Person,
    widgets::{WIDGETS, at, promise, widget},
};
use futures::{StreamExt as _, future::join_all, stream};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A watch that is being listened to.
struct Watch {
    chunks: stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    unread: String,
}

impl Person {
    async fn watches(&self, query: &str) -> Watch {
        let response = self.request(Method::GET, &format!("{WIDGETS}?watch=true&{query}")).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        Watch { chunks: response.bytes_stream().boxed(), unread: String::new() }
    }
}

impl Watch {
    /// The next event, or nothing when the server ended the stream.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.unread.find('\n') {
                let line: String = self.unread.drain(..=end).collect();
                return Some(serde_json::from_str(&line).unwrap());
            }
            let more =
                tokio::time::timeout(Duration::from_secs(30), self.chunks.next()).await.expect("a watch tells or ends");
            self.unread.push_str(std::str::from_utf8(&more?.unwrap()).unwrap());
        }
    }

    /// `ADDED shop`. What the orchestrator writes about an object told already is passed over.
    async fn next_told(&mut self) -> String {
        loop {
            let event = self.next().await.expect("the watch goes on");
            let generation = event["object"]["metadata"]["generation"].as_i64().unwrap_or_default();
            let told = format!(
                "{} {} {generation}",
                event["type"].as_str().unwrap(),
                event["object"]["metadata"]["name"].as_str().unwrap_or_default()
            );
            if event["type"] != "MODIFIED" || generation > 1 || !event["object"]["metadata"]["labels"]["told"].is_null()
            {
                return told.trim_end_matches(" 0").to_owned();
            }
        }
    }
}

/// Until the orchestrator has said its last word about a new widget.
async fn settled(person: &Person, name: &str) {
    person.see(&at(name), |seen| seen.body["status"]["phase"] == "Ready").await;
}

async fn version_of(person: &Person) -> String {
    person.get(WIDGETS).await.good()["metadata"]["resourceVersion"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_a_watch_tells_what_there_is_and_then_what_comes() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        dana.asks_for(widget("first")).await;
        let mut watch = dana.watches("").await;
        assert_eq!(watch.next_told().await, "ADDED first 1");
        dana.asks_for(widget("second")).await;
        assert_eq!(watch.next_told().await, "ADDED second 1");
        dana.merge(&at("second"), json!({"spec": {"replicas": 2}})).await.good();
        assert_eq!(watch.next_told().await, "MODIFIED second 2");
        dana.delete(&at("first")).await.good();
        loop {
            match watch.next_told().await.as_str() {
                "DELETED first 2" => break,
                told => assert!(told.starts_with("MODIFIED"), "{told}"),
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_version_a_watch_tells_only_what_came_later_also_what_is_gone() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        for name in ["stays", "goes"] {
            dana.asks_for(widget(name)).await;
            settled(&dana, name).await;
        }
        let version = version_of(&dana).await;
        dana.delete(&at("goes")).await.good();
        dana.see(&at("goes"), |seen| seen.code == 404).await;
        dana.asks_for(widget("comes")).await;

        // the client was away while all this happened
        let mut watch = dana.watches(&format!("resourceVersion={version}")).await;
        let mut told = vec![watch.next_told().await, watch.next_told().await];
        told.sort();
        assert_eq!(told, ["ADDED comes 1", "DELETED goes 2"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_selection_is_told_as_deleted_whenever_it_left() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        for name in ["early", "late"] {
            let mut widget = widget(name);
            widget["metadata"]["labels"] = json!({"team": "a"});
            dana.asks_for(widget).await;
            settled(&dana, name).await;
        }
        let version = version_of(&dana).await;
        dana.merge(&at("early"), json!({"metadata": {"labels": {"team": "b"}}})).await.good();
        let mut watch = dana.watches(&format!("labelSelector=team%3Da&resourceVersion={version}")).await;
        assert_eq!(watch.next_told().await, "DELETED early 1");
        dana.merge(&at("late"), json!({"metadata": {"labels": {"team": null}}})).await.good();
        assert_eq!(watch.next_told().await, "DELETED late 1");
        dana.merge(&at("early"), json!({"metadata": {"labels": {"team": "a"}}})).await.good();
        assert_eq!(watch.next_told().await, "ADDED early 1");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_too_old_is_told_as_gone() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        let store = &midspan.running.services.store;
        store.prune_removed(store.version().await.unwrap()).await.unwrap();
        let event = dana.watches("resourceVersion=1").await.next().await.unwrap();
        assert_eq!(
            (&event["type"], &event["object"]["code"], &event["object"]["reason"]),
            (&json!("ERROR"), &json!(410), &json!("Expired"))
        );
        assert_eq!(event["object"]["message"], "too old resource version: 1; list again and watch from there");
        for version in ["abc", "-5", "99999999999999999999"] {
            let refused = dana.get(&format!("{WIDGETS}?watch=1&resourceVersion={version}")).await.refused();
            assert_eq!(refused, format!("400 BadRequest: resourceVersion: Invalid value: {version:?}"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_when_its_time_is_up_quiet_or_not() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        dana.asks_for(widget("shop")).await;
        let since = Instant::now();
        let end = async |mut watch: Watch| while watch.next().await.is_some() {};
        let quiet = end(dana.watches(&format!("resourceVersion={}&timeoutSeconds=1", version_of(&dana).await)).await);
        let busy = end(dana.watches("timeoutSeconds=1").await);
        let mut writes = 0;
        let path = at("shop");
        let chatter = async {
            loop {
                writes += 1;
                dana.merge(&path, json!({"metadata": {"labels": {"told": writes.to_string()}}})).await.good();
            }
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(quiet, busy) } => {}
            () = chatter => {}
        }
        assert!((1..10).contains(&since.elapsed().as_secs()), "{:?} with {writes} writes", since.elapsed());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_watch_and_do_not_read_cost_little() {
    everywhere(async |midspan| {
        const WATCHERS: usize = 40;
        let dana = midspan.dana();
        midspan.paul().publishes(promise()).await;
        let noted = |number: u32| {
            let mut widget = widget(&format!("w{number}"));
            widget["spec"]["tags"] = json!({"note": "x".repeat(8000)});
            dana.asks_for(widget)
        };
        stream::iter(0..220).map(noted).buffer_unordered(16).count().await;
        let before = resident_kilobytes();
        let watches = join_all((0..WATCHERS).map(|_| dana.watches(""))).await;
        for round in 0..5 {
            dana.merge(&at("w0"), json!({"metadata": {"labels": {"told": round.to_string()}}})).await.good();
        }
        // the first list alone would be 70 megabytes for all of them, and the writes come on top
        let grown = resident_kilobytes().saturating_sub(before) / 1024;
        drop(watches);
        still_serves(midspan).await;
        assert!(grown < 100, "{grown} MiB for {WATCHERS} watchers");
    })
    .await;
}

async fn still_serves(midspan: &Midspan) {
    midspan.dana().get(&at("w0")).await.good();
}

/// What this process holds in memory now.
pub fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
