//! `setup`: everything the other commands would install on their way, and nothing else.

use crate::{apt, browser, postgres, wasm};
use anyhow::Result;

pub fn run() -> Result<()> {
    wasm::cargo()?;
    postgres::installed()?;
    browser::install()?;
    kubectl()?;
    println!("all there: WebAssembly target, PostgreSQL, Node, Chromium, kubectl");
    Ok(())
}

/// An unmodified kubectl is one of the product's clients, so the tests need one.
pub fn kubectl() -> Result<()> {
    apt::program("kubectl", "kubernetes-client")
}
