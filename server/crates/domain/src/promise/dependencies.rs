//! What a promise brings along for every destination it uses: objects, written as one file.

use super::Promise;
use crate::document;

impl Promise {
    /// Path and content of the file that holds the promise's dependencies, as Kratix lays it out; `None` when there are none.
    pub fn dependencies_file(&self) -> Option<(String, String)> {
        let documents: Vec<String> = self.spec.dependencies.iter().map(document::to_yaml).collect();
        let path = format!("static/{}-dependencies.yaml", self.name);
        (!documents.is_empty()).then(|| (path, documents.join("---\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::PromiseSpec;
    use serde_json::json;

    #[test]
    fn dependencies_are_one_file_of_documents() {
        let dependencies = ["a", "b"]
            .map(|name| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
            .to_vec();
        let promise = Promise {
            name: "redis".into(),
            spec: PromiseSpec { dependencies, ..PromiseSpec::default() },
            ..Promise::default()
        };
        let (path, text) = promise.dependencies_file().unwrap();
        assert_eq!(path, "static/redis-dependencies.yaml");
        assert_eq!(document::parse_all(&text, "dependencies").unwrap(), promise.spec.dependencies);
        assert_eq!(Promise::default().dependencies_file(), None);
    }
}
