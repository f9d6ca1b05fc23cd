//! The published schemas under `examples/schemas`, and the definition of our own composite under `examples/crossplane`.

use crate::catalog::{examples, one};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

/// One validator for each `apiVersion/kind`.
pub struct Schemas(BTreeMap<String, Validator>);

impl Schemas {
    pub fn published() -> Self {
        let mut validators = BTreeMap::new();
        for file in ["kubernetes.json", "cloudnative-pg.json", "gateway-api.json"] {
            let text = fs::read_to_string(examples().join("schemas").join(file)).unwrap();
            let schema: Value = serde_json::from_str(&text).unwrap();
            for key in schema["$defs"].as_object().unwrap().keys().filter(|key| key.contains('/')) {
                let pointer = key.replace('~', "~0").replace('/', "~1");
                let root = json!({"$ref": format!("#/$defs/{pointer}"), "$defs": schema["$defs"]});
                validators.insert(key.clone(), validator(&root));
            }
        }
        let (key, schema) = composite(&one(&examples().join("crossplane/bucket-definition.yaml")));
        validators.insert(key, validator(&schema));
        Self(validators)
    }

    /// What a cluster would say against the document.
    pub fn faults(&self, document: &Value) -> Vec<String> {
        let text = |field: &str| document[field].as_str().unwrap_or_default();
        let key = format!("{}/{}", text("apiVersion"), text("kind"));
        match self.0.get(&key) {
            Some(validator) => told(validator, document),
            None => vec![format!("no schema for {key}")],
        }
    }
}

/// The schema of a Crossplane composite as a cluster serves it: closed, with metadata, without status.
fn composite(definition: &Value) -> (String, Value) {
    let version = &definition["spec"]["versions"][0];
    let (group, kind) = (&definition["spec"]["group"], &definition["spec"]["names"]["kind"]);
    let api_version = format!("{}/{}", group.as_str().unwrap(), version["name"].as_str().unwrap());
    let mut schema = closed(&version["schema"]["openAPIV3Schema"]);
    let properties = schema["properties"].as_object_mut().unwrap();
    properties.remove("status");
    properties.insert("apiVersion".into(), json!({"const": api_version}));
    properties.insert("kind".into(), json!({"const": kind}));
    let text = json!({"type": "string"});
    let labels = json!({"type": "object", "additionalProperties": text});
    let metadata = json!({"name": text, "namespace": text, "labels": labels, "annotations": labels});
    properties.insert("metadata".into(), closed(&json!({"properties": metadata, "required": ["name"]})));
    (format!("{api_version}/{}", kind.as_str().unwrap()), schema)
}

/// The schema with every object closed that does not say how other fields look.
pub fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let mut out: serde_json::Map<_, _> = map.iter().map(|(key, part)| (key.clone(), closed(part))).collect();
            let describes_an_object = map.get("properties").is_some_and(Value::is_object);
            if describes_an_object && !map.contains_key("additionalProperties") {
                out.insert("additionalProperties".into(), json!(false));
            }
            Value::Object(out)
        }
        Value::Array(parts) => parts.iter().map(closed).collect(),
        scalar => scalar.clone(),
    }
}

pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    told(&validator(schema), value)
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::options().build(schema).unwrap_or_else(|e| panic!("{e}"))
}

fn told(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}
