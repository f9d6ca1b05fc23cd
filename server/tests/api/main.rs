//! The API, told by those who use it: Dana who asks for services, Paul who offers them, and strangers who mean no good.
//!
//! Every play runs on a real server with a data directory of its own, on SQLite and, where `MIDSPAN_TEST_POSTGRES` names a server, on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a play stops where the server does not do its part")]

mod actions;
mod bulkhead;
mod children;
mod control;
mod conversation;
mod data;
mod destinations;
mod differences;
mod discovery;
mod drift;
mod expiry;
mod finding;
mod form_secrets;
mod forwarded;
mod health;
mod health_records;
mod kratix;
mod listing;
mod midspan;
mod outputs;
mod people;
mod placing;
mod poison;
mod promise_life;
mod promises;
mod references;
mod replicas;
mod revisions;
mod rights;
mod secrets;
mod sessions;
mod slips;
mod tokens;
mod users;
mod watching;
mod widgets;
mod writing;
