//! The pages, one per file: each defines what it shows and draws it.

pub mod action;
pub mod catalog;
pub mod delete;
pub mod device;
pub mod drift;
pub mod files;
pub mod form;
pub mod form_code;
mod form_identity;
mod form_steps;
pub mod gallery;
pub mod gone;
pub mod graph;
pub mod history;
pub mod history_comparison;
pub mod home;
pub mod keys;
pub mod me;
pub mod platform;
pub mod platform_fleet;
pub mod platform_pulse;
pub mod problem;
pub mod promise;
pub mod promise_admin;
pub mod request;
mod request_verdict;
pub mod resource;
mod resource_head;
pub mod resource_health;
pub mod resource_parts;
mod resource_side;
pub mod resources;
mod resources_finder;
mod resources_groups;
mod resources_views;
pub mod run;
pub mod runs;
pub mod search;
pub mod sign_in;

use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    parts::frame::{Drawn, framed},
    paths::ResourceKey,
    portal::{Frame, Portal, Result},
};

/// The caller's portal, from context.
pub(crate) fn portal() -> Arc<dyn Portal> {
    expect_context()
}

/// Loads a page and draws it in the frame; a failure becomes an error page with the right status.
pub(crate) fn show<T: Send + 'static>(
    load: impl Future<Output = Result<T>> + Send + 'static,
    draw: impl FnOnce(T, &Frame) -> Drawn + Send + 'static,
) -> impl IntoView {
    let portal = portal();
    let page = Suspend::new(async move {
        let frame = portal.frame().await;
        let loaded = load.await;
        match (frame, loaded) {
            (Ok(frame), Ok(loaded)) => {
                let drawn = draw(loaded, &frame);
                framed(&frame, drawn)
            }
            (Ok(frame), Err(error)) => framed(&frame, problem::draw(&error, frame.caller.name.is_empty())),
            (Err(error), _) => framed(&Frame::default(), problem::draw(&error, false)),
        }
    });
    view! { <Suspense>{page}</Suspense> }
}

/// A parameter of the path; empty when the route has none.
pub(crate) fn param(name: &str) -> String {
    use_params_map().with_untracked(|params| params.get(name)).unwrap_or_default()
}

/// A value of the query; empty when absent.
pub(crate) fn query(name: &str) -> String {
    use_query_map().with_untracked(|query| query.get(name)).unwrap_or_default()
}

/// The resource the path names.
pub(crate) fn resource_key() -> ResourceKey {
    ResourceKey { namespace: param("namespace"), promise: param("promise"), name: param("name") }
}
