//! Makes it so: steps, destinations, the queue and the driver around `domain::plan`.

pub mod destinations;
pub mod steps;
