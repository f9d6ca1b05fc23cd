//! Kratix's Promise document: an embedded CRD is the API, pipelines list containers.

use super::{Api, Column, PromiseSpec, Requirement};
use crate::{
    error::Result,
    object,
    selector::{LabelSelector, Labels},
    workflow::{
        Container, Permission, Pipeline, PromiseWorkflows, ResourceWorkflows, Retry, Step, StepKind, Volume, Workflows,
    },
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub const GROUP: &str = "platform.kratix.io";
/// Where Kratix keeps what belongs to no resource: settings, and what its promises' own pipelines use.
pub const NAMESPACE: &str = "kratix-platform-system";

/// The namespace of the secrets, the config maps and the permissions of an object's pipelines: the promise may name another than the object's own.
pub fn namespace_of_pipelines(object: &crate::Object, workflows: &Workflows) -> String {
    if let Some(named) = workflows.config.get("pipelineNamespace").and_then(Value::as_str) {
        return named.to_owned();
    }
    if object.metadata.namespace.is_empty() && object.group() == GROUP {
        return NAMESPACE.to_owned();
    }
    crate::work::home(&object.metadata.namespace)
}

/// Reads `spec` of a Kratix promise into ours.
pub fn read(spec: &Value) -> Result<PromiseSpec> {
    let document: Document = object::decode(if spec.is_null() { json!({}) } else { spec.clone() }, "spec")?;
    let workflows = document.workflows.unwrap_or_default();
    Ok(PromiseSpec {
        api: document.api.map(api),
        requires: document.required_promises.unwrap_or_default(),
        dependencies: document.dependencies.unwrap_or_default(),
        destination_selectors: selectors(document.destination_selectors.unwrap_or_default()),
        workflows: Workflows {
            resource: ResourceWorkflows {
                actions: std::collections::BTreeMap::new(),
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
    documents
        .into_iter()
        .map(|document| LabelSelector { match_labels: document.match_labels, ..LabelSelector::default() })
        .collect()
}

/// What Kubernetes does when a pipeline does not say how often a container may fail.
const BACKOFF_LIMIT: u32 = 6;

fn pipelines(documents: Vec<PipelineDocument>) -> Vec<Pipeline> {
    documents.into_iter().map(pipeline).collect()
}

fn pipeline(document: PipelineDocument) -> Pipeline {
    let PipelineSpec { containers, volumes, rbac, job_options } = document.spec;
    let attempts = job_options.backoff_limit.unwrap_or(BACKOFF_LIMIT).saturating_add(1);
    let step = |container: ContainerDocument| Step {
        name: container.name,
        uses: StepKind::Container,
        // what Kratix does not know is not for the container either
        with: container.rest.into_iter().filter(|(key, _)| KNOWN.contains(&key.as_str())).collect(),
        retry: Retry { attempts, ..Retry::default() },
        ..Step::default()
    };
    Pipeline {
        name: document.metadata.name,
        steps: containers.into_iter().map(step).collect(),
        volumes,
        permissions: rbac.permissions,
    }
}

/// The fields of a container that Kratix has, beside its name.
const KNOWN: &[&str] = Container::FIELDS.split_at(Container::FIELDS.len() - 1).0;

/// What a promise of Kratix asks of a cluster and Midspan leaves out without harm, for its author to know.
pub fn remarks(object: &crate::Object) -> Vec<String> {
    if object.group() != GROUP {
        return Vec::new();
    }
    let mut remarks = Vec::new();
    for (of, action) in
        [("promise", "configure"), ("promise", "delete"), ("resource", "configure"), ("resource", "delete")]
    {
        let Some(Value::Array(pipelines)) = object.spec.pointer(&format!("/workflows/{of}/{action}")) else { continue };
        for (at, pipeline) in pipelines.iter().enumerate() {
            let field = format!("spec.workflows.{of}.{action}[{at}].spec");
            remark(&mut remarks, &field, &pipeline["spec"]);
        }
    }
    remarks
}

fn remark(remarks: &mut Vec<String>, field: &str, spec: &Value) {
    let Value::Object(spec) = spec else { return };
    for (key, _) in spec.iter().filter(|(_, value)| !value.is_null()) {
        let why = match key.as_str() {
            "containers" | "volumes" | "jobOptions" | "restartPolicy" => continue,
            "rbac" if spec["rbac"].get("serviceAccount").is_none() => continue,
            "rbac" => "left out: service accounts belong to a cluster; containers get what rbac.permissions lists",
            "nodeSelector" | "tolerations" => "left out: there are no nodes to choose from",
            "imagePullSecrets" => "left out: images are pulled as the server's container runtime is signed in",
            _ => "is no field of a pipeline; left out",
        };
        remarks.push(format!("{field}.{key}: {why}"));
    }
    let Some(Value::Array(containers)) = spec.get("containers") else { return };
    for (at, container) in containers.iter().enumerate() {
        let Value::Object(container) = container else { continue };
        for key in container.keys().filter(|key| *key != "name" && !KNOWN.contains(&key.as_str())) {
            remarks.push(format!("{field}.containers[{at}].{key}: is no field of a container; left out"));
        }
        if container.get("resources").and_then(|resources| resources.get("requests")).is_some() {
            remarks.push(format!(
                "{field}.containers[{at}].resources.requests: left out: nothing is reserved, the limits hold"
            ));
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api: Option<Crd>,
    workflows: Option<WorkflowsDocument>,
    required_promises: Option<Vec<Requirement>>,
    dependencies: Option<Vec<Value>>,
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
#[serde(rename_all = "camelCase")]
struct PipelineSpec {
    #[serde(default)]
    containers: Vec<ContainerDocument>,
    #[serde(default)]
    volumes: Vec<Volume>,
    #[serde(default)]
    rbac: Rbac,
    #[serde(default)]
    job_options: JobOptions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rbac {
    permissions: Vec<Permission>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JobOptions {
    backoff_limit: Option<u32>,
}

#[derive(Deserialize)]
struct ContainerDocument {
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
