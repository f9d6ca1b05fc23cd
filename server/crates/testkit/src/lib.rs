//! testkit: what tests stand on. `databases` gives each test a fresh database of either kind.
pub mod databases;
