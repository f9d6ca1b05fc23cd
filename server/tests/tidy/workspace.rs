//! The files of the repository, read once from its root.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Tests run in the package's directory; the root is its parent.
pub fn root() -> &'static Path {
    Path::new("..")
}

/// Directories that hold none of our own files.
const NOT_OURS: [&str; 5] = ["target", "node_modules", ".git", "midspan-data", "results"];

/// One file; `path` is relative to the root.
pub struct File {
    pub path: String,
    pub text: String,
}

/// The text files below a directory whose names end in `extension`, in the order of their names.
pub fn files(directory: &str, extension: &str) -> Vec<File> {
    let mut paths = Vec::new();
    walk(&root().join(directory), &mut paths);
    paths.sort();
    let ours = paths.into_iter().filter(|path| path.extension().is_some_and(|found| found == extension));
    ours.map(|path| File { path: relative(&path), text: read(&path) }).collect()
}

/// One file of the root that must be there.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names in a directory, sorted.
pub fn names(directory: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(directory)).unwrap_or_else(|error| panic!("{directory}: {error}"));
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let ours = !NOT_OURS.iter().any(|name| entry.file_name() == *name);
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && ours => walk(&path, found),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
