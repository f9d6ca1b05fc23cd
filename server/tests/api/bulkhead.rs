//! Destinations that are away: nobody else waits for them, people are told, and they catch up by themselves.

use crate::{
    midspan::everywhere,
    people::{Answer, Person},
    widgets::PROMISES,
};
use serde_json::{Value, json};
use std::{
    fs,
    net::{Shutdown, TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
};

const OURS: &str = "/apis/midspan.dev/v1alpha1";
const MANY: usize = 8;

/// A host that takes every call and answers none.
struct Silent {
    port: u16,
    calls: Arc<Mutex<Vec<TcpStream>>>,
}

impl Silent {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = Self { port: listener.local_addr().unwrap().port(), calls: Arc::default() };
        let calls = silent.calls.clone();
        thread::spawn(move || listener.incoming().flatten().for_each(|call| calls.lock().unwrap().push(call)));
        silent
    }

    fn was_called(&self) -> bool {
        !self.calls.lock().unwrap().is_empty()
    }
}

impl Drop for Silent {
    /// Whoever still waits need not.
    fn drop(&mut self) {
        self.calls.lock().unwrap().iter().for_each(|call| drop(call.shutdown(Shutdown::Both)));
    }
}

/// A folder that is not there until it is made.
struct Absent(PathBuf);

impl Drop for Absent {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Person {
    /// A kind whose resources are one file each in this state store.
    async fn offers(&self, name: &str, kind: &str, store: &str) {
        let destination = json!({
            "apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": {"name": name, "labels": {"target": name}},
            "spec": {"path": name, "stateStoreRef": {"name": store}},
        });
        self.post(&format!("{OURS}/destinations"), destination).await.good();
        let promise = json!({
            "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": name},
            "spec": {
                "api": {"group": "demo.example.com", "version": "v1", "kind": kind},
                "destinationSelectors": [{"matchLabels": {"target": name}}],
                "workflows": {"resource": {"configure": [{"name": "write", "steps": [
                    {"name": "files", "uses": "template", "with": {"files": {"a.yaml": "a: 1\n"}}},
                ]}]}},
            },
        });
        self.post(PROMISES, promise).await.good();
    }

    async fn wants_many(&self, kind: &str) {
        for number in 0..MANY {
            let one =
                json!({"apiVersion": "demo.example.com/v1", "kind": kind, "metadata": {"name": format!("n{number}")}});
            self.post(&place(kind), one).await.good();
        }
    }

    async fn sees_all(&self, kind: &str, wanted: impl Fn(&Value) -> bool) {
        let of_all = |seen: &Answer| {
            let all = seen.body["items"].as_array();
            all.is_some_and(|all| all.len() == MANY && all.iter().all(|one| wanted(&one["status"])))
        };
        self.see(&place(kind), of_all).await;
    }
}

fn place(kind: &str) -> String {
    format!("/apis/demo.example.com/v1/namespaces/default/{}s", kind.to_lowercase())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_destination_that_is_away_waits_alone_and_goes_on_when_it_is_back() {
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let silent = Silent::new();
        let absent = Absent(std::env::temp_dir().join(format!("midspan-absent-{}-{}", std::process::id(), silent.port)));
        let url = format!("http://127.0.0.1:{}/fleet.git", silent.port);
        for (name, spec) in [
            ("silent", json!({"git": {"url": url, "branch": "main"}})),
            ("absent", json!({"directory": {"path": absent.0}})),
        ] {
            let store = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "StateStore", "metadata": {"name": name}, "spec": spec});
            paul.post(&format!("{OURS}/statestores"), store).await.good();
        }
        for (name, kind, store) in [("silent", "Mute", "silent"), ("absent", "Ghost", "absent"), ("fine", "Guest", "gitops")] {
            paul.offers(name, kind, store).await;
        }
        dana.wants_many("Mute").await;
        dana.wants_many("Ghost").await;
        dana.sees_all("Ghost", |status| status["phase"] == "Degraded").await;
        let mut patience = 0;
        while !silent.was_called() {
            patience += 1;
            assert!(patience < 500, "nobody calls");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        dana.wants_many("Guest").await;
        dana.sees_all("Guest", |status| status["phase"] == "Ready").await;
        // they are told why and when, and one that does not answer is still waited for
        dana.sees_all("Ghost", |status| {
            let told = status["sync"]["message"].as_str().unwrap_or_default();
            status["phase"] == "Degraded" && told.contains("cannot be used") && told.contains("next attempt at")
        })
        .await;
        dana.sees_all("Mute", |status| status["phase"] == "Progressing").await;
        fs::create_dir(&absent.0).unwrap();
        dana.sees_all("Ghost", |status| status["phase"] == "Ready").await;
    })
    .await;
}
