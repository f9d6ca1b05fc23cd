//! A state store that is a git repository: written with plumbing only, so there is no work tree, no index and no link to follow.
//!
//! A pass keeps the newest commit it knows of in memory and builds on that without asking first; the push then expects the branch to stand
//! exactly there. `--force-with-lease=<branch>:<parent>` is git's compare-and-swap: it makes a push refuse more, never less, since what is
//! pushed is always a child of the expected commit. A branch that was rewound meanwhile is thus not wound forward again.

mod address;
mod cache;
mod child;
mod fetch;
mod import;
mod look;
mod message;
mod private_file;
mod push;
mod remote;
mod sight;
mod stale;

pub(super) use child::Git;

use super::{
    Patience, Refused, Shape, Stores, Target, Unwritten, Wanted, Written, listed, refused, scratch, sight::Remembered,
};
use crate::failpoint;
use domain::{Digest, Error, Result, Timestamp, destination::GitStore};
use push::Push;
use remote::Remote;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::sync::OwnedMutexGuard;

/// What is remembered of a repository between two passes of this process.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Address and branch this is about; another one makes it void.
    remote: String,
    head: Head,
    /// Up to which commit nobody with a higher fence has written. A mere look moves the head, and not this.
    judged: Option<String>,
    writes: u32,
    /// What its contents are, by its own names for them.
    pub(super) digests: Remembered,
    /// A lock file in the way, and since when it is known.
    lock: Option<(stale::Found, tokio::time::Instant)>,
}

impl Seen {
    /// Whether the head may be built upon without asking who has been there.
    fn is_judged(&self) -> bool {
        match &self.head {
            Head::Unknown => false,
            Head::Empty => true,
            Head::At(head) => self.judged.as_ref() == Some(head),
        }
    }
}

/// Where the branch stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Head {
    #[default]
    Unknown,
    /// The repository has no commit yet.
    Empty,
    At(String),
}

impl Head {
    fn commit(&self) -> Option<&str> {
        match self {
            Self::At(commit) => Some(commit),
            Self::Unknown | Self::Empty => None,
        }
    }
}

/// Why a step of a pass did not come through.
#[derive(Debug)]
enum Fault {
    /// The cache is not as git wants it: it is made anew, and the step tried once more.
    Cache(Error),
    /// Somebody has written under a higher fence than ours, this one.
    Overtaken(i64),
    Final(Error),
}

impl Fault {
    fn cache(what: &str, complaint: &str) -> Self {
        Self::Cache(Error::unavailable(format!("{what} failed: {}", last_words(complaint))).with_detail(complaint))
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Cache(error) | Fault::Final(error) => error,
            Fault::Overtaken(fence) => Unwritten::Overtaken(fence).into(),
        }
    }
}

impl From<Fault> for Unwritten {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Overtaken(fence) => Self::Overtaken(fence),
            Fault::Cache(error) | Fault::Final(error) => Self::Failed(error),
        }
    }
}

/// One store, locked, with its cache at hand.
pub(super) struct Pass<'a> {
    store_uid: &'a str,
    spec: &'a GitStore,
    patience: Patience,
    remote: Remote,
    git: Git,
    seen: OwnedMutexGuard<Seen>,
}

impl<'a> Pass<'a> {
    pub async fn begin(stores: &Stores, target: &'a Target, spec: &'a GitStore) -> Result<Self> {
        let store_uid = target.uid.as_str();
        let remote = Remote::of(target, spec).await?;
        let repository = scratch::path(stores, store_uid, "git")?;
        let mut seen = stores.seen(store_uid).lock_owned().await;
        let hold = Some(scratch::lock(stores, store_uid).await?);
        let about = Digest::of_parts([spec.url.as_bytes(), spec.branch.as_bytes()]).short(16).to_owned();
        if seen.remote != about {
            *seen = Seen { remote: about, ..Seen::default() };
        }
        let git = Git { repository, environment: remote.environment.clone(), secrets: remote.secrets.clone(), hold };
        let mut pass = Self { store_uid, spec, patience: stores.inner.patience, remote, git, seen };
        pass.ready().await?;
        Ok(pass)
    }

    pub async fn write(mut self, wanted: Vec<Wanted>, now: Timestamp) -> Result<Written, Unwritten> {
        match self.place(wanted.clone(), now).await {
            Ok(written) => Ok(written),
            Err(Fault::Overtaken(fence)) => Err(Unwritten::Overtaken(fence)),
            Err(fault) => {
                self.mend(fault).await?;
                Ok(self.place(wanted, now).await?)
            }
        }
    }

    pub async fn check(mut self) -> Result<()> {
        match self.try_push().await {
            Ok(()) => Ok(()),
            Err(fault) => {
                self.mend(fault).await?;
                Ok(self.try_push().await?)
            }
        }
    }

    /// Builds and pushes until the branch holds everything wanted.
    async fn place(&mut self, mut wanted: Vec<Wanted>, now: Timestamp) -> Result<Written, Fault> {
        let fence = message::fence(&wanted);
        let mut fresh = !self.seen.is_judged();
        let (mut last, mut left_out) = (String::new(), Vec::new());
        for attempt in 0..=self.patience.attempts {
            if !self.seen.is_judged() {
                self.fetch(fence).await?;
            }
            failpoint::pass("git.fetched");
            let base = self.seen.head.commit().map(str::to_owned);
            let resolved = self.resolved(base.as_deref(), &mut wanted, &mut left_out).await?;
            let mut built = self.build(base.as_deref(), &resolved.iter().collect::<Vec<_>>(), now).await?;
            if !built.blocked.is_empty() {
                // somebody else's file is in the way of these; the others are built without them
                let blocked: Vec<Refused> = built.blocked;
                wanted.retain(|one| blocked.iter().all(|refused| refused.id != one.id));
                left_out.extend(blocked);
                continue;
            }
            if built.changed.is_empty() {
                if fresh {
                    return Ok(Written { version: base.unwrap_or_default(), changed: false, refused: left_out });
                }
                // What we remember has it all; what is there now may not.
                self.fetch(fence).await?;
                fresh = true;
                continue;
            }
            if built.changed.len() < resolved.len() {
                // The message names what changes, not what was asked.
                built = self.build(base.as_deref(), &built.changed, now).await?;
            }
            failpoint::pass("git.push");
            let pushed = self.push(base.as_deref(), &built.commit, false).await;
            failpoint::pass("git.pushed");
            match pushed {
                Ok(Push::Done) => {
                    self.seen.head = Head::At(built.commit.clone());
                    self.seen.judged = Some(built.commit.clone());
                    self.tidy().await;
                    return Ok(Written { version: built.commit, changed: true, refused: left_out });
                }
                Ok(Push::Moved(why)) => {
                    tracing::debug!(store = self.store_uid, attempt, why, "the branch moved on; building again");
                    self.clear_stale_lock(&why);
                    last = why;
                    tokio::time::sleep(pause(attempt, &built.commit)).await;
                    self.fetch(fence).await?;
                    fresh = true;
                }
                Err(fault) => {
                    // Whether it arrived is not known: the next pass looks.
                    self.seen.head = Head::Unknown;
                    return Err(fault);
                }
            }
        }
        let attempts = self.patience.attempts;
        Err(Fault::Final(Error::unavailable(format!(
            "the branch {} moved during each of {attempts} attempts: {last}",
            self.remote.branch
        ))))
    }

    /// The wishes with what their lists of files say at `base`. One whose list cannot be read is left out.
    async fn resolved(
        &self,
        base: Option<&str>,
        wanted: &mut Vec<Wanted>,
        left_out: &mut Vec<Refused>,
    ) -> Result<Vec<Wanted>, Fault> {
        let asked = listed::asked(wanted);
        let found = match base {
            Some(base) if !asked.is_empty() => self.contents(base, &asked).await?,
            _ => BTreeMap::new(),
        };
        let spares = |one: &Wanted| one.shape == Shape::Folder && !one.spared.is_empty() && !one.files.is_empty();
        let mut standing = BTreeMap::new();
        for one in wanted.iter().filter(|one| spares(one)) {
            let paths = match base {
                Some(base) => self.paths_below(base, &one.root).await?,
                None => BTreeSet::new(),
            };
            standing.insert(one.id.clone(), paths);
        }
        let mut resolved = Vec::with_capacity(wanted.len());
        wanted.retain(|one| match listed::resolved(one.clone(), &found) {
            Ok(one) if spares(&one) => {
                let standing = standing.remove(&one.id).unwrap_or_default();
                resolved.push(listed::sparing(one, &standing));
                true
            }
            Ok(one) => {
                resolved.push(one);
                true
            }
            Err(error) => {
                left_out.push(refused(one.id.clone(), error));
                false
            }
        });
        Ok(resolved)
    }

    /// Asks for a push that changes nothing.
    async fn try_push(&mut self) -> Result<(), Fault> {
        self.fetch(0).await?;
        let base = self.seen.head.commit().map(str::to_owned);
        let commit = match &base {
            Some(head) => head.clone(),
            None => self.build_empty().await?,
        };
        self.push(base.as_deref(), &commit, true).await.map(drop)
    }
}

/// The line in which git gives its reason; it comes last.
fn last_words(complaint: &str) -> String {
    let reason = |line: &'_ str| line.strip_prefix("fatal: ").or(line.strip_prefix("error: ")).map(str::to_owned);
    complaint
        .lines()
        .rev()
        .find_map(reason)
        .unwrap_or_else(|| "it gave no reason".to_owned())
        .chars()
        .take(300)
        .collect()
}

/// Longer with each attempt, and different for two writers: their commits are.
fn pause(attempt: u32, commit: &str) -> Duration {
    let longest = (4_u64 << attempt.min(6)).min(200);
    let chance = u64::from_str_radix(Digest::of(commit).short(8), 16).unwrap_or(0);
    Duration::from_millis(if attempt == 0 { 0 } else { chance % longest })
}
