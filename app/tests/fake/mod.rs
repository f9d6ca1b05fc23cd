//! A portal of made-up but realistic data, and a server around it that answers as the real one does.

#![expect(dead_code, reason = "each test and the gallery use their part of it")]

pub mod asked;
pub mod data;
pub mod rows;
pub mod steps;
pub mod story;
pub mod whole;

use std::sync::{Arc, Mutex};

use app::{
    App, Head,
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
    portal::{AnswerStatus, Frame, Portal, Refused, RequestId, Result},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use domain::Error;
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};
use tower::ServiceExt;

/// What the fake tells: `Busy` has everything, `Fresh` is a first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    Busy,
    Fresh,
}

pub struct FakePortal(pub Scene);

#[async_trait::async_trait]
impl Portal for FakePortal {
    async fn frame(&self) -> Result<Frame> {
        Ok(data::frame())
    }

    async fn home(&self) -> Result<Home> {
        Ok(if self.0 == Scene::Fresh { data::first_day() } else { data::home() })
    }

    async fn catalog(&self, query: &CatalogQuery) -> Result<Catalog> {
        Ok(data::catalog(query, self.0 == Scene::Fresh))
    }

    async fn promise(&self, promise: &str) -> Result<PromisePage> {
        known(promise, "postgresql")?;
        Ok(data::promise())
    }

    async fn new_request(&self, promise: &str, _: &Prefill) -> Result<FormPage> {
        known(promise, "postgresql")?;
        Ok(data::form())
    }

    async fn request(&self, name: &str) -> Result<RequestPage> {
        Ok(if name == "req-2" { data::done_request() } else { data::draft() })
    }

    async fn resources(&self, query: &ResourcesQuery) -> Result<Resources> {
        Ok(data::resources(query, self.0 == Scene::Fresh))
    }

    async fn resource(&self, key: &ResourceKey) -> Result<ResourcePage> {
        match key.name.as_str() {
            "orders-db" => Ok(story::ready()),
            "billing-db" => Ok(story::running()),
            "search-cache" => Ok(story::failed()),
            "secret-db" => Err(Error::forbidden("You may not see resources in namespace payments")),
            "broken" => Err(Error::internal("disk I/O error")),
            other => Err(Error::not_found("postgresqls.data.example.com", other)),
        }
    }

    async fn gone(&self, key: &ResourceKey) -> Result<Option<GonePage>> {
        Ok((key.name == "old-db").then(whole::gone))
    }

    async fn me(&self) -> Result<MePage> {
        Ok(if self.0 == Scene::Fresh { MePage::default() } else { whole::me() })
    }

    async fn device(&self, code: &str) -> Result<DevicePage> {
        Ok(if code.is_empty() { DevicePage::default() } else { whole::device(code) })
    }

    async fn platform(&self) -> Result<PlatformPage> {
        Ok(if self.0 == Scene::Fresh { PlatformPage::default() } else { whole::platform() })
    }

    async fn promise_admin(&self, name: &str, _: &str) -> Result<PromiseAdminPage> {
        known(name, "postgresql")?;
        Ok(whole::promise_admin())
    }

    async fn drift(&self, _: &ResourceKey) -> Result<DriftPage> {
        Ok(story::drift())
    }

    async fn files(&self, _: &ResourceKey) -> Result<FilesPage> {
        Ok(story::files())
    }

    async fn graph(&self, _: &ResourceKey, _: &GraphQuery) -> Result<GraphPage> {
        Ok(story::graph())
    }

    async fn history(&self, _: &ResourceKey, _: &HistoryQuery) -> Result<HistoryPage> {
        Ok(story::history())
    }

    async fn edit(&self, _: &ResourceKey, _: &str) -> Result<FormPage> {
        Ok(data::edit_form())
    }

    async fn action(&self, key: &ResourceKey, action: &str) -> Result<ActionPage> {
        let head = self.resource(key).await?.head;
        Ok(story::action(head, action))
    }

    async fn delete(&self, _: &ResourceKey) -> Result<DeletePage> {
        Ok(story::delete())
    }

    async fn runs(&self, query: &RunsQuery) -> Result<Runs> {
        Ok(data::runs(query, self.0 == Scene::Fresh))
    }

    async fn run(&self, name: &str) -> Result<RunPage> {
        Ok(if name == "run-failed" { story::failed_run() } else { story::running_run() })
    }

    async fn search(&self, asked: &str) -> Result<Found> {
        Ok(if self.0 == Scene::Fresh || asked == "zzz" { Found::default() } else { data::found() })
    }

    async fn gallery(&self) -> Result<()> {
        if self.0 == Scene::Fresh { Err(Error::not_found("page", "_ui")) } else { Ok(()) }
    }
}

fn known(name: &str, only: &str) -> Result<()> {
    if name == only { Ok(()) } else { Err(Error::not_found("promises.midspan.dev", name)) }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub html: String,
}

/// Asks for a page as a browser does.
pub async fn visit(scene: Scene, address: &str) -> Answer {
    answer(scene, address, Head::default(), None).await
}

/// The page as it is drawn after a form was refused.
pub async fn refused(address: &str, refused: Refused) -> Answer {
    answer(Scene::Busy, address, Head::default(), Some(refused)).await
}

pub async fn answer(scene: Scene, address: &str, head: Head, refused: Option<Refused>) -> Answer {
    let options = LeptosOptions::builder().output_name("midspan").build();
    let shell_options = options.clone();
    let status = Arc::new(Mutex::new(None));
    let answered = Arc::clone(&status);
    let context = move || {
        let portal: Arc<dyn Portal> = Arc::new(FakePortal(scene));
        provide_context(portal);
        provide_context(RequestId("01932f6e".to_owned()));
        let response = expect_context::<ResponseOptions>();
        let answered = Arc::clone(&answered);
        provide_context(AnswerStatus(Arc::new(move |code| {
            *answered.lock().expect("no panic while held") = Some(code);
            response.set_status(axum::http::StatusCode::from_u16(code).expect("a status"));
        })));
        if let Some(refused) = refused.clone() {
            provide_context(refused);
        }
    };
    let shell = move || app::shell(shell_options.clone(), &head);
    let service: Router = Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), context.clone(), shell.clone())
        .fallback(render_app_async_with_context(context, shell))
        .with_state(options);
    let request = Request::get(address).body(Body::empty()).expect("an address");
    let response = service.oneshot(request).await.expect("infallible");
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    Answer { status, html: String::from_utf8(bytes.to_vec()).expect("UTF-8") }
}
