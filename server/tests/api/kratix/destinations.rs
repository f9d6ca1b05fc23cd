//! The promises of Kratix's destination suite with their own pipelines, at destinations of each layout. What destinations do else is told in `destinations`.

use super::{Scenario, play, stands};
use crate::{midspan::Midspan, people::Person};
use domain::document;
use serde_json::json;

const STORE: &str = "destination-git-test-store";

/// Kratix's store and destination, in the repository that is here instead of its cluster's services.
async fn destination(midspan: &Midspan, paul: &Person, scenario: &Scenario, file: &str) -> String {
    let mut store = scenario.one("destination-git-test-store.yaml");
    store["spec"]["url"] = json!(midspan.repository().to_str().unwrap());
    paul.applies(&store).await;
    let mut place = scenario.one(file);
    place["spec"]["stateStoreRef"] = json!({"kind": "GitStateStore", "name": STORE});
    let path = paul.applies(&place).await;
    paul.see(&path, stands("Ready")).await;
    path
}

impl Midspan {
    /// The files below a folder, canaries and bookkeeping aside.
    fn below(&self, folder: &str) -> Vec<String> {
        let listed = self.in_repository(&["ls-tree", "-r", "--name-only", "main"]);
        let paths = listed.lines().filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'));
        paths
            .filter(|path| !path.contains("kratix-canary") && !path.starts_with(".kratix"))
            .map(str::to_owned)
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_file_gathers_what_the_promise_and_its_requests_made() {
    play("systest-destination", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        destination(midspan, &paul, scenario, "destination-aggregated-yaml.yaml").await;
        let promise = paul.applies(&scenario.one("promise.yaml")).await;
        paul.see(&promise, stands("Reconciled")).await;
        let mut requests = Vec::new();
        for request in scenario.all("resources.yaml") {
            let path = dana.applies(&request).await;
            dana.see(&path, stands("Reconciled")).await;
            requests.push(path);
        }
        let names = || {
            let text = midspan.in_repository(&["show", "main:aggregated-yaml/catalog.yaml"]);
            let all = document::parse_all(&text, "catalog.yaml").unwrap();
            let mut names: Vec<String> =
                all.iter().map(|one| one["metadata"]["name"].as_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(names(), ["aggregate-test-ns", "req-1", "req-2"]);
        dana.delete(&requests[0]).await.good();
        dana.is_gone(&requests[0]).await;
        assert_eq!(names(), ["aggregate-test-ns", "req-2"]);
        paul.delete(&promise).await.good();
        paul.is_gone(&promise).await;
        assert!(midspan.below("aggregated-yaml").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flat_files_come_and_go_under_their_own_names() {
    play("systest-destination", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        destination(midspan, &paul, scenario, "destination-git-filepathmode-none.yaml").await;
        let promise = paul.applies(&scenario.one("promise-filepathmode-none.yaml")).await;
        paul.see(&promise, stands("Reconciled")).await;
        let request = dana.applies(&scenario.one("resource-filepathmode-none.yaml")).await;
        dana.see(&request, stands("Reconciled")).await;
        assert_eq!(
            midspan.below("filepathmode-none"),
            ["filepathmode-none-cm-modenone-request-1.yaml", "filepathmode-none-ns.yaml"]
        );
        dana.delete(&request).await.good();
        dana.is_gone(&request).await;
        assert_eq!(midspan.below("filepathmode-none"), ["filepathmode-none-ns.yaml"]);
        paul.delete(&promise).await.good();
        paul.is_gone(&promise).await;
        assert!(midspan.below("filepathmode-none").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_cleans_up_takes_its_files_along() {
    play("systest-destination", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        let place = destination(midspan, &paul, scenario, "destination-cleanup-all.yaml").await;
        let promise = paul.applies(&scenario.one("promise-cleanup-all.yaml")).await;
        paul.see(&promise, stands("Reconciled")).await;
        let request = dana.applies(&scenario.one("resources-cleanup-all.yaml")).await;
        dana.see(&request, stands("Reconciled")).await;
        assert_eq!(midspan.below("cleanup-all").len(), 2, "the promise's file and the request's");
        paul.delete(&place).await.good();
        paul.is_gone(&place).await;
        assert!(midspan.below("cleanup-all").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_written_over_what_was_there() {
    play("systest-destination", async |midspan, scenario| {
        let (dana, paul) = (midspan.dana(), midspan.paul());
        destination(midspan, &paul, scenario, "destination-git-recovery.yaml").await;
        let promise = paul.applies(&scenario.one("promise-git-recovery.yaml")).await;
        paul.see(&promise, stands("Available")).await;
        let mut request = scenario.one("resource-git-recovery.yaml");
        for value in ["one", "two"] {
            request["spec"]["value"] = json!(value);
            let path = dana.applies(&request).await;
            dana.see(&path, |seen| {
                stands("Reconciled")(seen)
                    && seen.body["status"]["observedGeneration"] == seen.body["metadata"]["generation"]
            })
            .await;
            let files = midspan.below("git-recovery");
            assert_eq!(files.len(), 1, "{files:?}");
            let text = midspan.in_repository(&["show", &format!("main:git-recovery/{}", files[0])]);
            assert!(text.contains(&format!("value: \"{value}\"")), "{text}");
        }
    })
    .await;
}
