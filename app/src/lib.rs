//! The face of Midspan: pages, parts and islands. The browser gets HTML; every page and form works without JavaScript.
//!
//! Reading order: [`portal`] (what pages ask of the server), [`view`] (what several pages show), [`pages`] (each defines
//! what it shows and draws it), [`parts`] (what pages are made of), [`islands`] (the only code in the browser), [`paths`]
//! (every address).
//!
//! **Invariants.** No page reads a clock, a cookie or a header: [`portal::Frame`] and [`Head`] bring them. No part loads
//! data. What the caller may not see is not in a page's answer. Nothing here knows a database, a socket or a runtime.
//!
//! **Adding a page**: a file in `pages` with the struct it shows and the component that draws it, a method on
//! [`portal::Portal`], an address in [`paths`], a route in [`App`], and a story in `tests/`.

#![recursion_limit = "256"]

pub mod commands;
pub mod counts;
pub mod graph;
pub mod islands;
pub mod pages;
pub mod parts;
pub mod paths;
pub mod portal;
pub mod times;
pub mod view;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

#[cfg(feature = "hydrate")]
use leptos::mount::hydrate_islands;

use pages::{
    action::ActionPageView, catalog::CatalogPage, delete::DeletePageView, device::DevicePageView, drift::DriftPageView,
    files::FilesPageView, form::EditPage, form::NewRequestPage, gallery::GalleryPage, graph::GraphPageView,
    history::HistoryPageView, home::HomePage, keys::KeysPage, me::MePageView, platform::PlatformPageView,
    problem::NotFoundPage, promise::PromisePageView, promise_admin::PromiseAdminView, request::RequestPageView,
    resource::ResourcePageView, resources::ResourcesPage, run::RunPageView, runs::RunsPage, search::SearchPage,
    sign_in::SignInPage,
};

/// What the document's head needs to know about this HTTP request.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// `light` or `dark` where the caller chose one; empty = like the system.
    pub theme: String,
    /// Single letters do nothing: so did the caller choose.
    pub keys_off: bool,
    /// Changes when the assets change: `/pkg/midspan.css?v=…`.
    pub assets: String,
}

/// The document around the app; only the server draws it.
#[cfg(feature = "ssr")]
pub fn shell(options: LeptosOptions, head: &Head) -> impl IntoView + use<> {
    let theme = Some(head.theme.clone()).filter(|theme| !theme.is_empty());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme data-keys=head.keys_off.then_some("off")>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href=FAVICON/>
                <link rel="stylesheet" href=paths::with_query("/pkg/midspan.css", &[("v", &head.assets)])/>
                <HydrationScripts options islands=true/>
                <leptos_meta::MetaTags/>
            </head>
            <body><App/></body>
        </html>
    }
}

/// The mark as an address of its own: no file, no request.
#[cfg(feature = "ssr")]
const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%234466ee' \
    stroke-width='2' stroke-linecap='round'%3E%3Cpath d='M2 17h20M7 4v16M17 4v16M2 12c3-1 4.5-4 5-8 1 6 3 8 5 8s4-2 5-8c.5 4 2 7 5 8'/%3E%3C/svg%3E";

/// The route table. Pages ask their portal for data; this never does, since the server walks it once without a caller.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
                <Route path=path!("/catalog") view=CatalogPage ssr=SsrMode::Async/>
                <Route path=path!("/catalog/:promise") view=PromisePageView ssr=SsrMode::Async/>
                <Route path=path!("/catalog/:promise/new") view=NewRequestPage ssr=SsrMode::Async/>
                <Route path=path!("/requests/:name") view=RequestPageView ssr=SsrMode::Async/>
                <Route path=path!("/resources") view=ResourcesPage ssr=SsrMode::Async/>
                <Route path=path!("/r/:namespace/:promise/:name") view=ResourcePageView ssr=SsrMode::Async/>
                <Route path=path!("/r/:namespace/:promise/:name/drift") view=DriftPageView ssr=SsrMode::Async/>
                <Route path=path!("/r/:namespace/:promise/:name/files") view=FilesPageView ssr=SsrMode::Async/>
                <Route path=path!("/r/:namespace/:promise/:name/graph") view=GraphPageView ssr=SsrMode::Async/>
                <Route path=path!("/r/:namespace/:promise/:name/history") view=HistoryPageView ssr=SsrMode::Async/>
                <Route path=path!("/r/:namespace/:promise/:name/edit") view=EditPage ssr=SsrMode::Async/>
                <Route path=path!("/r/:namespace/:promise/:name/actions/:action") view=ActionPageView ssr=SsrMode::Async/>
                <Route path=path!("/r/:namespace/:promise/:name/delete") view=DeletePageView ssr=SsrMode::Async/>
                <Route path=path!("/runs") view=RunsPage ssr=SsrMode::Async/>
                <Route path=path!("/runs/:name") view=RunPageView ssr=SsrMode::Async/>
                <Route path=path!("/search") view=SearchPage ssr=SsrMode::Async/>
                <Route path=path!("/keys") view=KeysPage ssr=SsrMode::Async/>
                <Route path=path!("/_ui") view=GalleryPage ssr=SsrMode::Async/>
                <Route path=path!("/platform") view=PlatformPageView ssr=SsrMode::Async/>
                <Route path=path!("/platform/promises/:promise") view=PromiseAdminView ssr=SsrMode::Async/>
                <Route path=path!("/me") view=MePageView ssr=SsrMode::Async/>
                <Route path=path!("/device") view=DevicePageView ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// Wakes the islands; the browser calls it once.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    hydrate_islands();
}
