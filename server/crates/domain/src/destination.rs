//! Where works go: a state store (a repository, a directory) and the places in it.

use crate::object::{Kind, Typed};
use crate::selector::Labels;
use serde::{Deserialize, Serialize};

pub struct StateStoreKind;
impl Kind for StateStoreKind {
    const KIND: &'static str = "StateStore";
    const PLURAL: &'static str = "statestores";
    const NAMESPACED: bool = false;
    type Spec = StateStoreSpec;
    type Status = StateStoreStatus;
}
pub type StateStore = Typed<StateStoreKind>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateStoreSpec {
    /// What kind of store, with what reaches it: exactly one of `git`, `directory`.
    #[serde(flatten)]
    pub backend: Backend,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Backend {
    Git(GitStore),
    Directory(DirectoryStore),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GitStore {
    /// A local path, `https://…`, `ssh://…` or `git@host:path`.
    pub url: String,
    #[serde(default = "main_branch")]
    pub branch: String,
    /// A folder in the repository under which every destination's path lies.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    #[serde(default)]
    pub author: GitAuthor,
    /// Files on the server that hold credentials; their contents never enter an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<GitCredentials>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GitAuthor {
    pub name: String,
    pub email: String,
}

impl Default for GitAuthor {
    fn default() -> Self {
        Self { name: "Midspan".to_owned(), email: "midspan@localhost".to_owned() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum GitCredentials {
    /// HTTPS: a user name and a file with the token.
    Basic { username: String, password_file: String },
    /// SSH: a private key and the hosts it may talk to.
    Ssh { key_file: String, known_hosts_file: String },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectoryStore {
    /// An absolute path on the server.
    pub path: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StateStoreStatus {
    pub observed_generation: i64,
    pub conditions: Vec<crate::condition::Condition>,
    /// The newest version written or seen: a commit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Failed passes in a row, for the backoff.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u32,
}

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
    pub fn labels(&self) -> &Labels {
        &self.metadata.labels
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DestinationSpec {
    /// The folder of this destination in its store.
    pub path: String,
    pub state_store_ref: StateStoreRef,
    /// A destination with labels takes no work that asks for none.
    #[serde(default)]
    pub strict_match_labels: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateStoreRef {
    pub name: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationStatus {
    pub observed_generation: i64,
    pub conditions: Vec<crate::condition::Condition>,
}

fn main_branch() -> String {
    "main".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
