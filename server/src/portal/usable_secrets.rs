//! The secrets somebody may name in a form instead of typing one: keys of secrets that say so, and secret outputs of resources, of one namespace.

use super::ServerPortal;
use domain::{
    Result,
    caller::Verb,
    output,
    selector::{Requirement, Selector},
    stand_in::{USABLE, named},
};
use forms::{model::output_text, pick::Choosable};
use serde_json::{Map, Value};
use store::Query;

/// So many of each kind are offered.
const MOST: i64 = 100;

impl ServerPortal {
    pub async fn usable_secrets(&self, namespace: &str) -> Result<Vec<Choosable>> {
        let mut usable = Vec::new();
        if namespace.is_empty() {
            return Ok(usable);
        }
        let services = &self.doors.services;
        if let Some(served) = services.kinds.snapshot().by_kind("v1", "Secret")
            && services.authorise(&self.asker, Verb::List, &served, namespace).is_ok()
        {
            let said = Requirement::In(USABLE.to_owned(), vec!["true".to_owned()]);
            let query = Query {
                namespaces: vec![namespace.to_owned()],
                labels: Selector { requirements: vec![said] },
                limit: MOST,
                ..Query::of_kind("", "Secret")
            };
            for secret in services.store.list(&query).await?.objects {
                let name = &secret.metadata.name;
                let keys = secret.rest.get("data").and_then(Value::as_object).into_iter().flat_map(Map::keys);
                usable.extend(
                    keys.map(|key| Choosable { text: named(name, key), title: format!("{key} of the secret {name}") }),
                );
            }
        }
        // what an output is used for is as good as reading it
        if self.refusal(Verb::Write, namespace).is_some() {
            return Ok(usable);
        }
        let query = Query {
            resources: true,
            namespaces: vec![namespace.to_owned()],
            deleting: Some(false),
            limit: MOST,
            ..Query::default()
        };
        for resource in services.store.list(&query).await?.objects {
            let (promise, name) = (resource.facets().promise.to_owned(), &resource.metadata.name);
            let outputs = resource.status.get("outputs").and_then(Value::as_object).into_iter().flatten();
            let sealed = outputs.filter(|(_, value)| output::mark(value).is_some());
            usable.extend(sealed.map(|(key, _)| Choosable {
                text: output_text(&promise, namespace, name, key),
                title: format!("{key} of {promise} {name}"),
            }));
        }
        Ok(usable)
    }
}
