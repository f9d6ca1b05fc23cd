//! The command line as people type it, against a real server: what it prints, where it complains, and how it exits.
//!
//! - `typing`: who one is, what is applied, listed and logged.
//! - `living`: what is asked of a resource that lives: drift, places, actions, its end, its children, its version.
#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod asking;
mod living;
mod terminal;
mod typing;
