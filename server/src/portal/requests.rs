//! A request: the plan of a draft, else what became of it.

use super::{ServerPortal, diff, facts, forms::masked, runs};
use crate::service::kinds::Served;
use app::{
    pages::request::{Plan, PlannedDestination, PlannedEffect, RequestKind, RequestPage, RequestPhase},
    paths::{self, ResourceKey},
    view::{Change, FieldChange},
};
use domain::{
    Error, Result, Typed, document,
    object::GROUP,
    request::{self, Operation, Request},
    run::RunKind,
};
use ::forms::Schema;
use serde_json::{Value, json};
use std::sync::Arc;

impl ServerPortal {
    pub(super) async fn request_page(&self, name: &str) -> Result<RequestPage> {
        let services = &self.doors.services;
        let (request, served) = services.request(&self.asker, name).await?;
        let promised = served.promised().cloned().ok_or_else(|| Error::not_found("promises.midspan.dev", &request.spec.promise))?;
        let promise = &promised.offer.promise;
        let key = ResourceKey::new(&request.spec.resource.namespace, &request.spec.promise, &request.spec.resource.name);
        let draft = request.status.phase == request::RequestPhase::Draft;
        let plan = if draft { self.plan_of(&request, &served, &key).await? } else { self.done(&request, &served) };
        let mut made = Vec::new();
        if !request.status.run.is_empty()
            && let Some(object) = services.store.by_name(GROUP, "Run", &key.namespace, &request.status.run).await?
        {
            made.push(runs::row(&Typed::<RunKind>::parse(object)?, &facts::offers_of(self)?));
        }
        let edit = match request.spec.operation {
            _ if !draft => String::new(),
            Operation::Create => paths::with_query(&paths::new_request(&key.promise), &[("draft", name)]),
            _ => paths::with_query(&key.tab("edit"), &[("draft", name)]),
        };
        Ok(RequestPage {
            name: name.to_owned(),
            resource: key,
            promise_title: promise.title().to_owned(),
            icon: promise.spec.icon.clone(),
            version: promise.version.clone(),
            what: match request.spec.operation {
                Operation::Create => RequestKind::Create,
                Operation::Update => RequestKind::Update,
                Operation::Delete => RequestKind::Delete,
            },
            phase: phase(request.status.phase),
            message: request.status.message.clone(),
            by: request.spec.asked_by.clone(),
            created: request.metadata.creation_timestamp.unwrap_or_default(),
            submitted: request.status.submitted_at,
            finished: request.status.finished_at,
            plan,
            runs: made,
            edit_href: edit,
        })
    }

    /// What submitting the draft would do.
    async fn plan_of(&self, request: &Request, served: &Arc<Served>, key: &ResourceKey) -> Result<Plan> {
        let services = &self.doors.services;
        let input = request.spec.input.clone();
        let stored = services.store.by_name(&served.group, &served.kind, &key.namespace, &key.name).await?;
        let preview = match services.plan(&self.asker, served, &key.namespace, &key.name, input.clone()).await {
            Ok(preview) => preview,
            // the schema or the resource has changed since the draft was kept
            Err(error) => return Ok(Plan { incomplete: error.message, ..self.document_only(request, served, &input) }),
        };
        let places = self.places().await?;
        let selectors = served.promised().map(|promised| promised.offer.promise.spec.destination_selectors.clone()).unwrap_or_default();
        let because: Vec<String> = selectors.iter().flat_map(|selector| &selector.match_labels).map(|(key, value)| format!("{key}={value}")).collect();
        let mut files: Vec<_> = preview.files.iter().map(diff::file).collect();
        files.sort_by_key(|file| (file.change == Change::Same, file.path.clone()));
        let typical = self.cards().await?.into_iter().find(|card| card.name == key.promise).and_then(|card| card.typical_seconds);
        Ok(Plan {
            files,
            fields: stored.zip(served.promised()).map(|(stored, promised)| changed(&promised.schema, &stored.spec, &input)).unwrap_or_default(),
            destinations: preview
                .destinations
                .iter()
                .map(|name| PlannedDestination { name: name.clone(), because: because.join(", "), writes_to: places.get(name).cloned().unwrap_or_default() })
                .collect(),
            effects: preview
                .unseen
                .iter()
                .map(|step| {
                    let (step, uses) = step.trim_end_matches(')').rsplit_once(" (").unwrap_or((step, ""));
                    PlannedEffect { step: step.to_owned(), uses: uses.to_owned(), sentence: "Runs when the request is carried out; what it does cannot be shown beforehand.".to_owned() }
                })
                .collect(),
            expected_seconds: typical,
            expected_from: 0,
            incomplete: preview.refusal.or(preview.nowhere).unwrap_or_default(),
            ..self.document_only(request, served, &input)
        })
    }

    /// What a request that was carried out asked for.
    fn done(&self, request: &Request, served: &Arc<Served>) -> Plan {
        self.document_only(request, served, &request.spec.input)
    }

    fn document_only(&self, request: &Request, served: &Arc<Served>, input: &Value) -> Plan {
        if input.is_null() {
            return Plan::default();
        }
        let spec = served.promised().map_or_else(|| input.clone(), |promised| masked(&promised.schema, input));
        let resource = &request.spec.resource;
        let document = json!({"apiVersion": served.api_version(), "kind": served.kind, "metadata": {"name": resource.name, "namespace": resource.namespace}, "spec": spec});
        Plan { yaml: document::to_yaml(&document), ..Plan::default() }
    }
}

/// The fields a request changes, secrets covered.
fn changed(schema: &Schema, before: &Value, after: &Value) -> Vec<FieldChange> {
    diff::fields(schema, &masked(schema, before), &masked(schema, after))
}

fn phase(phase: request::RequestPhase) -> RequestPhase {
    match phase {
        request::RequestPhase::Draft => RequestPhase::Draft,
        request::RequestPhase::Submitted => RequestPhase::Submitted,
        request::RequestPhase::Running => RequestPhase::Running,
        request::RequestPhase::Succeeded => RequestPhase::Succeeded,
        request::RequestPhase::Failed => RequestPhase::Failed,
        request::RequestPhase::Superseded => RequestPhase::Superseded,
        request::RequestPhase::Withdrawn => RequestPhase::Withdrawn,
    }
}
