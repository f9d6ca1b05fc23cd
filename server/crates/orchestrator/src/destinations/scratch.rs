//! What belongs to one store on this machine's disk: its name in the cache, and the lock that keeps two writers apart.

use super::Stores;
use domain::{Error, Result};
use rustix::fs::{FlockOperation, flock};
use std::{fs::File, path::PathBuf, sync::Arc, time::Duration};

/// Held as long as anything may still be writing; freed with the last clone, or by the system when the process dies.
#[derive(Clone, Debug)]
pub(super) struct Lock {
    _file: Arc<File>,
}

/// Waits for the store's lock file, which another process on this machine may hold.
pub(super) async fn lock(stores: &Stores, store_uid: &str) -> Result<Lock> {
    let path = path(stores, store_uid, "lock")?;
    std::fs::create_dir_all(&stores.inner.cache_dir)
        .map_err(|e| cannot("make the folder", &stores.inner.cache_dir, &e))?;
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(|e| cannot("open", &path, &e))?;
    let waiting = async {
        let mut pause = Duration::from_millis(1);
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    };
    match tokio::time::timeout(stores.inner.patience.network, waiting).await {
        Ok(()) => Ok(Lock { _file: Arc::new(file) }),
        Err(_) => {
            Err(Error::unavailable("another process on this machine has been writing this state store for too long"))
        }
    }
}

/// `<cache>/<store uid>.<extension>`, for uids that are plain names.
pub(super) fn path(stores: &Stores, store_uid: &str, extension: &str) -> Result<PathBuf> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if store_uid.is_empty() || store_uid.len() > 100 || !store_uid.chars().all(plain) {
        return Err(Error::internal(format!("{store_uid:?} is no uid of a state store")));
    }
    Ok(stores.inner.cache_dir.join(format!("{store_uid}.{extension}")))
}

pub(super) fn cannot(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Error {
    Error::unavailable(format!("cannot {doing} {}: {error}", path.display()))
}
