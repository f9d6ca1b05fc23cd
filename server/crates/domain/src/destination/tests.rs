//! What is read from documents of places, Midspan's and Kratix's.

use super::*;
use crate::document;

fn object(yaml: &str) -> Object {
    Object::from_value(document::parse_one(yaml, "test").unwrap()).unwrap()
}

fn kratix(kind: &str, spec: &str) -> Object {
    object(&format!("{{apiVersion: platform.kratix.io/v1alpha1, kind: {kind}, metadata: {{name: x}}, spec: {spec}}}"))
}

#[track_caller]
fn refused<T>(read: Result<T>, pointer: &str, words: &str) {
    let error = read.map(drop).unwrap_err();
    assert_eq!(error.causes[0].pointer, pointer, "{error}");
    assert!(error.message.contains(words), "{error}");
}

#[test]
fn a_kratix_destination_has_the_defaults_of_its_definition() {
    let read = Destination::read(&kratix(
        "Destination",
        "{path: worker-1, stateStoreRef: {name: default, kind: BucketStateStore}}",
    ))
    .unwrap();
    assert_eq!(
        (read.spec.filepath.mode, read.spec.cleanup, read.spec.init_workloads.enabled),
        (Layout::Nested, Some(Cleanup::None), true)
    );
    assert_eq!(read.spec.state_store_ref.key(), "BucketStateStore.default");
}

#[test]
fn our_destination_writes_nothing_unasked_and_guards_what_stands_on_it() {
    let read = Destination::read(&object(
        "{apiVersion: midspan.dev/v1alpha1, kind: Destination, metadata: {name: x}, spec: {path: a, stateStoreRef: {name: gitops}}}",
    ))
    .unwrap();
    assert_eq!((read.spec.cleanup, read.spec.init_workloads.enabled), (None, false));
    assert_eq!(read.spec.state_store_ref.key(), "gitops");
}

#[test]
fn a_key_names_its_store_again() {
    for (key, kind, name) in [
        ("gitops", StoreKind::StateStore, "gitops"),
        ("GitStateStore.a.b", StoreKind::GitStateStore, "a.b"),
        ("BucketStateStore.default", StoreKind::BucketStateStore, "default"),
    ] {
        let reference = StateStoreRef { kind, name: name.to_owned() };
        assert_eq!((StateStoreRef::of_key(key), reference.key().as_str()), (reference.clone(), key));
    }
}

#[test]
fn layouts_are_called_as_kratix_calls_them() {
    for (word, layout) in
        [("nestedByMetadata", Layout::Nested), ("aggregatedYAML", Layout::Aggregated), ("none", Layout::Flat)]
    {
        let spec = format!("{{path: a, stateStoreRef: {{name: d, kind: GitStateStore}}, filepath: {{mode: {word}}}}}");
        assert_eq!(Destination::read(&kratix("Destination", &spec)).unwrap().spec.filepath.mode, layout);
    }
}

#[test]
fn what_a_destination_cannot_be_is_told_at_its_field() {
    let refuse = |spec: &str, pointer, words| refused(Destination::read(&kratix("Destination", spec)), pointer, words);
    refuse("{path: a}", "/spec/stateStoreRef", "Required");
    refuse("{stateStoreRef: {kind: GitStateStore, name: d}}", "/spec/path", "Required");
    refuse("{path: a, stateStoreRef: {kind: Heap, name: d}}", "/spec/stateStoreRef/kind", "Heap");
    refuse("{path: a/../b, stateStoreRef: {kind: GitStateStore, name: d}}", "/spec/path", "..");
    refuse("{path: .midspan/a, stateStoreRef: {kind: GitStateStore, name: d}}", "/spec/path", "own notes");
    refuse("{path: a, stateStoreRef: {kind: GitStateStore, name: d}, cleanup: some}", "/spec/cleanup", "some");
    refuse(
        "{path: a, stateStoreRef: {kind: GitStateStore, name: d}, filepath: {mode: aggregatedYAML, filename: /etc/x}}",
        "/spec/filepath/filename",
        "plain relative path",
    );
    refuse("{path: a, stateStoreRef: {kind: GitStateStore, name: d}, filepaht: {}}", "/spec/filepaht", "filepath");
}

#[test]
fn a_kratix_git_store_names_its_secret_and_how_it_is_used() {
    let read = |spec: &str| StateStore::read(&kratix("GitStateStore", spec));
    let Backend::Git(git) = read("{url: https://git.example.com/x, secretRef: {name: creds}}").unwrap().spec.backend
    else {
        panic!("not git")
    };
    assert_eq!((git.branch.as_str(), git.author.name.as_str()), ("main", "kratix"));
    let secret = SecretRef { name: "creds".to_owned(), namespace: "default".to_owned() };
    assert_eq!(git.credentials, Some(GitCredentials::Secret { secret, method: SignIn::BasicAuth }));
    refused(read("{url: https://x/y, authMethod: githubApp}"), "/spec/authMethod", "deploy key");
    refused(read("{}"), "/spec/url", "Required");
}

#[test]
fn a_kratix_bucket_needs_keys_unless_the_machine_has_an_identity() {
    let read = |spec: &str| StateStore::read(&kratix("BucketStateStore", spec));
    let base = "bucketName: kratix, endpoint: minio.example.com, insecure: true";
    refused(read(&format!("{{{base}}}")), "/spec/secretRef", "Required");
    let Backend::Bucket(bucket) = read(&format!("{{{base}, authMethod: IAM}}")).unwrap().spec.backend else {
        panic!("not a bucket")
    };
    assert_eq!((bucket.name.as_str(), bucket.insecure, bucket.credentials), ("kratix", true, None));
}

#[test]
fn credentials_of_ours_are_spelt_as_the_documentation_spells_them() {
    let read = |credentials: &str| {
        let yaml = format!(
            "{{apiVersion: midspan.dev/v1alpha1, kind: StateStore, metadata: {{name: x}}, spec: {{git: {{url: https://x/y, credentials: {credentials}}}}}}}"
        );
        let Backend::Git(git) = StateStore::read(&object(&yaml)).unwrap().spec.backend else { panic!("not git") };
        git.credentials.unwrap()
    };
    assert!(matches!(read("{basic: {username: u, passwordFile: /p}}"), GitCredentials::Basic { .. }));
    assert!(matches!(read("{ssh: {keyFile: /k, knownHostsFile: /h}}"), GitCredentials::Ssh { .. }));
    let GitCredentials::Secret { secret, method } = read("{secret: {name: s, method: ssh}}") else {
        panic!("no secret")
    };
    assert_eq!((secret.namespace.as_str(), method), ("default", SignIn::Ssh));
}
