//! Midspan: a developer portal and a platform orchestrator in one binary.
//!
//! Reading order: [`cli`] (what the binary does), [`config`] and [`settings`] (what a server is told), [`serve`] (how its parts are put together), [`service`]
//! (the verbs), [`http`] (the doors), [`portal`] (what the pages show). `ARCHITECTURE.md` beside this crate is the map.

#![recursion_limit = "256"]

pub mod cli;
pub mod config;
mod dev;
pub mod http;
pub mod identity;
mod keys;
mod network;
pub mod portal;
mod private_file;
pub mod serve;
pub mod service;
pub mod settings;
pub mod sign_in;
pub mod starter;
mod tls;
