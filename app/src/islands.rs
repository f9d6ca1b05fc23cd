//! The only code that runs in the browser. Everything works without it; islands add liveliness.

#[cfg(feature = "hydrate")]
mod browser;
pub mod live;
pub mod presence;
