//! The private folder of one attempt: made before, read after, gone in the end.

use super::folders;
use crate::steps::{Folders, RunnerConfig, StepInput};
use domain::{Digest, Error, Result, document};
use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What clients of the API read, beside the folders of the contract.
pub const KUBECONFIG: &str = "kubeconfig";

const UNTIL_THE_NEXT_LOOK: Duration = Duration::from_secs(1);

/// Removed when dropped, whatever happened.
pub struct Room {
    path: PathBuf,
}

/// Where the room of a step is.
pub fn of_step(config: &RunnerConfig, run: &str, key: &str) -> PathBuf {
    config.work_dir.join(file_name(run)).join(file_name(key))
}

impl Room {
    /// Makes the folder and lays out what the step is given. A full disk is no fault of the step's: it waits for space as long as it may run at all.
    pub async fn enter(config: &RunnerConfig, input: &StepInput, cancel: &CancellationToken) -> io::Result<Self> {
        let deadline = Instant::now() + input.step.timeout();
        loop {
            match Self::make(config, input).await {
                Err(error) if is_full(&error) && Instant::now() < deadline && !cancel.is_cancelled() => {
                    tracing::warn!(%error, run = input.run, step = input.step.name, "a step waits for space on the disk");
                    let _ = tokio::time::timeout(UNTIL_THE_NEXT_LOOK, cancel.cancelled()).await;
                }
                made => return made,
            }
        }
    }

    async fn make(config: &RunnerConfig, input: &StepInput) -> io::Result<Self> {
        let path = of_step(config, &input.run, &input.idempotency_key);
        let object = document::to_yaml(&input.object.to_value());
        let before = input.before.clone();
        let kubeconfig = input.given.access.as_ref().map(super::super::access::Access::kubeconfig);
        let children: Vec<(String, String)> = input
            .children
            .iter()
            .map(|(name, child)| (format!("{}.yaml", file_name(name)), document::to_yaml(child)))
            .collect();
        aside(move || {
            let (Some(run), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(io::Error::other("a step without a name"));
            };
            private().recursive(true).create(run)?;
            let path = fs::canonicalize(run)?.join(name);
            if path.exists() {
                fs::remove_dir_all(&path)?;
            }
            private().create(&path)?;
            let room = Self { path };
            private().recursive(true).create(room.input())?;
            fs::write(room.input().join("object.yaml"), object)?;
            if !children.is_empty() {
                private().create(room.input().join("children"))?;
            }
            for (name, child) in children {
                fs::write(room.input().join("children").join(name), child)?;
            }
            if let Some(text) = kubeconfig {
                // the folder is the server's alone; a container's user reads the file
                fs::write(room.kubeconfig(), text)?;
            }
            folders::lay_out(&room.output(), &before.output)?;
            folders::lay_out(&room.metadata(), &before.metadata)?;
            Ok(room)
        })
        .await
    }

    /// Reads what the step left.
    pub async fn leave(&self) -> Result<Folders> {
        let (output, metadata) = (self.output(), self.metadata());
        let read = aside(move || {
            let output = folders::read_back(&output, "/kratix/output")?;
            Ok(Folders { output, metadata: folders::read_back(&metadata, "/kratix/metadata")? })
        });
        read.await.map_err(|fault| Error::bad_request(fault.to_string()))
    }

    /// Lets the user of a container write: the folders above are the server's alone.
    pub fn open_to_others(&self) -> io::Result<()> {
        open(&self.output())?;
        open(&self.metadata())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.path.join("kratix").join(KUBECONFIG)
    }

    pub fn input(&self) -> PathBuf {
        self.path.join("kratix/input")
    }

    pub fn output(&self) -> PathBuf {
        self.path.join("kratix/output")
    }

    pub fn metadata(&self) -> PathBuf {
        self.path.join("kratix/metadata")
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        if let Some(run) = self.path.parent() {
            // stays while another step of the run is in it
            let _ = fs::remove_dir(run);
        }
    }
}

fn open(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open(&entry.path())?;
        } else {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o666))?;
        }
    }
    Ok(())
}

fn private() -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700);
    builder
}

/// An id as a file name: itself where it is plain, its digest otherwise.
pub fn file_name(id: &str) -> String {
    let plain =
        !id.is_empty() && id.len() <= 100 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if plain { id.to_owned() } else { Digest::of(id).short(32).to_owned() }
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
