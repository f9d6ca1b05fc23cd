//! What a step's container is: Kratix's fields, as far as they mean something without a cluster.

use crate::{error::Result, object};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// `with` of a `container` step; in a Kratix promise, the container itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Container {
    pub image: String,
    /// Takes the place of the image's entry point.
    pub command: Vec<String>,
    pub args: Vec<String>,
    pub env: Vec<Variable>,
    pub env_from: Vec<VariablesFrom>,
    pub volume_mounts: Vec<Mount>,
    pub image_pull_policy: Option<Pull>,
    pub security_context: Security,
    pub resources: Resources,
    /// Whether the container reaches the network of the server's containers.
    pub network: Option<bool>,
}

impl Container {
    /// The fields there are, for a document that may hold others.
    pub const FIELDS: [&str; 10] = [
        "image",
        "command",
        "args",
        "env",
        "envFrom",
        "volumeMounts",
        "imagePullPolicy",
        "securityContext",
        "resources",
        "network",
    ];

    pub fn read(with: &Value) -> Result<Self> {
        object::decode(if with.is_null() { Value::Object(Map::new()) } else { with.clone() }, "with")
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Variable {
    pub name: String,
    pub value: Option<String>,
    pub value_from: Option<ValueFrom>,
}

/// Where a variable's value comes from: exactly one of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ValueFrom {
    pub secret_key_ref: Option<KeyRef>,
    pub config_map_key_ref: Option<KeyRef>,
    pub field_ref: Option<FieldRef>,
    pub resource_field_ref: Option<Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct KeyRef {
    pub name: String,
    pub key: String,
    /// Whether it may be missing: then the variable is not set.
    pub optional: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FieldRef {
    pub api_version: String,
    pub field_path: String,
}

impl FieldRef {
    /// The fields of a pod that a step has too.
    pub const KNOWN: [&str; 3] = ["metadata.name", "metadata.namespace", "metadata.uid"];
}

/// All keys of a secret or a config map as variables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct VariablesFrom {
    pub prefix: String,
    pub secret_ref: Option<SourceRef>,
    pub config_map_ref: Option<SourceRef>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SourceRef {
    pub name: String,
    pub optional: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Mount {
    pub name: String,
    pub mount_path: String,
    pub sub_path: String,
    pub read_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pull {
    Always,
    IfNotPresent,
    Never,
}

/// What a container may do on its machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Security {
    pub run_as_user: Option<u32>,
    pub run_as_group: Option<u32>,
    pub run_as_non_root: Option<bool>,
    pub read_only_root_filesystem: Option<bool>,
    pub allow_privilege_escalation: Option<bool>,
    pub privileged: Option<bool>,
    pub capabilities: Capabilities,
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    pub add: Vec<String>,
    pub drop: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// `cpu` and `memory`, as Kubernetes writes quantities.
    pub limits: BTreeMap<String, Value>,
    /// For a scheduler; there is none here.
    pub requests: BTreeMap<String, Value>,
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// Something the containers of a pipeline may mount.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    pub name: String,
    /// An empty folder that the containers of the pipeline share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty_dir: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<ConfigMapVolume>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretVolume>,
    /// Kinds of volume that only a cluster has.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMapVolume {
    pub name: String,
    pub items: Vec<KeyToPath>,
    pub optional: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretVolume {
    pub secret_name: String,
    pub items: Vec<KeyToPath>,
    pub optional: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KeyToPath {
    pub key: String,
    pub path: String,
}

/// What a pipeline may do on the API, in Kratix's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Permission {
    /// `*` for all; the pipeline's own when empty.
    pub resource_namespace: String,
    pub api_groups: Vec<String>,
    pub resources: Vec<String>,
    pub resource_names: Vec<String>,
    pub verbs: Vec<String>,
}
