//! A fresh database for every test: a SQLite file always, and a PostgreSQL database where a server is given.
//!
//! `MIDSPAN_TEST_POSTGRES` names the server; its databases are made and dropped with its own `psql`.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// A database that is gone when this is dropped.
pub struct Database {
    url: String,
    kept_by: KeptBy,
}

enum KeptBy {
    Directory(PathBuf),
    Server { server: String, name: String },
}

/// One of each kind, empty. `for database in databases() { … Store::open(database.url()) … }`
pub fn databases() -> Vec<Database> {
    std::iter::once(sqlite()).chain(postgres()).collect()
}

/// A SQLite file in a directory of its own.
pub fn sqlite() -> Database {
    let directory = std::env::temp_dir().join(unique_name());
    fs::create_dir_all(&directory).expect("a temporary directory can be made");
    Database { url: format!("sqlite:{}", directory.join("test.db").display()), kept_by: KeptBy::Directory(directory) }
}

/// A database on the server the environment names, if it names one.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where PostgreSQL is")]
pub fn postgres() -> Option<Database> {
    let server = std::env::var("MIDSPAN_TEST_POSTGRES").ok().filter(|server| !server.is_empty())?;
    let name = unique_name();
    psql(&server, &format!("create database {name}"));
    let (address, _) = server.rsplit_once('/').expect("a server's address ends in /database");
    Some(Database { url: format!("{address}/{name}"), kept_by: KeptBy::Server { server, name } })
}

impl Database {
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match &self.kept_by {
            KeptBy::Directory(directory) => _ = fs::remove_dir_all(directory),
            KeptBy::Server { server, name } => psql(server, &format!("drop database if exists {name} with (force)")),
        }
    }
}

fn psql(server: &str, statement: &str) {
    let output = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--command", statement, server])
        .output()
        .expect("psql is installed");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || std::thread::panicking(), "{statement}: {told}");
}

fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("midspan_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
