//! The generator against its own ledger: what it says was acknowledged did happen.

use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const LOAD: &str = env!("CARGO_BIN_EXE_load");

/// A ledger service on a port of its own, gone when the test ends.
struct Ledger {
    service: Child,
    address: String,
    folder: PathBuf,
}

impl Ledger {
    fn start(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        fs::create_dir_all(&folder).expect("a folder for the test");
        let mut command = Command::new(LOAD);
        command.args(["ledger", "--file"]).arg(folder.join("ledger.txt"));
        let mut service = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the ledger starts");
        let mut address = String::new();
        let said = service.stdout.take().expect("its output is a pipe");
        BufReader::new(said).read_line(&mut address).expect("it says its address first");
        Self { service, address: address.trim().to_owned(), folder }
    }

    /// The names in it.
    fn names(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join("ledger.txt")).unwrap_or_default();
        text.lines().map(|line| line.split(' ').nth(1).unwrap_or_default().trim_matches('/').to_owned()).collect()
    }

    fn load(&self, command: &str, count: &str) -> Command {
        let mut load = Command::new(LOAD);
        load.args([command, "--address", &self.address, "--path", "/{name}", "--body", "{}", "--prefix", "a-"]);
        load.args(["--count", count, "--concurrency", "8"]).stdout(Stdio::piped());
        load
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

#[test]
fn every_call_is_written_down_once() {
    let ledger = Ledger::start("calls");
    let said = ledger.load("calls", "200").output().unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said["count"], 200);
    let names = ledger.names();
    assert_eq!((names.len(), BTreeSet::from_iter(&names).len()), (200, 200));
}

#[test]
fn what_was_acknowledged_before_a_crash_did_happen() {
    let mut ledger = Ledger::start("submit");
    let acked = ledger.folder.join("acked.txt");
    let submitting = ledger.load("submit", "10000000").arg("--acked").arg(&acked).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while ledger.names().len() < 100 && Instant::now() < deadline {
        thread::yield_now();
    }
    ledger.service.kill().unwrap();
    let said = submitting.wait_with_output().unwrap();
    assert!(said.status.success());
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let acked: Vec<String> = fs::read_to_string(acked).unwrap().lines().map(str::to_owned).collect();
    let happened: BTreeSet<String> = ledger.names().into_iter().collect();
    assert_eq!(said["acknowledged"], acked.len());
    assert!(acked.len() >= 90, "{} of at least 100 calls were acknowledged to 8 callers", acked.len());
    assert_eq!(acked.iter().find(|name| !happened.contains(*name)), None);
}
