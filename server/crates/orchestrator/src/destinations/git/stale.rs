//! Lock files that a killed git left in a repository on this machine. Git itself never takes them away, and refuses every push until somebody does.

use super::Pass;
use rustix::process::geteuid;
use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};
use tokio::time::Instant;

/// Words of a refusal behind which such a lock may stand.
const ABOUT_LOCKS: [&str; 3] = ["failed to update ref", "failed to lock", "cannot lock ref"];

impl Pass<'_> {
    /// Takes the branch's lock away if whoever made it is gone: it is ours by owner, the same for long, and nobody's process works in the repository.
    /// Git holds such a lock for milliseconds.
    pub(super) fn clear_stale_lock(&mut self, refusal: &str) {
        if !self.remote.url.starts_with('/') || !ABOUT_LOCKS.iter().any(|words| refusal.contains(words)) {
            return;
        }
        let Ok(repository) = Path::new(&self.remote.url).canonicalize() else { return };
        let branch = format!("refs/heads/{}.lock", self.remote.branch);
        for name in [branch.as_str(), "HEAD.lock"] {
            for folder in [repository.clone(), repository.join(".git")] {
                let lock = folder.join(name);
                let Some(found) = left_behind(&lock) else { continue };
                let (seen, since) = self.seen.lock.get_or_insert_with(|| (found.clone(), Instant::now()));
                if *seen != found {
                    self.seen.lock = Some((found, Instant::now()));
                } else if since.elapsed() >= self.patience.stale && !anybody_in(&repository) {
                    self.seen.lock = None;
                    if fs::remove_file(&lock).is_ok() {
                        tracing::warn!(
                            store = self.store_uid,
                            lock = %lock.display(),
                            "a git process that was killed had left its lock in the repository; it has been removed"
                        );
                    }
                }
            }
        }
    }
}

/// A lock as it was seen: another one has another number, or another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    path: PathBuf,
    number: u64,
    made: (i64, i64),
}

fn left_behind(lock: &Path) -> Option<Found> {
    let found = fs::symlink_metadata(lock).ok().filter(|found| found.is_file() && found.uid() == geteuid().as_raw())?;
    Some(Found { path: lock.to_owned(), number: found.ino(), made: (found.mtime(), found.mtime_nsec()) })
}

/// Whether a process of this machine has its working directory in the repository, as `git receive-pack` and hooks have.
fn anybody_in(repository: &Path) -> bool {
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    let place = |entry: fs::DirEntry| -> Option<PathBuf> {
        entry.file_name().to_str()?.parse::<u32>().ok()?;
        fs::read_link(entry.path().join("cwd")).ok()
    };
    processes.filter_map(Result::ok).filter_map(place).any(|folder| folder.starts_with(repository))
}
