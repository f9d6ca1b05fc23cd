//! Real schemas and recordings, kept beside the repository; tests that need them skip where they are absent.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder of real data: `MIDSPAN_TEST_DATA` when the tests are built, else `../shared/data` beside the repository.
pub fn folder(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data");
    let folder = Path::new(option_env!("MIDSPAN_TEST_DATA").unwrap_or(beside)).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no real data at {}", folder.display());
    None
}

pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(ending));
    files.sort();
    files
}

pub fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub fn yaml(path: &Path) -> Vec<Value> {
    domain::document::parse_all(&std::fs::read_to_string(path).unwrap(), "data").unwrap()
}

pub fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
