//! Real documents and recordings, kept beside the repository; plays that need them are left out, with a word, where they are absent.

use domain::document;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file or folder of the real data: below `MIDSPAN_TEST_DATA` when the tests are built, else below `../shared/data` beside the repository.
pub fn at_hand(name: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let path = Path::new(option_env!("MIDSPAN_TEST_DATA").unwrap_or(beside)).join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("left out: {} is not here", path.display());
    None
}

/// The one document of a file, as its authors published it.
pub fn published(name: &str) -> Option<Value> {
    let text = fs::read_to_string(at_hand(name)?).unwrap();
    Some(document::parse_one(&text, name).unwrap())
}
