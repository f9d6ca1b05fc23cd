//! What the pages ask of the server: one method per page. The server binds the caller when it makes a `Portal`,
//! so a page cannot forget who asks. What a caller may not see is not in the answer.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Error, Timestamp};

use crate::{
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
        sign_in::SignIn,
    },
    paths::ResourceKey,
};

pub type Result<T> = std::result::Result<T, Error>;

/// Provided in context once per HTTP request, for the caller of that request.
#[async_trait]
pub trait Portal: Send + Sync {
    /// Around every page: who asks, the counts in the navigation, the present. Must be cheap.
    async fn frame(&self) -> Result<Frame>;

    /// `/`
    async fn home(&self) -> Result<Home>;
    /// `/catalog?q=&tag=`
    async fn catalog(&self, query: &CatalogQuery) -> Result<Catalog>;
    /// `/catalog/{promise}`
    async fn promise(&self, promise: &str) -> Result<PromisePage>;
    /// `/platform/promises/{promise}?as=developer|platform`
    async fn promise_admin(&self, promise: &str, persona: &str) -> Result<PromiseAdminPage>;
    /// `/catalog/{promise}/new?example=&v/size=small`
    async fn new_request(&self, promise: &str, prefill: &Prefill) -> Result<FormPage>;
    /// `/requests/{name}`: the plan of a draft, else what became of it.
    async fn request(&self, name: &str) -> Result<RequestPage>;
    /// `/resources?…`
    async fn resources(&self, query: &ResourcesQuery) -> Result<Resources>;
    /// `/r/{namespace}/{promise}/{name}`
    async fn resource(&self, key: &ResourceKey) -> Result<ResourcePage>;
    /// What is left of a resource that is gone; `None` when there never was one that the caller may see.
    async fn gone(&self, key: &ResourceKey) -> Result<Option<GonePage>>;
    /// `/platform`
    async fn platform(&self) -> Result<PlatformPage>;
    /// `/r/…/drift`
    async fn drift(&self, key: &ResourceKey) -> Result<DriftPage>;
    /// `/r/…/files`
    async fn files(&self, key: &ResourceKey) -> Result<FilesPage>;
    /// `/r/…/graph?focus=&only=`
    async fn graph(&self, key: &ResourceKey, query: &GraphQuery) -> Result<GraphPage>;
    /// `/r/…/history?before=&from=&to=`
    async fn history(&self, key: &ResourceKey, query: &HistoryQuery) -> Result<HistoryPage>;
    /// `/r/…/edit?draft=`: the same form, filled with the present spec or with a draft that was not submitted.
    async fn edit(&self, key: &ResourceKey, draft: &str) -> Result<FormPage>;
    /// `/r/…/actions/{action}`
    async fn action(&self, key: &ResourceKey, action: &str) -> Result<ActionPage>;
    /// `/r/…/delete`
    async fn delete(&self, key: &ResourceKey) -> Result<DeletePage>;
    /// `/me`
    async fn me(&self) -> Result<MePage>;
    /// `/device?code=`: what waits under a code.
    async fn device(&self, code: &str) -> Result<DevicePage>;
    /// `/runs?…`
    async fn runs(&self, query: &RunsQuery) -> Result<Runs>;
    /// `/runs/{name}`
    async fn run(&self, name: &str) -> Result<RunPage>;
    /// `/search?q=`
    async fn search(&self, asked: &str) -> Result<Found>;
    /// `/_ui`: whether the caller may see it at all; for everybody else there is no such page.
    async fn gallery(&self) -> Result<()>;
}

/// The frame around every page.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub caller: Caller,
    /// The personas of `--dev`, for the switch in the header; empty otherwise (then there is no switch and no banner).
    pub personas: Vec<Persona>,
    /// Signed in with this browser, and able to end that.
    pub may_sign_out: bool,
    pub counts: Counts,
    /// The caller runs the platform: there is a page for that.
    pub runs_platform: bool,
    /// The store's version before anything of the page was read: the live stream goes on from here, so that nothing is
    /// missed and nothing is told twice. `None` = not known; the page then looks once more when it listens.
    pub drawn_from: Option<i64>,
    /// The present, read once per request.
    pub now: Timestamp,
    /// Midspan's own version, in the footer.
    pub version: String,
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// `dana`
    pub name: String,
    /// `Developer`, `Platform engineer`: words, not rights.
    pub role: String,
}

/// Someone the browser can become in `--dev`.
#[derive(Clone, Debug, Default)]
pub struct Persona {
    pub name: String,
    pub role: String,
}

/// Numbers beside the navigation; zero is not shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub needs_you: u64,
    pub running: u64,
}

/// In context after a form was refused (422): the page renders this instead of asking the portal again, so nothing typed is lost.
#[derive(Clone)]
pub enum Refused {
    /// Not refused at all: a resource with its secrets, shown this once.
    Resource(Arc<ResourcePage>),
    /// The request or edit form with its values and its errors.
    Form(Arc<FormPage>),
    /// The page of an action with its values and its errors.
    Action(Arc<ActionPage>),
    /// A promise's page for those who run it, with what was tried.
    PromiseAdmin(Arc<PromiseAdminPage>),
    /// The delete page, with `typed` and `refusal` filled in.
    Delete(Arc<DeletePage>),
    /// One's own page, with a token just made or what is wrong with one asked for.
    Me(Arc<MePage>),
    /// A device's page, with what is wrong with a code or what became of the device.
    Device(Arc<DevicePage>),
    /// The sign-in page, with where it goes on and why a token was refused.
    SignIn(Arc<SignIn>),
    /// Something failed before there was a page to show it on.
    Problem(Arc<Error>),
}

/// In context on the server: lets a page that failed answer with the right status (404, 403, 500 …).
#[derive(Clone)]
pub struct AnswerStatus(pub Arc<dyn Fn(u16) + Send + Sync>);

/// In context on the server: the request's id, printed on error pages so that the operator finds the log line.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// In context on the server: what the button pressed before came to, said once on the page that follows.
#[derive(Clone, Debug)]
pub struct Notice(pub String);
