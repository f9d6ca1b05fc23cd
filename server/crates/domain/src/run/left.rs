//! What a step leaves, and what steps that ran at the same time leave together.

use super::contract::{self, Contents, Texts};
use crate::{
    digest::Digest,
    error::{Error, Result},
    work::Files,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The pipeline's folders as a step left them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Left {
    #[serde(skip_serializing_if = "Files::is_empty")]
    pub output: Files,
    #[serde(skip_serializing_if = "Files::is_empty")]
    pub metadata: Files,
    /// The metadata files that decide how the pipeline goes on.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    pub said: Texts,
}

impl Left {
    /// Fails when a file that decides something is no text.
    pub(super) fn new(output: Files, metadata: Files, contents: &Contents) -> Result<Self> {
        Ok(Self { output, metadata, said: contract::texts(contents)? })
    }

    /// Each step's changes to what all of them began with. Two that leave different things at one path cannot both be right.
    pub(super) fn together(output: &Files, metadata: &Files, mut all: Vec<(String, Self)>) -> Result<Self> {
        if all.len() <= 1 {
            return Ok(all.pop().map_or_else(Self::default, |(_, left)| left));
        }
        let of = |folder: fn(&Self) -> &Files| all.iter().map(move |(name, left)| (name.as_str(), folder(left)));
        let output = merge("/kratix/output", output, of(|left| &left.output).collect())?;
        let metadata = merge("/kratix/metadata", metadata, of(|left| &left.metadata).collect())?;
        let mut said = Texts::new();
        for (_, left) in &all {
            let stands = left.said.iter().filter(|(file, _)| left.metadata.get(*file) == metadata.get(*file));
            said.extend(stands.map(|(file, text)| (file.clone(), text.clone())));
        }
        Ok(Self { output, metadata, said })
    }
}

fn merge(folder: &str, base: &Files, all: Vec<(&str, &Files)>) -> Result<Files> {
    let mut changed: BTreeMap<&String, (&str, Option<&Digest>)> = BTreeMap::new();
    for (step, files) in all {
        let paths: BTreeSet<&String> = base.keys().chain(files.keys()).collect();
        for path in paths.into_iter().filter(|path| base.get(*path) != files.get(*path)) {
            let now = files.get(path);
            if let Some((other, before)) = changed.insert(path, (step, now))
                && before != now
            {
                return Err(Error::bad_request(format!(
                    "the steps {other} and {step} ran at the same time and left different things at {folder}/{path}"
                )));
            }
        }
    }
    let mut merged = base.clone();
    for (path, (_, now)) in changed {
        match now {
            Some(digest) => drop(merged.insert(path.clone(), digest.clone())),
            None => drop(merged.remove(path)),
        }
    }
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Files {
        text.split_whitespace()
            .filter_map(|file| file.split_once('='))
            .map(|(path, content)| (path.to_owned(), Digest::of(content)))
            .collect()
    }

    #[track_caller]
    fn check(base: &str, left: [&str; 2], expected: Result<&str, &str>) {
        let left = left.map(|left| Left { output: files(left), ..Left::default() });
        let [one, two] = left;
        let merged =
            Left::together(&files(base), &Files::new(), vec![("one".to_owned(), one), ("two".to_owned(), two)]);
        let merged = merged.map(|left| left.output).map_err(|error| error.message);
        assert_eq!(merged, expected.map(files).map_err(str::to_owned));
    }

    #[test]
    fn changes_of_steps_that_ran_together_add_up() {
        check("", ["a=1", "b=2"], Ok("a=1 b=2"));
        check("a=1 b=1", ["a=2 b=1", "a=1"], Ok("a=2"));
        check("a=1", ["a=1 b=same", "a=1 b=same"], Ok("a=1 b=same"));
    }

    #[test]
    fn different_things_at_one_path_are_refused_with_both_names() {
        let refusal = "the steps one and two ran at the same time and left different things at /kratix/output/a";
        check("", ["a=1", "a=2"], Err(refusal));
        check("a=1", ["", "a=2"], Err(refusal));
    }
}
