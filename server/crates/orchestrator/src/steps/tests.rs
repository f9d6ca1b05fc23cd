//! What every step is given in these tests, and the steps that touch the outside: real processes, a real receiver.

mod command;
mod container;
mod docs;
mod http;
mod sandbox;
mod starter;

use super::*;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::mpsc;

#[expect(clippy::needless_pass_by_value, reason = "callers write json!(…) in place")]
pub fn object(spec: Value) -> Object {
    let metadata =
        json!({"name": "shop", "namespace": "default", "uid": "u-1", "generation": 3, "labels": {"team": "a"}});
    Object::from_value(json!({"apiVersion": "data.example.com/v1", "kind": "Postgresql", "metadata": metadata, "spec": spec, "status": {"seen": 1}})).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "callers write json!(…) in place")]
pub fn input(uses: &str, with: Value) -> StepInput {
    StepInput {
        object: object(json!({"x": "value", "size": "small"})),
        promise: "postgresql".into(),
        promise_version: "v1.2.0".into(),
        workflow: Workflow::Configure,
        act: None,
        run: format!("run_{}", unique()),
        pipeline: "render".into(),
        step: serde_json::from_value(json!({"name": "it", "uses": uses, "with": with})).unwrap(),
        volumes: Vec::new(),
        given: Given::default(),
        last: true,
        plural: "postgresqls".into(),
        idempotency_key: format!("step_{}", unique()),
        fence: 7,
        before: Folders::default(),
        children: serde_json::Map::new(),
        secrets_to_mask: vec!["hunter-two".into()],
    }
}

fn unique() -> String {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("{}x{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A runner in a folder of its own, which goes with it.
pub struct World {
    pub runner: Runner,
    folder: PathBuf,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut RunnerConfig)) -> Self {
        Self::of(Ground::default(), change)
    }

    pub fn with_ground(ground: Ground) -> Self {
        Self::of(ground, |_| {})
    }

    /// Whether commands run in a sandbox here.
    pub fn fenced(&self) -> bool {
        self.runner.config.unfenced().is_none()
    }

    fn of(ground: Ground, change: impl FnOnce(&mut RunnerConfig)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = std::env::temp_dir().join(format!("midspan-steps-{}", unique()));
        // those who are called stand on this machine
        let reach = Some(ground.reach.unwrap_or_else(Reach::any));
        let mut config = RunnerConfig::new(&folder, Ground { reach, ..ground }).unwrap();
        change(&mut config);
        Self { runner: Runner::new(config), folder }
    }

    pub async fn perform(&self, input: StepInput) -> (Ended, String) {
        self.perform_until(input, CancellationToken::new()).await
    }

    pub async fn perform_until(&self, input: StepInput, cancel: CancellationToken) -> (Ended, String) {
        let (sender, mut pieces) = mpsc::channel::<LogPiece>(16);
        let reading = tokio::spawn(async move {
            let mut log = String::new();
            while let Some(piece) = pieces.recv().await {
                log.push_str(&piece.text);
            }
            log
        });
        let ended = self.runner.perform(input, LogSink::new(sender), cancel).await;
        (ended, reading.await.unwrap())
    }

    /// Whether nothing of any step is left on disk.
    pub fn is_clean(&self) -> bool {
        std::fs::read_dir(&self.folder).is_ok_and(|mut entries| entries.next().is_none())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[track_caller]
pub fn done(ended: Ended) -> (Folders, String) {
    match ended {
        Ended::Done { folders, message, .. } => (folders, message),
        Ended::Failed { message, .. } => panic!("{message}"),
    }
}

#[track_caller]
pub fn check_failed(ended: &Ended, permanent: bool, expected: &str) {
    match ended {
        Ended::Failed { message, permanent: found, .. } => {
            assert!(message.contains(expected), "{message}");
            assert_eq!(*found, permanent, "{message}");
        }
        Ended::Done { .. } => panic!("{ended:?}"),
    }
}

/// Polls until it holds.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn a_template_step_is_performed_like_any_other() {
    let (ended, log) = World::new().perform(input("template", json!({"files": {"a.yaml": "a: {{ spec.x }}"}}))).await;
    let (folders, message) = done(ended);
    assert_eq!(
        (folders.output["a.yaml"].as_ref(), message.as_str(), log.as_str()),
        (b"a: \"value\"".as_slice(), "1 file", "")
    );
}
