//! The service of these plays: a widget, its fields those of the recorded conversation with an API server.

use crate::people::Person;
use serde_json::{Value, json};

/// Where widgets are.
pub const WIDGETS: &str = "/apis/demo.example.com/v1/namespaces/default/widgets";
pub const PROMISES: &str = "/apis/midspan.dev/v1alpha1/promises";

/// A promise of widgets. It places nothing, so that only the API is in play.
pub fn promise() -> Value {
    promise_of(&json!({
        "type": "object", "required": ["size"],
        "x-kubernetes-validations": [
            {"rule": "!has(oldSelf.region) || self.region == oldSelf.region", "message": "region is immutable"},
            {"rule": "self.size != 'large' || self.replicas <= 5", "message": "large widgets: at most 5 replicas"},
        ],
        "properties": {
            "size": {"type": "string", "enum": ["small", "medium", "large"]},
            "replicas": {"type": "integer", "minimum": 0, "maximum": 10, "default": 1},
            "region": {"type": "string", "pattern": "^[a-z]{2}-[a-z]+-[0-9]$"},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }))
}

pub fn promise_of(schema: &Value) -> Value {
    json!({
        "apiVersion": "midspan.dev/v1alpha1", "kind": "Promise", "metadata": {"name": "widget", "labels": {"midspan.dev/version": "v1"}},
        "spec": {
            "title": "Widget",
            "api": {"group": "demo.example.com", "version": "v1", "kind": "Widget", "plural": "widgets", "singular": "widget", "shortNames": ["wd"], "schema": schema},
        },
    })
}

pub fn widget(name: &str) -> Value {
    json!({"apiVersion": "demo.example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": {"size": "small"}})
}

pub fn at(name: &str) -> String {
    format!("{WIDGETS}/{name}")
}

impl Person {
    pub async fn publishes(&self, promise: Value) -> Value {
        self.post(PROMISES, promise).await.good()
    }

    pub async fn asks_for(&self, widget: Value) -> Value {
        self.post(WIDGETS, widget).await.good()
    }

    pub async fn lists(&self, query: &str) -> Vec<String> {
        self.get(&format!("{WIDGETS}?{query}")).await.names().into_iter().map(ToOwned::to_owned).collect()
    }
}
