//! What a server or a client is told from outside: the only file that reads the environment.

#![expect(clippy::disallowed_methods, reason = "this is the file that reads the environment")]

use std::{net::SocketAddr, path::PathBuf};

/// How `midspan serve` runs.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where everything that is kept lives: the embedded database, caches, work directories, tokens.
    pub data: PathBuf,
    pub listen: SocketAddr,
    /// `postgres://…` or `sqlite:…`; the embedded database in the data directory otherwise.
    pub database: Option<String>,
    /// Demo personas, a local git repository, the starter catalog.
    pub dev: bool,
    /// The file with the key that seals secrets; without one it is taken from `MIDSPAN_KEY`, or kept in the data directory.
    pub key_file: Option<PathBuf>,
    /// Where processes of steps run, and within which limits.
    pub ground: orchestrator::steps::ground::Ground,
    /// How long events, runs and the audit log are kept.
    pub retention: orchestrator::Retention,
    /// What the configuration file says.
    pub settings: crate::settings::Settings,
    /// The certificate to show; with one, clients on other machines are answered over TLS only.
    pub tls: Option<TlsFiles>,
}

/// PEM files: a certificate with its chain, and its key.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl ServeConfig {
    pub const LISTEN: &str = "127.0.0.1:7400";
    pub const DATA: &str = "midspan-data";

    pub fn database_url(&self) -> String {
        self.database.clone().unwrap_or_else(|| format!("sqlite:{}", self.data.join("midspan.db").display()))
    }

    pub fn dev_repository(&self) -> PathBuf {
        self.data.join("dev/gitops.git")
    }

    pub fn token_file(&self, name: &str) -> PathBuf {
        self.data.join("dev/tokens").join(name)
    }

    /// What `kubectl` needs to know to reach a `--dev` server.
    pub fn kubeconfig(&self) -> PathBuf {
        self.data.join("dev/kubeconfig")
    }
}

/// The server a client talks to (`MIDSPAN_SERVER`).
pub fn server() -> Option<String> {
    said("MIDSPAN_SERVER")
}

/// The token it talks with (`MIDSPAN_TOKEN`).
pub fn token() -> Option<String> {
    said("MIDSPAN_TOKEN")
}

/// The file with that token (`MIDSPAN_TOKEN_FILE`).
pub fn token_file() -> Option<PathBuf> {
    said("MIDSPAN_TOKEN_FILE").map(PathBuf::from)
}

/// An empty variable says nothing.
fn said(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

/// A variable that the configuration file names.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether the terminal wants no colour.
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// The log filter: `MIDSPAN_LOG`, else warnings and what a server says of itself. A cookie that nobody knows is no warning: anybody can send one.
pub fn log_filter() -> String {
    std::env::var("MIDSPAN_LOG").unwrap_or_else(|_| {
        "warn,tower_sessions=error,tower_sessions_core=error,midspan=info,orchestrator=info,store=info".to_owned()
    })
}

/// The key that seals secrets, where it is given as text (`MIDSPAN_KEY`).
pub fn key() -> Option<String> {
    said("MIDSPAN_KEY")
}

/// What the client of a container runtime needs to find its images and its engine.
pub fn for_container_runtime() -> Vec<(String, String)> {
    const NAMES: [&str; 8] = [
        "HOME",
        "XDG_RUNTIME_DIR",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "DBUS_SESSION_BUS_ADDRESS",
        "DOCKER_HOST",
        "DOCKER_CONFIG",
        "CONTAINER_HOST",
    ];
    NAMES.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect()
}

/// Where a client keeps the tokens it was given by `midspan auth login`.
pub fn credentials_file() -> Option<PathBuf> {
    let place = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = || place("XDG_CONFIG_HOME").or_else(|| Some(place("HOME")?.join(".config")));
    place("MIDSPAN_CREDENTIALS").or_else(|| Some(folder()?.join("midspan/credentials.json")))
}

/// For tests of several servers: how long a replica counts as alive after its last beat, in milliseconds (`MIDSPAN_LEASE_MS`).
pub fn lease() -> Option<std::time::Duration> {
    std::env::var("MIDSPAN_LEASE_MS").ok()?.parse().ok().map(std::time::Duration::from_millis)
}

/// For tests that crash the server: where a debug build dies (`MIDSPAN_FAILPOINT`).
pub fn failpoint() -> Option<String> {
    said("MIDSPAN_FAILPOINT")
}
