//! A work is the set of files one pipeline produced for a resource, split into groups that may go to different destinations.

use crate::{
    digest::Digest,
    object::{Kind, Typed},
    selector::LabelSelector,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where that stands which belongs to a promise itself, and so to no namespace of a resource's.
pub const SYSTEM_NAMESPACE: &str = "midspan-system";

/// The namespace of runs, works and placements of an object in this namespace.
pub fn home(namespace: &str) -> String {
    if namespace.is_empty() { SYSTEM_NAMESPACE } else { namespace }.to_owned()
}

/// Relative path, with `/` between its parts, to content.
pub type Files = BTreeMap<String, Digest>;

pub struct WorkKind;
impl Kind for WorkKind {
    const KIND: &'static str = "Work";
    const PLURAL: &'static str = "works";
    const NAMESPACED: bool = true;
    type Spec = WorkSpec;
    type Status = ();
}
pub type Work = Typed<WorkKind>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkSpec {
    pub promise: String,
    /// The resource's name; empty for the works of a promise itself.
    pub resource: String,
    /// Empty for a promise's dependencies, which no pipeline makes.
    pub pipeline: String,
    /// The run that produced these files.
    pub run: String,
    pub groups: Vec<Group>,
}

/// Files that are scheduled together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// The top folder of the output these files lie in; empty for all that no directory entry names.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub directory: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selectors: Vec<LabelSelector>,
    pub files: Files,
}

/// One entry of `/kratix/metadata/destination-selectors.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectorySelector {
    #[serde(default)]
    pub directory: String,
    #[serde(flatten)]
    pub selector: LabelSelector,
}

/// Splits a pipeline's output into groups. Files keep their directory in their path.
pub fn group(output: &Files, selectors: &[DirectorySelector]) -> Vec<Group> {
    let mut groups: Vec<Group> = selectors
        .iter()
        .filter(|entry| !entry.directory.is_empty())
        .map(|entry| Group {
            directory: entry.directory.clone(),
            selectors: vec![entry.selector.clone()],
            files: Files::new(),
        })
        .collect();
    let mut default = Group {
        selectors: selectors
            .iter()
            .filter(|entry| entry.directory.is_empty())
            .map(|entry| entry.selector.clone())
            .collect(),
        ..Group::default()
    };
    for (path, digest) in output {
        let top = path.split_once('/').map(|(top, _)| top);
        let home = groups.iter_mut().find(|group| Some(group.directory.as_str()) == top).unwrap_or(&mut default);
        home.files.insert(path.clone(), digest.clone());
    }
    groups.push(default);
    groups.retain(|group| !group.files.is_empty());
    groups
}

/// Kratix's group id, part of the placed path: the first five hex digits of the directory's MD5, `.` being the default.
pub fn group_id(directory: &str) -> String {
    use md5::Digest as _;
    let hash = md5::Md5::digest(if directory.is_empty() { "." } else { directory });
    format!("{:02x}{:02x}{:x}", hash[0], hash[1], hash[2] >> 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(directory: &str, environment: &str) -> DirectorySelector {
        let match_labels = BTreeMap::from([("environment".to_owned(), environment.to_owned())]);
        DirectorySelector {
            directory: directory.to_owned(),
            selector: LabelSelector { match_labels, ..LabelSelector::default() },
        }
    }

    #[test]
    fn a_directory_entry_takes_its_folder_and_the_rest_goes_together() {
        let files =
            ["db/a.yaml", "db/deep/b.yaml", "dbx/c.yaml", "d.yaml"].map(|path| (path.to_owned(), Digest::of(path)));
        let groups = group(&files.into(), &[selector("db", "prod"), selector("", "dev")]);
        let told: Vec<_> = groups
            .iter()
            .map(|g| {
                (
                    g.directory.as_str(),
                    g.selectors[0].match_labels["environment"].as_str(),
                    g.files.keys().map(String::as_str).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [("db", "prod", vec!["db/a.yaml", "db/deep/b.yaml"]), ("", "dev", vec!["d.yaml", "dbx/c.yaml"])]
        );
    }

    #[test]
    fn group_ids_are_those_of_kratix() {
        assert_eq!(group_id(""), "5058f");
    }

    #[test]
    fn a_pipeline_without_output_makes_no_group() {
        assert_eq!(group(&Files::new(), &[selector("", "dev")]), []);
    }
}
