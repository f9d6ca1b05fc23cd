//! What is asked of a look at a store, and what is seen: of each folder the files that were placed, and whatever else stands in one that is ours.

use super::place::ancestors;
use bytes::Bytes;
use domain::{Digest, drift::Seen, work::Files};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A file that differs is kept up to this size, for people to see how.
const LONGEST_KEPT: usize = 64 << 10;
/// Bytes that one look keeps.
const MOST_KEPT: usize = 4 << 20;
/// Foreign files of one folder that are read.
const MOST_FOREIGN: usize = 20;
/// Contents that are remembered by the name a store has for them.
const MOST_REMEMBERED: usize = 200_000;

/// One folder, and what was placed there.
#[derive(Clone, Debug)]
pub struct Asked {
    /// From the store's top.
    pub root: String,
    /// Below the root.
    pub files: Files,
    /// Nobody else has files there.
    pub owned: bool,
}

/// What stands in the folders that were asked about, in the order of the questions.
#[derive(Debug, Default)]
pub struct Sight {
    /// The commit that was looked at; empty where there are no versions.
    pub version: String,
    pub folders: Vec<BTreeMap<String, Seen>>,
    /// The contents of some that are not as placed.
    pub kept: BTreeMap<Digest, Bytes>,
    kept_bytes: usize,
}

impl Sight {
    pub(super) fn of(asked: &[Asked]) -> Self {
        Self { folders: vec![BTreeMap::new(); asked.len()], ..Self::default() }
    }

    /// Notes a file; what it holds is kept if that is not what was placed.
    pub(super) fn note(&mut self, at: usize, asked: &Asked, path: &str, content: &Bytes) -> Digest {
        let digest = Digest::of(content);
        let differs = asked.files.get(path) != Some(&digest);
        let room = content.len() <= LONGEST_KEPT && self.kept_bytes + content.len() <= MOST_KEPT;
        if differs && room && self.kept.insert(digest.clone(), content.clone()).is_none() {
            self.kept_bytes += content.len();
        }
        self.see(at, path, Seen::File(digest.clone()));
        digest
    }

    pub(super) fn see(&mut self, at: usize, path: &str, seen: Seen) {
        self.folders[at].insert(path.to_owned(), seen);
    }
}

/// One file of a listing that matters to somebody.
pub(super) struct Entry<T> {
    pub at: usize,
    pub path: String,
    pub entry: T,
    /// Nobody placed it: it is read only so that people can see it.
    pub foreign: bool,
}

/// Sorts a listing of a whole store into the folders that were asked about; what lies in none of them is left out.
pub(super) fn sorted<T: Clone>(asked: &[Asked], listed: impl Iterator<Item = (String, T)>) -> Vec<Entry<T>> {
    let mut by_root: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, one) in asked.iter().enumerate() {
        by_root.entry(&one.root).or_default().push(at);
    }
    let mut entries = Vec::new();
    for (full, entry) in listed {
        for root in std::iter::once("").chain(ancestors(&full)) {
            for at in by_root.get(root).into_iter().flatten() {
                let path = if root.is_empty() { full.as_str() } else { &full[root.len() + 1..] };
                let foreign = !asked[*at].files.contains_key(path);
                if !foreign || asked[*at].owned {
                    entries.push(Entry { at: *at, path: path.to_owned(), entry: entry.clone(), foreign });
                }
            }
        }
    }
    entries
}

/// The names at the store's top below which all questions lie; none where one is about the top itself.
pub(super) fn tops(asked: &[Asked]) -> BTreeSet<&str> {
    let tops: BTreeSet<&str> = asked.iter().map(|one| one.root.split('/').next().unwrap_or_default()).collect();
    if tops.contains("") { BTreeSet::new() } else { tops }
}

/// How many foreign files of each folder have been read.
#[derive(Default)]
pub(super) struct ForeignRead(HashMap<usize, usize>);

impl ForeignRead {
    /// Whether one of this size is read too.
    pub fn reads(&mut self, at: usize, size: u64) -> bool {
        let read = self.0.entry(at).or_default();
        *read += 1;
        *read <= MOST_FOREIGN && size <= LONGEST_KEPT as u64
    }
}

/// Contents by the names that a store has for them: what was read once is not read again.
#[derive(Debug, Default)]
pub(super) struct Remembered(HashMap<String, Digest>);

impl Remembered {
    pub fn get(&self, name: &str) -> Option<&Digest> {
        self.0.get(name)
    }

    pub fn keep(&mut self, name: String, digest: Digest) {
        if self.0.len() >= MOST_REMEMBERED {
            self.0.clear();
        }
        self.0.insert(name, digest);
    }
}
