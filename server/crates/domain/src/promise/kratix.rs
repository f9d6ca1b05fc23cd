//! Kratix's Promise document: an embedded CRD is the API, pipelines list containers.

use super::{Api, Column, PromiseSpec, Requirement};
use crate::{
    error::Result,
    object,
    selector::{LabelSelector, Labels},
    workflow::{Pipeline, PromiseWorkflows, ResourceWorkflows, Retry, Step, StepKind, Workflows},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub const GROUP: &str = "platform.kratix.io";

/// Reads `spec` of a Kratix promise into ours.
pub fn read(spec: &Value) -> Result<PromiseSpec> {
    let document: Document = object::decode(if spec.is_null() { json!({}) } else { spec.clone() }, "spec")?;
    let workflows = document.workflows.unwrap_or_default();
    Ok(PromiseSpec {
        api: document.api.map(api),
        requires: document.required_promises.unwrap_or_default(),
        destination_selectors: selectors(document.destination_selectors.unwrap_or_default()),
        workflows: Workflows {
            resource: ResourceWorkflows {
                configure: pipelines(workflows.resource.configure),
                delete: pipelines(workflows.resource.delete),
            },
            promise: PromiseWorkflows {
                configure: pipelines(workflows.promise.configure),
                delete: pipelines(workflows.promise.delete),
            },
            config: workflows.config,
        },
        ..PromiseSpec::default()
    })
}

fn api(crd: Crd) -> Api {
    let version = crd.spec.versions.iter().position(|version| version.storage).unwrap_or(0);
    let version = crd.spec.versions.into_iter().nth(version).unwrap_or_default();
    let mut properties = version.schema.open_apiv3_schema.properties;
    let columns = version.additional_printer_columns.into_iter().map(|column| Column {
        name: column.name,
        pointer: column.json_path.trim_start_matches('.').split('.').map(|part| format!("/{part}")).collect(),
        description: column.description,
    });
    Api {
        group: crd.spec.group,
        version: version.name,
        kind: crd.spec.names.kind,
        plural: crd.spec.names.plural,
        singular: crd.spec.names.singular,
        short_names: crd.spec.names.short_names,
        schema: properties
            .remove("spec")
            .unwrap_or_else(|| json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})),
        columns: columns.collect(),
    }
}

fn selectors(documents: Vec<SelectorDocument>) -> Vec<LabelSelector> {
    documents.into_iter().map(|document| LabelSelector { match_labels: document.match_labels }).collect()
}

fn pipelines(documents: Vec<PipelineDocument>) -> Vec<Pipeline> {
    let step = |container: Container| Step {
        name: container.name,
        uses: StepKind::Container,
        with: Value::Object(container.rest),
        env: BTreeMap::new(),
        timeout: None,
        retry: Retry::default(),
    };
    documents
        .into_iter()
        .map(|document| Pipeline {
            name: document.metadata.name,
            steps: document.spec.containers.into_iter().map(step).collect(),
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api: Option<Crd>,
    workflows: Option<WorkflowsDocument>,
    required_promises: Option<Vec<Requirement>>,
    destination_selectors: Option<Vec<SelectorDocument>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SelectorDocument {
    #[serde(default)]
    match_labels: Labels,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WorkflowsDocument {
    config: Map<String, Value>,
    promise: Occasions,
    resource: Occasions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Occasions {
    configure: Vec<PipelineDocument>,
    delete: Vec<PipelineDocument>,
}

#[derive(Deserialize)]
struct PipelineDocument {
    metadata: PipelineMetadata,
    spec: PipelineSpec,
}

#[derive(Deserialize)]
struct PipelineMetadata {
    name: String,
}

#[derive(Deserialize)]
struct PipelineSpec {
    #[serde(default)]
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Container {
    name: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Crd {
    spec: CrdSpec,
}

#[derive(Deserialize)]
struct CrdSpec {
    group: String,
    names: Names,
    versions: Vec<CrdVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Names {
    kind: String,
    plural: String,
    #[serde(default)]
    singular: String,
    #[serde(default)]
    short_names: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CrdVersion {
    name: String,
    storage: bool,
    schema: CrdSchema,
    additional_printer_columns: Vec<PrinterColumn>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CrdSchema {
    #[serde(rename = "openAPIV3Schema")]
    open_apiv3_schema: RootSchema,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RootSchema {
    properties: Map<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PrinterColumn {
    name: String,
    json_path: String,
    description: String,
}
