//! The request form and the edit form, drawn from the promise's schema.

use super::{ServerPortal, facts, secrets};
use crate::service::{form_drafts::with_hidden, kinds::Promised};
use app::{
    pages::form::{Editing, FormPage, FormStep, Prefill, Problem},
    paths::{self, ResourceKey},
};
use domain::{
    Error, Result,
    caller::Verb,
    request::{Operation, RequestPhase},
};
use forms::{Decoded, Filled, FormModel, Schema};
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
        let filled =
            Filled { value: Some(&spec), causes: &given.causes, texts: Some(&given.texts), ..Filled::default() };
        let form = self.model(&promised.schema, filled).await?;
        let page = self.form_page(&start.key, None, form, start.problems, &spec).await?;
        Ok(on_step(page, &promised.schema, prefill.step.saturating_sub(1), &prefill.draft))
    }

    pub(super) async fn edit_page(&self, key: &ResourceKey, draft: &str) -> Result<FormPage> {
        let (_, promised, stored) = self.found(key).await?;
        let (mut spec, mut problems) = (stored.spec.clone(), Vec::new());
        if !draft.is_empty() {
            let (of, input) = self.draft_of(draft).await?;
            if of != *key {
                return Err(super::absent("draft", draft));
            }
            problems = retyped(&promised, &stored.spec, &input);
            spec = input;
        }
        let filled = Filled { value: Some(&spec), stored: Some(&stored.spec), ..Filled::default() };
        let form = self.model(&promised.schema, filled).await?;
        self.form_page(key, Some(stored.metadata.generation.to_string()), form, problems, &spec).await
    }

    /// A form page around a model that is already there.
    pub async fn form_page(
        &self,
        key: &ResourceKey,
        version_when_editing: Option<String>,
        form: FormModel,
        problems: Vec<Problem>,
        spec: &Value,
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
            code: Self::as_code(&served, &promised, &key, spec),
            text: None,
            steps: Vec::new(),
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
        let mut start = Start { key: ResourceKey::new("default", promise, ""), spec: json!({}), problems: Vec::new() };
        let examples = &promised.offer.promise.spec.examples;
        if let Some(example) = prefill.example.parse::<usize>().ok().and_then(|index| examples.get(index)) {
            start.spec = example.spec.clone();
        }
        if !prefill.like.is_empty() {
            start.spec = secrets::without(&promised.schema, &self.spec_of(promise, &prefill.like).await?);
        }
        if !prefill.draft.is_empty() {
            let (key, input) = self.draft_of(&prefill.draft).await?;
            if key.promise != promise {
                return Err(super::absent("draft", &prefill.draft));
            }
            let spec = secrets::without(&promised.schema, &input);
            start.problems = retyped(promised, &spec, &input);
            start = Start { key, spec, ..start };
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
    pub async fn draft_of(&self, name: &str) -> Result<(ResourceKey, Value)> {
        let (request, ..) = self.asked(name).await?;
        if request.status.phase != RequestPhase::Draft || request.spec.operation == Operation::Delete {
            return Err(super::absent("draft", name));
        }
        let resource = &request.spec.resource;
        let key = ResourceKey::new(&resource.namespace, &request.spec.promise, &resource.name);
        Ok((key, with_hidden(&request)))
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
    FormPage { steps: told.collect(), form: page.form.only(schema, &pages, step), ..page }
}

/// Where a new form begins.
struct Start {
    key: ResourceKey,
    spec: Value,
    problems: Vec<Problem>,
}

/// A form gives no secret back. Whoever had typed one into a draft is told, since posting the form again would lose it.
fn retyped(promised: &Promised, known: &Value, draft: &Value) -> Vec<Problem> {
    let schema = &promised.schema;
    let only_secrets = |change: &app::view::FieldChange| change.after == secrets::COVERED;
    let lost = super::settings::changes(schema, known, draft).into_iter().filter(only_secrets);
    let told = |change: app::view::FieldChange| Problem {
        field: String::new(),
        message: format!("{}: what you typed is not shown again; type it once more", change.label),
    };
    lost.map(told).collect()
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
