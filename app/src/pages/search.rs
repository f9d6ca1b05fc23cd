//! `/search?q=`: resources, services, runs and pages in one place; what the palette finds, for whoever has no script.

use leptos::prelude::*;

use super::{catalog::promise_cards, portal, query, show};
use crate::{
    commands::{self, Deed, Entry, Group, MOST_CHARACTERS, Reach},
    counts::count,
    parts::{
        button::{Weight, link_button},
        empty::empty,
        frame::{Drawn, Section},
        icon::{Icon, icon},
        table::{resource_table, run_table},
    },
    paths,
    portal::Frame,
    view::{PromiseCard, ResourceRow, RunRow},
};

/// What was found. Each list is cut, and says so.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Those of the caller first.
    pub resources: Vec<ResourceRow>,
    /// How many resources have such a name, whether shown or not.
    pub resources_total: u64,
    pub promises: Vec<PromiseCard>,
    pub promises_total: u64,
    /// Of these resources, or the one with this very name; newest first.
    pub runs: Vec<RunRow>,
    /// A request with this very name.
    pub request: Option<String>,
}

#[component]
pub fn SearchPage() -> impl IntoView {
    let asked = query("q").trim().to_owned();
    let portal = portal();
    let loading = asked.clone();
    show(async move { portal.search(&loading).await }, move |found, frame| draw(&found, &asked, frame))
}

fn draw(found: &Found, asked: &str, frame: &Frame) -> Drawn {
    let reach = Reach { runs_platform: frame.runs_platform, ..Reach::default() };
    let pages = vec![Group { title: "Pages", entries: commands::pages(reach) }];
    let pages = if asked.is_empty() { Vec::new() } else { commands::fitting(pages, asked) };
    let pages: Vec<Entry> = pages.into_iter().flat_map(|group| group.entries).collect();
    let nothing = found.resources.is_empty()
        && found.promises.is_empty()
        && found.runs.is_empty()
        && found.request.is_none()
        && pages.is_empty();
    let matter = if nothing && asked.is_empty() {
        empty(
            Icon::Search,
            "What are you looking for?",
            "A resource, a service, a run, or a page: a word of its name is enough.",
            (),
        )
    } else if nothing {
        let catalog = link_button(paths::CATALOG.to_owned(), Some(Icon::Layers), "Browse the catalog", Weight::Plain);
        empty(Icon::Search, &format!("Nothing fits “{asked}”"), "Try fewer words, or a part of the name.", catalog)
    } else {
        view! {
            {promises(found)}
            {resources(found, asked, frame)}
            {runs(found, frame)}
            {request(found)}
            {other_pages(&pages)}
        }
        .into_any()
    };
    let title = if asked.is_empty() { "Search".to_owned() } else { format!("{asked} – Search") };
    Drawn {
        title,
        section: Section::None,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <div class="page-head"><h1>"Search"</h1></div>
            <div class="finder">
                <form class="search" role="search" action=paths::SEARCH>
                    <label class="visually-hidden" for="q">"Search everything"</label>
                    <span class="search-icon">{icon(Icon::Search)}</span>
                    <input
                        class="input" type="search" id="q" name="q" value=asked.to_owned()
                        placeholder="Resources, services, runs, pages" maxlength=MOST_CHARACTERS.to_string() data-width="wide"
                    />
                    <button class="button" data-weight="plain">"Search"</button>
                </form>
            </div>
            {matter}
        }
        .into_any(),
    }
}

fn promises(found: &Found) -> Option<impl IntoView> {
    (!found.promises.is_empty()).then(|| {
        let cut = cut(found.promises.len(), found.promises_total, "service");
        view! {
            <section class="section" aria-labelledby="found-services">
                <div class="section-head"><h2 id="found-services">"Services"</h2>{cut}</div>
                {promise_cards(&found.promises)}
            </section>
        }
    })
}

fn resources(found: &Found, asked: &str, frame: &Frame) -> Option<impl IntoView> {
    (!found.resources.is_empty()).then(|| {
        let whose = if asked.is_empty() { "" } else { "all" };
        let all = paths::with_query(paths::RESOURCES, &[("q", asked), ("whose", whose)]);
        view! {
            <section class="section" aria-labelledby="found-resources">
                <div class="section-head">
                    <h2 id="found-resources">{if asked.is_empty() { "Changed last" } else { "Resources" }}</h2>
                    {cut(found.resources.len(), found.resources_total, "resource")}
                    <a class="section-link" href=all>"Open as a list"</a>
                </div>
                {resource_table("Resources", &found.resources, frame.now)}
            </section>
        }
    })
}

/// `12 of 431 resources`, where not all are shown.
fn cut(shown: usize, total: u64, noun: &str) -> Option<impl IntoView + use<>> {
    let shown = u64::try_from(shown).unwrap_or(u64::MAX);
    (total > shown).then(|| view! { <span class="note">{format!("{shown} of {}", count(total, noun))}</span> })
}

fn runs(found: &Found, frame: &Frame) -> Option<impl IntoView> {
    (!found.runs.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="found-runs">
                <div class="section-head">
                    <h2 id="found-runs">"Runs"</h2>
                    <a class="section-link" href=paths::RUNS>"All runs"</a>
                </div>
                {run_table("Runs", &found.runs, frame.now)}
            </section>
        }
    })
}

fn request(found: &Found) -> Option<impl IntoView> {
    found.request.as_ref().map(|name| {
        view! {
            <section class="section" aria-labelledby="found-request">
                <h2 id="found-request">"Request"</h2>
                <p><a href=paths::request(name)>{name.clone()}</a></p>
            </section>
        }
    })
}

fn other_pages(pages: &[Entry]) -> Option<impl IntoView> {
    (!pages.is_empty()).then(|| {
        let items = pages
            .iter()
            .filter_map(|entry| match &entry.deed {
                Deed::Open(href) => Some((entry.icon, entry.title.clone(), href.clone())),
                _ => None,
            })
            .map(|(which, title, href)| {
                view! { <li><a class="page-link" href=href>{icon(which)}{title}</a></li> }
            })
            .collect_view();
        view! {
            <section class="section" aria-labelledby="found-pages">
                <h2 id="found-pages">"Pages"</h2>
                <ul class="page-links">{items}</ul>
            </section>
        }
    })
}
