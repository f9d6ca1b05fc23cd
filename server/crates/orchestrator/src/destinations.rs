//! Where works end up: the files of placements, written to state stores and read back.
//!
//! # Flow
//!
//! 1. The driver's pass over one state store collects what its placements want ([`Wanted`]) and calls [`Stores::write`] once.
//! 2. `place` refuses every path that could leave its folder, before anything outside is touched.
//! 3. `git` builds one commit on the branch's newest commit and pushes it only if the branch still stands there; if it moved, it fetches,
//!    builds again and tries again. `directory` replaces files one by one, each by an atomic rename. `bucket` compares each object by its ETag.
//!
//! # Guarantees
//!
//! - Writing the same twice changes nothing the second time: no commit, no touched file.
//! - Only what lies under a wanted root changes. Commits of others stay; the branch only ever moves from the commit that was read to its child.
//! - What one placement may not write is refused for it alone ([`Refused`]); the others of the pass are written.
//! - One store is written by one pass at a time on this machine (a lock file), by whoever comes first among machines (the push's expectation).
//! - A write that is dropped half-way leaves either nothing or the whole commit; children are ended before the lock is.
//! - Whoever comes with an older fence than the newest that has written changes nothing more: git's fences stand in the commits, a directory's in
//!   `.midspan/`, where it is asked under a lock before each change. Where a file system has no locks that reach all its writers, one file can
//!   slip through between the question and its rename.
//! - Credentials appear in no argument, message or log line, and those of a Secret in no file.
//!
//! # Assumptions
//!
//! - `git` 2.37 or newer is on the `PATH`; `ssh` too where a store is reached by it.
//! - The fence of one store only ever grows, as those of leases do; zero means that nobody is fenced. After a database was restored, whoever
//!   holds the lease raises its fences above the one that stands here ([`Unwritten::Overtaken`]).

mod bare;
mod bucket;
mod directory;
mod git;
mod listed;
mod place;
mod scratch;
mod sight;
mod target;

pub use bare::init_bare;
pub use sight::{Asked, Sight};
pub use target::{SecretValues, Target};

use bytes::Bytes;
use domain::{Error, Result, Timestamp, destination::Backend};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What one placement wants to stand in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The folder, relative to the store's top; empty for the top itself, which no placement has for its own.
    pub root: String,
    pub shape: Shape,
    /// Path below the root to content. Empty: nothing of this placement is to stand.
    pub files: BTreeMap<String, Bytes>,
    /// Patterns of files in a folder of our own that are others' to change: they stay as they stand, until the folder goes.
    pub spared: Vec<String>,
    /// Whose files these are, for the commit's message: `postgresql default/shop`.
    pub subject: String,
    /// Who asked for it; empty where Midspan changes it by itself.
    pub asked_by: BTreeSet<String>,
    /// The placement's uid.
    pub id: String,
    /// The fence of the lease under which this is written; zero for none.
    pub fence: i64,
}

/// What of the root belongs to a placement. Paths lie below the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Everything: what is not wanted goes.
    #[default]
    Folder,
    /// The named files alone: these go, those that are wanted come.
    Files { gone: BTreeSet<String> },
    /// The files that `ledger`, a file in the store, lists: those that are no longer wanted, and that nobody else keeps, go.
    Listed { ledger: String, store_path: String, kept: BTreeSet<String> },
}

impl Wanted {
    /// A path below the root, from the store's top.
    fn full(&self, path: &str) -> String {
        if self.root.is_empty() { path.to_owned() } else { format!("{}/{path}", self.root) }
    }
}

/// What a write came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The commit that holds everything wanted; empty where there are no versions.
    pub version: String,
    /// Whether anything had to be changed for it.
    pub changed: bool,
    /// What was left out, and why.
    pub refused: Vec<Refused>,
}

/// A placement that cannot be written as it is, whatever becomes of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub id: String,
    pub error: Error,
}

fn refused(id: String, error: Error) -> Refused {
    Refused { id, error }
}

/// Why a write did not come about.
#[derive(Clone, Debug, PartialEq)]
pub enum Unwritten {
    /// Somebody has written this store under a higher fence than ours, this one.
    Overtaken(i64),
    Failed(Error),
}

/// One commit that touched a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub sha: String,
    pub at: Timestamp,
    pub subject: String,
}

/// The way to every state store, with what is kept of each between passes. Clones share it.
#[derive(Clone, Debug)]
pub struct Stores {
    inner: Arc<Inner>,
}

impl Stores {
    /// Repositories are cached below `cache_dir`, which is made when needed and can be deleted at any time.
    pub fn new(cache_dir: PathBuf) -> Self {
        Self::with_patience(cache_dir, Patience::default())
    }

    pub(crate) fn with_patience(cache_dir: PathBuf, patience: Patience) -> Self {
        Self { inner: Arc::new(Inner { cache_dir, patience, seen: Mutex::default() }) }
    }

    /// Makes everything wanted stand, all of it in one commit dated `now`.
    pub async fn write(&self, target: &Target, wanted: &[Wanted], now: Timestamp) -> Result<Written, Unwritten> {
        let (wanted, mut refused) = place::sorted_out(wanted);
        let told = |message: String| format!("state store {}: {message}", target.name);
        let mut written = if wanted.is_empty() {
            Written::default()
        } else {
            let written = async {
                match &target.backend {
                    Backend::Git(store) => git::Pass::begin(self, target, store).await?.write(wanted, now).await,
                    Backend::Directory(store) => directory::write(self, &target.uid, store, wanted).await,
                    Backend::Bucket(store) => bucket::write(self, target, store, wanted).await,
                }
            };
            written.await.map_err(|unwritten| match unwritten {
                Unwritten::Failed(error) => Unwritten::Failed(Error { message: told(error.message), ..error }),
                overtaken @ Unwritten::Overtaken(_) => overtaken,
            })?
        };
        refused.append(&mut written.refused);
        for one in &mut refused {
            one.error.message = told(std::mem::take(&mut one.error.message));
        }
        Ok(Written { refused, ..written })
    }

    /// Whether the store would take a write: asked of the real thing, leaving nothing behind.
    pub async fn check(&self, target: &Target) -> Result<()> {
        match &target.backend {
            Backend::Git(store) => git::Pass::begin(self, target, store).await?.check().await,
            Backend::Directory(store) => directory::check(self, &target.uid, store).await,
            Backend::Bucket(store) => bucket::check(target, store).await,
        }
    }

    /// What stands in these folders now, all of it in one look.
    pub async fn look(&self, target: &Target, asked: Vec<Asked>) -> Result<Sight> {
        let told = |error: Error| Error { message: format!("state store {}: {}", target.name, error.message), ..error };
        let sight = async {
            match &target.backend {
                Backend::Git(store) => git::Pass::begin(self, target, store).await?.look(&asked).await,
                Backend::Directory(store) => directory::look(self, &target.uid, store, asked).await,
                Backend::Bucket(store) => bucket::look(self, target, store, &asked).await,
            }
        };
        sight.await.map_err(told)
    }

    /// The regular files that stand below `root` now.
    pub async fn read(&self, target: &Target, root: &str) -> Result<BTreeMap<String, Bytes>> {
        place::check_path(root)?;
        match &target.backend {
            Backend::Git(store) => git::Pass::begin(self, target, store).await?.read(root).await,
            Backend::Directory(store) => directory::read(self, &target.uid, store, root).await,
            Backend::Bucket(store) => bucket::read(target, store, root).await,
        }
    }

    /// The newest commits that touched `root`, newest first; none where there are no commits.
    pub async fn history(&self, target: &Target, root: &str, limit: usize) -> Result<Vec<Commit>> {
        place::check_path(root)?;
        match &target.backend {
            Backend::Git(store) => git::Pass::begin(self, target, store).await?.history(root, limit).await,
            Backend::Directory(_) | Backend::Bucket(_) => Ok(Vec::new()),
        }
    }

    /// What is remembered of a store, to be locked for one pass.
    fn seen(&self, store_uid: &str) -> Arc<tokio::sync::Mutex<git::Seen>> {
        let mut seen = self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(seen.entry(store_uid.to_owned()).or_default())
    }
}

impl From<Error> for Unwritten {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Unwritten> for Error {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Failed(error) => error,
            Unwritten::Overtaken(fence) => Self::conflict(format!(
                "a later pass has written this state store already, under fence {fence}; this one stops"
            )),
        }
    }
}

#[derive(Debug)]
struct Inner {
    cache_dir: PathBuf,
    patience: Patience,
    seen: Mutex<HashMap<String, Arc<tokio::sync::Mutex<git::Seen>>>>,
}

/// How long and how often something is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// One command that talks to no one.
    pub local: Duration,
    /// One fetch or push. The first fetch of a large repository has to fit.
    pub network: Duration,
    /// Pushes of one write, while others keep moving the branch.
    pub attempts: u32,
    /// How long a lock file in a repository on this machine is taken for somebody's.
    pub stale: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            local: Duration::from_mins(2),
            network: Duration::from_mins(5),
            attempts: 60,
            stale: Duration::from_secs(5),
        }
    }
}

/// One thing wrong with one field of a state store.
fn wrong_field(field: &str, message: &str) -> Error {
    let cause = domain::Cause {
        reason: "FieldValueInvalid".to_owned(),
        message: message.to_owned(),
        field: field.to_owned(),
        pointer: format!("/{}", field.replace('.', "/")),
        human: String::new(),
    };
    Error::invalid(format!("{field}: {message}"), vec![cause])
}

#[cfg(test)]
mod tests;
