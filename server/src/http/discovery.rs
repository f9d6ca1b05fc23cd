//! What is served: `/version`, `/api`, `/apis` and the resource list of each group's version.

use crate::service::{Services, kinds::Served};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// With what this server performs steps with, for `midspan doctor`.
pub fn version(ground: &Value) -> Value {
    json!({
        "major": "1", "minor": "32", "gitVersion": concat!("v1.32.0+midspan-", env!("CARGO_PKG_VERSION")), "platform": "midspan",
        "steps": ground,
    })
}

/// `/api`
pub fn core_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
}

/// `/apis`
pub fn groups(services: &Services) -> Value {
    let groups: Vec<Value> = by_group(services).iter().map(|(name, versions)| api_group(name, versions)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/{group}`
pub fn group(services: &Services, name: &str) -> Option<Value> {
    let groups = by_group(services);
    let mut group = api_group(name, groups.get(name)?);
    group["kind"] = json!("APIGroup");
    group["apiVersion"] = json!("v1");
    Some(group)
}

/// `/api/v1` and `/apis/{group}/{version}`
pub fn resources(services: &Services, group: &str, version: &str) -> Option<Value> {
    let snapshot = services.kinds.snapshot();
    let kinds: Vec<&Arc<Served>> =
        snapshot.kinds.iter().filter(|kind| kind.group == group && kind.version == version).collect();
    if kinds.is_empty() {
        return None;
    }
    let resources: Vec<Value> = kinds.into_iter().map(|kind| resource(kind)).collect();
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Some(json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources}))
}

fn resource(kind: &Served) -> Value {
    use crate::service::kinds::Origin;
    let verbs: &[&str] = match kind.origin {
        Origin::Derived => &["get", "list", "watch"],
        Origin::View => &["get", "list"],
        Origin::Token => &["create", "delete", "get", "list"],
        Origin::User => &["create", "delete", "get", "list", "patch", "update"],
        Origin::Events => &["list"],
        _ => &["create", "delete", "get", "list", "patch", "update", "watch"],
    };
    let mut resource = json!({
        "name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced, "kind": kind.kind, "verbs": verbs,
    });
    if !kind.short_names.is_empty() {
        resource["shortNames"] = json!(kind.short_names);
    }
    if kind.promised().is_some() {
        resource["categories"] = json!(["all", "promised"]);
    }
    resource
}

fn by_group(services: &Services) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for kind in services.kinds.snapshot().kinds.iter().filter(|kind| !kind.group.is_empty()) {
        let versions = groups.entry(kind.group.clone()).or_default();
        if !versions.contains(&kind.version) {
            versions.push(kind.version.clone());
        }
    }
    groups
}

fn api_group(name: &str, versions: &[String]) -> Value {
    let versions: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    json!({"name": name, "preferredVersion": versions.first(), "versions": versions})
}
