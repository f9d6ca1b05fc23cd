//! The only code that runs in the browser. Everything works without it; islands add liveliness.

#[cfg(feature = "hydrate")]
mod browser;
pub mod follow;
pub mod live;
pub mod pan;
pub mod presence;
