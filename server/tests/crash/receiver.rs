//! The outside world of `http` steps: a service that keeps every call, honours keys and fences, and is slow and out of order at times.

use crate::{chance::Chance, moments::thinking};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::net::TcpListener;

/// One call as it came in.
#[derive(Clone, Debug)]
pub struct Call {
    pub key: String,
    pub fence: i64,
    pub body: Value,
    pub became: Became,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// The effect happened, for the first time under this key.
    Applied,
    /// The key was known: the first answer was given once more.
    Repeated,
    /// A later holder has been here: nothing happened.
    Stale,
    /// A bad moment: nothing happened.
    Unavailable,
}

/// Stops when dropped.
pub struct Receiver {
    pub url: String,
    ledger: Arc<Ledger>,
    serving: tokio::task::JoinHandle<()>,
}

struct Ledger {
    calls: Mutex<Vec<Call>>,
    /// `None` for a service without bad moments.
    moods: Option<Mutex<Chance>>,
}

impl Receiver {
    pub async fn start(moods: Option<Chance>) -> Self {
        let ledger = Arc::new(Ledger { calls: Mutex::default(), moods: moods.map(Mutex::new) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/parcels", listener.local_addr().unwrap());
        let router = Router::new().route("/parcels", post(receive)).with_state(ledger.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, ledger, serving }
    }

    /// All calls in the order in which they took effect.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.ledger.calls).clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The answer that the first call under a key got.
pub fn receipt(key: &str) -> String {
    format!("receipt of {key}")
}

/// Served beside the connection: the effect happens even if the caller is killed before the answer.
async fn receive(State(ledger): State<Arc<Ledger>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    tokio::spawn(async move { ledger.take(&headers, body).await }).await.unwrap()
}

impl Ledger {
    async fn take(&self, headers: &HeaderMap, body: Value) -> Response {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let (key, fence) = (text("idempotency-key"), text("fencing-token").parse().unwrap_or(-1));
        let (before, after, down) = self.moods.as_ref().map_or_else(Default::default, |moods| {
            let mut moods = lock(moods);
            let slow = moods.one_in(3);
            (slow.then(|| moods.millis(0..200)), slow.then(|| moods.millis(0..200)), moods.one_in(5))
        });
        if let Some(time) = before {
            thinking(time).await;
        }
        let became = self.enter(key.clone(), fence, body, down);
        if let Some(time) = after {
            thinking(time).await;
        }
        match became {
            Became::Applied | Became::Repeated => Json(json!({"receipt": receipt(&key)})).into_response(),
            Became::Stale => (StatusCode::CONFLICT, "a later holder has been here").into_response(),
            Became::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "not now").into_response(),
        }
    }

    fn enter(&self, key: String, fence: i64, body: Value, down: bool) -> Became {
        let mut calls = lock(&self.calls);
        let applied = |call: &&Call| call.became == Became::Applied;
        let newest =
            calls.iter().filter(applied).filter(|call| call.body["name"] == body["name"]).map(|call| call.fence).max();
        let became = if calls.iter().filter(applied).any(|call| call.key == key) {
            Became::Repeated
        } else if newest.is_some_and(|newest| fence < newest) {
            Became::Stale
        } else if down {
            Became::Unavailable
        } else {
            Became::Applied
        };
        calls.push(Call { key, fence, body, became });
        became
    }
}

/// How often each thing happened, for the report.
pub fn tally(calls: &[Call]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for call in calls {
        *tally.entry(format!("{:?}", call.became)).or_default() += 1;
    }
    tally
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
