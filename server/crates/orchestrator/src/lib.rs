//! Makes it so: takes due keys from the queue, asks [`domain::plan`] what to do, commits what it decided, then does it.
//!
//! Read in this order: [`driver`] (the loop), [`resource_pass`] (one resource or promise; [`surroundings`] is what it sees of the others, [`content`] and [`difference`] are its transaction), [`perform`] (a
//! step's effect and its outcome; [`keep_log`] what it prints), [`store_pass`] (all pending placements of one state store, [`leased`] for as long as it
//! takes), [`heartbeat`] and [`tenure`] (as whom a replica holds things), [`housekeeping`] (what nobody needs any more), [`offers`] (parsed promise
//! revisions), then [`steps`] and [`destinations`].
//!
//! # Flow
//! 1. Claim due keys in batches: each lease has a fence. 2. Load everything observed. 3. Plan. 4. Commit rows, event and the settled lease in one
//!    transaction: a stale fence or a changed row fails all of it. 5. Perform. 6. Record the outcome, wake the key.
//!
//! # Guarantees
//! - A wake-up carries a key, never a message: an event, a timer, a restart and the sweep at start run the same pass.
//! - An effect's row is committed before the effect, with its holder. Whoever finds a running step with its holder gone performs the same
//!   attempt again under the same idempotency key, after killing what is left of the first try.
//! - A write to a state store holds its key for as long as it takes: the lease is renewed meanwhile, and the write breaks off when it is lost.
//! - A panic ends no server and strands no key: a pass is made again, and a step's attempt is taken up again under its key, as after a crash.
//! - Template steps are computations, not effects: they are computed before the commit and need no row of their own.
//!
//! # Assumptions
//! - Receivers of keyed effects honour the key (`Idempotency-Key`); raw processes get it as `MIDSPAN_IDEMPOTENCY_KEY`.
//! - A replica that cannot renew its heartbeat for its whole lease stops its effects by itself, and goes on as somebody new.

pub mod actions;
mod children;
mod config;
mod content;
mod course;
pub mod destinations;
mod difference;
mod driver;
mod expiry;
mod failpoint;
pub mod health;
mod heartbeat;
mod housekeeping;
pub mod inputs;
mod keep_log;
mod leased;
mod offers;
pub mod outputs;
mod perform;
mod places;
mod release_pass;
mod resource_pass;
mod spec_secrets;
pub mod steps;
mod store_pass;
mod surroundings;
mod sweep;
mod tenure;
pub mod wait;

pub use children::Gate;
pub use config::{Config, Retention};
#[cfg(feature = "simulation")]
pub use content::{Content, freeze_input};
pub use course::Settings;
#[cfg(feature = "simulation")]
pub use difference::difference;
pub use driver::Orchestrator;
pub use offers::Offers;
pub use places::{destinations, seats, state_stores};
pub use release_pass::Publisher;
pub use spec_secrets::named_secret;
pub use surroundings::made_from;
pub use sweep::{followers, promises, releases, unsettled, waiting};

/// The queue key of a state store. A resource's key is its uid.
pub fn store_key(name: &str) -> String {
    format!("{STORE}{name}")
}

/// The state store a key is about; `None` for a resource's.
pub(crate) fn store_of(key: &str) -> Option<&str> {
    key.strip_prefix(STORE)
}

const STORE: &str = "store/";

/// The lane of the state stores' keys: no tenant's queue can delay a write.
pub const STORES_LANE: &str = "state-stores";
