//! Documents from files, folders and standard input, and which files of a folder were passed over.

use super::{Failure, Outcome};
use domain::document;
use serde_json::Value;
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

/// What files documents are in.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// Folders in folders, so that a link to a folder above ends.
const DEEPEST: usize = 32;

/// A document and where it stands.
pub struct Document {
    pub origin: String,
    pub value: Value,
}

/// What was read, in the order of names.
#[derive(Default)]
pub struct Files {
    pub documents: Vec<Document>,
    /// In a folder, files of another ending.
    other_files: usize,
    /// In a folder, folders that were not asked for.
    folders: usize,
}

impl Files {
    /// Reads a file, a folder or, as `-`, standard input.
    pub fn read(&mut self, path: &Path, recursive: bool) -> Outcome {
        if path == Path::new("-") {
            let mut text = String::new();
            std::io::stdin()
                .take(document::MAX_BYTES as u64 + 1)
                .read_to_string(&mut text)
                .map_err(|e| Failure::new(format!("standard input: {e}")))?;
            return self.parse(&text, "standard input");
        }
        if fs::metadata(path).map_err(|e| failed(path, &e))?.is_dir() {
            return self.folder(path, if recursive { DEEPEST } else { 0 });
        }
        self.file(path)
    }

    /// In words, if there is something to say.
    pub fn passed_over(&self) -> Option<String> {
        let count = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let files =
            count(self.other_files, "file", "files").map(|files| format!("{files} not ending in .yaml, .yml or .json"));
        let folders = count(self.folders, "folder", "folders").map(|folders| format!("{folders} (-R reads them too)"));
        let told: Vec<String> = files.into_iter().chain(folders).collect();
        (!told.is_empty()).then(|| format!("passed over: {}", told.join(", ")))
    }

    fn folder(&mut self, path: &Path, deeper: usize) -> Outcome {
        let entries = fs::read_dir(path).map_err(|e| failed(path, &e))?;
        let mut entries: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        entries.sort();
        for entry in entries {
            let known = entry.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
            match (entry.is_dir(), known) {
                (true, _) if deeper > 0 => self.folder(&entry, deeper - 1)?,
                (true, _) => self.folders += 1,
                (false, true) => self.file(&entry)?,
                (false, false) => self.other_files += 1,
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Outcome {
        let text = fs::read_to_string(path).map_err(|e| failed(path, &e))?;
        self.parse(&text, &path.display().to_string())
    }

    fn parse(&mut self, text: &str, origin: &str) -> Outcome {
        let values = document::parse_all(text, origin).map_err(|error| Failure::usage(error.message))?;
        let lists = values.into_iter().flat_map(|value| match value["items"].as_array() {
            Some(items) if value["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => items.clone(),
            _ => vec![value],
        });
        self.documents.extend(lists.map(|value| Document { origin: origin.to_owned(), value }));
        Ok(())
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_a_folder_is_read_when_asked_for_and_what_is_passed_over_is_told() {
        let root = std::env::temp_dir().join(format!("midspan-files-{}", std::process::id()));
        fs::create_dir_all(root.join("deep/er")).unwrap();
        for (file, text) in
            [("b.yaml", "b: 1"), ("deep/a.json", "{}"), ("deep/er/c.yml", "c: 1\n---\nd: 1"), ("README.md", "")]
        {
            fs::write(root.join(file), text).unwrap();
        }
        let read = |recursive| {
            let mut files = Files::default();
            files.read(&root, recursive).unwrap();
            (files.documents.len(), files.passed_over().unwrap())
        };
        let (flat, deep) = (read(false), read(true));
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(
            flat,
            (1, "passed over: 1 file not ending in .yaml, .yml or .json, 1 folder (-R reads them too)".to_owned())
        );
        assert_eq!(deep, (4, "passed over: 1 file not ending in .yaml, .yml or .json".to_owned()));
    }
}
