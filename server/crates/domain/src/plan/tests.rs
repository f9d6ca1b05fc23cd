//! The specification of the plan, told as stories. Every pass of every story keeps the invariants of [`invariants`].

mod actions;
mod binding;
mod drift;
mod expiry;
mod given;
mod health;
mod invariants;
mod parallel;
mod placing;
mod promises;
mod random;
mod removal;
mod requests;
mod scheduling;
mod seen;
mod status;
mod steps;
mod suspending;
mod triggers;
mod world;
