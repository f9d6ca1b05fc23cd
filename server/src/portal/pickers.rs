//! What fields pick from: resources, outputs, namespaces and the like, as far as the caller may see them.

use super::ServerPortal;
use domain::{
    Object, Result,
    caller::Verb,
    destination::DestinationKind,
    object::{GROUP, Kind as _},
};
use forms::{
    Filled, FormModel, Schema,
    pick::{Choosable, Offered, Source},
};
use store::Query;

/// Of one source so many are looked at.
const MOST: i64 = 500;

impl ServerPortal {
    /// A form with all that only the world knows.
    pub async fn model(&self, schema: &Schema, filled: Filled<'_>) -> Result<FormModel> {
        let offered = self.choosable(schema).await?;
        Ok(FormModel::build(schema, Filled { offered: Some(&offered), now: Some(self.doors.services.now()), ..filled }))
    }

    /// The same of a resource's own form: its secrets may be named.
    pub async fn model_in(&self, schema: &Schema, namespace: &str, filled: Filled<'_>) -> Result<FormModel> {
        if !schema.has_secrets() {
            return self.model(schema, filled).await;
        }
        let usable = self.usable_secrets(namespace).await?;
        self.model(schema, Filled { secrets: Some(&usable), ..filled }).await
    }

    async fn choosable(&self, schema: &Schema) -> Result<Offered> {
        let mut offered = Offered::new();
        for picker in schema.pickers() {
            let choices = match &picker.source {
                Source::Resources { promise } => {
                    let found = self.of_promise(promise, Verb::Read).await?;
                    found.iter().map(|object| choosable(&object.metadata.name, &in_namespace(object))).collect()
                }
                // what an output is used for is as good as reading it
                Source::Output { promise, .. } => {
                    let found = self.of_promise(promise, Verb::Write).await?;
                    let text = |object: &Object| format!("{}/{}", object.metadata.namespace, object.metadata.name);
                    found.iter().map(|object| choosable(&text(object), &in_namespace(object))).collect()
                }
                Source::Namespaces => self.namespaces().await?.iter().map(|name| choosable(name, name)).collect(),
                Source::Destinations => {
                    let query = Query { limit: MOST, ..Query::of_kind(GROUP, DestinationKind::KIND) };
                    let found = self.doors.services.store.list(&query).await?.objects;
                    found.iter().map(|object| choosable(&object.metadata.name, &object.metadata.name)).collect()
                }
                Source::Promises => {
                    let offers = self.offers();
                    offers.iter().map(|(name, offer)| choosable(name, offer.promise.title())).collect()
                }
            };
            offered.insert(picker, choices);
        }
        Ok(offered)
    }

    /// The resources of a promise that stay; of any promise, where none is named.
    async fn of_promise(&self, promise: &str, verb: Verb) -> Result<Vec<Object>> {
        let promise = Some(promise.to_owned()).filter(|promise| !promise.is_empty());
        let query = Query { resources: true, promise, deleting: Some(false), limit: MOST, ..Query::default() };
        let mut found = self.doors.services.store.list(&query).await?.objects;
        found.retain(|object| self.refusal(verb, &object.metadata.namespace).is_none());
        Ok(found)
    }
}

fn choosable(text: &str, title: &str) -> Choosable {
    Choosable { text: text.to_owned(), title: title.to_owned() }
}

fn in_namespace(object: &Object) -> String {
    format!("{} in {}", object.metadata.name, object.metadata.namespace)
}
