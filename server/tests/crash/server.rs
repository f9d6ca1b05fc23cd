//! One `midspan serve` as a process that can be killed, paused and asked where it listens.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// How long a start may take on a machine that is busy with other things.
const START: Duration = Duration::from_secs(60);

/// What a server is started with.
#[derive(Clone, Debug, Default)]
pub struct Start {
    pub data: PathBuf,
    pub database: Option<String>,
    pub environment: Vec<(&'static str, String)>,
    /// Its data directory is a disk of its own of so many bytes, which is gone with it.
    pub disk: Option<u64>,
}

pub struct Server {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    log: PathBuf,
    address: String,
    /// Whether it runs on a disk of its own.
    disk: bool,
}

impl Server {
    pub fn start(how: &Start) -> Self {
        std::fs::create_dir_all(&how.data).unwrap();
        let log = how.data.with_extension("log");
        let stderr = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        let program = env!("CARGO_BIN_EXE_midspan");
        let mut command = Command::new(if how.disk.is_some() { "bwrap" } else { program });
        if let Some(bytes) = how.disk {
            command.args(["--dev-bind", "/", "/", "--die-with-parent", "--size", &bytes.to_string(), "--tmpfs"]);
            command.arg(&how.data).args(["--", program]);
        }
        // the steps write down what they did where the test finds it
        command.args(["serve", "--dev", "--sandbox", "off", "--listen", "127.0.0.1:0", "--data"]).arg(&how.data);
        if let Some(database) = &how.database {
            command.args(["--database", database]);
        }
        command
            .env("MIDSPAN_LOG", "warn,orchestrator=debug")
            // several servers on one database seal under one key
            .env("MIDSPAN_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
            .envs(how.environment.iter().map(|(name, value)| (name, value)));
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, said, log, address: String::new(), disk: how.disk.is_some() }
    }

    /// Where it listens, once it does; `None` if it died first.
    pub async fn ready(&mut self) -> Option<String> {
        let line =
            tokio::time::timeout(START, self.said.next_line()).await.expect("a server starts or ends").ok()??;
        let address = line.find("http").map_or_else(|| panic!("{line:?} says no address"), |at| &line[at..]);
        address.clone_into(&mut self.address);
        Some(self.address.clone())
    }

    /// Where it listened when it was ready.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether the process has ended by itself before the time was up.
    pub async fn ended_within(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, self.child.wait()).await.is_ok()
    }

    /// As the kernel does when memory is short: no word, no last wish.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Whether it has ended well before the time was up.
    pub async fn drained_within(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, self.child.wait()).await.is_ok_and(|ended| ended.unwrap().success())
    }

    /// Where a folder of a server with a disk of its own is to be seen from here.
    pub fn inside(&self, folder: &Path) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.pid())).join(folder.strip_prefix("/").unwrap())
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Whether its log has these words.
    pub fn logged(&self, words: &str) -> bool {
        std::fs::read_to_string(&self.log).unwrap_or_default().contains(words)
    }

    /// The end of its log, for a test that fails.
    pub fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(30).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid()).unwrap(), signal).unwrap();
    }

    /// The server's own number, also behind whoever made its disk.
    fn pid(&self) -> i32 {
        let id = self.child.id().expect("it runs");
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        match children.trim().parse() {
            Ok(inner) if self.disk => inner,
            _ => i32::try_from(id).unwrap(),
        }
    }
}
