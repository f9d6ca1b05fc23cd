//! Kratix's documents of places: Destination, GitStateStore, BucketStateStore, with the defaults of their definitions.

use super::{
    BucketCredentials, BucketStore, CAPACITY, CORDONED, Capacity, Cleanup, DestinationSpec, Filepath, GitAuthor,
    GitCredentials, GitStore, InitWorkloads, SecretRef, SignIn, StateStoreRef, StoreKind,
    rules::{required, wrong},
};
use crate::{error::Result, object::decode};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Where Kratix looks for a Secret whose reference names no namespace.
const SECRET_NAMESPACE: &str = "default";

pub(super) fn destination(spec: &Value, annotations: &BTreeMap<String, String>) -> Result<DestinationSpec> {
    let document: DestinationDocument = read(spec)?;
    let reference = document.state_store_ref.ok_or_else(|| required("spec.stateStoreRef"))?;
    let kind = match reference.kind.as_str() {
        "GitStateStore" => StoreKind::GitStateStore,
        "BucketStateStore" => StoreKind::BucketStateStore,
        "" => return Err(required("spec.stateStoreRef.kind")),
        other => {
            let problem =
                format!("Unsupported value: {other:?}: supported values: \"BucketStateStore\", \"GitStateStore\"");
            return Err(wrong("spec.stateStoreRef.kind", &problem));
        }
    };
    Ok(DestinationSpec {
        path: document.path.ok_or_else(|| required("spec.path"))?,
        state_store_ref: StateStoreRef { kind, name: reference.name },
        strict_match_labels: document.strict_match_labels,
        filepath: document.filepath,
        cleanup: Some(document.cleanup.unwrap_or(Cleanup::None)),
        init_workloads: InitWorkloads { enabled: document.init_workloads.enabled },
        capacity: capacity(annotations)?,
        cordoned: annotations.get(CORDONED).is_some_and(|cordoned| cordoned == "true"),
    })
}

fn capacity(annotations: &BTreeMap<String, String>) -> Result<Option<Capacity>> {
    let Some(told) = annotations.get(CAPACITY) else { return Ok(None) };
    match told.parse() {
        Ok(resources) => Ok(Some(Capacity { resources })),
        Err(_) => Err(wrong(
            &format!("metadata.annotations[{CAPACITY}]"),
            &format!("{told:?} is not a number of resources such as \"10\""),
        )),
    }
}

pub(super) fn git_store(spec: &Value) -> Result<GitStore> {
    let document: GitDocument = read(spec)?;
    let method = match document.auth_method.as_deref().unwrap_or("basicAuth") {
        "basicAuth" => SignIn::BasicAuth,
        "ssh" => SignIn::Ssh,
        "githubApp" => {
            let problem =
                "githubApp is not supported: give the app's repository a token (basicAuth) or a deploy key (ssh)";
            return Err(wrong("spec.authMethod", problem));
        }
        other => {
            let problem = format!("Unsupported value: {other:?}: supported values: \"basicAuth\", \"ssh\"");
            return Err(wrong("spec.authMethod", &problem));
        }
    };
    let author = document.git_author;
    Ok(GitStore {
        url: document.url.ok_or_else(|| required("spec.url"))?,
        branch: document.branch.unwrap_or_else(|| "main".to_owned()),
        path: document.path,
        author: GitAuthor {
            name: author.name.unwrap_or_else(|| "kratix".to_owned()),
            email: author.email.unwrap_or_else(|| "kratix@localhost".to_owned()),
        },
        credentials: secret(document.secret_ref)?.map(|secret| GitCredentials::Secret { secret, method }),
    })
}

pub(super) fn bucket_store(spec: &Value) -> Result<BucketStore> {
    let document: BucketDocument = read(spec)?;
    let secret = secret(document.secret_ref)?;
    let credentials = match (document.auth_method.as_deref().unwrap_or("accessKey"), secret) {
        ("IAM", _) => None,
        ("accessKey", Some(secret)) => Some(BucketCredentials::Secret(secret)),
        ("accessKey", None) => return Err(required("spec.secretRef")),
        (other, _) => {
            let problem = format!("Unsupported value: {other:?}: supported values: \"accessKey\", \"IAM\"");
            return Err(wrong("spec.authMethod", &problem));
        }
    };
    Ok(BucketStore {
        endpoint: document.endpoint.ok_or_else(|| required("spec.endpoint"))?,
        name: document.bucket_name.ok_or_else(|| required("spec.bucketName"))?,
        path: document.path,
        region: String::new(),
        insecure: document.insecure,
        use_dual_stack: document.use_dual_stack,
        credentials,
    })
}

fn secret(reference: Option<SecretDocument>) -> Result<Option<SecretRef>> {
    let Some(SecretDocument { name, namespace }) = reference else { return Ok(None) };
    if name.is_empty() {
        return Err(required("spec.secretRef.name"));
    }
    Ok(Some(SecretRef { name, namespace: namespace.unwrap_or_else(|| SECRET_NAMESPACE.to_owned()) }))
}

fn read<T: DeserializeOwned>(spec: &Value) -> Result<T> {
    decode(if spec.is_null() { json!({}) } else { spec.clone() }, "spec")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DestinationDocument {
    path: Option<String>,
    state_store_ref: Option<ReferenceDocument>,
    #[serde(default)]
    strict_match_labels: bool,
    #[serde(default)]
    filepath: Filepath,
    cleanup: Option<Cleanup>,
    #[serde(default)]
    init_workloads: InitDocument,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct InitDocument {
    enabled: bool,
}

impl Default for InitDocument {
    fn default() -> Self {
        Self { enabled: true }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ReferenceDocument {
    kind: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretDocument {
    #[serde(default)]
    name: String,
    namespace: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AuthorDocument {
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GitDocument {
    url: Option<String>,
    #[serde(default)]
    path: String,
    branch: Option<String>,
    auth_method: Option<String>,
    #[serde(default)]
    git_author: AuthorDocument,
    secret_ref: Option<SecretDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BucketDocument {
    bucket_name: Option<String>,
    endpoint: Option<String>,
    #[serde(default)]
    path: String,
    #[serde(default)]
    insecure: bool,
    #[serde(default)]
    use_dual_stack: bool,
    auth_method: Option<String>,
    secret_ref: Option<SecretDocument>,
}
