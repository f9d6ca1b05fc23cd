//! A provider that comes and goes, and how often it is asked.

use super::*;
use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering::SeqCst};

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(SeqCst) * 1_000_000)
    }
}

/// A provider that counts who asks, and is silent when told to be.
#[derive(Default)]
struct Asked {
    times: AtomicU32,
    silent: AtomicBool,
    issuer: Mutex<String>,
}

type Provider = State<Arc<Asked>>;

async fn document(State(asked): Provider) -> Result<Json<Value>, StatusCode> {
    asked.times.fetch_add(1, SeqCst);
    if asked.silent.load(SeqCst) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let issuer = asked.issuer.lock().unwrap().clone();
    Ok(Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/a"), "token_endpoint": format!("{issuer}/t"), "jwks_uri": format!("{issuer}/k"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
    })))
}

struct House {
    asked: Arc<Asked>,
    clock: Arc<Hand>,
    known: Known,
}

impl House {
    async fn new() -> Self {
        crate::tls::install_provider();
        let asked = Arc::new(Asked::default());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        asked.issuer.lock().unwrap().clone_from(&issuer);
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/k", get(|| async { Json(json!({"keys": []})) }))
            .with_state(asked.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let clock = Arc::new(Hand(AtomicI64::new(1_000_000)));
        let wire = Wire::local(crate::network::to_providers().unwrap());
        Self { known: Known::new(&issuer, wire, clock.clone()), asked, clock }
    }

    fn later(&self, by: Duration) {
        self.clock.0.fetch_add(i64::try_from(by.as_secs()).unwrap(), SeqCst);
    }

    fn times(&self) -> u32 {
        self.asked.times.load(SeqCst)
    }
}

#[tokio::test]
async fn what_is_fresh_is_not_asked_for_again() {
    let house = House::new().await;
    for _ in 0..3 {
        house.known.published().await.unwrap();
    }
    assert_eq!(house.times(), 1);
    house.later(FRESH);
    let (one, other) = tokio::join!(house.known.published(), house.known.published());
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(house.times(), 2, "one asks, the others wait or take what is known");
}

#[tokio::test]
async fn a_silent_provider_is_known_from_before_for_a_day() {
    let house = House::new().await;
    house.known.published().await.unwrap();
    house.asked.silent.store(true, SeqCst);
    house.later(FRESH);
    house.known.published().await.unwrap();
    house.known.published().await.unwrap();
    assert_eq!(house.times(), 2, "it is left alone for a while");
    house.later(STALE);
    assert!(house.known.published().await.is_err());
    house.asked.silent.store(false, SeqCst);
    assert!(house.known.published().await.is_err(), "still left alone");
    house.later(PAUSE);
    house.known.published().await.unwrap();
}

#[tokio::test]
async fn nobody_can_make_us_look_for_keys_often() {
    let house = House::new().await;
    house.known.published().await.unwrap();
    assert!(house.known.renewed().await.is_some());
    for _ in 0..10 {
        assert!(house.known.renewed().await.is_none());
    }
    assert_eq!(house.times(), 2);
    house.later(LOOK);
    assert!(house.known.renewed().await.is_some());
}

#[tokio::test]
async fn the_document_of_another_issuer_is_not_believed() {
    for wrong in ["http://127.0.0.1:1", "https://evil.example"] {
        let house = House::new().await;
        wrong.clone_into(&mut house.asked.issuer.lock().unwrap());
        let why = house.known.published().await.err().unwrap().0;
        assert!(why.contains("is the document of another issuer"), "{why}");
    }
    let house = House::new().await;
    house.asked.issuer.lock().unwrap().push('/');
    assert!(house.known.published().await.is_err(), "byte for byte");
}

#[test]
fn what_is_no_whole_key_is_left_out() {
    let good = [
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "a"}),
        json!({"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "AQAB"}),
    ];
    let bad = [
        json!({"kty": "RSA", "n": 7}),
        json!({"kty": "RSA", "n": "!", "e": "AQAB"}),
        json!({"kty": "x"}),
        json!(7),
        json!({}),
    ];
    let all: Vec<Value> = good.iter().chain(&bad).cloned().collect();
    assert_eq!(whole(json!({"keys": all})), json!({"keys": good}));
    for set in [json!([]), json!({}), json!({"keys": {}})] {
        assert_eq!(whole(set.clone()), set);
    }
}
