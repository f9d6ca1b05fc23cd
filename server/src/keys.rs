//! The key that a server seals secrets with: given as a file or as text, or made at the first start and kept beside the data.

use crate::{config, identity::random, private_file};
use anyhow::{Context as _, Result, anyhow};
use domain::Timestamp;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};
use store::{OuterKey, Store};

/// The file in the data directory that keeps a key nobody gave.
const KEPT: &str = "key";

/// Opens the database with the key that belongs to it.
pub async fn open(url: &str, data: &Path, key_file: Option<&Path>, now: Timestamp) -> Result<Store> {
    let given = given(data, key_file)?;
    let store = Store::open(url).await.map_err(|e| anyhow!("cannot open the database: {e}"))?;
    match store.unlocked(given.key, random, now).await {
        Ok(unlocked) => Ok(unlocked),
        Err(error) => {
            store.close().await;
            if let Some(made) = given.made {
                // it would only be in the way of the right one
                _ = fs::remove_file(made);
            }
            Err(anyhow!("cannot open the database: {error}"))
        }
    }
}

/// A key from a file; made there if the file is missing.
pub fn in_file(path: &Path) -> Result<OuterKey> {
    if !path.exists() {
        private_file::write(path, &format!("{}\n", new_key()?)).with_context(|| path.display().to_string())?;
    }
    from_file(path)
}

struct Given {
    key: OuterKey,
    /// The file that was written for it just now.
    made: Option<PathBuf>,
}

fn given(data: &Path, key_file: Option<&Path>) -> Result<Given> {
    if let Some(path) = key_file {
        return Ok(Given { key: from_file(path)?, made: None });
    }
    if let Some(text) = config::key() {
        return Ok(Given { key: OuterKey::parse(&text).map_err(|e| anyhow!("MIDSPAN_KEY: {e}"))?, made: None });
    }
    let kept = data.join(KEPT);
    let made = (!kept.exists()).then(|| kept.clone());
    Ok(Given { key: in_file(&kept)?, made })
}

fn from_file(path: &Path) -> Result<OuterKey> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the key file {shown}"))?;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        tracing::warn!(file = %shown, "others on this machine can read the key that seals all secrets; chmod 600 it");
    }
    OuterKey::parse(&text).map_err(|e| anyhow!("{shown}: {e}"))
}

fn new_key() -> Result<String> {
    OuterKey::generate(random).map_err(|e| anyhow!("{e}"))
}
