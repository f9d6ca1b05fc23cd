//! STUB by the lead so that the API compiles; helper portal replaces this file.
use crate::{http::Doors, service::{Asker, kinds::Served}};
use app::{pages::{catalog::*, delete::*, files::*, form::*, history::*, home::*, promise::*, request::*, resource::*, resources::*, run::*, runs::*}, paths::ResourceKey, portal::*};
use async_trait::async_trait;
use domain::{Error, Object, run::Run};
use forms::FormModel;
use serde_json::Value;
use std::sync::Arc;
pub struct ServerPortal { doors: Doors, asker: Asker }
fn no<T>() -> Result<T> { Err(Error::unavailable("soon")) }
impl ServerPortal {
    pub fn new(doors: Doors, asker: Asker) -> Self { Self { doors, asker } }
    pub async fn stored(&self, _: &ResourceKey) -> Result<Object> { let _ = (&self.doors, &self.asker); no() }
    pub async fn stored_run(&self, _: &str) -> Result<Run> { no() }
    pub fn offered(&self, _: &str) -> Result<Arc<Served>> { no() }
    pub async fn form_page(&self, _: &ResourceKey, _: Option<String>, _: FormModel, _: Vec<Problem>, _: &Value) -> Result<FormPage> { no() }
}
#[async_trait]
impl Portal for ServerPortal {
    async fn frame(&self) -> Result<Frame> { no() }
    async fn home(&self) -> Result<Home> { no() }
    async fn catalog(&self, _: &CatalogQuery) -> Result<Catalog> { no() }
    async fn promise(&self, _: &str) -> Result<PromisePage> { no() }
    async fn new_request(&self, _: &str, _: &Prefill) -> Result<FormPage> { no() }
    async fn request(&self, _: &str) -> Result<RequestPage> { no() }
    async fn resources(&self, _: &ResourcesQuery) -> Result<Resources> { no() }
    async fn resource(&self, _: &ResourceKey) -> Result<ResourcePage> { no() }
    async fn files(&self, _: &ResourceKey) -> Result<FilesPage> { no() }
    async fn history(&self, _: &ResourceKey, _: Option<&str>) -> Result<HistoryPage> { no() }
    async fn edit(&self, _: &ResourceKey) -> Result<FormPage> { no() }
    async fn delete(&self, _: &ResourceKey) -> Result<DeletePage> { no() }
    async fn runs(&self, _: &RunsQuery) -> Result<Runs> { no() }
    async fn run(&self, _: &str) -> Result<RunPage> { no() }
}
