//! The files of one request taken together: do names, labels, selectors and references fit each other?

use crate::catalog::Starter;
use domain::name;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Kinds that stand above namespaces.
const CLUSTER_WIDE: [&str; 1] = ["Namespace"];
/// The label a pod carries that brings a network policy of its own for a direction, `…/ingress` or `…/egress`.
const OWN_POLICY: &str = "platform.example.com";

pub struct Bundle<'a> {
    name: &'a str,
    documents: Vec<Value>,
}

/// Pods as one document of the bundle makes them.
pub struct PodTemplate {
    pub owner: String,
    pub labels: Map<String, Value>,
    pub template: Value,
}

impl<'a> Bundle<'a> {
    pub fn of(starter: &'a Starter) -> Self {
        let documents = starter.documents().into_iter().map(|(_, document)| document).collect();
        Self { name: &starter.name, documents }
    }

    /// Pod templates that are written out in the bundle.
    pub fn templates(&self) -> Vec<PodTemplate> {
        let pointer = |document: &Value| match document["kind"].as_str() {
            Some("Deployment" | "StatefulSet") => Some("/spec/template"),
            Some("CronJob") => Some("/spec/jobTemplate/spec/template"),
            _ => None,
        };
        let template = |document: &Value| {
            let template = document.pointer(pointer(document)?)?.clone();
            Some(PodTemplate { owner: title(document), labels: labels(&template["metadata"]["labels"]), template })
        };
        self.documents.iter().filter_map(template).collect()
    }

    /// Pods that an operator makes from a document of the bundle, with the labels it promises to give them.
    fn operated_pods(&self) -> Vec<PodTemplate> {
        let pods = |(document, given): (&Value, &str)| {
            let mut labels = labels(&document.pointer(given).cloned().unwrap_or_default());
            let cluster = document["spec"]["cluster"]["name"].as_str().or(document["metadata"]["name"].as_str());
            labels.insert("cnpg.io/cluster".into(), json!(cluster));
            PodTemplate { owner: title(document), labels, template: Value::Null }
        };
        let given = |document: &Value| match document["kind"].as_str() {
            Some("Cluster") => Some("/spec/inheritedMetadata/labels"),
            Some("Pooler") => Some("/spec/template/metadata/labels"),
            _ => None,
        };
        self.documents.iter().filter_map(|document| Some((document, given(document)?))).map(pods).collect()
    }

    /// No two documents are the same object, and all of them say where they live.
    pub fn check_identities(&self) {
        let mut seen = BTreeSet::new();
        for document in &self.documents {
            assert!(seen.insert(title(document)), "{}: two files hold {}", self.name, title(document));
            let namespaced = document["metadata"]["namespace"].is_string();
            let kind = document["kind"].as_str().unwrap();
            assert_ne!(
                namespaced,
                CLUSTER_WIDE.contains(&kind),
                "{}: {} and its namespace",
                self.name,
                title(document)
            );
            for label in ["app.kubernetes.io/name", "app.kubernetes.io/instance", "platform.example.com/team"] {
                assert!(
                    document["metadata"]["labels"][label].is_string(),
                    "{}: {} lacks {label}",
                    self.name,
                    title(document)
                );
            }
            assert_eq!(document["metadata"]["labels"]["app.kubernetes.io/managed-by"], "midspan");
        }
    }

    /// What selects pods selects pods of this bundle, by labels that don't change during the life of a resource.
    pub fn check_selectors(&self) {
        for document in &self.documents {
            let selector = match document["kind"].as_str().unwrap() {
                "Service" => &document["spec"]["selector"],
                "Deployment" | "StatefulSet" | "PodDisruptionBudget" => &document["spec"]["selector"]["matchLabels"],
                "NetworkPolicy" => &document["spec"]["podSelector"]["matchLabels"],
                _ => continue,
            };
            let selector = labels(selector);
            if document["kind"] == "NetworkPolicy" && selector.is_empty() {
                continue;
            }
            assert!(!selector.is_empty(), "{}: {} selects everything", self.name, title(document));
            assert!(!self.selected(&selector).is_empty(), "{}: {} selects no pod", self.name, title(document));
            for changing in
                ["platform.example.com/team", "platform.example.com/environment", "app.kubernetes.io/version"]
            {
                assert!(!selector.contains_key(changing), "{}: {} selects by {changing}", self.name, title(document));
            }
        }
    }

    /// What names another object names one of this bundle.
    pub fn check_references(&self) {
        for document in &self.documents {
            let spec = &document["spec"];
            let refers = |kind: &str, name: &Value| {
                let found = self.named(kind, name);
                assert!(found.is_some(), "{}: {} names {kind} {name}, which is not here", self.name, title(document));
                found.unwrap_or_default()
            };
            match document["kind"].as_str().unwrap() {
                "HorizontalPodAutoscaler" => {
                    let target =
                        refers(spec["scaleTargetRef"]["kind"].as_str().unwrap(), &spec["scaleTargetRef"]["name"]);
                    assert_eq!(target["apiVersion"], spec["scaleTargetRef"]["apiVersion"]);
                    assert!(target["spec"].get("replicas").is_none(), "{}: two write the number of pods", self.name);
                }
                "ScheduledBackup" | "Pooler" => drop(refers("Cluster", &spec["cluster"]["name"])),
                "StatefulSet" => drop(refers("Service", &spec["serviceName"])),
                "HTTPRoute" => {
                    for backend in every(spec, "/rules", "/backendRefs") {
                        let service = refers("Service", &backend["name"]);
                        assert!(every_port(&service).any(|port| port["port"] == backend["port"]), "{}", self.name);
                    }
                }
                "Ingress" => {
                    for path in every(spec, "/rules", "/http/paths") {
                        let service = refers("Service", &path["backend"]["service"]["name"]);
                        assert!(
                            every_port(&service).any(|port| port["name"] == path["backend"]["service"]["port"]["name"])
                        );
                    }
                }
                "Service" => self.check_target_ports(document),
                _ => {}
            }
        }
        for PodTemplate { owner, template, .. } in self.templates() {
            if let account @ Value::String(_) = &template["spec"]["serviceAccountName"] {
                assert!(self.named("ServiceAccount", account).is_some(), "{owner}: no ServiceAccount {account}");
            }
            for volume in template["spec"]["volumes"].as_array().into_iter().flatten() {
                if let claim @ Value::String(_) = &volume["persistentVolumeClaim"]["claimName"] {
                    assert!(self.named("PersistentVolumeClaim", claim).is_some(), "{owner}: no claim {claim}");
                }
            }
        }
    }

    /// Policies add up: unless a pod with a policy of its own says so by label, the namespace's policy opens it again.
    pub fn check_network_policies(&self) {
        for policy in self.documents.iter().filter(|document| document["kind"] == "NetworkPolicy") {
            let selector = labels(&policy["spec"]["podSelector"]["matchLabels"]);
            for direction in policy["spec"]["policyTypes"].as_array().unwrap() {
                let label = format!("{OWN_POLICY}/{}", direction.as_str().unwrap().to_lowercase());
                for pods in self.selected(&selector).iter().filter(|_| !selector.is_empty()) {
                    assert_eq!(
                        pods.labels.get(&label),
                        Some(&json!("own")),
                        "{}: {} lacks {label}",
                        self.name,
                        pods.owner
                    );
                }
            }
        }
    }

    fn check_target_ports(&self, service: &Value) {
        for pods in self.selected(&labels(&service["spec"]["selector"])) {
            let ports: Vec<&Value> = every(&pods.template["spec"], "/containers", "/ports").collect();
            for port in every_port(service) {
                let target = &port["targetPort"];
                let found = ports.iter().any(|port| port["name"] == *target || port["containerPort"] == *target);
                assert!(found, "{}: {} has no port {target}", self.name, pods.owner);
            }
        }
    }

    fn selected(&self, selector: &Map<String, Value>) -> Vec<PodTemplate> {
        let matches = |pods: &PodTemplate| selector.iter().all(|(key, value)| pods.labels.get(key) == Some(value));
        self.templates().into_iter().chain(self.operated_pods()).filter(matches).collect()
    }

    fn named(&self, kind: &str, name: &Value) -> Option<Value> {
        self.documents
            .iter()
            .find(|document| document["kind"] == *kind && document["metadata"]["name"] == *name)
            .cloned()
    }
}

/// Names are DNS labels, and labels are what Kubernetes takes as labels, wherever they stand.
pub fn check_words(at: &str, value: &Value) {
    match value {
        Value::Object(map) => {
            for (key, part) in map {
                let at = format!("{at}.{key}");
                match key.as_str() {
                    "labels" | "matchLabels" => check_labels(&at, &labels(part)),
                    "metadata" if part["name"].is_string() => {
                        assert!(name::is_label(part["name"].as_str().unwrap()), "{at}: {}", part["name"]);
                    }
                    "namespace" => assert!(name::is_label(part.as_str().unwrap()), "{at}: {part}"),
                    _ => {}
                }
                check_words(&at, part);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| check_words(at, part)),
        _ => {}
    }
}

fn check_labels(at: &str, labels: &Map<String, Value>) {
    for (key, value) in labels {
        assert!(name::is_qualified(key), "{at}: {key:?} is no label");
        assert!(value.as_str().is_some_and(name::is_value), "{at}.{key}: {value} is no label's value");
    }
}

fn labels(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn title(document: &Value) -> String {
    format!("{} {}", document["kind"], document["metadata"]["name"]).replace('"', "")
}

fn every_port(service: &Value) -> impl Iterator<Item = &Value> {
    service["spec"]["ports"].as_array().into_iter().flatten()
}

/// The items of the lists at `inner` in every item of the list at `outer`.
fn every<'v>(value: &'v Value, outer: &str, inner: &'static str) -> impl Iterator<Item = &'v Value> {
    let items = |value: Option<&'v Value>| value.and_then(Value::as_array).into_iter().flatten();
    items(value.pointer(outer)).flat_map(move |item| items(item.pointer(inner)))
}
