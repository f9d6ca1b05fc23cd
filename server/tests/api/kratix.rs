//! Kratix's own documents, run: the scenarios of its system tests and the promises that its users publish, unchanged, in real containers.
//!
//! They are read from `../shared/data/kratix` beside the repository, or below `MIDSPAN_TEST_DATA` when the tests are built; where they are missing, or
//! there is no podman, a play says so and is left out. No image is pulled: all names of images lead to one that is built here.

mod control;
mod destinations;
mod images;
mod market;
mod page;
mod reconciliation;
mod releases;
mod revisions;
mod works;

use crate::{
    data,
    midspan::{Midspan, everywhere_on},
    people::{Answer, Person},
};
use domain::document;
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Command};

pub const PROMISES: &str = "/apis/platform.kratix.io/v1alpha1/promises";
const SUSPENDED: &str = "kratix.io/workflow-suspended";

/// The folder of a scenario, if it is here.
pub fn folder(scenario: &str) -> Option<PathBuf> {
    data::at_hand(&format!("kratix/{scenario}"))
}

/// The documents of one of Kratix's scenarios.
pub struct Scenario(PathBuf);

impl Scenario {
    pub fn all(&self, file: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.0.join(file)).unwrap();
        document::parse_all(&text, file).unwrap().into_iter().filter(|document| !document.is_null()).collect()
    }

    #[track_caller]
    pub fn one(&self, file: &str) -> Value {
        self.all(file).into_iter().next().unwrap()
    }

    pub fn has(&self, file: &str) -> bool {
        self.0.join(file).exists()
    }
}

/// Plays a scenario on every database, on a machine that runs containers.
pub async fn play(scenario: &str, play: impl AsyncFn(&Midspan, &Scenario)) {
    let (Some(folder), Some(ground)) = (folder(scenario), images::ground()) else { return };
    everywhere_on(&ground, async |midspan| play(midspan, &Scenario(folder.clone())).await).await;
}

/// `True Reconciled`
pub fn condition(object: &Value, kind: &str) -> String {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let found = conditions.into_iter().find(|condition| condition["type"] == kind).unwrap_or_default();
    format!("{} {}", found["status"].as_str().unwrap_or("none"), found["reason"].as_str().unwrap_or_default())
}

pub fn stands(kind: &str) -> impl Fn(&Answer) -> bool {
    move |seen| condition(&seen.body, kind).starts_with("True")
}

/// `pipe-1 Suspended: waiting for approval`, one for each pipeline, as Kratix tells them.
pub fn pipelines(object: &Value) -> Vec<String> {
    let all = object["status"]["kratix"]["workflows"]["pipelines"].as_array().cloned().unwrap_or_default();
    all.iter()
        .map(|one| {
            let told = format!("{} {}", one["name"].as_str().unwrap(), one["phase"].as_str().unwrap());
            one["message"].as_str().map_or(told.clone(), |message| format!("{told}: {message}"))
        })
        .collect()
}

pub fn labelled(key: &str, value: &Value) -> Value {
    json!({"metadata": {"labels": {key: value}}})
}

impl Person {
    /// Where the document is to be found, as the server's own discovery says.
    pub async fn place_of(&self, document: &Value) -> String {
        let version = document["apiVersion"].as_str().unwrap();
        let root = if version.contains('/') { format!("/apis/{version}") } else { format!("/api/{version}") };
        let kinds = self.get(&root).await.good()["resources"].as_array().unwrap().clone();
        let kind = kinds.iter().find(|kind| kind["kind"] == document["kind"]);
        let kind = kind.unwrap_or_else(|| panic!("{} is not served", document["kind"]));
        let plural = kind["name"].as_str().unwrap();
        if kind["namespaced"] == false {
            return format!("{root}/{plural}");
        }
        let namespace = document["metadata"]["namespace"].as_str().unwrap_or("default");
        format!("{root}/namespaces/{namespace}/{plural}")
    }

    /// Like `kubectl apply`: makes it, or changes what is there. Answers with where it is.
    pub async fn applies(&self, document: &Value) -> String {
        let place = self.place_of(document).await;
        let path = format!("{place}/{}", document["metadata"]["name"].as_str().unwrap());
        if self.get(&path).await.code == 404 {
            self.post(&place, document.clone()).await.good();
        } else {
            self.merge(&path, document.clone()).await.good();
        }
        path
    }

    pub async fn is_gone(&self, path: &str) {
        self.see(path, |seen| seen.code == 404).await;
    }
}

impl Midspan {
    /// The files that stand in the dev repository, each without its first folders.
    pub fn standing(&self) -> Vec<String> {
        let listed = self.in_repository(&["ls-tree", "-r", "--name-only", "main"]);
        listed.lines().filter_map(|path| path.strip_prefix("clusters/dev/")).map(str::to_owned).collect()
    }

    /// The text of the only file there whose path has this part.
    #[track_caller]
    pub fn file(&self, part: &str) -> String {
        let all = self.standing();
        let found: Vec<&String> = all.iter().filter(|path| path.contains(part)).collect();
        let [path] = found[..] else { panic!("{part}: {all:?}") };
        self.in_repository(&["show", &format!("main:clusters/dev/{path}")])
    }

    fn in_repository(&self, arguments: &[&str]) -> String {
        let told = Command::new("git").arg("--git-dir").arg(self.repository()).args(arguments).output().unwrap();
        String::from_utf8(told.stdout).unwrap()
    }
}
