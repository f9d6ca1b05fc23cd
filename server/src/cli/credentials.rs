//! What `midspan auth login` was given, by server: one file that only its owner can read.

use super::{Failure, Outcome};
use crate::{config, private_file};
use serde_json::{Map, Value, json};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The token for this server, where there is one.
pub fn of(server: &str) -> Outcome<Option<String>> {
    let Some(path) = config::credentials_file() else { return Ok(None) };
    Ok(read(&path)?.get(server).and_then(|one| one["token"].as_str()).map(ToOwned::to_owned))
}

/// Keeps a token, and says where.
pub fn keep(server: &str, token: &str) -> Outcome<PathBuf> {
    let path = config::credentials_file().ok_or_else(|| {
        Failure::usage("there is no place for the token: set HOME, XDG_CONFIG_HOME or MIDSPAN_CREDENTIALS")
    })?;
    let mut all = read(&path)?;
    all.insert(server.to_owned(), json!({"token": token}));
    write(&path, &all)?;
    Ok(path)
}

pub fn forget(server: &str) -> Outcome {
    let Some(path) = config::credentials_file() else { return Ok(()) };
    let mut all = read(&path)?;
    if all.remove(server).is_some() {
        write(&path, &all)?;
    }
    Ok(())
}

/// What this machine is called, for whoever is asked to let it in.
pub fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "a machine".to_owned() } else { name.to_owned() }
}

fn read(path: &Path) -> Outcome<Map<String, Value>> {
    let wrong = |why: String| Failure::new(format!("{}: {why}", path.display()));
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Map::new()),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let whole: Value = serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?;
    Ok(whole["servers"].as_object().cloned().unwrap_or_default())
}

fn write(path: &Path, all: &Map<String, Value>) -> Outcome {
    private_file::write(path, &format!("{:#}\n", json!({"servers": all})))
        .map_err(|e| Failure::new(format!("{}: {e}", path.display())))
}
