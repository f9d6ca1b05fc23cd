//! One resource: its overview, its files, and what a delete would take away.

use super::{ServerPortal, facts, history, places, runs::row, secrets::Cover, settings, weighed::weighed};
use crate::service::kinds::{Promised, Served};
use app::{
    pages::{
        delete::DeletePage,
        files::FilesPage,
        resource::{Output, ResourcePage, RunStrip},
    },
    paths::ResourceKey,
};
use domain::{
    Object, Result,
    output::is_secret,
    plan::Offer,
    promise::Promise,
    request::Request,
    run::RunPhase,
    status::{OperationState, ResourceStatus},
};
use serde_json::Value;
use std::sync::Arc;

impl ServerPortal {
    pub(super) async fn resource_page(&self, key: &ResourceKey) -> Result<ResourcePage> {
        const NEWEST: i64 = 6;
        let (served, promised, object) = self.found(key).await?;
        let status = ResourceStatus::read(&object.status);
        let uid = &object.metadata.uid;
        let (events, requests, places) = futures::try_join!(
            self.doors.services.store.events(uid, None, NEWEST),
            self.requests_of(uid),
            self.places()
        )?;
        let placements = self.placements(&object).await?;
        let cover = secrets_of(&promised, &object, &requests);
        Ok(ResourcePage {
            head: self.head(&object, &served).await?,
            conditions: facts::conditions(&object, &status),
            health: self.checks(&object, &status).await?,
            run: self.strip(&object, &status, &requests).await?,
            parts: self.parts(&object).await?,
            outputs: outputs(&status, &promised.offer.promise, &cover),
            spec: settings::entries(&promised.schema, &object.spec),
            weighed: weighed(&self.doors.services.weighed(&served, object.clone()).await.unwrap_or_default()),
            placed: places::together(placements.iter().map(|placement| places::placed(placement, &places))),
            history: events
                .iter()
                .map(|stored| history::happening(&promised.schema, &stored.event, &requests))
                .collect(),
            yaml: self.manifest(&served, &promised, key, &object.spec),
        })
    }

    pub(super) async fn files_page(&self, key: &ResourceKey) -> Result<FilesPage> {
        let (served, promised, object) = self.found(key).await?;
        let cover = secrets_of(&promised, &object, &self.requests_of(&object.metadata.uid).await?);
        let placements = self.placements(&object).await?;
        let destinations = self.placed_files(&placements, |text| cover.text(text)).await?;
        Ok(FilesPage { head: self.head(&object, &served).await?, destinations })
    }

    pub(super) async fn delete_page(&self, key: &ResourceKey) -> Result<DeletePage> {
        let (served, promised, object) = self.found(key).await?;
        let status = ResourceStatus::read(&object.status);
        let placements = self.placements(&object).await?;
        let files = placements.iter().filter(|placement| !placement.spec.withdrawn).flat_map(|placement| {
            let spec = &placement.spec;
            spec.files.keys().map(|path| (spec.destination.clone(), spec.full(path)))
        });
        let files = files.collect();
        // a deletion runs the revision that was last applied
        let applied = self.doors.services.offers.by_name(&self.doors.services.store, &status.revision).await?;
        let applied = applied.unwrap_or_else(|| promised.offer.clone());
        let services = &self.doors.services;
        Ok(DeletePage {
            children: services.going_along(&object).await?,
            users: services.users_by_name(&key.promise, &object).await?.1,
            head: self.head(&object, &served).await?,
            files,
            steps: delete_steps(&applied),
            refusal: String::new(),
            typed: String::new(),
        })
    }

    /// The resource with what describes it. What the caller may not see is not found.
    /// The resource, with the revision it runs: that of its pin, or else the current one.
    pub async fn found(&self, key: &ResourceKey) -> Result<(Arc<Served>, Arc<Promised>, Object)> {
        let (served, current) = self.offer(&key.promise)?;
        let stored = self.stored(key).await?;
        let promised = match self.doors.services.bound(&current, &stored).await {
            // it is held at a version that is not there: what it waits for says so
            Err(error) if error.kind == domain::ErrorKind::Invalid => current,
            bound => bound?,
        };
        Ok((served, promised, stored))
    }

    /// The newest run while it moves, or when it failed.
    async fn strip(&self, object: &Object, status: &ResourceStatus, requests: &[Request]) -> Result<Option<RunStrip>> {
        let acting = status.last_action.as_ref();
        let acting = acting.filter(|last| matches!(last.state, OperationState::Running | OperationState::Suspended));
        let run = match acting {
            Some(last) => self.stored_run(&last.run).await.ok(),
            None => self.newest_run(object, status).await?,
        };
        let Some(run) = run.filter(|run| !matches!(run.status.phase, RunPhase::Succeeded | RunPhase::Superseded))
        else {
            return Ok(None);
        };
        let services = &self.doors.services;
        let offer = services.offers.by_name(&services.store, &run.spec.revision).await?;
        let mut row = row(&run, &self.offers());
        if let Some(request) = requests.iter().find(|request| super::runs::began(&run, request)) {
            row.by.clone_from(&request.spec.asked_by);
        }
        Ok(Some(RunStrip { run: row, steps: self.steps(&run, offer.as_deref()).await? }))
    }
}

/// The secrets of a resource, present and past: what was placed earlier holds what was asked earlier.
pub(super) fn secrets_of(promised: &Promised, object: &Object, requests: &[Request]) -> Cover {
    let known = requests.iter().map(|request| &request.spec.input);
    Cover::of(&promised.schema, known.chain([&object.spec]))
}

fn delete_steps(offer: &Offer) -> Vec<String> {
    let pipelines = offer.promise.spec.workflows.resource.delete.iter();
    let step =
        |(pipeline, step): (&str, &domain::workflow::Step)| format!("{pipeline} / {} ({})", step.name, step.uses);
    pipelines.flat_map(|pipeline| pipeline.steps.iter().map(|step| (pipeline.name.as_str(), step))).map(step).collect()
}

/// In the order of the promise; what it does not declare comes last.
fn outputs(status: &ResourceStatus, promise: &Promise, cover: &Cover) -> Vec<Output> {
    let properties = promise.spec.outputs.get("properties").and_then(Value::as_object);
    let declared = |name: &str| properties.and_then(|properties| properties.get(name));
    let place = |name: &str| properties.and_then(|properties| properties.keys().position(|key| key == name));
    // an output that rendered to nothing does not apply to this resource
    let given = status.outputs.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
    let mut given: Vec<(&String, &Value)> = given.collect();
    given.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
    let shown = |(name, value): (&String, &Value)| {
        let schema = declared(name);
        let secret = domain::output::mark(value).is_some() || schema.is_some_and(is_secret);
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        Output {
            name: name.clone(),
            description: schema.map(describe).unwrap_or_default(),
            value: (!secret).then(|| cover.text(&text)),
            note: if secret { "Not shown on pages".to_owned() } else { String::new() },
        }
    };
    given.into_iter().map(shown).collect()
}

/// An output's description, or its title.
pub fn describe(schema: &Value) -> String {
    let text = |key: &str| schema.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    text("description").or_else(|| text("title")).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn outputs_come_in_the_promise_s_order_and_secrets_are_not_shown() {
        let mut promise = Promise::default();
        promise.spec.outputs = json!({"properties": {
            "host": {"description": "Where it listens"}, "port": {"title": "Port"}, "replica": {},
            "password": {"writeOnly": true}, "account": {"properties": {"key": {"format": "password"}}},
        }});
        let status = ResourceStatus::read(&json!({"outputs": {
            "undeclared": "x", "account": {"key": "hunter22"}, "password": "hunter22", "port": 5432, "replica": "", "host": "db.svc",
        }}));
        let told = outputs(&status, &promise, &Cover::default());
        let told: Vec<String> = told
            .iter()
            .map(|output| format!("{} {:?} {}{}", output.name, output.value, output.description, output.note))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        host Some("db.svc") Where it listens
        port Some("5432") Port
        password None Not shown on pages
        account None Not shown on pages
        undeclared Some("x") 
        "#);
    }
}
