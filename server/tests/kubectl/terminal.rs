//! A real server, and the terminal beside it in which kubectl is typed.

use midspan::{
    config::ServeConfig,
    serve::{self, Running},
};
use orchestrator::steps::ground::Ground;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};
use tokio::process::Command;

pub const DEADLINE: Duration = Duration::from_mins(1);

/// A server in a directory of its own, and the terminal beside it.
pub struct Terminal {
    pub server: Running,
    pub home: Home,
}

/// A directory that is gone when this is dropped.
pub struct Home(pub PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What kubectl said.
pub struct Said {
    pub success: bool,
    pub out: String,
    pub err: String,
}

impl Terminal {
    /// None, with a message, on a machine without kubectl.
    pub async fn open(name: &str) -> Option<Self> {
        if Command::new("kubectl").args(["version", "--client"]).output().await.is_err() {
            println!("kubectl is not installed: nothing is tested here");
            return None;
        }
        let home = std::env::temp_dir().join(format!("midspan-kubectl-{name}-{}", std::process::id()));
        fs::create_dir_all(&home).unwrap();
        let home = Home(home);
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = ServeConfig {
            data: home.0.join("data"),
            listen,
            database: None,
            dev: true,
            key_file: None,
            ground: Ground::default(),
            retention: orchestrator::Retention::default(),
            settings: midspan::settings::Settings::default(),
            tls: None,
        };
        let server = serve::start(config).await.unwrap();
        Some(Self { server, home })
    }

    pub async fn close(self) {
        self.server.stop().await.unwrap();
    }

    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new("kubectl");
        command.args(words.split_whitespace()).current_dir(&self.home.0).kill_on_drop(true).stdin(Stdio::null());
        // no cache and no cluster of the one who runs the tests
        command.env("HOME", &self.home.0).env("KUBECONFIG", self.home.0.join("data/dev/kubeconfig"));
        command
    }

    pub async fn kubectl(&self, words: &str) -> Said {
        let output = tokio::time::timeout(DEADLINE, self.command(words).output()).await;
        Said::from(output.unwrap_or_else(|_| panic!("kubectl {words} does not come to its end")).unwrap())
    }

    /// What kubectl printed; it must have succeeded.
    pub async fn done(&self, words: &str) -> String {
        let said = self.kubectl(words).await;
        assert!(said.success, "kubectl {words}\n{}{}", said.out, said.err);
        assert_eq!(said.err, "", "kubectl {words}");
        said.out
    }

    /// What kubectl complained of; it must have failed.
    pub async fn refused(&self, words: &str) -> String {
        let said = self.kubectl(words).await;
        assert!(!said.success, "kubectl {words}\n{}", said.out);
        said.err
    }

    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.home.0.join(name), text).unwrap();
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Self { success: output.status.success(), out, err }
    }
}

/// A file of the starter catalog.
pub fn starter(path: &str) -> String {
    fs::read_to_string(Path::new("../examples/starter").join(path)).unwrap()
}

#[track_caller]
pub fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

/// Columns are as wide as their widest cell.
pub fn row(table: &str, name: &str) -> Vec<String> {
    let line = table.lines().find(|line| line.split_whitespace().next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name} in:\n{table}")).split_whitespace().map(ToOwned::to_owned).collect()
}
