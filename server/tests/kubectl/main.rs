//! An unmodified kubectl against a real server, over TLS, with the kubeconfig that `--dev` writes.
//!
//! - `asking`: what is served is found, asked for, changed, watched and given back.
//! - `living`: what is asked of a resource that lives: its version, its places, its actions, its end, its parts.
#![expect(clippy::unwrap_used, reason = "a test may fail anywhere")]

mod asking;
mod living;
mod terminal;
