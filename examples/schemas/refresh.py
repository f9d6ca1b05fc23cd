#!/usr/bin/env python3
"""Makes the schema files beside it from the published packages named in README.md.

Only facts are kept: field names, types, which fields are required, allowed values, formats and patterns. Descriptions are dropped, `status` is dropped
(a placed manifest never carries one), so is null, and every object is closed, so that an unknown field is an error.
"""

import json
import re
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).parent

CORE = {  # kind in our manifests -> definition in the published file
    ("v1", "LimitRange"): "io.k8s.api.core.v1.LimitRange",
    ("v1", "Namespace"): "io.k8s.api.core.v1.Namespace",
    ("v1", "PersistentVolumeClaim"): "io.k8s.api.core.v1.PersistentVolumeClaim",
    ("v1", "ResourceQuota"): "io.k8s.api.core.v1.ResourceQuota",
    ("v1", "Service"): "io.k8s.api.core.v1.Service",
    ("v1", "ServiceAccount"): "io.k8s.api.core.v1.ServiceAccount",
    ("apps/v1", "Deployment"): "io.k8s.api.apps.v1.Deployment",
    ("apps/v1", "StatefulSet"): "io.k8s.api.apps.v1.StatefulSet",
    ("autoscaling/v2", "HorizontalPodAutoscaler"): "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
    ("batch/v1", "CronJob"): "io.k8s.api.batch.v1.CronJob",
    ("networking.k8s.io/v1", "Ingress"): "io.k8s.api.networking.v1.Ingress",
    ("networking.k8s.io/v1", "NetworkPolicy"): "io.k8s.api.networking.v1.NetworkPolicy",
    ("policy/v1", "PodDisruptionBudget"): "io.k8s.api.policy.v1.PodDisruptionBudget",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "io.k8s.api.rbac.v1.RoleBinding",
}
META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
KEPT = {"type", "properties", "required", "items", "additionalProperties", "enum", "format", "pattern", "oneOf", "anyOf", "$ref",
        "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}


def bare(schema):
    """The schema without words: only the keywords that decide whether a document is valid."""
    if isinstance(schema, list):
        return [bare(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key == "properties":
            out[key] = {name: bare(part) for name, part in sorted(value.items())}
        elif key == "type" and isinstance(value, list):
            out[key] = next(kind for kind in value if kind != "null")
        elif key == "$ref":
            out[key] = "#/$defs/" + value.rsplit("/", 1)[1]
        elif key in KEPT:
            out[key] = bare(value)
    return out


def top(definitions, api_version, kind, schema):
    """A top-level document: apiVersion and kind are fixed and required, as is a name."""
    schema["properties"].pop("status", None)
    schema["properties"]["apiVersion"] = {"const": api_version}
    schema["properties"]["kind"] = {"const": kind}
    schema["properties"]["metadata"] = {"$ref": f"#/$defs/{META}", "required": ["name"]}
    schema["required"] = sorted({*schema.get("required", []), "apiVersion", "kind", "metadata"})
    definitions[f"{api_version}/{kind}"] = schema


def references(schema):
    return set(re.findall(r'"#/\$defs/([^"]*)"', json.dumps(schema)))


def kubernetes(published):
    """Core kinds, with everything they reach."""
    source = json.loads(Path(published).read_text())["$defs"]
    found, kept = {META}, {}
    tops = {}
    for (api_version, kind), name in CORE.items():
        top(tops, api_version, kind, bare(source[name]))
        found |= references(tops)
    while found - kept.keys():
        for name in sorted(found - kept.keys()):
            kept[name] = bare(source[name])
            found |= references(kept[name])
    return {**tops, **dict(sorted(kept.items()))}, kept


class Rust:
    """Types generated from a CustomResourceDefinition, read back as schemas."""

    SCALARS = {"String": {"type": "string"}, "bool": {"type": "boolean"}, "i32": {"type": "integer", "format": "int32"}, "i64": {"type": "integer", "format": "int64"},
               "IntOrString": {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "serde_json::Value": {}, "Condition": {"type": "object"}}

    def __init__(self, text):
        text = re.sub(r"^\s*///.*\n", "", text, flags=re.M)
        self.structs = dict(re.findall(r"pub struct (\w+) \{\n(.*?)^\}", text, flags=re.M | re.S))
        self.enums = dict(re.findall(r"pub enum (\w+) \{\n(.*?)^\}", text, flags=re.M | re.S))

    def type(self, name):
        if inner := re.fullmatch(r"(?:Option|Box)<(.*)>", name):
            return self.type(inner[1])
        if inner := re.fullmatch(r"Vec<(.*)>", name):
            return {"type": "array", "items": self.type(inner[1])}
        if inner := re.fullmatch(r"BTreeMap<String, (.*)>", name):
            return {"type": "object", "additionalProperties": self.type(inner[1])}
        if name in self.SCALARS:
            return dict(self.SCALARS[name])
        if name in self.enums:
            return {"type": "string", "enum": self.variants(name)}
        return self.struct(name)

    def variants(self, name):
        body = re.findall(r'(?:#\[serde\(rename = "([^"]*)"\)\]\s*)?^\s*(\w[\w#]*),', self.enums[name], flags=re.M)
        return [renamed or variant for renamed, variant in body]

    def struct(self, name):
        properties, required = {}, []
        for attributes, field, kind in re.findall(r"((?:^\s*#\[[^\]]*\]\n)*)^\s*pub ([\w#]+):\s*([^\n]*?),\n", self.structs[name], flags=re.M):
            renamed = re.search(r'rename = "([^"]*)"', attributes)
            field = renamed[1] if renamed else field.removeprefix("r#")
            properties[field] = self.type(kind)
            if not kind.startswith("Option<"):
                required.append(field)
        out = {"type": "object", "properties": dict(sorted(properties.items())), "additionalProperties": False}
        return {**out, "required": sorted(required)} if required else out


def custom(text, api_version, kinds, meta):
    """Custom resources: the spec of each, under the same metadata as the core kinds."""
    rust, definitions = Rust(text), {}
    for kind, spec in kinds.items():
        top(definitions, api_version, kind, {"type": "object", "properties": {"spec": rust.struct(spec)}, "required": ["spec"], "additionalProperties": False})
    return {**definitions, **meta}


def member(archive, suffix):
    with tarfile.open(archive) as tar:
        name = next(n for n in tar.getnames() if n.endswith(suffix))
        return tar.extractfile(name).read().decode()


def write(name, definitions):
    """One definition a line: small, and a change shows as the definition that changed."""
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in definitions.items())
    (HERE / name).write_text('{"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {\n' + lines + "\n}}\n")


def main(core, cnpg, gateway):
    definitions, kept = kubernetes(core)
    meta = {name: kept[name] for name in kept if name.startswith("io.k8s.apimachinery.pkg.apis.meta.v1.") and name in closure(kept, META)}
    write("kubernetes.json", definitions)
    text = "".join(member(cnpg, f"src/v1/{name}.rs") for name in ("clusters", "scheduledbackups", "poolers"))
    write("cloudnative-pg.json", custom(text, "postgresql.cnpg.io/v1", {"Cluster": "ClusterSpec", "ScheduledBackup": "ScheduledBackupSpec", "Pooler": "PoolerSpec"}, meta))
    text = member(gateway, "src/apis/standard/httproutes.rs")
    write("gateway-api.json", custom(text, "gateway.networking.k8s.io/v1", {"HTTPRoute": "HttpRouteSpec"}, meta))


def closure(kept, root):
    found, seen = {root}, set()
    while found - seen:
        name = (found - seen).pop()
        seen.add(name)
        found |= references(kept[name])
    return seen


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: refresh.py KUBERNETES/_definitions.json CNPG.crate GATEWAY-API.crate")
    main(*sys.argv[1:])
