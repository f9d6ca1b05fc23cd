//! What the pages show: `app`'s portal for one caller, over the same verbs as every other door.

mod actions;
pub mod as_code;
mod beginning;
mod catalog;
mod commit;
mod compare;
mod diff;
mod drafts;
mod drift;
mod effects;
mod facts;
mod forms;
mod gone;
mod graph;
mod head;
mod health;
mod history;
mod home;
mod logs;
mod markdown;
mod me;
mod paging;
mod palette;
mod parts;
mod pickers;
mod places;
mod platform;
mod promise_admin;
mod promise_needs;
mod pulse;
mod requests;
mod resource;
mod resources;
mod runs;
mod search;
mod secrets;
mod settings;
mod standing;
mod steps;
#[cfg(test)]
mod tests;
mod typical;
mod usable_secrets;
mod weighed;

pub use self::forms::on_step;
pub use logs::Followed;
pub use resources::LIST as RESOURCES_LIST;
pub use secrets::without as without_secrets;
pub use typical::Typicals;

use crate::{
    http::Doors,
    service::{
        Asker,
        kinds::{Promised, Served},
    },
};
use app::{
    pages::{
        action::ActionPage,
        catalog::{Catalog, CatalogQuery},
        delete::DeletePage,
        device::DevicePage,
        drift::DriftPage,
        files::FilesPage,
        form::{FormPage, Prefill},
        gone::GonePage,
        graph::{GraphPage, GraphQuery},
        history::{HistoryPage, HistoryQuery},
        home::Home,
        me::MePage,
        platform::PlatformPage,
        promise::PromisePage,
        promise_admin::PromiseAdminPage,
        request::RequestPage,
        resource::ResourcePage,
        resources::{Resources, ResourcesQuery},
        run::RunPage,
        runs::{Runs, RunsQuery},
        search::Found,
    },
    paths::ResourceKey,
    portal::{Frame, Portal, Result},
};
use async_trait::async_trait;
use domain::{
    Error, ErrorKind, Object, Typed,
    caller::{Target, Verb, may},
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

    /// The kind a promise offers.
    pub fn offered(&self, promise: &str) -> Result<Arc<Served>> {
        self.may_look()?;
        let served = self.doors.services.kinds.snapshot().by_promise(promise);
        served.ok_or_else(|| absent("promise", promise))
    }

    /// A promise's current revision with its schema.
    pub fn promised(&self, promise: &str) -> Result<Arc<Promised>> {
        Ok(self.offer(promise)?.1)
    }

    /// A resource. What the caller may not see is not found.
    pub async fn stored(&self, key: &ResourceKey) -> Result<Object> {
        let served = self.offered(&key.promise)?;
        let found = self.doors.services.get(&self.asker, &served, &key.namespace, &key.name).await;
        let what = served.promised().map_or(served.kind.as_str(), |promised| promised.offer.promise.title());
        found.map_err(|error| unseen(error, what, &key.name))
    }

    /// A run by its name alone. What the caller may not see is not found.
    pub async fn stored_run(&self, name: &str) -> Result<Run> {
        // a run's name is its uid with a dash, so that it is found without knowing its namespace
        let object = self.doors.services.store.by_uid(&name.replacen('-', "_", 1)).await?;
        let object = object.filter(|object| object.group() == GROUP && object.kind == "Run");
        let object = object.filter(|object| self.refusal(Verb::Read, &object.metadata.namespace).is_none());
        Typed::<RunKind>::parse(object.ok_or_else(|| absent("run", name))?)
    }

    /// The kind a promise offers, with its revision and schema.
    fn offer(&self, promise: &str) -> Result<(Arc<Served>, Arc<Promised>)> {
        let served = self.offered(promise)?;
        let promised = promised(&served, promise)?;
        Ok((served, promised))
    }

    /// Whether the portal is open to the caller at all. Lists show resources of every namespace.
    fn may_look(&self) -> Result<()> {
        let caller = &self.asker.caller;
        may(caller, Verb::Read, Target::Catalog).map_err(Error::forbidden)?;
        may(caller, Verb::Read, Target::Resource { namespace: "" }).map_err(Error::forbidden)
    }

    /// Why the caller may not do this to the resources of a namespace; `None` when they may.
    fn refusal(&self, verb: Verb, namespace: &str) -> Option<String> {
        may(&self.asker.caller, verb, Target::Resource { namespace }).err()
    }

    /// Selects what the caller asked for.
    fn asked_by_caller(&self) -> Selector {
        label(REQUESTED_BY, &domain::name::to_value(&self.asker.caller.name))
    }
}

fn promised(served: &Served, promise: &str) -> Result<Arc<Promised>> {
    served.promised().cloned().ok_or_else(|| absent("promise", promise))
}

/// Who may not see a thing is told what they would be told if it were not there.
fn unseen(error: Error, what: &str, name: &str) -> Error {
    if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) { absent(what, name) } else { error }
}

/// In the words of pages: `There is no Redis named sessions.`
fn absent(what: &str, name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("There is no {what} named {name}."))
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

    async fn promise_admin(&self, promise: &str, persona: &str) -> Result<PromiseAdminPage> {
        self.promise_admin_page(promise, persona).await
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

    async fn gone(&self, key: &ResourceKey) -> Result<Option<GonePage>> {
        self.gone_page(key).await
    }

    async fn platform(&self) -> Result<PlatformPage> {
        self.platform_page().await
    }

    async fn drift(&self, key: &ResourceKey) -> Result<DriftPage> {
        self.drift_page(key).await
    }

    async fn files(&self, key: &ResourceKey) -> Result<FilesPage> {
        self.files_page(key).await
    }

    async fn graph(&self, key: &ResourceKey, query: &GraphQuery) -> Result<GraphPage> {
        self.graph_page(key, query).await
    }

    async fn history(&self, key: &ResourceKey, query: &HistoryQuery) -> Result<HistoryPage> {
        self.history_page(key, query).await
    }

    async fn edit(&self, key: &ResourceKey, draft: &str) -> Result<FormPage> {
        self.edit_page(key, draft).await
    }

    async fn action(&self, key: &ResourceKey, action: &str) -> Result<ActionPage> {
        self.action_page(key, action).await
    }

    async fn delete(&self, key: &ResourceKey) -> Result<DeletePage> {
        self.delete_page(key).await
    }

    async fn me(&self) -> Result<MePage> {
        self.me_page().await
    }

    async fn device(&self, code: &str) -> Result<DevicePage> {
        self.device_page(code).await
    }

    async fn runs(&self, query: &RunsQuery) -> Result<Runs> {
        self.runs_page(query).await
    }

    async fn run(&self, name: &str) -> Result<RunPage> {
        self.run_page(name).await
    }

    async fn search(&self, asked: &str) -> Result<Found> {
        self.search_page(asked).await
    }

    async fn gallery(&self) -> Result<()> {
        if self.doors.dev || self.runs_platform() { Ok(()) } else { Err(absent("page", "_ui")) }
    }
}
