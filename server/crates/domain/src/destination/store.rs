//! A state store: what kind of thing it is and all that is needed to reach it.

use super::{Look, StoreKind, kratix, look, rules};
use crate::{
    condition::Condition,
    error::Result,
    object::{Kind, Object, Typed},
    promise::KRATIX_GROUP,
    time::Timestamp,
};
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

impl StateStore {
    /// Reads a state store document of either format. Errors name the field.
    pub fn read(object: &Object) -> Result<Self> {
        let store = if object.group() == KRATIX_GROUP {
            let backend = if object.kind == StoreKind::BucketStateStore.as_str() {
                Backend::Bucket(kratix::bucket_store(&object.spec)?)
            } else {
                Backend::Git(kratix::git_store(&object.spec)?)
            };
            let status = serde_json::from_value(object.status.clone()).unwrap_or_default();
            Self { metadata: object.metadata.clone(), spec: StateStoreSpec { backend }, status }
        } else {
            Self::parse(object.clone())?
        };
        rules::check_store(&store.spec.backend)?;
        look::every(&object.metadata)?;
        Ok(store)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateStoreSpec {
    /// What kind of store, with what reaches it: exactly one of `git`, `directory`, `bucket`.
    #[serde(flatten)]
    pub backend: Backend,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Backend {
    Git(GitStore),
    Directory(DirectoryStore),
    Bucket(BucketStore),
}

impl Backend {
    /// The folder of the store under which every destination's path lies.
    pub fn path(&self) -> &str {
        match self {
            Self::Git(git) => &git.path,
            Self::Bucket(bucket) => &bucket.path,
            Self::Directory(_) => "",
        }
    }

    /// The object that holds the credentials, where one does.
    pub fn secret(&self) -> Option<&SecretRef> {
        match self {
            Self::Git(GitStore { credentials: Some(GitCredentials::Secret { secret, .. }), .. })
            | Self::Bucket(BucketStore { credentials: Some(BucketCredentials::Secret(secret)), .. }) => Some(secret),
            _ => None,
        }
    }
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
    /// Where the credentials are; they themselves never enter this object.
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
    /// HTTPS: a user name and a file on the server with the token.
    Basic { username: String, password_file: String },
    /// SSH: files on the server with a private key and the hosts it may talk to.
    Ssh { key_file: String, known_hosts_file: String },
    /// A Secret with `username` and `password`, or with `sshPrivateKey` and `knownHosts`.
    Secret {
        #[serde(flatten)]
        secret: SecretRef,
        #[serde(default)]
        method: SignIn,
    },
}

/// How a Secret's values are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SignIn {
    #[default]
    BasicAuth,
    Ssh,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRef {
    pub name: String,
    #[serde(default = "default_namespace")]
    pub namespace: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectoryStore {
    /// An absolute path on the server.
    pub path: String,
}

/// A bucket of any service that speaks the S3 API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BucketStore {
    /// `https://s3.eu-central-1.amazonaws.com`, `minio.example.com:9000`.
    pub endpoint: String,
    /// The bucket's name.
    pub name: String,
    /// A folder in the bucket under which every destination's path lies.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Plain HTTP.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// Amazon's endpoints for IPv4 and IPv6.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub use_dual_stack: bool,
    /// Absent: the identity the machine has (IAM).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<BucketCredentials>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum BucketCredentials {
    /// Files on the server.
    Files { access_key_id_file: String, secret_access_key_file: String },
    /// A Secret with `accessKeyID` and `secretAccessKey`.
    Secret(SecretRef),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StateStoreStatus {
    /// `Ready` or `NotReady`, as Kratix says it in a word.
    pub status: String,
    pub observed_generation: i64,
    pub conditions: Vec<Condition>,
    /// The newest version written or seen: a commit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Failed passes in a row, for the backoff.
    #[serde(skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// When it is asked again after those. What is wanted of it meanwhile asks, too, and does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// The version of the Secret it was last asked with.
    #[serde(skip_serializing_if = "is_none")]
    pub secret_version: i64,
    /// When it was last seen to take writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    /// How its files are looked at.
    #[serde(skip_serializing_if = "super::is_default")]
    pub look: Look,
}

fn main_branch() -> String {
    "main".to_owned()
}

fn default_namespace() -> String {
    "default".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_none(version: &i64) -> bool {
    *version == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
