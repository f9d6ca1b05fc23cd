//! The starter catalog as it stands in the repository.

use domain::{Object, document, promise::Promise};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// One promise of the catalog with its request and the files that the request places.
pub struct Starter {
    pub name: String,
    pub promise: Promise,
    pub request: Value,
    /// Path below `golden/` to text.
    pub golden: BTreeMap<String, String>,
}

impl Starter {
    /// Every document of every placed file, with the file's path.
    pub fn documents(&self) -> Vec<(String, Value)> {
        let documents = |(path, text): (&String, &String)| {
            let parsed = document::parse_all(text, path).unwrap_or_else(|e| panic!("{}: {e}", self.name));
            assert!(!parsed.is_empty(), "{}/golden/{path} is empty", self.name);
            parsed.into_iter().map(|document| (path.clone(), document)).collect::<Vec<_>>()
        };
        self.golden.iter().flat_map(documents).collect()
    }
}

pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// The whole catalog, by name.
pub fn starters() -> Vec<Starter> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(examples().join("starter")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.iter().filter(|path| path.is_dir()).map(|path| starter(path)).collect()
}

fn starter(folder: &Path) -> Starter {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let object = Object::from_value(one(&folder.join("promise.yaml"))).unwrap_or_else(|e| panic!("{name}: {e}"));
    let promise = Promise::read(&object).unwrap_or_else(|e| panic!("{name}: {e}"));
    let golden = folder.join("golden");
    Starter { promise, request: one(&folder.join("request.yaml")), golden: files(&golden, &golden), name }
}

/// The one document of a file.
pub fn one(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    document::parse_one(&text, &path.display().to_string()).unwrap_or_else(|e| panic!("{e}"))
}

fn files(root: &Path, folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(root, &path));
        } else {
            let relative = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            found.insert(relative, fs::read_to_string(&path).unwrap());
        }
    }
    found
}
