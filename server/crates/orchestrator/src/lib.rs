//! Makes it so: takes due keys from the queue, asks [`domain::plan`] what to do, commits what it decided, then does it.
//!
//! Read in this order: [`driver`] (the loop), [`resource_pass`] (one resource), [`perform`] (a step's effect and its outcome),
//! [`store_pass`] (all pending placements of one state store), [`tenure`] (as whom a replica holds things), [`offers`] (parsed promise revisions), then [`steps`] and [`destinations`].
//!
//! # Flow
//! 1. Claim due keys in batches: each lease has a fence. 2. Load everything observed. 3. Plan. 4. Commit rows, event and the settled lease in one
//!    transaction: a stale fence or a changed row fails all of it. 5. Perform. 6. Record the outcome, wake the key.
//!
//! # Guarantees
//! - A wake-up carries a key, never a message: an event, a timer, a restart and the sweep at start run the same pass.
//! - An effect's row is committed before the effect, with its holder. Whoever finds a running step with its holder gone performs the same
//!   attempt again under the same idempotency key, after killing what is left of the first try.
//! - Template steps are computations, not effects: they are computed before the commit and need no row of their own.
//!
//! # Assumptions
//! - Receivers of keyed effects honour the key (`Idempotency-Key`); raw processes get it as `MIDSPAN_IDEMPOTENCY_KEY`.
//! - A replica that cannot renew its heartbeat for its whole lease stops its effects by itself, and goes on as somebody new.

pub mod destinations;
mod driver;
mod failpoint;
mod offers;
mod perform;
mod resource_pass;
pub mod steps;
mod store_pass;
mod tenure;

pub use driver::{Config, Orchestrator, unsettled};
pub use offers::Offers;

/// The queue key of a state store. A resource's key is its uid.
pub fn store_key(name: &str) -> String {
    format!("store/{name}")
}

/// The lane of the state stores' keys: no tenant's queue can delay a write.
pub const STORES_LANE: &str = "state-stores";
