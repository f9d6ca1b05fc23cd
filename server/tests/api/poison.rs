//! What is meant to hurt: each is refused soon, with the place named, in little memory, and everybody else is served on.

mod addresses;
mod definitions;
mod documents;
mod health;

use crate::{midspan::Midspan, watching::resident_kilobytes};
use std::time::{Duration, Instant};

/// As long as one refusal may take where tests run unoptimised.
const SOON: Duration = Duration::from_secs(5);

/// Runs an attack and holds it to its bounds.
async fn bounded<T>(what: &str, attack: impl Future<Output = T>) -> T {
    let (since, before) = (Instant::now(), resident_kilobytes());
    let outcome = attack.await;
    let (took, grown) = (since.elapsed(), resident_kilobytes().saturating_sub(before) / 1024);
    assert!(took < SOON, "{what} took {took:?}");
    assert!(grown < 128, "{what} left {grown} MiB");
    outcome
}

async fn still_well(midspan: &Midspan) {
    let dana = midspan.dana();
    assert_eq!(midspan.stranger().get("/readyz").await.code, 200);
    dana.get("/apis").await.good();
}
