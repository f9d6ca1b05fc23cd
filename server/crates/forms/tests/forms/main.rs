//! The crate seen from outside: recorded answers of an API server, real schemas, properties over generated ones.

#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "tests: helpers take json!(…) as it is written and fail loudly"
)]

mod admitted;
mod annotated;
mod data;
mod fuzz;
mod generated;
mod linted;
mod oracle;
mod posted;
mod real;
mod recorded;
mod ruled;
