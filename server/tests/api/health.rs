//! Does it work? Rules over the status, a probe of a real service, children: what people and programs see of it.

use crate::{
    midspan::{Midspan, everywhere},
    people::Person,
    widgets::PROMISES,
};
use axum::{Router, http::StatusCode, routing::get};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU16, AtomicU32, Ordering},
};

const TENTS: &str = "/apis/demo.example.com/v1/namespaces/default/tents";

/// A service that answers as it is told.
struct Service {
    address: String,
    code: Arc<AtomicU16>,
    asked: Arc<AtomicU32>,
    task: tokio::task::JoinHandle<()>,
}

impl Service {
    async fn begin() -> Self {
        let (code, asked) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicU32::new(0)));
        let answers = {
            let (code, asked) = (code.clone(), asked.clone());
            async move || {
                asked.fetch_add(1, Ordering::SeqCst);
                (StatusCode::from_u16(code.load(Ordering::SeqCst)).unwrap(), "hello")
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().route("/{name}", get(answers));
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, code, asked, task }
    }

    fn answers(&self, code: u16) {
        self.code.store(code, Ordering::SeqCst);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn promise(health: Value, status: Value) -> Value {
    json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "tent"}, "spec": {
        "api": {"group": "demo.example.com", "version": "v1", "kind": "Tent", "schema": {"type": "object", "properties": {"pegs": {"type": "integer", "default": 4}}}},
        "health": health,
        "workflows": {"resource": {"configure": [{"name": "main", "steps": [{"name": "render", "uses": "template", "with": {"status": status}}]}]}}}})
}

async fn pitch(dana: &Person, name: &str, pegs: u32) -> Value {
    let tent = json!({"apiVersion": "demo.example.com/v1", "kind": "Tent", "metadata": {"name": name}, "spec": {"pegs": pegs}});
    dana.post(TENTS, tent).await.good()
}

/// Waits until its health is in this state; the whole object.
async fn healthy_as(dana: &Person, name: &str, state: &str) -> Value {
    dana.see(&format!("{TENTS}/{name}"), |seen| seen.body["status"]["health"]["state"] == state).await.body
}

async fn told(midspan: &Midspan, tent: &Value) -> Vec<String> {
    let uid = tent["metadata"]["uid"].as_str().unwrap();
    let events = midspan.running.services.store.events(uid, None, 500).await.unwrap();
    let mut told: Vec<_> = events.into_iter().map(|stored| stored.event).collect();
    told.sort_by_key(|event| event.at);
    let about = ["Healthy", "Degraded", "HealthUnknown"];
    told.retain(|event| about.contains(&event.reason.as_str()));
    told.into_iter().map(|event| format!("{}: {}", event.reason, event.message)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_judge_the_status_as_it_stands_in_words_that_are_filled_in() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        let rules = json!({"rules": [
            {"when": "status.holding == 0", "state": "Degraded"},
            {"when": "status.holding < 4", "state": "Progressing", "message": "{{ status.holding }} of 4 pegs hold"},
        ]});
        midspan.paul().post(PROMISES, promise(rules, json!({"holding": "{{ spec.pegs }}"}))).await.good();
        pitch(&dana, "loose", 3).await;
        let loose = healthy_as(&dana, "loose", "Progressing").await;
        assert_eq!(loose["status"]["health"]["message"], "3 of 4 pegs hold");
        dana.merge(&format!("{TENTS}/loose"), json!({"spec": {"pegs": 0}})).await.good();
        let down = healthy_as(&dana, "loose", "Degraded").await;
        assert_eq!(down["status"]["health"]["message"], "`status.holding == 0` holds");
        dana.merge(&format!("{TENTS}/loose"), json!({"spec": {"pegs": 5}})).await.good();
        let fine = healthy_as(&dana, "loose", "Healthy").await;
        assert!(fine["status"]["health"]["since"].is_string(), "{fine}");
        let told = told(midspan, &fine).await;
        assert_eq!(told, ["Degraded: `status.holding == 0` holds", "Healthy: No rule of the promise finds fault"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_asks_the_real_service_and_tells_changes_alone() {
    let service = Service::begin().await;
    everywhere(async |midspan| {
        service.answers(200);
        let dana = midspan.dana();
        let url = format!("{}/{{{{ metadata.name }}}}", service.address);
        let probe = json!({"probe": {"http": {"url": url}, "every": "1s", "timeout": "2s", "failures": 2}});
        midspan.paul().post(PROMISES, promise(probe, json!({"up": true}))).await.good();
        pitch(&dana, "big", 4).await;
        let fine = healthy_as(&dana, "big", "Healthy").await;
        assert_eq!(fine["status"]["health"]["message"], "answered 200 OK");

        // looks that find the same leave the resource as it is
        let before = service.asked.load(Ordering::SeqCst);
        let probes = "/apis/midspan.dev/v1alpha1/namespaces/default/probes";
        let again = |seen: &crate::people::Answer| seen.body["items"][0]["status"]["sequence"].as_i64() > Some(3);
        dana.see(probes, again).await;
        assert!(service.asked.load(Ordering::SeqCst) > before);
        let same = dana.get(&format!("{TENTS}/big")).await.good();
        assert_eq!(same["metadata"]["resourceVersion"], fine["metadata"]["resourceVersion"]);

        service.answers(503);
        let down = healthy_as(&dana, "big", "Degraded").await;
        assert_eq!(down["status"]["health"]["message"], "answered 503 Service Unavailable: hello");
        assert_eq!(down["status"]["phase"], "Ready", "health is a fact of its own");
        let page = dana.get("/r/default/tent/big").await.text;
        assert!(page.contains("Degraded") && page.contains("answered 503 Service Unavailable"), "{page}");
        service.answers(200);
        let healed = healthy_as(&dana, "big", "Healthy").await;
        let expected = [
            "Healthy: answered 200 OK",
            "Degraded: answered 503 Service Unavailable: hello",
            "Healthy: answered 200 OK",
        ];
        assert_eq!(told(midspan, &healed).await, expected);
        let runs = dana.get("/apis/midspan.dev/v1alpha1/namespaces/default/runs").await.good();
        assert_eq!(runs["items"].as_array().unwrap().len(), 1, "no look starts a run");

        dana.delete(&format!("{TENTS}/big")).await.good();
        dana.see(&format!("{TENTS}/big"), |seen| seen.code == 404).await;
        let left = dana.get(probes).await.good();
        assert_eq!(left["items"], json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_without_health_shows_none() {
    everywhere(async |midspan| {
        let dana = midspan.dana();
        let mut promise = promise(json!({}), json!({"up": true}));
        promise["spec"].as_object_mut().unwrap().remove("health");
        midspan.paul().post(PROMISES, promise).await.good();
        pitch(&dana, "plain", 4).await;
        dana.see(&format!("{TENTS}/plain"), |seen| seen.body["status"]["phase"] == "Ready").await;
        let page = dana.get("/r/default/tent/plain").await.text;
        assert!(!page.contains("Not checked") && !page.contains("Health"), "{page}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_that_cannot_be_judged_is_refused_where_it_stands() {
    everywhere(async |midspan| {
        let publish = async |health: Value| midspan.paul().post(PROMISES, promise(health, json!({}))).await;
        let url = "https://a.example.com";
        for (health, fields) in [
            (json!({}), vec!["spec.health"]),
            (json!({"ruls": []}), vec!["spec.health.ruls"]),
            (json!({"rules": [{"when": "stats.up", "state": "Degraded"}]}), vec!["spec.health.rules[0].when"]),
            (json!({"rules": [{"when": "true", "state": "NotChecked"}]}), vec!["spec.health.rules[0].state"]),
            (json!({"probe": {"http": {"url": url}, "every": "10ms"}}), vec!["spec.health.probe.every"]),
            (json!({"probe": {"http": {"url": url, "method": "POST"}}}), vec!["spec.health.probe.http.method"]),
            (json!({"probe": {"http": {"url": "{{ a"}}}), vec!["spec.health.probe.http.url"]),
        ] {
            assert_eq!(publish(health.clone()).await.fields(), fields, "{health}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_on_the_page_do_as_it_says() {
    let service = Service::begin().await;
    everywhere(async |midspan| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        service.answers(200);
        let page = include_str!("../../../docs/health.md");
        let blocks: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        let document = |at: usize| domain::document::parse_one(blocks[at], "docs/health.md").unwrap();
        paul.post(PROMISES, document(0)).await.good();
        let rooms = "/apis/docs.example.com/v1/namespaces/default/tearooms";
        let room = |name: &str, tables: u32, address: &str| {
            json!({"apiVersion": "docs.example.com/v1", "kind": "TeaRoom", "metadata": {"name": name}, "spec": {"tables": tables, "address": address}})
        };
        let says = async |name: &str, message: &str| {
            let told = |seen: &crate::people::Answer| seen.body["status"]["health"]["message"] == message;
            dana.see(&format!("{rooms}/{name}"), told).await.body["status"]["health"]["state"].clone()
        };
        dana.post(rooms, room("mine", 4, &service.address)).await.good();
        dana.see(&format!("{rooms}/mine"), |seen| seen.body["status"]["health"]["state"] == "Healthy").await;
        dana.post(rooms, room("small", 1, "")).await.good();
        assert_eq!(says("small", "1 of at least 2 tables are set").await, "Progressing");
        dana.post(rooms, room("bare", 0, "")).await.good();
        assert_eq!(says("bare", "There is no table to sit at").await, "Degraded");
        paul.post("/apis/platform.kratix.io/v1alpha1/namespaces/default/healthrecords", document(1)).await.good();
        assert_eq!(says("mine", "default/mine-pods: degraded: 1 of 2 pods is ready").await, "Degraded");
    })
    .await;
}
