//! Where HTTP clients of this crate are made: the command line's, and the one that speaks to identity providers.

use reqwest::{Client, ClientBuilder, redirect::Policy};
use std::time::Duration;

/// Every client says who it is and does not wait for ever to be connected.
pub fn builder() -> ClientBuilder {
    Client::builder().user_agent(concat!("midspan/", env!("CARGO_PKG_VERSION"))).connect_timeout(Duration::from_secs(5))
}

/// To identity providers: no redirect is followed, and each answer has its time.
pub fn to_providers() -> reqwest::Result<Client> {
    builder().redirect(Policy::none()).timeout(Duration::from_secs(10)).build()
}
