//! midspan
fn main() {}
