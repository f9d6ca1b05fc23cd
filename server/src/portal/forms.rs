//! The request form and the edit form, drawn from the promise's schema.

use super::{ServerPortal, facts};
use app::{
    pages::form::{Editing, FormPage, Prefill, Problem},
    paths::ResourceKey,
};
use domain::{
    Error, Result,
    document,
    request::{Operation, RequestPhase},
};
use forms::{Filled, FormModel};
use serde_json::{Value, json};
use store::Query;

impl ServerPortal {
    pub(super) async fn new_request_page(&self, promise: &str, prefill: &Prefill) -> Result<FormPage> {
        let served = self.offered(promise)?;
        let promised = served.promised().cloned().ok_or_else(|| Error::not_found("promises.midspan.dev", promise))?;
        let mut key = ResourceKey::new("default", promise, "");
        let mut spec = json!({});
        if let Some(example) = prefill.example.parse::<usize>().ok().and_then(|index| promised.offer.promise.spec.examples.get(index)) {
            spec = example.spec.clone();
        }
        if !prefill.like.is_empty() {
            spec = self.spec_of(&prefill.like).await?;
        }
        if !prefill.draft.is_empty() {
            (key, spec) = self.draft_of(&prefill.draft).await?;
        }
        if !prefill.entries.is_empty() {
            let given = forms::decode(&promised.schema, &prefill.entries, None)?;
            json_patch::merge(&mut spec, &given.value);
        }
        let form = FormModel::build(&promised.schema, Filled { value: Some(&spec), ..Filled::default() });
        self.form_page(&key, None, form, Vec::new(), &spec).await
    }

    pub(super) async fn edit_page(&self, key: &ResourceKey, draft: &str) -> Result<FormPage> {
        let served = self.offered(&key.promise)?;
        let promised = served.promised().cloned().ok_or_else(|| Error::not_found("promises.midspan.dev", &key.promise))?;
        let stored = self.stored(key).await?;
        let spec = if draft.is_empty() { stored.spec.clone() } else { self.draft_of(draft).await?.1 };
        let form = FormModel::build(&promised.schema, Filled { value: Some(&spec), stored: Some(&stored.spec), ..Filled::default() });
        self.form_page(key, Some(stored.metadata.generation.to_string()), form, Vec::new(), &spec).await
    }

    /// A form page around a model that is already there.
    pub async fn form_page(&self, key: &ResourceKey, version_when_editing: Option<String>, form: FormModel, problems: Vec<Problem>, spec: &Value) -> Result<FormPage> {
        let served = self.offered(&key.promise)?;
        let promised = served.promised().ok_or_else(|| Error::not_found("promises.midspan.dev", &key.promise))?;
        let namespaces: Vec<String> = self.doors.services.store.list(&Query::of_kind("", "Namespace")).await?.objects.into_iter().map(|object| object.metadata.name).collect();
        let name = if key.name.is_empty() { "my-name" } else { &key.name };
        let shown = json!({"apiVersion": served.api_version(), "kind": served.kind, "metadata": {"name": name, "namespace": key.namespace}, "spec": masked(&promised.schema, spec)});
        Ok(FormPage {
            card: facts::card(&promised.offer.promise, 0, None),
            editing: version_when_editing.map(|resource_version| Editing { key: key.clone(), resource_version }),
            namespace: key.namespace.clone(),
            namespaces,
            name: key.name.clone(),
            form,
            problems,
            yaml: document::to_yaml(&shown),
        })
    }

    /// `namespace/promise/name`: the spec of an existing resource, to start from.
    async fn spec_of(&self, like: &str) -> Result<Value> {
        let mut parts = like.splitn(3, '/');
        let (Some(namespace), Some(promise), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Error::bad_request(format!("{like:?} names no resource")));
        };
        Ok(self.stored(&ResourceKey::new(namespace, promise, name)).await?.spec)
    }

    /// What a draft that was not submitted holds.
    async fn draft_of(&self, name: &str) -> Result<(ResourceKey, Value)> {
        let (request, _) = self.doors.services.request(&self.asker, name).await?;
        if request.status.phase != RequestPhase::Draft || request.spec.operation == Operation::Delete {
            return Err(Error::not_found("drafts", name));
        }
        let resource = &request.spec.resource;
        Ok((ResourceKey::new(&resource.namespace, &request.spec.promise, &resource.name), request.spec.input))
    }
}

/// A spec with its secrets covered.
pub fn masked(schema: &forms::Schema, spec: &Value) -> Value {
    fn cover(schema: &forms::Schema, value: &Value, pointer: &str, root: &Value) -> Value {
        if schema.at(root, pointer).is_some_and(forms::schema::Node::secret) && !value.is_null() {
            return json!("••••••");
        }
        match value {
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), cover(schema, value, &forms::pointer::join(pointer, key), root))).collect(),
            Value::Array(items) => items.iter().enumerate().map(|(index, value)| cover(schema, value, &forms::pointer::join(pointer, &index.to_string()), root)).collect(),
            other => other.clone(),
        }
    }
    cover(schema, spec, "", spec)
}
