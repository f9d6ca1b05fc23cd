//! The bare repository that stands in for the remote one between passes. It can be lost at any time: everything in it comes from the remote or is
//! about to go there.

use super::{Fault, Head, Pass};
use crate::destinations::scratch::cannot;
use domain::{Error, Result};
use std::{fs, io::ErrorKind, path::Path};

/// Lock files that a killed command leaves behind. The store's own lock is held, so nobody is using them.
const LEFT_BEHIND: [&str; 6] = [
    "HEAD.lock",
    "config.lock",
    "shallow.lock",
    "packed-refs.lock",
    "refs/midspan/head.lock",
    "refs/midspan/next.lock",
];

/// Writes between two looks at how many loose objects there are.
const TIDY_EVERY: u32 = 64;

impl Pass<'_> {
    /// Makes the cache usable: there, and without locks of the dead.
    pub(super) async fn ready(&mut self) -> Result<()> {
        let repository = &self.git.repository;
        if !repository.join("HEAD").is_file() {
            return self.renew().await;
        }
        for name in LEFT_BEHIND {
            let _ = fs::remove_file(repository.join(name));
        }
        Ok(())
    }

    /// Throws the cache away for a fault that lies in it; hands any other fault back.
    pub(super) async fn mend(&mut self, fault: Fault) -> Result<()> {
        match fault {
            Fault::Final(_) | Fault::Overtaken(_) => Err(fault.into()),
            Fault::Cache(error) => {
                tracing::warn!(store = self.store_uid, %error, "the cache of a state store is broken; making it anew");
                self.renew().await
            }
        }
    }

    async fn renew(&mut self) -> Result<()> {
        self.seen.head = Head::Unknown;
        let whole = self.git.repository.clone();
        let half = whole.with_extension("new");
        remove(&whole)?;
        remove(&half)?;
        // Made under another name, so that a half-made one is never taken for whole.
        let git = super::Git { repository: half.clone(), ..self.git.clone() };
        let answer = git
            .say(
                &["init", "--quiet", "--bare", "--template=", "--initial-branch=main"],
                Vec::new(),
                self.patience.local,
            )
            .await?;
        if !answer.ok {
            return Err(Error::unavailable("the cache of the state store could not be made").with_detail(answer.err));
        }
        fs::rename(&half, &whole).map_err(|error| cannot("rename", &half, &error))
    }

    /// Packs loose objects once there are many, under the lock, so that no background job outlives the pass.
    pub(super) async fn tidy(&mut self) {
        self.seen.writes += 1;
        if self.seen.writes.is_multiple_of(TIDY_EVERY) {
            let args = [
                "-c",
                "gc.auto=4000",
                "-c",
                "gc.autoDetach=false",
                "-c",
                "gc.packRefs=false",
                "gc",
                "--auto",
                "--quiet",
                "--prune=now",
            ];
            match self.git.say(&args, Vec::new(), self.patience.network).await {
                Ok(answer) if answer.ok => {}
                Ok(answer) => {
                    tracing::warn!(store = self.store_uid, error = answer.err, "the cache could not be tidied");
                }
                Err(error) => tracing::warn!(store = self.store_uid, %error, "the cache could not be tidied"),
            }
        }
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(|error| cannot("remove", path, &error)),
    }
}
