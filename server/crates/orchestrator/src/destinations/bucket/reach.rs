//! The way to a bucket: its address, its keys, and its answers in words that help.

use crate::destinations::{Target, wrong_field};
use bytes::Bytes;
use domain::{
    Error, ErrorKind, Result,
    destination::{BucketCredentials, BucketStore},
};
use futures::TryStreamExt as _;
use md5::Digest as _;
use object_store::{
    ClientOptions, ObjectMeta, ObjectStore as _, ObjectStoreExt as _, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use std::time::Duration;

/// Bytes of a file that holds a key.
const LONGEST_KEY: usize = 4096;

/// A bucket that can be asked.
pub(super) struct Bucket {
    pub store: AmazonS3,
    name: String,
    endpoint: String,
    secrets: Vec<String>,
}

impl Bucket {
    pub async fn of(target: &Target, store: &BucketStore) -> Result<Self> {
        let endpoint = endpoint(store)?;
        let region = if store.region.is_empty() { region(&endpoint) } else { &store.region };
        let client = ClientOptions::new()
            .with_connect_timeout(Duration::from_secs(10))
            .with_timeout(Duration::from_mins(2))
            .with_allow_http(endpoint.starts_with("http://"));
        let retry = RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(20), ..RetryConfig::default() };
        let mut builder = match &store.credentials {
            // what the machine is: the variables and services that the provider's own tools ask
            None => AmazonS3Builder::from_env(),
            Some(_) => AmazonS3Builder::new(),
        };
        let mut secrets = Vec::new();
        if let Some((id, key)) = keys(target, store).await? {
            secrets = vec![id.clone(), key.clone()];
            builder = builder.with_access_key_id(id).with_secret_access_key(key);
        }
        let built = builder
            .with_endpoint(&endpoint)
            .with_region(region)
            .with_bucket_name(&store.name)
            .with_client_options(client)
            .with_retry(retry)
            .build();
        let built = built.map_err(|error| Error::unavailable(format!("the bucket cannot be used: {error}")))?;
        Ok(Self { store: built, name: store.name.clone(), endpoint, secrets })
    }

    pub async fn list(&self, folder: &str) -> Result<Vec<ObjectMeta>> {
        let prefix = path(folder)?;
        self.store.list(Some(&prefix)).try_collect().await.map_err(|error| self.cannot("list", folder, error))
    }

    pub async fn head(&self, object: &str) -> Result<Option<ObjectMeta>> {
        match self.store.head(&path(object)?).await {
            Ok(found) => Ok(Some(found)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.cannot("read", object, error)),
        }
    }

    pub async fn read(&self, object: &str) -> Result<Option<Bytes>> {
        let cannot = |error| self.cannot("read", object, error);
        match self.store.get(&path(object)?).await {
            Ok(answer) => answer.bytes().await.map(Some).map_err(cannot),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(cannot(error)),
        }
    }

    pub async fn put(&self, object: &str, content: Bytes) -> Result<()> {
        self.store
            .put(&path(object)?, content.into())
            .await
            .map(drop)
            .map_err(|error| self.cannot("write", object, error))
    }

    pub async fn delete(&self, object: &str) -> Result<()> {
        match self.store.delete(&path(object)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.cannot("remove", object, error)),
        }
    }

    /// Whether the object has this content. Its ETag is the content's MD5 unless it was put in parts or encrypted; then it is read.
    pub async fn holds(&self, object: &ObjectMeta, content: &Bytes) -> Result<bool> {
        if object.size != content.len() as u64 {
            return Ok(false);
        }
        let sum: String = md5::Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        if object.e_tag.as_deref().is_some_and(|tag| tag.trim_matches('"') == sum) {
            return Ok(true);
        }
        Ok(self.read(object.location.as_ref()).await?.as_ref() == Some(content))
    }

    pub fn cannot(&self, doing: &str, object: &str, error: object_store::Error) -> Error {
        let (name, endpoint) = (&self.name, &self.endpoint);
        let said = self.without_secrets(&error.to_string());
        let lower = said.to_lowercase();
        let (kind, problem) = match error {
            _ if lower.contains("nosuchbucket") => {
                (ErrorKind::NotFound, format!("there is no bucket {name:?} at {endpoint}"))
            }
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                (ErrorKind::Forbidden, format!("the bucket {name:?} does not let Midspan {doing} {object:?}"))
            }
            _ => (ErrorKind::ServiceUnavailable, format!("cannot {doing} {object:?} in bucket {name:?} at {endpoint}")),
        };
        let cause: String = said.chars().filter(|c| !c.is_control()).take(300).collect();
        Error::new(kind, format!("{problem}: {cause}"))
    }

    fn without_secrets(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[secret]"))
    }
}

fn path(text: &str) -> Result<Path> {
    Path::parse(text)
        .map_err(|error| Error::bad_request(format!("the path {text:?} cannot stand in a bucket: {error}")))
}

async fn keys(target: &Target, store: &BucketStore) -> Result<Option<(String, String)>> {
    let key = |field: &str, text: &str| {
        let key = text.trim_end_matches(['\r', '\n']);
        if key.is_empty() || key.len() > LONGEST_KEY || key.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(wrong_field(field, "must hold one line, the key"));
        }
        Ok(key.to_owned())
    };
    Ok(match &store.credentials {
        None => None,
        Some(BucketCredentials::Files { access_key_id_file, secret_access_key_file }) => {
            let mut both = Vec::new();
            for (field, file) in [
                ("spec.bucket.credentials.files.accessKeyIdFile", access_key_id_file),
                ("spec.bucket.credentials.files.secretAccessKeyFile", secret_access_key_file),
            ] {
                let text = tokio::fs::read_to_string(file).await;
                both.push(key(field, &text.map_err(|error| wrong_field(field, &format!("cannot be read: {error}")))?)?);
            }
            both.pop().and_then(|secret| Some((both.pop()?, secret)))
        }
        Some(BucketCredentials::Secret(_)) => {
            let secret = target.secret()?;
            let value = |name: &str| key(name, secret.text(name)?);
            Some((value("accessKeyID")?, value("secretAccessKey")?))
        }
    })
}

/// The address with its scheme; Amazon's for both IPv4 and IPv6 where that is asked for.
fn endpoint(store: &BucketStore) -> Result<String> {
    let (scheme, host) = match store.endpoint.split_once("://") {
        Some((scheme, host)) => (scheme, host),
        None => (if store.insecure { "http" } else { "https" }, store.endpoint.as_str()),
    };
    let host = host.trim_end_matches('/');
    let named = |c: char| c.is_ascii_alphanumeric() || "-._:[]/".contains(c);
    if !matches!(scheme, "http" | "https") || host.is_empty() || !host.chars().all(named) {
        return Err(wrong_field("spec.endpoint", "must be a host with an optional port, or an http or https address"));
    }
    if scheme == "http" && !store.insecure {
        return Err(wrong_field("spec.endpoint", "is plain http; say insecure: true if that is meant"));
    }
    let dual = host.strip_prefix("s3.").filter(|rest| store.use_dual_stack && rest.ends_with("amazonaws.com"));
    let host = dual.map_or_else(|| host.to_owned(), |rest| format!("s3.dualstack.{rest}"));
    Ok(format!("{scheme}://{host}"))
}

/// Amazon names the region in the address; elsewhere it hardly matters.
fn region(endpoint: &str) -> &str {
    let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host);
    let parts: Vec<&str> = host.split('.').collect();
    match parts.as_slice() {
        ["s3", "dualstack", region, "amazonaws", ..] | ["s3", region, "amazonaws", ..] => region,
        _ => "us-east-1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(store: BucketStore, expected: Option<(&str, &str)>) {
        let endpoint = endpoint(&store).ok();
        assert_eq!(endpoint.as_deref().map(|endpoint| (endpoint, region(endpoint))), expected);
    }

    #[test]
    fn endpoints_are_read_as_kratix_reads_them() {
        let of = |endpoint: &str, insecure, use_dual_stack| BucketStore {
            endpoint: endpoint.to_owned(),
            insecure,
            use_dual_stack,
            ..BucketStore::default()
        };
        check(of("minio.example.com:9000", true, false), Some(("http://minio.example.com:9000", "us-east-1")));
        check(
            of("s3.eu-west-1.amazonaws.com", false, false),
            Some(("https://s3.eu-west-1.amazonaws.com", "eu-west-1")),
        );
        check(
            of("s3.eu-west-1.amazonaws.com", false, true),
            Some(("https://s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1")),
        );
        check(of("http://minio", false, false), None);
        check(of("ftp://minio", true, false), None);
        check(of("https://user:pass@minio", false, false), None);
    }
}
