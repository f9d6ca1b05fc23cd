//! What becomes of a pipeline's folders: the samples of Kratix's work creator, each left by a container and looked at as a work.

use super::{condition, folder, images, play, stands};
use crate::people::Person;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::document;
use serde_json::{Value, json};
use std::{fmt::Write as _, fs, path::Path};

const SAMPLES: &str = "_work-creator-samples";
const WORKS: &str = "/apis/midspan.dev/v1alpha1/namespaces/default/works";

/// A script that leaves these files below a folder.
fn leave(script: &mut String, from: &Path, to: &str) {
    let Ok(entries) = fs::read_dir(from) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let to = format!("{to}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            writeln!(script, "busybox mkdir -p {to}").unwrap();
            leave(script, &entry.path(), &to);
        } else {
            writeln!(script, "echo {} | base64 -d > {to}", STANDARD.encode(fs::read(entry.path()).unwrap())).unwrap();
        }
    }
}

/// A promise whose pipeline leaves the sample's folders, with the selectors that the sample has for its promise.
fn promise(sample: &Path, whose: &str) -> Value {
    let mut script = "set -e\n".to_owned();
    leave(&mut script, &sample.join("input"), "/kratix/output");
    leave(&mut script, &sample.join("metadata"), "/kratix/metadata");
    let scheduling = fs::read_to_string(sample.join("kratix-system/promise-scheduling")).unwrap_or_default();
    let mut selectors = document::parse_one(&scheduling, "promise-scheduling").unwrap_or_default();
    for selector in selectors.as_array_mut().into_iter().flatten() {
        selector.as_object_mut().unwrap().remove("source");
    }
    let image = "ghcr.io/syntasso/kratix-pipeline-utility:v0.0.1";
    let container = json!({"name": "leave", "image": image, "command": ["sh", "-c", script]});
    let pipeline = json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "Pipeline", "metadata": {"name": "configure"},
        "spec": {"containers": [container], "jobOptions": {"backoffLimit": 0}}});
    let api = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "samples.test.kratix.io"},
        "spec": {"group": "test.kratix.io", "scope": "Namespaced", "names": {"kind": "Sample", "plural": "samples", "singular": "sample"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]},
    });
    json!({
        "apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "sample"},
        "spec": {"api": api, "destinationSelectors": selectors, "workflows": {whose: {"configure": [pipeline]}}},
    })
}

async fn destination(paul: &Person, name: &str, labels: Value) {
    let document = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Destination", "metadata": {"name": name, "labels": labels},
        "spec": {"path": format!("clusters/dev/at/{name}"), "stateStoreRef": {"name": "gitops"}}});
    paul.applies(&document).await;
}

/// `baz {"environment":"staging"}: a.yaml b.yaml`
fn told(group: &Value) -> String {
    let directory = group["directory"].as_str().unwrap_or(".");
    let selectors: Vec<String> =
        group["selectors"].as_array().into_iter().flatten().map(|one| one["matchLabels"].to_string()).collect();
    let files: Vec<&str> = group["files"].as_object().unwrap().keys().map(String::as_str).collect();
    format!("{directory} {}: {}", selectors.join(" "), files.join(" "))
}

async fn check(sample: &str, groups: &[&str], placed: &[&str]) {
    play(SAMPLES, async |midspan, _| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let path = folder(SAMPLES).unwrap().join(sample);
        destination(&paul, "here", json!({"environment": "dev", "workflow": "label", "region": "europe"})).await;
        destination(&paul, "staging", json!({"environment": "staging"})).await;
        paul.applies(&promise(&path, "resource")).await;
        let request =
            json!({"apiVersion": "test.kratix.io/v1", "kind": "Sample", "metadata": {"name": "one"}, "spec": {}});
        let resource = dana.applies(&request).await;
        dana.see(&resource, stands("Reconciled")).await;
        let works = dana.get(WORKS).await.good();
        let found: Vec<String> = works["items"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|work| work["spec"]["groups"].as_array().unwrap())
            .map(told)
            .collect();
        assert_eq!(found, groups);
        let standing: Vec<String> = midspan.standing().into_iter().filter(|path| path.contains("/sample/")).collect();
        assert_eq!(standing, placed);
    })
    .await;
}

const REST: &str = "configmap.yaml foo/bar/namespace-resource-request.yaml foo/multi-resource-requests.yaml";

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_with_selectors_of_its_own_goes_its_own_way() {
    let below =
        |place: &str, id: &str, file: &str| format!("at/{place}/resources/default/sample/one/configure/{id}/{file}");
    let baz = "baz/baz-namespace-resource-request.yaml";
    let staging = format!(r#"baz {{"environment":"staging"}}: {baz}"#);
    let rest = format!(r#". {{"environment":"production","region":"europe"}}: {REST}"#);
    for sample in ["complete", "complete-updated"] {
        let files: Vec<String> =
            REST.split(' ').map(|file| below("here", "5058f", file)).chain([below("staging", "73fef", baz)]).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        check(sample, &[&staging, &rest], &files).await;
    }
    check("empty-default-workload-group", &[&staging], &[&below("staging", "73fef", baz)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_metadata_everything_goes_where_the_promise_says() {
    play(SAMPLES, async |midspan, _| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        paul.applies(&promise(&folder(SAMPLES).unwrap().join("empty-metadata"), "resource")).await;
        let request =
            json!({"apiVersion": "test.kratix.io/v1", "kind": "Sample", "metadata": {"name": "one"}, "spec": {}});
        let resource = dana.applies(&request).await;
        dana.see(&resource, stands("Reconciled")).await;
        let works = dana.get(WORKS).await.good();
        let groups = works["items"][0]["spec"]["groups"].as_array().unwrap();
        assert_eq!(
            groups.iter().map(told).collect::<Vec<_>>(),
            [". : multi-resource-requests.yaml namespace-resource-request.yaml"]
        );
        assert!(midspan.file("5058f/multi-resource-requests.yaml").contains("messaging"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promises_own_files_go_to_every_place_that_fits() {
    play(SAMPLES, async |midspan, _| {
        let paul = midspan.paul();
        for name in ["one", "two"] {
            destination(&paul, name, json!({"environment": "dev", "region": "europe"})).await;
        }
        destination(&paul, "staging", json!({"environment": "staging"})).await;
        let path = paul.applies(&promise(&folder(SAMPLES).unwrap().join("complete-for-promise"), "promise")).await;
        paul.see(&path, stands("Reconciled")).await;
        let standing: Vec<String> = midspan
            .standing()
            .into_iter()
            .filter(|path| path.ends_with("configmap.yaml") && path.contains("/sample/"))
            .collect();
        let below = |place: &str| format!("at/{place}/dependencies/sample/configure/5058f/configmap.yaml");
        assert_eq!(standing, [below("one"), below("two")]);
        assert!(midspan.file("staging/dependencies/sample").contains("baz-database"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_asks_to_wait_makes_no_work() {
    play(SAMPLES, async |midspan, _| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let request =
            json!({"apiVersion": "test.kratix.io/v1", "kind": "Sample", "metadata": {"name": "one"}, "spec": {}});
        let samples = folder(SAMPLES).unwrap();
        for (sample, asks_again) in [("complete-with-suspend", false), ("complete-with-retry", true)] {
            let path = paul.applies(&promise(&samples.join(sample), "resource")).await;
            let resource = dana.applies(&request).await;
            let seen = dana
                .see(&resource, |seen| condition(&seen.body, "Reconciled") == "False WorkflowSuspended")
                .await
                .good();
            let pipeline = &seen["status"]["kratix"]["workflows"]["pipelines"][0];
            assert_eq!(
                (&pipeline["message"], pipeline["nextRetryAt"].is_string()),
                (&json!("waiting for approval"), asks_again)
            );
            assert!(dana.get(WORKS).await.names().is_empty());
            paul.delete(&path).await.good();
            paul.is_gone(&path).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_again_is_stronger_than_suspending_and_nonsense_fails() {
    play(SAMPLES, async |midspan, _| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let control = folder(SAMPLES).unwrap().join("workflow-control");
        let scratch = Path::new(images::SCRATCH).join(format!("control-{}", midspan.address.port()));
        let request =
            json!({"apiVersion": "test.kratix.io/v1", "kind": "Sample", "metadata": {"name": "one"}, "spec": {}});
        for (file, reconciled) in [
            ("workflow-control-with-retry.yaml", "False WorkflowSuspended"),
            ("workflow-control-with-invalid-retry.yaml", "False ConfigureWorkflowFailed"),
        ] {
            fs::create_dir_all(scratch.join("metadata")).unwrap();
            fs::copy(control.join(file), scratch.join("metadata/workflow-control.yaml")).unwrap();
            let path = paul.applies(&promise(&scratch, "resource")).await;
            let resource = dana.applies(&request).await;
            let seen = dana.see(&resource, |seen| condition(&seen.body, "Reconciled") == reconciled).await.good();
            let pipeline = &seen["status"]["kratix"]["workflows"]["pipelines"][0];
            assert_eq!(pipeline["nextRetryAt"].is_string(), reconciled.ends_with("Suspended"), "{pipeline}");
            paul.delete(&path).await.good();
            paul.is_gone(&path).await;
        }
        fs::remove_dir_all(scratch).unwrap();
    })
    .await;
}
