//! Where works go: a state store (a repository, a bucket, a directory) and the places in it. Read from Midspan's own documents or from Kratix's.

mod kratix;
mod look;
mod rules;
mod store;

pub use look::{Look, asked as look_asked};
pub use rules::clean;
pub use store::{
    Backend, BucketCredentials, BucketStore, DirectoryStore, GitAuthor, GitCredentials, GitStore, SecretRef, SignIn,
    StateStore, StateStoreKind, StateStoreSpec, StateStoreStatus,
};

use crate::{
    error::Result,
    object::{GROUP, Kind, Object, Typed},
    promise::KRATIX_GROUP,
    selector::Labels,
};
use serde::{Deserialize, Serialize};

/// The groups whose kind `Destination` is a destination document: ours first.
pub const GROUPS: [&str; 2] = [GROUP, KRATIX_GROUP];
/// The finalizer that keeps a deleted destination until its files are gone, Kratix's own.
pub const CLEANUP_FINALIZER: &str = "kratix.io/destination-cleanup";
/// On Kratix's own documents, which have no fields for it: takes nothing new, and how many resources it takes.
pub const CORDONED: &str = "midspan.dev/cordoned";
pub const CAPACITY: &str = "midspan.dev/capacity";

pub struct DestinationKind;
impl Kind for DestinationKind {
    const KIND: &'static str = "Destination";
    const PLURAL: &'static str = "destinations";
    const NAMESPACED: bool = false;
    type Spec = DestinationSpec;
    type Status = DestinationStatus;
}
/// A place in a state store that something outside watches: a cluster's GitOps agent, a Terraform workspace. Its labels are what selectors match.
pub type Destination = Typed<DestinationKind>;

impl Destination {
    /// Reads a destination document of either format. Errors name the field.
    pub fn read(object: &Object) -> Result<Self> {
        let destination = if object.group() == KRATIX_GROUP {
            let spec = kratix::destination(&object.spec, &object.metadata.annotations)?;
            let status = serde_json::from_value(object.status.clone()).unwrap_or_default();
            Self { metadata: object.metadata.clone(), spec, status }
        } else {
            Self::parse(object.clone())?
        };
        rules::check(&destination.spec)?;
        Ok(destination)
    }

    pub fn labels(&self) -> &Labels {
        &self.metadata.labels
    }

    pub fn deleting(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DestinationSpec {
    /// The folder of this destination in its store; `.` or `/` is the top.
    pub path: String,
    pub state_store_ref: StateStoreRef,
    /// A destination with labels takes no work that asks for none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict_match_labels: bool,
    /// How files are laid out below the path.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filepath: Filepath,
    /// What becomes of the files when the destination is deleted. Without a word, it cannot be deleted while something is placed on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleanup: Option<Cleanup>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub init_workloads: InitWorkloads,
    /// How much it takes; without a word, everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// It takes nothing new; what stands stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cordoned: bool,
}

/// How much a destination takes. What stands stays when it is made smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// So many resources, whatever each of them places there.
    pub resources: usize,
}

impl DestinationSpec {
    /// The folder below the store's top, without `.` and doubled slashes; empty for the top itself.
    pub fn folder(&self) -> String {
        clean(&self.path)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateStoreRef {
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: StoreKind,
    pub name: String,
}

impl StateStoreRef {
    /// The store's name in placements, labels and queue keys: our kind is bare, Kratix's have theirs in front.
    pub fn key(&self) -> String {
        match self.kind {
            StoreKind::StateStore => self.name.clone(),
            kind => format!("{}.{}", kind.as_str(), self.name),
        }
    }

    /// The store that a key names. No object's name has an upper-case letter, so a kind in front cannot be part of one.
    pub fn of_key(key: &str) -> Self {
        let kratix = StoreKind::KRATIX.into_iter().find_map(|kind| {
            let name = key.strip_prefix(kind.as_str())?.strip_prefix('.')?;
            Some(Self { kind, name: name.to_owned() })
        });
        kratix.unwrap_or_else(|| Self { kind: StoreKind::StateStore, name: key.to_owned() })
    }

    /// The key of the store that an object is.
    pub fn of(object: &Object) -> Option<Self> {
        let kind =
            StoreKind::ALL.into_iter().find(|kind| kind.as_str() == object.kind && kind.group() == object.group())?;
        Some(Self { kind, name: object.metadata.name.clone() })
    }
}

/// The kinds a state store may be of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreKind {
    #[default]
    StateStore,
    GitStateStore,
    BucketStateStore,
}

impl StoreKind {
    pub const ALL: [Self; 3] = [Self::StateStore, Self::GitStateStore, Self::BucketStateStore];
    const KRATIX: [Self; 2] = [Self::GitStateStore, Self::BucketStateStore];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::StateStore => "StateStore",
            Self::GitStateStore => "GitStateStore",
            Self::BucketStateStore => "BucketStateStore",
        }
    }

    pub fn group(self) -> &'static str {
        match self {
            Self::StateStore => GROUP,
            Self::GitStateStore | Self::BucketStateStore => KRATIX_GROUP,
        }
    }

    /// `gitstatestores.platform.kratix.io`, as messages name a kind.
    pub fn resource(self) -> String {
        format!("{}s.{}", self.as_str().to_lowercase(), self.group())
    }
}

/// How files are laid out below a destination's path; the words are Kratix's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Filepath {
    pub mode: Layout,
    /// The one file of `aggregatedYAML`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filename: String,
}

impl Filepath {
    pub fn filename(&self) -> &str {
        if self.filename.is_empty() { "aggregated.yaml" } else { &self.filename }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// A folder for each placement, named by what owns it.
    #[default]
    #[serde(rename = "nestedByMetadata")]
    Nested,
    /// One YAML file for everything.
    #[serde(rename = "aggregatedYAML")]
    Aggregated,
    /// Files as the pipeline named them, side by side.
    #[serde(rename = "none")]
    Flat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cleanup {
    /// The files stay where they are, and nobody looks after them any more.
    None,
    /// Everything placed there is removed, and placed elsewhere if something else fits.
    All,
}

/// Whether two small manifests are put there at the beginning, so that an agent has something to find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitWorkloads {
    pub enabled: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationStatus {
    pub observed_generation: i64,
    pub conditions: Vec<crate::condition::Condition>,
    /// The files put there at the beginning, by their paths in the store.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub init_files: Vec<String>,
    /// How many resources have something there, as it was counted when this was read; only where there is a capacity.
    #[serde(skip)]
    pub standing: usize,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests;
