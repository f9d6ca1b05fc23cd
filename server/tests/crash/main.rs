//! What the product promises about crashes, asked of the real program: it is killed at random moments, at every named place, and beside other
//! replicas. The oracle is a ledger of effects: a receiver of calls, a book that commands write into, and the history of a git repository.
//!
//! - `random`: 100 resources, killed 50 times meanwhile. `MIDSPAN_CRASH_ROUNDS` asks for more, `MIDSPAN_CRASH_SEED` for the same once more.
//! - `everywhere`: one resource for each place at which a debug build can be made to die.
//! - `panics`: a bug in the middle of everything.
//! - `actions`: the same for a day-2 action.
//! - `leases`: a push that takes longer than a lease.
//! - `full_disk`: no space, in the middle of everything, and space again.
//! - `one_resource`: four servers, and everybody changes the same thing.
//! - `rolling`: servers that are told to stop, one after the other.
//! - `replicas`: several servers on one PostgreSQL, one killed, one paused for longer than its lease.

#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod actions;
mod book;
mod chance;
mod everywhere;
mod full_disk;
mod leases;
mod ledger;
mod moments;
mod one_resource;
mod panics;
mod promise;
mod random;
mod receiver;
mod replicas;
mod repository;
mod rolling;
mod server;
mod site;
mod submitter;
