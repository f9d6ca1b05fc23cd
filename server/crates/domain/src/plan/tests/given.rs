//! What a story starts from: a promise from YAML, destinations, what a step leaves.

use crate::{
    Metadata, Object,
    destination::{Destination, DestinationSpec, DestinationStatus},
    digest::Digest,
    document,
    plan::Offer,
    promise::Promise,
    run::StepResult,
};
use serde_json::json;
use std::sync::Arc;

/// One pipeline with one step, tried three times.
pub const ONE_STEP: &str = "
configure:
- name: instance
  steps: [{name: render, uses: template, retry: {attempts: 3, backoff: 10s, maxBackoff: 15s}}]
";

/// What a step leaves behind.
#[derive(Clone, Default)]
pub struct Left(pub StepResult);

pub fn files(paths: &[&str]) -> Left {
    Left::default().with(paths, "v1")
}

impl Left {
    pub fn with(mut self, paths: &[&str], content: &str) -> Self {
        self.0.output.extend(paths.iter().map(|path| ((*path).to_owned(), Digest::of(format!("{path} {content}")))));
        self
    }

    /// Adds a file to `/kratix/metadata`.
    pub fn says(mut self, file: &str, text: &str) -> Self {
        self.0.metadata_contents.insert(file.to_owned(), text.as_bytes().to_vec());
        self
    }
}

/// A revision of the promise from the YAML of its resource workflows.
pub fn offer(revision: &str, workflows: &str) -> Arc<Offer> {
    offer_with(revision, workflows, "[]")
}

pub fn offer_with(revision: &str, workflows: &str, destination_selectors: &str) -> Arc<Offer> {
    let mut document = json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise",
        "metadata": {"name": "database", "labels": {"midspan.dev/version": format!("v-{revision}")}},
    });
    let workflows = document::parse_one(workflows, "workflows").unwrap();
    let selectors = document::parse_one(destination_selectors, "selectors").unwrap();
    document["spec"] = json!({"workflows": {"resource": workflows}, "destinationSelectors": selectors});
    let promise = Promise::read(&Object::from_value(document).unwrap()).unwrap();
    Arc::new(Offer { revision: revision.to_owned(), promise })
}

/// A revision of a promise from the YAML of its spec.
pub fn promise(revision: &str, spec: &str) -> Arc<Offer> {
    let spec = document::parse_one(spec, "spec").unwrap();
    let document = json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "database"}, "spec": spec});
    let promise = Promise::read(&Object::from_value(document).unwrap()).unwrap();
    Arc::new(Offer { revision: revision.to_owned(), promise })
}

/// A destination from `key=value,key=value`.
pub fn destination(name: &str, labels: &str) -> Destination {
    let labels = labels
        .split(',')
        .filter_map(|label| label.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
    let metadata = Metadata { name: name.to_owned(), labels: labels.collect(), ..Metadata::default() };
    let mut destination =
        Destination { metadata, spec: DestinationSpec::default(), status: DestinationStatus::default() };
    destination.spec.path = format!("clusters/{name}");
    destination.spec.state_store_ref.name = "gitops".to_owned();
    destination
}
