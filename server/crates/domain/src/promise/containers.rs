//! What of a container means nothing outside Kubernetes: refused where leaving it out would change what the container does, remarked on where not.

use super::faults::Faults;
use crate::{
    document,
    workflow::{
        Pipeline, Step, StepKind, Volume,
        container::{Container, FieldRef, Mount, Security, ValueFrom},
    },
};
use serde_json::Value;
use std::collections::BTreeSet;

/// The volumes and containers of a pipeline that stands at `field`.
pub(super) fn check(faults: &mut Faults, field: &str, pipeline: &Pipeline) {
    let spec = if faults.kratix { format!("{field}.spec") } else { field.to_owned() };
    let mut volumes = BTreeSet::new();
    for (at, volume) in pipeline.volumes.iter().enumerate() {
        let field = format!("{spec}.volumes[{at}]");
        if volume.name.is_empty() || !volumes.insert(volume.name.as_str()) {
            faults.wrong(&format!("{field}.name"), format!("volume name {:?} must be there once", volume.name));
        }
        if let Some(message) = wrong_volume(volume) {
            faults.wrong(&field, message);
        }
    }
    for (at, step) in pipeline.steps.iter().enumerate().filter(|(_, step)| step.uses == StepKind::Container) {
        let field =
            if faults.kratix { format!("{spec}.containers[{at}]") } else { format!("{field}.steps[{at}].with") };
        container(faults, &field, step, &volumes);
    }
}

fn wrong_volume(volume: &Volume) -> Option<String> {
    let mut foreign = volume.others.keys();
    if let Some(kind) = foreign.next() {
        return Some(format!(
            "a {kind} volume exists in a Kubernetes cluster only; a pipeline may use emptyDir, configMap and secret"
        ));
    }
    let kinds = [volume.empty_dir.is_some(), volume.config_map.is_some(), volume.secret.is_some()];
    (kinds.into_iter().filter(|is| *is).count() != 1)
        .then(|| format!("volume {:?} must be one of emptyDir, configMap and secret", volume.name))
}

fn container(faults: &mut Faults, field: &str, step: &Step, volumes: &BTreeSet<&str>) {
    let container = match Container::read(&step.with) {
        Ok(container) => container,
        Err(error) => {
            let below = |path: &str| path.strip_prefix("with").map(|rest| format!("{field}{rest}"));
            let cause = error.causes.first();
            let at = cause.and_then(|cause| below(&cause.field)).unwrap_or_else(|| field.to_owned());
            let message = error.message.split_once(": ").map_or(error.message.as_str(), |(_, message)| message);
            return faults.wrong(&at, message.to_owned());
        }
    };
    if container.image.trim().is_empty() || container.image.starts_with('-') {
        faults.wrong(&format!("{field}.image"), format!("{:?} is not the name of an image", container.image));
    }
    for (at, variable) in container.env.iter().enumerate() {
        let field = format!("{field}.env[{at}]");
        if let Some(message) = wrong_name(&variable.name) {
            faults.wrong(&format!("{field}.name"), message);
        }
        if let Some(from) = &variable.value_from
            && let Some(message) = wrong_source(from, variable.value.is_some())
        {
            faults.wrong(&format!("{field}.valueFrom"), message);
        }
    }
    for (at, from) in container.env_from.iter().enumerate() {
        if from.secret_ref.is_some() == from.config_map_ref.is_some() {
            faults.wrong(&format!("{field}.envFrom[{at}]"), "must be one of secretRef and configMapRef".to_owned());
        }
    }
    for (at, mount) in container.volume_mounts.iter().enumerate() {
        if let Some(message) = wrong_mount(mount, volumes) {
            faults.wrong(&format!("{field}.volumeMounts[{at}]"), message);
        }
    }
    for (name, message) in wrong_security(&container.security_context) {
        faults.wrong(&format!("{field}.securityContext.{name}"), message);
    }
    for (name, quantity) in &container.resources.limits {
        let fault = match name.as_str() {
            "cpu" | "memory" if crate::quantity::parse(quantity).is_some() => continue,
            "cpu" | "memory" => {
                format!("{} is not a quantity such as 500m or 256Mi", document::to_yaml(quantity).trim())
            }
            "ephemeral-storage" => continue,
            _ => format!("{name} is a resource of a Kubernetes node; a container may be limited in cpu and memory"),
        };
        faults.wrong(&format!("{field}.resources.limits.{name}"), fault);
    }
}

fn wrong_name(name: &str) -> Option<String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Some(format!("{name:?} is not the name of a variable"));
    }
    (name.starts_with("KRATIX_") || name.starts_with("MIDSPAN_"))
        .then(|| "variables that begin with KRATIX_ and MIDSPAN_ are set by the orchestrator".to_owned())
}

fn wrong_source(from: &ValueFrom, valued: bool) -> Option<String> {
    if from.resource_field_ref.is_some() {
        return Some("resourceFieldRef speaks of a pod; a step has none".to_owned());
    }
    let sources = [from.secret_key_ref.is_some(), from.config_map_key_ref.is_some(), from.field_ref.is_some()];
    if sources.into_iter().filter(|is| *is).count() != 1 || valued {
        return Some("a variable has a value, a secretKeyRef, a configMapKeyRef or a fieldRef, one of them".to_owned());
    }
    let path = &from.field_ref.as_ref()?.field_path;
    (!FieldRef::KNOWN.contains(&path.as_str()))
        .then(|| format!("{path:?} is a field of a pod; a step has {}", FieldRef::KNOWN.join(", ")))
}

fn wrong_mount(mount: &Mount, volumes: &BTreeSet<&str>) -> Option<String> {
    let path = mount.mount_path.trim_end_matches('/');
    if !volumes.contains(mount.name.as_str()) {
        return Some(format!("the pipeline has no volume {:?}", mount.name));
    }
    let plain = |path: &str| !path.split('/').any(|part| part == "..") && !path.contains([':', ',', '\0']);
    if !path.starts_with('/') || !plain(path) || !plain(&mount.sub_path) || mount.sub_path.starts_with('/') {
        return Some(format!("{:?} is not a path to mount at", mount.mount_path));
    }
    ["/kratix", "/proc", "/sys", "/dev"]
        .iter()
        .any(|taken| path == *taken || path.starts_with(&format!("{taken}/")))
        .then(|| format!("{path} is taken already"))
}

fn wrong_security(security: &Security) -> Vec<(&str, String)> {
    let mut wrong = Vec::new();
    if security.privileged == Some(true) {
        wrong.push(("privileged", "a step may not do on the server what it likes".to_owned()));
    }
    if !security.capabilities.add.is_empty() {
        wrong.push(("capabilities.add", "a step gets no capabilities of the server's kernel".to_owned()));
    }
    if security.run_as_non_root == Some(true) && security.run_as_user == Some(0) {
        wrong.push(("runAsUser", "0 is root, which runAsNonRoot forbids".to_owned()));
    }
    for (name, value) in &security.others {
        let default = value.get("type").and_then(Value::as_str) == Some("RuntimeDefault");
        if !(default && matches!(name.as_str(), "seccompProfile" | "appArmorProfile")) {
            wrong.push((name, "means nothing outside a Kubernetes cluster".to_owned()));
        }
    }
    wrong
}
