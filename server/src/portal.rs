//! What the pages show: `app`'s portal for one caller, over the same verbs as every other door.

mod catalog;
mod diff;
mod facts;
mod forms;
mod home;
mod markdown;
mod paging;
mod requests;
mod resource;
mod resources;
mod runs;

use crate::{
    http::Doors,
    service::{Asker, kinds::Served},
};
use app::{
    pages::{
        catalog::{Catalog, CatalogQuery},
        delete::DeletePage,
        files::FilesPage,
        form::{FormPage, Prefill},
        history::HistoryPage,
        home::Home,
        promise::PromisePage,
        request::RequestPage,
        resource::ResourcePage,
        resources::{Resources, ResourcesQuery},
        run::RunPage,
        runs::{Runs, RunsQuery},
    },
    paths::ResourceKey,
    portal::{Frame, Portal, Result},
};
use async_trait::async_trait;
use domain::{
    Error, Object, Typed,
    facets::REQUESTED_BY,
    object::GROUP,
    run::{Run, RunKind},
    selector::{Requirement, Selector},
};
use std::sync::Arc;

/// The portal of one caller, for one HTTP request.
pub struct ServerPortal {
    doors: Doors,
    asker: Asker,
}

impl ServerPortal {
    pub fn new(doors: Doors, asker: Asker) -> Self {
        Self { doors, asker }
    }

    /// The kind a promise offers. What the caller may not see is not there.
    pub fn offered(&self, promise: &str) -> Result<Arc<Served>> {
        let served = self.doors.services.kinds.snapshot().by_promise(promise).ok_or_else(|| Error::not_found("promises.midspan.dev", promise))?;
        self.doors.services.authorise(&self.asker, domain::caller::Verb::Read, &served, "")?;
        Ok(served)
    }

    pub async fn stored(&self, key: &ResourceKey) -> Result<Object> {
        let served = self.offered(&key.promise)?;
        self.doors.services.get(&self.asker, &served, &key.namespace, &key.name).await
    }

    pub async fn stored_run(&self, name: &str) -> Result<Run> {
        // a run's name is its uid with a dash, so that it is found without knowing its namespace
        let object = self.doors.services.store.by_uid(&name.replacen('-', "_", 1)).await?;
        let object = object.filter(|object| object.group() == GROUP && object.kind == "Run").ok_or_else(|| Error::not_found("runs.midspan.dev", name))?;
        let served = self.doors.services.served(GROUP, domain::object::VERSION, "runs")?;
        self.doors.services.authorise(&self.asker, domain::caller::Verb::Read, &served, &object.metadata.namespace)?;
        Typed::<RunKind>::parse(object)
    }

    /// Selects what the caller asked for.
    fn asked_by_caller(&self) -> Selector {
        label(REQUESTED_BY, &domain::name::to_value(&self.asker.caller.name))
    }
}

/// Selects by one label.
fn label(key: &str, value: &str) -> Selector {
    Selector { requirements: vec![Requirement::In(key.to_owned(), vec![value.to_owned()])] }
}

#[async_trait]
impl Portal for ServerPortal {
    async fn frame(&self) -> Result<Frame> {
        self.frame_page().await
    }

    async fn home(&self) -> Result<Home> {
        self.home_page().await
    }

    async fn catalog(&self, query: &CatalogQuery) -> Result<Catalog> {
        self.catalog_page(query).await
    }

    async fn promise(&self, promise: &str) -> Result<PromisePage> {
        self.promise_page(promise).await
    }

    async fn new_request(&self, promise: &str, prefill: &Prefill) -> Result<FormPage> {
        self.new_request_page(promise, prefill).await
    }

    async fn request(&self, name: &str) -> Result<RequestPage> {
        self.request_page(name).await
    }

    async fn resources(&self, query: &ResourcesQuery) -> Result<Resources> {
        self.resources_page(query).await
    }

    async fn resource(&self, key: &ResourceKey) -> Result<ResourcePage> {
        self.resource_page(key).await
    }

    async fn files(&self, key: &ResourceKey) -> Result<FilesPage> {
        self.files_page(key).await
    }

    async fn history(&self, key: &ResourceKey, before: Option<&str>) -> Result<HistoryPage> {
        self.history_page(key, before).await
    }

    async fn edit(&self, key: &ResourceKey, draft: &str) -> Result<FormPage> {
        self.edit_page(key, draft).await
    }

    async fn delete(&self, key: &ResourceKey) -> Result<DeletePage> {
        self.delete_page(key).await
    }

    async fn runs(&self, query: &RunsQuery) -> Result<Runs> {
        self.runs_page(query).await
    }

    async fn run(&self, name: &str) -> Result<RunPage> {
        self.run_page(name).await
    }
}
