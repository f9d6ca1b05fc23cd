//! The request form and the edit form, drawn from the promise's schema.

use super::{ServerPortal, facts, secrets};
use crate::service::{form_drafts::with_hidden, kinds::Promised};
use app::{
    pages::form::{AsCode, Editing, FormPage, FormStep, Prefill, Problem},
    paths::{self, ResourceKey},
};
use domain::{
    Error, Result, Timestamp,
    caller::Verb,
    request::{DRAFT_KEPT, Operation, Request, RequestPhase},
};
use forms::{Decoded, Filled, FormModel, Schema, model::Origins};
use serde_json::{Value, json};
use store::Query;

impl ServerPortal {
    pub(super) async fn new_request_page(&self, promise: &str, prefill: &Prefill) -> Result<FormPage> {
        let (_, promised) = self.offer(promise)?;
        let start = self.start(&promised, promise, prefill).await?;
        let given = match prefill.entries.as_slice() {
            [] => Decoded::default(),
            entries => forms::decode(&promised.schema, entries, None)?,
        };
        let mut spec = start.spec;
        if given.value.is_object() {
            json_patch::merge(&mut spec, &given.value);
        }
        let filled = Filled {
            value: Some(&spec),
            causes: &given.causes,
            texts: Some(&given.texts),
            origins: Some(&start.origins),
            ..Filled::default()
        };
        let form = self.model_in(&promised.schema, &start.key.namespace, filled).await?;
        let page = self.form_page(&start.key, None, form, Vec::new(), (&spec, start.draft.as_ref())).await?;
        Ok(on_step(page, &promised.schema, prefill.step.saturating_sub(1), &prefill.draft))
    }

    pub(super) async fn edit_page(&self, key: &ResourceKey, draft: &str) -> Result<FormPage> {
        let (_, promised, stored) = self.found(key).await?;
        let (mut spec, mut kept) = (stored.spec.clone(), None);
        if !draft.is_empty() {
            let (of, request) = self.draft_of(draft).await?;
            if of != *key {
                return Err(super::absent("draft", draft));
            }
            (spec, kept) = (with_hidden(&request), Some(request));
        }
        let filled = Filled { value: Some(&spec), stored: Some(&stored.spec), ..Filled::default() };
        let form = self.model_in(&promised.schema, &key.namespace, filled).await?;
        let version = Some(stored.metadata.generation.to_string());
        self.form_page(key, version, form, Vec::new(), (&spec, kept.as_ref())).await
    }

    /// A form page around a model that is already there.
    pub async fn form_page(
        &self,
        key: &ResourceKey,
        version_when_editing: Option<String>,
        form: FormModel,
        problems: Vec<Problem>,
        (spec, draft): (&Value, Option<&Request>),
    ) -> Result<FormPage> {
        let (served, promised) = self.offer(&key.promise)?;
        let namespaces = self.namespaces().await?;
        let key = ResourceKey { namespace: preferred(&namespaces, &key.namespace), ..key.clone() };
        Ok(FormPage {
            card: facts::card(&promised.offer.promise, 0, None, String::new()),
            editing: version_when_editing.map(|resource_version| Editing { key: key.clone(), resource_version }),
            namespace: key.namespace.clone(),
            namespaces,
            name: key.name.clone(),
            form,
            problems,
            code: AsCode {
                commit: self.commit_text(&served, &promised, &key, spec, draft).await?,
                ..self.as_code(&served, &promised, &key, spec)
            },
            text: None,
            steps: Vec::new(),
            draft: draft.map_or_else(String::new, |draft| draft.metadata.name.clone()),
            kept_until: draft.and_then(kept_until),
        })
    }

    /// Where the caller may make something new.
    pub(super) async fn namespaces(&self) -> Result<Vec<String>> {
        let found = self.doors.services.store.list(&Query::of_kind("", "Namespace")).await?.objects;
        let open = found.into_iter().filter(|namespace| !namespace.deleting()).map(|namespace| namespace.metadata.name);
        Ok(open.filter(|namespace| self.refusal(Verb::Write, namespace).is_none()).collect())
    }

    /// What the address says to begin with. Secrets are not copied: who needs them types them.
    async fn start(&self, promised: &Promised, promise: &str, prefill: &Prefill) -> Result<Start> {
        let namespaces = self.namespaces().await?;
        let key = ResourceKey::new(&preferred(&namespaces, "default"), promise, "");
        let mut start = Start { key, spec: json!({}), origins: Origins::new(), draft: None };
        let (begins, origins) = self.beginning(promised, &start.key).await?;
        start.origins = origins;
        if prefill.example.is_empty() && prefill.like.is_empty() && prefill.draft.is_empty() {
            start.spec = begins;
        }
        let examples = &promised.offer.promise.spec.examples;
        if let Some(example) = prefill.example.parse::<usize>().ok().and_then(|index| examples.get(index)) {
            start.spec = example.spec.clone();
        }
        if !prefill.like.is_empty() {
            start.spec = secrets::without(&promised.schema, &self.spec_of(promise, &prefill.like).await?);
        }
        if !prefill.draft.is_empty() {
            let (key, request) = self.draft_of(&prefill.draft).await?;
            if key.promise != promise {
                return Err(super::absent("draft", &prefill.draft));
            }
            start = Start { key, spec: with_hidden(&request), draft: Some(request), ..start };
        }
        Ok(start)
    }

    /// `namespace/promise/name`: the spec of an existing resource, to start from.
    async fn spec_of(&self, promise: &str, like: &str) -> Result<Value> {
        let parts: Vec<&str> = like.splitn(3, '/').collect();
        match parts.as_slice() {
            [namespace, of, name] if *of == promise => {
                Ok(self.stored(&ResourceKey::new(namespace, of, name)).await?.spec)
            }
            _ => Err(Error::bad_request(format!("{like:?} names no resource of this promise"))),
        }
    }

    /// What a draft that was not submitted holds.
    pub async fn draft_of(&self, name: &str) -> Result<(ResourceKey, Request)> {
        let (request, ..) = self.asked(name).await?;
        if request.status.phase != RequestPhase::Draft || request.spec.operation == Operation::Delete {
            return Err(super::absent("draft", name));
        }
        let resource = &request.spec.resource;
        let key = ResourceKey::new(&resource.namespace, &request.spec.promise, &resource.name);
        Ok((key, request))
    }
}

/// One step of a form that has several: its fields, and the way to the others. A step comes with what the steps before it gave.
pub fn on_step(page: FormPage, schema: &Schema, step: usize, draft: &str) -> FormPage {
    let pages = forms::model::pages(schema.root());
    if pages.is_empty() || page.text.is_some() {
        return page;
    }
    let step = if draft.is_empty() { 0 } else { step.min(pages.len() - 1) };
    let address = paths::new_request(&page.card.name);
    let reach = |index: usize| match (index, draft) {
        (0, "") => address.clone(),
        (_, "") => String::new(),
        (index, draft) => paths::with_query(&address, &[("draft", draft), ("step", &(index + 1).to_string())]),
    };
    let told = pages.iter().enumerate().map(|(index, each)| FormStep {
        title: each.title.clone(),
        description: each.description.clone().unwrap_or_default(),
        href: reach(index),
        current: index == step,
    });
    FormPage { steps: told.collect(), form: page.form.only(&pages, step), ..page }
}

/// Where a new form begins.
struct Start {
    key: ResourceKey,
    spec: Value,
    origins: Origins,
    draft: Option<Request>,
}

/// How long a draft is kept.
fn kept_until(draft: &Request) -> Option<Timestamp> {
    draft.metadata.creation_timestamp.map(|made| made + DRAFT_KEPT)
}

fn preferred(namespaces: &[String], asked: &str) -> String {
    if asked.is_empty() || !namespaces.iter().any(|namespace| namespace == asked) && asked == "default" {
        return namespaces.first().cloned().unwrap_or_default();
    }
    asked.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(namespaces: &[&str], asked: &str, expected: &str) {
        let namespaces: Vec<String> = namespaces.iter().map(ToString::to_string).collect();
        assert_eq!(preferred(&namespaces, asked), expected);
    }

    #[test]
    fn a_form_begins_in_the_default_namespace_or_in_the_first_there_is() {
        check(&["a", "default"], "default", "default");
        check(&["a", "b"], "default", "a");
        check(&["a", "b"], "b", "b");
        check(&["a"], "typed-by-hand", "typed-by-hand");
        check(&[], "", "");
    }
}
