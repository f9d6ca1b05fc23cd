//! What commands have written, one line for each key; and what of them is still running.

use std::{fs, path::Path};

/// A line: the key of the attempt, whose parcel, which generation, what size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub key: String,
    pub name: String,
    pub generation: i64,
    pub size: i64,
}

pub fn read(book: &Path) -> Vec<Line> {
    let text = fs::read_to_string(book).unwrap();
    let line = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        let [key, name, generation, size] = words[..] else { panic!("{line:?} is torn") };
        Line {
            key: key.to_owned(),
            name: name.to_owned(),
            generation: generation.parse().unwrap(),
            size: size.parse().unwrap(),
        }
    };
    text.lines().map(line).collect()
}

/// Processes of steps of the servers below `folder`.
pub fn orphans(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let environ = fs::read(entry.path().join("environ")).unwrap_or_default();
        let environ = String::from_utf8_lossy(&environ);
        if environ.contains("MIDSPAN_RUN=") && environ.contains(&*folder.to_string_lossy()) {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push(format!(
                "{}: {}",
                entry.file_name().display(),
                String::from_utf8_lossy(&command).replace('\0', " ")
            ));
        }
    }
    found
}
