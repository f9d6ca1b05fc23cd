//! testkit: what tests stand on. `databases` gives each test a fresh database of either kind; `simulator` (a feature) lives thousands of short
//! lives of several replicas, with everything going wrong.

pub mod databases;
#[cfg(feature = "simulator")]
pub mod simulator;
