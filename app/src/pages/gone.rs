//! `/r/…` when the resource is gone: who had it deleted and when, and what stays as its history.

use domain::{ErrorKind, Timestamp};
use leptos::prelude::*;

use super::{
    portal,
    request::{RequestKind, RequestPhase},
    show,
};
use crate::{
    parts::{
        banner::banner,
        button::{Weight, link_button},
        chip::{Look, chip},
        frame::{Drawn, Section},
        icon::{Icon, icon, named},
        moment::ago,
        table::{request_table, run_table},
        timeline::timeline,
    },
    paths::{self, ResourceKey},
    portal::{AnswerStatus, Frame, Result},
    view::{Happening, RunRow, Tone},
};

/// What is left of a resource.
#[derive(Clone, Debug, Default)]
pub struct GonePage {
    pub key: ResourceKey,
    pub promise_title: String,
    pub icon: String,
    /// Who asked for its deletion; empty = nobody in person.
    pub by: String,
    pub at: Option<Timestamp>,
    /// The promise is still offered, so that one can ask for another one.
    pub is_offered: bool,
    /// Newest first.
    pub requests: Vec<RequestRow>,
    pub runs: Vec<RunRow>,
    pub history: Vec<Happening>,
}

/// A request as a row.
#[derive(Clone, Debug, Default)]
pub struct RequestRow {
    pub name: String,
    pub what: RequestKind,
    pub phase: RequestPhase,
    pub by: String,
    pub at: Timestamp,
}

enum Shown<T> {
    Living(T),
    Gone(Box<GonePage>),
}

/// A page of a resource; in its place, when it is gone, what is left.
pub(super) fn show_living<T: Send + 'static>(
    key: ResourceKey,
    load: impl Future<Output = Result<T>> + Send + 'static,
    draw_living: impl FnOnce(T, &Frame) -> Drawn + Send + 'static,
) -> impl IntoView {
    let portal = portal();
    let load = async move {
        match load.await {
            Err(error) if error.kind == ErrorKind::NotFound => {
                portal.gone(&key).await?.map(|page| Shown::Gone(Box::new(page))).ok_or(error)
            }
            loaded => loaded.map(Shown::Living),
        }
    };
    show(load, |shown, frame| match shown {
        Shown::Living(page) => draw_living(page, frame),
        Shown::Gone(page) => draw(&page, frame),
    })
}

fn draw(page: &GonePage, frame: &Frame) -> Drawn {
    if let Some(answer) = use_context::<AnswerStatus>() {
        (answer.0)(410);
    }
    let key = &page.key;
    let by = if page.by.is_empty() { String::new() } else { format!(" by {}", page.by) };
    let when = page.at.map(|at| view! { " "{ago(at, frame.now)} });
    let another = page
        .is_offered
        .then(|| link_button(paths::new_request(&key.promise), Some(Icon::Plus), "Request a new one", Weight::Plain));
    let requests = (!page.requests.is_empty())
        .then(|| section("requests", "Requests", request_table("What was asked of it", &page.requests, frame.now)));
    let runs = (!page.runs.is_empty()).then(|| section("runs", "Runs", run_table("Its runs", &page.runs, frame.now)));
    let history = (!page.history.is_empty()).then(|| section("history", "History", timeline(&page.history, frame.now)));
    Drawn {
        title: format!("Deleted: {}", key.name),
        section: Section::Resources,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <nav class="crumbs" aria-label="Breadcrumb"><a href=paths::RESOURCES>"Resources"</a></nav>
            <div class="page-head">
                <div class="page-title">
                    <span class="tile">{icon(named(&page.icon))}</span>
                    <div>
                        <div class="title-line">
                            <h1>{key.name.clone()}</h1>
                            {chip(Look { tone: Tone::Quiet, icon: Icon::Trash, word: "Deleted" })}
                        </div>
                        <p class="lead">{page.promise_title.clone()}" in "{key.namespace.clone()}" · deleted"{by}{when}</p>
                    </div>
                </div>
                <div class="page-actions">{another}</div>
            </div>
            {banner(
                Tone::Quiet,
                "It is gone",
                "Its files are removed from every destination. What was asked of it and what ran for it stays here.",
                "",
                "",
            )}
            <div class="column-main gone">{history}{requests}{runs}</div>
        }
        .into_any(),
    }
}

fn section(id: &'static str, title: &'static str, matter: impl IntoView) -> impl IntoView {
    view! {
        <section class="section" aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {matter}
        </section>
    }
}
