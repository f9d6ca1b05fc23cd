//! A real server in a folder of its own, and the terminal beside it.

use midspan::{
    config::ServeConfig,
    serve::{self, Running},
};
use orchestrator::{Retention, steps::ground::Ground};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};
use tokio::process::Command;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server in a folder of its own, and a terminal in it.
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

impl Terminal {
    pub async fn open(name: &str) -> Self {
        let home = Home(std::env::temp_dir().join(format!("midspan-cli-{name}-{}", std::process::id())));
        fs::create_dir_all(&home.0).unwrap();
        let config = ServeConfig {
            // where a client once looked for a token by itself
            data: home.0.join(ServeConfig::DATA),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: None,
            dev: true,
            key_file: None,
            ground: Ground::default(),
            retention: Retention::default(),
            settings: midspan::settings::Settings::default(),
            tls: None,
        };
        Self { server: serve::start(config).await.unwrap(), home }
    }

    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_midspan"));
        command.args(words.split_whitespace()).current_dir(&self.home.0).stdin(Stdio::null()).kill_on_drop(true);
        command.env_clear().env("PATH", "/usr/bin:/bin");
        command.env("MIDSPAN_SERVER", format!("http://{}", self.server.address));
        command
    }

    pub async fn run(&self, words: &str) -> Said {
        Said::from(self.command(words).output().await.unwrap())
    }

    /// As paul, who runs the platform.
    pub async fn paul(&self, words: &str) -> Said {
        let token = Path::new(ServeConfig::DATA).join("dev/tokens/platform");
        Said::from(self.command(words).env("MIDSPAN_TOKEN_FILE", token).output().await.unwrap())
    }

    /// The same command again and again, until it says this.
    #[track_caller]
    pub fn until<'a>(&'a self, words: &'a str, part: &'a str) -> impl Future<Output = Said> + 'a {
        let asked_at = std::panic::Location::caller();
        async move {
            let since = Instant::now();
            loop {
                let said = self.run(words).await;
                if said.out.contains(part) {
                    return said;
                }
                assert!(since.elapsed() < PATIENCE, "{asked_at}: {words}: {part:?} is not in {said:?}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// Git in the repository of the demo, as somebody who is not Midspan.
    pub fn git(&self, words: &[&str]) -> String {
        let who = ["-c", "user.name=Fay", "-c", "user.email=fay@example.com"];
        let clone = self.home.0.join("clone");
        let output = std::process::Command::new("git").arg("-C").arg(&clone).args(who).args(words).output().unwrap();
        assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// A clone of that repository, beside the server.
    pub fn clones(&self) -> PathBuf {
        let repository = self.home.0.join(ServeConfig::DATA).join("dev/gitops.git");
        let output =
            std::process::Command::new("git").arg("clone").arg(repository).arg(self.home.0.join("clone")).output();
        assert!(output.unwrap().status.success());
        self.home.0.join("clone")
    }

    pub fn file(&self, name: &str, text: &str) {
        let path = self.home.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// What a command said, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Self { code: output.status.code(), out, err }
    }
}

impl Said {
    /// It went well, and this is what it printed.
    #[track_caller]
    pub fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    /// It ended with this code, and this is what it complained of.
    #[track_caller]
    pub fn refused(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.err
    }
}
