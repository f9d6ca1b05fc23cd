//! An output of one resource taken as an input by another: what stands in the spec until a step is given the value.

use crate::{digest::Digest, object::Object};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// `{"$output": {promise, name, namespace?, output}}`
pub const KEY: &str = "$output";

/// The field of a schema that takes an output: `{promise, output}`.
pub const OF: &str = "x-output-of";

/// How a resource is found by those whose outputs it uses.
const USES: &str = "uses.midspan.dev/";

/// More references than this are not looked for.
const MOST: usize = 64;
const DEEPEST: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Where it stands in the spec, as a JSON pointer.
    pub at: String,
    pub promise: String,
    pub namespace: String,
    pub name: String,
    pub output: String,
}

/// What a resource's references come to, as its rows stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// By the place of the reference: the value, or a mark where it is sealed.
    pub values: BTreeMap<String, Value>,
    /// What is not there yet, in words.
    pub missing: Option<String>,
}

impl Reference {
    /// The label on those who use an output of this resource.
    pub fn label(&self) -> String {
        label(&self.promise, &self.namespace, &self.name)
    }

    /// `postgresql shop in default`, for sentences.
    pub fn target(&self) -> String {
        format!("{} {} in {}", self.promise, self.name, self.namespace)
    }
}

/// The label on those who use an output of a resource.
pub fn label(promise: &str, namespace: &str, name: &str) -> String {
    let digest = Digest::of_parts([promise, namespace, name].map(str::as_bytes));
    format!("{USES}{}", digest.short(32))
}

/// All references in a resource's spec, in their order.
pub fn of(resource: &Object) -> Vec<Reference> {
    let mut found = Vec::new();
    walk(&resource.spec, "", &resource.metadata.namespace, DEEPEST, &mut found);
    found
}

/// Whether a value stands for an output.
pub fn is_reference(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.len() == 1 && map.get(KEY).is_some_and(Value::is_object))
}

fn walk(value: &Value, at: &str, namespace: &str, depth: usize, found: &mut Vec<Reference>) {
    let Some(depth) = depth.checked_sub(1).filter(|_| found.len() < MOST) else { return };
    match value {
        Value::Object(map) if is_reference(value) => {
            if let Some(Value::Object(said)) = map.get(KEY) {
                found.push(read(said, at, namespace));
            }
        }
        Value::Object(map) => {
            for (key, child) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                walk(child, &format!("{at}/{key}"), namespace, depth, found);
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                walk(child, &format!("{at}/{index}"), namespace, depth, found);
            }
        }
        _ => {}
    }
}

fn read(said: &Map<String, Value>, at: &str, own: &str) -> Reference {
    let text = |key: &str| said.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let namespace = Some(text("namespace")).filter(|name| !name.is_empty()).unwrap_or_else(|| own.to_owned());
    Reference { at: at.to_owned(), promise: text("promise"), namespace, name: text("name"), output: text("output") }
}

/// Sets the labels by which a resource is found, and takes away those it no longer needs.
pub fn mark_uses(resource: &mut Object) {
    let uses: Vec<String> = of(resource).iter().map(Reference::label).collect();
    resource.metadata.labels.retain(|key, _| !key.starts_with(USES) || uses.contains(key));
    resource.metadata.labels.extend(uses.into_iter().map(|key| (key, String::new())));
}

impl Inputs {
    /// Changes when a value does; empty without references.
    pub fn digest(&self) -> String {
        if self.values.is_empty() {
            return String::new();
        }
        let parts: Vec<String> = self.values.iter().map(|(at, value)| format!("{at}={value}")).collect();
        Digest::of_parts(parts.iter().map(String::as_bytes)).short(32).to_owned()
    }

    /// Puts the values where their references stand.
    pub fn fill(&self, spec: &mut Value) {
        for (at, value) in &self.values {
            if let Some(place) = spec.pointer_mut(at).filter(|place| is_reference(place)) {
                place.clone_from(value);
            }
        }
    }
}

/// A schema whose fields that take an output say what stands there until it is known.
pub fn described(schema: &Value) -> Value {
    described_within(schema, DEEPEST)
}

fn described_within(schema: &Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return schema.clone() };
    match schema {
        Value::Object(map) => match map.get(OF).and_then(Value::as_object) {
            Some(of) => taking(map, of),
            None => Value::Object(map.iter().map(|(k, v)| (k.clone(), described_within(v, depth))).collect()),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| described_within(item, depth)).collect()),
        other => other.clone(),
    }
}

fn taking(field: &Map<String, Value>, of: &Map<String, Value>) -> Value {
    let text = |key: &str| of.get(key).and_then(Value::as_str).unwrap_or_default();
    let (promise, output) = (text("promise"), text("output"));
    let fixed = |value: &str, title: &str| serde_json::json!({"type": "string", "title": title, "enum": [value], "default": value});
    let mut schema = serde_json::json!({
        "type": "object", "required": [KEY],
        "properties": {KEY: {
            "type": "object", "title": format!("Taken from a {promise}"), "required": ["name", "promise", "output"],
            "properties": {
                "name": {"type": "string", "title": format!("Name of the {promise}"), "minLength": 1, "maxLength": 253},
                "namespace": {"type": "string", "title": "Its namespace, if it is another one", "maxLength": 63},
                "promise": fixed(promise, "Promise"),
                "output": fixed(output, "Output"),
            },
        }},
    });
    for key in ["title", "description", "x-ui", OF] {
        if let Some(value) = field.get(key) {
            schema[key] = value.clone();
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn app() -> Object {
        Object::from_value(json!({"apiVersion": "a.example.com/v1", "kind": "App", "metadata": {"name": "shop", "namespace": "default"}, "spec": {
            "size": 1,
            "databases": [{"host": {"$output": {"promise": "postgresql", "name": "db", "output": "host"}}}],
            "a/b": {"$output": {"promise": "redis", "name": "cache", "namespace": "shared", "output": "url"}},
        }})).unwrap()
    }

    #[test]
    fn references_are_found_wherever_they_stand() {
        let found = of(&app());
        let told: Vec<String> = found.iter().map(|r| format!("{} {} {}", r.at, r.target(), r.output)).collect();
        assert_eq!(told, ["/databases/0/host postgresql db in default host", "/a~1b redis cache in shared url"]);
    }

    #[test]
    fn values_take_the_places_of_their_references() {
        let mut spec = app().spec;
        let inputs = Inputs {
            values: BTreeMap::from([
                ("/databases/0/host".to_owned(), json!("db.svc")),
                ("/a~1b".to_owned(), json!("redis://c")),
                ("/size".to_owned(), json!(2)),
            ]),
            missing: None,
        };
        inputs.fill(&mut spec);
        assert_eq!(spec, json!({"size": 1, "databases": [{"host": "db.svc"}], "a/b": "redis://c"}));
    }

    #[test]
    fn who_uses_an_output_is_found_by_a_label_and_by_none_that_is_stale() {
        let mut app = app();
        app.metadata.labels.insert(format!("{USES}old"), String::new());
        app.metadata.labels.insert("team".to_owned(), "a".to_owned());
        mark_uses(&mut app);
        assert_eq!(app.metadata.labels.len(), 3);
        assert!(app.metadata.labels.contains_key(&label("postgresql", "default", "db")));
        assert!(app.metadata.labels.keys().all(|key| crate::name::is_qualified(key)));
    }

    #[test]
    fn a_field_that_takes_an_output_keeps_its_title_and_fixes_what_it_takes() {
        let schema = json!({"properties": {"host": {"type": "string", "title": "Host", "x-output-of": {"promise": "postgresql", "output": "host"}}}});
        let host = &described(&schema)["properties"]["host"];
        assert_eq!((&host["type"], &host["title"]), (&json!("object"), &json!("Host")));
        assert_eq!(host["properties"]["$output"]["properties"]["promise"]["default"], "postgresql");
    }
}
