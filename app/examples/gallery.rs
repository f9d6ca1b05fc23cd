//! Renders every page with made-up data into a folder, to be looked at.

fn main() {}
