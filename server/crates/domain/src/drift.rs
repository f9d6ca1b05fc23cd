//! Drift: a destination differs from what was placed. How a look at it is judged, and what a promise says is to become of it.

mod ignore;

pub use ignore::{fault, ignores};

use crate::{digest::Digest, placement::Placement, promise::Promise, time::Timestamp, work::Files};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The annotation on a state store by which a look is asked for: a number that grows with each question.
pub const LOOK_ASKED: &str = "midspan.dev/look-asked";
/// The annotation on a state store that says how often it is looked at.
pub const LOOK_EVERY: &str = "midspan.dev/look-every";

/// Files that are named of one placement; more are counted.
const MOST_OF_PLACEMENT: usize = 100;
/// Files that are named on a resource; more are counted.
const MOST_OF_RESOURCE: usize = 50;
/// Files that a sentence names.
const MOST_IN_WORDS: usize = 3;

/// What a promise says about drift.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct DriftPolicy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<OnDrift>,
    /// Files, below the folder of what a pipeline placed, that are others' to change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
}

impl Promise {
    /// What is done about drift. Kratix writes everything again now and then, which puts back what was changed; so its documents mean that.
    pub fn on_drift(&self) -> OnDrift {
        let said = self.spec.drift.as_ref().and_then(|drift| drift.policy);
        said.unwrap_or(if self.kratix { OnDrift::Repair } else { OnDrift::Report })
    }

    /// The files that are others' to change.
    pub fn ignored(&self) -> Vec<String> {
        self.spec.drift.as_ref().map_or_else(Vec::new, |drift| drift.ignore.clone())
    }
}

/// What is done about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OnDrift {
    /// It is told, and nothing is changed.
    #[default]
    Report,
    /// What was placed is placed again, and what does not belong there goes.
    Repair,
}

/// How a file is not as it was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Difference {
    Changed,
    Missing,
    /// Nobody placed it, and it lies in a folder that is ours alone.
    Foreign,
}

impl Difference {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Foreign => "foreign",
        }
    }
}

/// What a look finds under a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    File(Digest),
    /// A file that was not read.
    Unread,
    /// A link, a folder, something too large to be ours.
    Odd,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differing {
    /// Below the placement's folder.
    pub path: String,
    pub change: Difference,
    /// What stands there instead, where it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Digest>,
}

/// What the last look found at one placement; there is none where everything stood as placed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Found {
    /// When it was seen first.
    pub since: Timestamp,
    pub count: usize,
    /// The first of them.
    pub files: Vec<Differing>,
}

/// Compares what was placed in a folder with what stands there. In a folder that is `owned` whatever else stands there is foreign.
pub fn compare(
    placed: &Files,
    seen: &BTreeMap<String, Seen>,
    owned: bool,
    ignored: &[String],
    now: Timestamp,
) -> Option<Found> {
    let ours = placed.iter().filter_map(|(path, digest)| {
        let (change, found) = match seen.get(path) {
            Some(Seen::File(found)) if found == digest => return None,
            Some(Seen::File(found)) => (Difference::Changed, Some(found.clone())),
            Some(Seen::Odd | Seen::Unread) => (Difference::Changed, None),
            None => (Difference::Missing, None),
        };
        Some(Differing { path: path.clone(), change, found })
    });
    let others = seen.iter().filter(|(path, _)| owned && !placed.contains_key(*path));
    let others = others.map(|(path, seen)| {
        let found = if let Seen::File(found) = seen { Some(found.clone()) } else { None };
        Differing { path: path.clone(), change: Difference::Foreign, found }
    });
    let mut files: Vec<Differing> = ours.chain(others).filter(|one| !ignores(ignored, &one.path)).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let count = files.len();
    files.truncate(MOST_OF_PLACEMENT);
    (count > 0).then_some(Found { since: now, count, files })
}

impl Found {
    /// The same differences, whenever they were seen first.
    pub fn same(&self, other: &Self) -> bool {
        self.count == other.count && self.files == other.files
    }
}

/// Drift as a resource tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drift {
    pub since: Timestamp,
    pub count: usize,
    pub files: Vec<DriftedFile>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftedFile {
    pub destination: String,
    /// From the top of the place where the destination lies.
    pub path: String,
    pub change: Difference,
}

impl Drift {
    /// What all of these placements' last looks found.
    pub fn of(placements: &[Placement]) -> Option<Self> {
        let mut drift = Self { since: Timestamp::from_micros(i64::MAX), ..Self::default() };
        for placement in placements {
            let Some(found) = &placement.status.drift else { continue };
            drift.since = drift.since.min(found.since);
            drift.count += found.count;
            drift.files.extend(found.files.iter().map(|file| DriftedFile {
                destination: placement.spec.destination.clone(),
                path: placement.spec.full(&file.path),
                change: file.change,
            }));
        }
        drift.files.sort_by(|a, b| (&a.destination, &a.path).cmp(&(&b.destination, &b.path)));
        drift.files.truncate(MOST_OF_RESOURCE);
        (drift.count > 0).then_some(drift)
    }

    pub fn same(&self, other: &Self) -> bool {
        self.count == other.count && self.files == other.files
    }

    /// One sentence: how many files, where, and the first of them.
    pub fn words(&self) -> String {
        let mut places: Vec<&str> = self.files.iter().map(|file| file.destination.as_str()).collect();
        places.dedup();
        let name = |file: &DriftedFile| format!("{} {}", file.path, file.change.as_str());
        let mut named: Vec<String> = self.files.iter().take(MOST_IN_WORDS).map(name).collect();
        let more = self.count.saturating_sub(named.len());
        if more > 0 {
            named.push(format!("{more} more"));
        }
        let (files, are) = if self.count == 1 { ("file", "is") } else { ("files", "are") };
        format!("{} {files} at {} {are} not as placed: {}", self.count, places.join(", "), named.join(", "))
    }
}

#[cfg(test)]
mod tests;
