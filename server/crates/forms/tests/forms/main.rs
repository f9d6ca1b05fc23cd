//! The crate seen from outside: recorded answers of an API server, real schemas, properties over generated ones.

mod admitted;
mod data;
mod fuzz;
mod linted;
mod posted;
mod real;
mod recorded;
mod ruled;
