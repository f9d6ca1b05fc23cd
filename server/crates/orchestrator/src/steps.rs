//! Performs one step of a pipeline: folders in, folders out, whatever kind the step is.
//!
//! **Contract.** A step is given the object, the folders as the step before left them, an idempotency key and a fence. It ends
//! as [`Ended::Done`] with both folders as they now are, or as [`Ended::Failed`] with words for the person who waits. `permanent`
//! says that trying again cannot help: the definition or the input is wrong. `unclear` says that nobody knows whether it was done: a timeout, a lost
//! connection, a killed process. The attempt after that goes under the same key; one after an exit code or an answer goes under a new one.
//!
//! **Bounds.** Every step ends: templates by fuel, commands and calls by the step's timeout or the caller's cancellation. Files, responses
//! and logs are capped before they are held in memory.
//!
//! **Purity.** [`template::render`] is a computation. `command` and `http` act on the outside; the caller has committed their
//! intent before, and gives the same key to every try of one attempt.

pub mod access;
mod command;
pub mod condition;
mod container;
pub mod definition;
mod fetch;
pub mod given;
pub mod ground;
mod http;
mod limits;
pub mod log;
mod mask;
pub mod names;
mod paths;
pub mod reach;
mod sandbox;
pub mod template;

pub use log::{LogPiece, LogSink, Stream};
pub use mask::Mask;

#[cfg(test)]
mod tests;

use crate::actions::Act;
use bytes::Bytes;
use domain::{
    Error, Object,
    health::Probed,
    run::Workflow,
    workflow::{Step, StepKind, Volume},
};
use given::Given;
use ground::Ground;
use reach::Reach;
use sandbox::Sandbox;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;

/// The most files one folder may hold, at any step.
pub const MAX_FILES: usize = 1_000;
/// The largest single file.
pub const MAX_FILE_BYTES: usize = 4 * 1024 * 1024;
/// The largest folder, all files together.
pub const MAX_FOLDER_BYTES: usize = 16 * 1024 * 1024;

/// Everything a step is given. Owned, so that it can move to a task.
#[derive(Clone, Debug)]
pub struct StepInput {
    /// The object the run is about, defaults filled in, with its status.
    pub object: Object,
    pub promise: String,
    pub promise_version: String,
    pub workflow: Workflow,
    /// The action it is a step of.
    pub act: Option<Act>,
    pub run: String,
    pub pipeline: String,
    pub step: Step,
    /// What the pipeline's containers may mount.
    pub volumes: Vec<Volume>,
    /// Secrets and config maps that the step names.
    pub given: Given,
    /// Whether it is the last of its pipeline.
    pub last: bool,
    /// The kind's plural name, as URLs have it.
    pub plural: String,
    pub idempotency_key: String,
    pub fence: i64,
    /// The pipeline's folders as the step before left them.
    pub before: Folders,
    /// The resource's children, each under the name its step gave it.
    pub children: serde_json::Map<String, serde_json::Value>,
    /// Values that must never appear in a log or a message.
    pub secrets_to_mask: Vec<String>,
}

/// `/kratix/output` and `/kratix/metadata`: relative path to content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    pub output: BTreeMap<String, Bytes>,
    pub metadata: BTreeMap<String, Bytes>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    Done {
        /// All that is in the folders now, not only what the step added.
        folders: Folders,
        exit_code: Option<i32>,
        message: String,
    },
    Failed {
        message: String,
        exit_code: Option<i32>,
        /// Trying again cannot help.
        permanent: bool,
        /// Nobody knows whether it did what it was to do.
        unclear: bool,
    },
}

impl Ended {
    /// The definition or the input is wrong.
    fn refused(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), exit_code: None, permanent: true, unclear: false }
    }

    /// Something outside went wrong; another attempt may fare better.
    fn failed(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), exit_code: None, permanent: false, unclear: false }
    }

    /// Nobody knows what came of it: another attempt must be told that it may be the second one.
    pub(crate) fn unclear(message: impl Into<String>) -> Self {
        Self::Failed { message: message.into(), exit_code: None, permanent: false, unclear: true }
    }

    fn masked(self, mask: &Mask) -> Self {
        match self {
            Self::Done { folders, exit_code, message } => {
                Self::Done { folders, exit_code, message: mask.text(&message) }
            }
            Self::Failed { message, exit_code, permanent, unclear } => {
                Self::Failed { message: mask.text(&message), exit_code, permanent, unclear }
            }
        }
    }
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::refused(error.message)
    }
}

/// What performing steps needs from the server.
#[derive(Clone)]
pub struct RunnerConfig {
    /// Where commands get their private folders. Made when missing, readable by the server alone.
    pub work_dir: PathBuf,
    /// `PATH` of commands; the server's own environment is never passed on.
    pub path: String,
    pub ground: Ground,
    /// Bounded, never following a redirect by itself, and finding nothing out of `reach`.
    http: reqwest::Client,
    /// What may be called.
    reach: Reach,
    /// The sandbox of commands, or why there is none.
    sandbox: Result<Sandbox, String>,
}

impl RunnerConfig {
    pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// Looks for a sandbox on this machine.
    pub fn new(work_dir: impl Into<PathBuf>, ground: Ground) -> domain::Result<Self> {
        let path = Self::PATH.to_owned();
        let sandbox = ground::sandbox(&ground, &path);
        let reach = ground.reach.clone().unwrap_or_default();
        let http = http::client(&reach)?;
        Ok(Self { work_dir: work_dir.into(), path, ground, http, reach, sandbox })
    }

    /// What runs containers, or why nothing does.
    pub fn containers(&self) -> Result<String, String> {
        container::runtime(self)
    }

    /// Why commands run without a sandbox, if they do.
    pub fn unfenced(&self) -> Option<&str> {
        self.sandbox.as_ref().err().map(String::as_str)
    }
}

/// Performs steps.
#[derive(Clone)]
pub struct Runner {
    config: Arc<RunnerConfig>,
}

impl Runner {
    pub fn new(config: RunnerConfig) -> Self {
        Self { config: Arc::new(config) }
    }

    /// Performs one attempt of one step. Its log goes to `log` while it runs; `cancel` ends it early, as a failure that may be tried again.
    ///
    /// Dropping the future kills a command's process group at once, but only [`reap`](Self::reap) finds what has left the group.
    pub async fn perform(&self, input: StepInput, log: LogSink, cancel: CancellationToken) -> Ended {
        let mask = Mask::new(&input.secrets_to_mask);
        if !input.given.permissions.is_empty()
            && let Err(why) = access::address(&self.config, &input)
        {
            log.note(format!("the pipeline's permissions are of no use: {why}")).await;
        }
        let ended = match input.step.uses {
            StepKind::Template => render_aside(input).await,
            StepKind::Command => command::perform(&self.config, &input, &log, &mask, &cancel).await,
            StepKind::Http => http::perform(&self.config, &input, &log, &mask, &cancel).await,
            StepKind::Container => container::perform(&self.config, &input, &log, &mask, &cancel).await,
            StepKind::Resource | StepKind::Wait => Ended::refused("this step is looked at, not performed"),
        };
        log.finish().await;
        ended.masked(&mask)
    }

    /// Makes one call of a probe. No log is kept of it.
    pub async fn probe(&self, input: StepInput) -> Probed {
        let mask = Mask::new(&input.secrets_to_mask);
        match http::probe(&self.config, &input, &mask).await {
            Probed::Passed(message) => Probed::Passed(mask.text(&message)),
            Probed::Failed(message) => Probed::Failed(mask.text(&message)),
            Probed::Unasked(message) => Probed::Unasked(mask.text(&message)),
            Probed::Idle => Probed::Idle,
        }
    }

    /// Where the step's programs find the API, if they can reach it.
    pub fn api(&self, input: &StepInput) -> Option<String> {
        access::address(&self.config, input).ok()
    }

    /// Kills every process that an earlier try of this attempt left behind and removes its folder. Call it before an unfinished step is tried again.
    pub async fn reap(&self, input: &StepInput) {
        if input.step.uses == StepKind::Container {
            container::reap(&self.config, input).await;
        }
        command::reap(&self.config, input).await;
    }
}

/// A template is bounded by fuel, not by time: it must not hold up the other tasks meanwhile.
async fn render_aside(input: StepInput) -> Ended {
    match tokio::task::spawn_blocking(move || template::render(&input)).await {
        Ok(ended) => ended,
        Err(panic) => Ended::refused(format!("the template step broke down: {panic}")),
    }
}
