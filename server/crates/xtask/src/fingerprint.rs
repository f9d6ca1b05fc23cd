//! One hash over files: has anything changed that the front end is made of?

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// All that decides what the browser gets. The crates are those that `app` may depend on.
const INPUTS: [&str; 8] = [
    "Cargo.lock",
    "Cargo.toml",
    ".cargo",
    "app",
    "server/crates/domain",
    "server/crates/forms",
    "server/crates/xtask",
    "style",
];

/// The hash of everything that the front end is built from, and of how.
pub fn of_front(how: &str) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(how);
    for input in INPUTS {
        for file in files(Path::new(input))? {
            hash.update(file.as_os_str().as_encoded_bytes());
            hash.update(fs::read(&file).with_context(|| file.display().to_string())?);
        }
    }
    Ok(hex(&hash.finalize()))
}

/// The hash of some bytes.
pub fn of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The files under a path, in the order of their names.
pub fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = fs::read_dir(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| path.display().to_string())?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut found = Vec::new();
    for entry in entries {
        found.extend(files(&entry.path())?);
    }
    Ok(found)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
