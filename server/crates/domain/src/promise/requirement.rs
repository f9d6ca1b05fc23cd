//! A promise that needs others: what it names, how that stands, and that nobody comes to need itself.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Another promise that must be there; with a version, one that has had this version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    pub name: String,
    #[serde(default)]
    pub version: String,
}

/// How a requirement stands, in Kratix's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequirementState {
    #[serde(rename = "Requirement installed")]
    Installed,
    #[serde(rename = "Requirement not installed")]
    NotInstalled,
    #[serde(rename = "Requirement not installed at the specified version")]
    OtherVersion,
    #[serde(rename = "Requirement not available")]
    NotAvailable,
    #[default]
    #[serde(rename = "Requirement state unknown", other)]
    Unknown,
}

impl RequirementState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "Requirement installed",
            Self::NotInstalled => "Requirement not installed",
            Self::OtherVersion => "Requirement not installed at the specified version",
            Self::NotAvailable => "Requirement not available",
            Self::Unknown => "Requirement state unknown",
        }
    }
}

/// One line of `status.requiredPromises`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequirementStatus {
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    pub state: RequirementState,
}

/// One line of `status.requiredBy`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequiredBy {
    pub promise: PromiseName,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub required_version: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PromiseName {
    pub name: String,
    pub version: String,
}

/// The way from a promise back to itself over what each requires: `[a, b, a]`. Empty when there is none.
pub fn cycle(from: &str, requires: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut way = vec![from.to_owned()];
    let mut seen = std::collections::BTreeSet::new();
    // each entry: how long the way is up to the promise that is looked at next
    let mut open: Vec<(usize, &str)> =
        requires.get(from).into_iter().flatten().rev().map(|name| (1, &**name)).collect();
    while let Some((length, name)) = open.pop() {
        way.truncate(length);
        way.push(name.to_owned());
        if name == from {
            return way;
        }
        if seen.insert(name) {
            open.extend(requires.get(name).into_iter().flatten().rev().map(|next| (length + 1, &**next)));
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(requires: &[(&str, &[&str])], expected: &[&str]) {
        let requires = requires
            .iter()
            .map(|(name, others)| ((*name).to_owned(), others.iter().map(|other| (*other).to_owned()).collect()))
            .collect();
        assert_eq!(cycle("a", &requires), expected);
    }

    #[test]
    fn a_circle_of_requirements_is_named() {
        check(&[("a", &["a"])], &["a", "a"]);
        check(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["e"]), ("e", &["a"])], &["a", "c", "e", "a"]);
    }

    #[test]
    fn what_others_go_round_in_is_theirs() {
        check(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])], &[]);
        check(&[("b", &["a"])], &[]);
    }

    #[test]
    fn the_words_are_those_of_kratix() {
        for state in [RequirementState::Installed, RequirementState::OtherVersion, RequirementState::Unknown] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
