//! `/platform`: for those who run it: every promise with its fleet, where files go, what needs somebody.

use leptos::prelude::*;

use super::{
    platform_fleet::{Fleet, fleets},
    platform_pulse::{Pulse, pulse},
    portal, show,
};
use crate::{
    counts::count,
    parts::{
        button::{Weight, post_button},
        chip::{Look, chip},
        empty::empty,
        frame::{Drawn, Section},
        icon::{Icon, icon},
        table::{resource_table, run_table, table},
    },
    paths,
    portal::Frame,
    view::{ResourceRow, RunRow, Tone},
};

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct PlatformPage {
    pub pulse: Pulse,
    /// By title.
    pub fleets: Vec<Fleet>,
    /// What was not counted, in a sentence; empty = everything was.
    pub uncounted: String,
    pub total: u64,
    pub destinations: Vec<DestinationRow>,
    pub stores: Vec<StoreRow>,
    /// What has failed and stands so; at most eight.
    pub failing: Vec<ResourceRow>,
    /// The newest failed runs; at most eight.
    pub failures: Vec<RunRow>,
}

/// How something stands that takes files.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    /// `None` = nobody has looked yet.
    pub is_ready: Option<bool>,
    /// Why not.
    pub message: String,
}

/// A destination with what stands on it.
#[derive(Clone, Debug, Default)]
pub struct DestinationRow {
    pub name: String,
    pub writes_to: String,
    /// `environment=dev`
    pub labels: Vec<String>,
    pub readiness: Readiness,
    /// How many placements.
    pub placed: u64,
    /// `3 of 40 resources`; empty where there is no capacity.
    pub room: String,
    /// It takes nothing new.
    pub is_cordoned: bool,
}

/// A state store.
#[derive(Clone, Debug, Default)]
pub struct StoreRow {
    pub name: String,
    /// `git · gitops.git, branch main`
    pub what: String,
    pub readiness: Readiness,
    /// The newest commit, short; empty for stores without commits.
    pub commit: String,
    pub destinations: u64,
}

#[component]
pub fn PlatformPageView() -> impl IntoView {
    let portal = portal();
    show(async move { portal.platform().await }, |page, frame| draw(&page, frame))
}

fn draw(page: &PlatformPage, frame: &Frame) -> Drawn {
    let failing = (!page.failing.is_empty()).then(|| {
        let all = paths::with_query(paths::RESOURCES, &[("whose", "all"), ("state", "failed")]);
        view! {
            <section class="section" aria-labelledby="failing">
                <div class="section-head"><h2 id="failing">"Failed or degraded"</h2><a class="section-link" href=all>"All failed"</a></div>
                {resource_table("Failed or degraded resources", &page.failing, frame.now)}
            </section>
        }
    });
    let failures = (!page.failures.is_empty()).then(|| {
        let all = paths::with_query(paths::RUNS, &[("state", "failed")]);
        view! {
            <section class="section" aria-labelledby="failures">
                <div class="section-head"><h2 id="failures">"Recent failures"</h2><a class="section-link" href=all>"All failed runs"</a></div>
                {run_table("Failed runs", &page.failures, frame.now)}
            </section>
        }
    });
    Drawn {
        title: "Platform".to_owned(),
        section: Section::Platform,
        topics: vec!["catalog".to_owned(), "resources".to_owned()],
        moving: false,
        body: view! {
            <div class="page-head">
                <div>
                    <h1>"Platform"</h1>
                    <p class="lead">{summary(page)}</p>
                </div>
            </div>
            <div class="column-main" data-live="platform">
                {pulse(&page.pulse, frame.now)}
                {failing}
                {fleets(page)}
                {destinations(page)}
                {stores(page)}
                {failures}
            </div>
        }
        .into_any(),
    }
}

/// `6 promises, 212 resources, 2 destinations.`
fn summary(page: &PlatformPage) -> String {
    let promises = count(page.fleets.len() as u64, "promise");
    let destinations = count(page.destinations.len() as u64, "destination");
    format!("{promises}, {}, {destinations}.", count(page.total, "resource"))
}

fn destinations(page: &PlatformPage) -> impl IntoView {
    let row = |row: &DestinationRow| {
        let labels = row.labels.iter().map(|label| view! { <li class="tag">{label.clone()}</li> }).collect_view();
        let room = (!row.room.is_empty()).then(|| format!(", {}", row.room));
        let cordoned = row.is_cordoned.then(|| chip(Look { tone: Tone::Warn, icon: Icon::Alert, word: "Cordoned" }));
        let (deed, label) = if row.is_cordoned { ("uncordon", "Uncordon") } else { ("cordon", "Cordon") };
        let turn = post_button(paths::turn_destination(&row.name, deed), None, label, Weight::Plain);
        view! {
            <tr>
                <td class="cell-name">
                    <span class="row-icon">{icon(Icon::Branch)}</span>
                    <span class="row-title"><strong>{row.name.clone()}</strong><span class="row-kind">{row.writes_to.clone()}</span>{why(&row.readiness)}</span>
                </td>
                <td><span class="tallies">{ready(&row.readiness)}{cordoned}</span></td>
                <td><ul class="tags" aria-label="Labels">{labels}</ul></td>
                <td class="cell-quiet">{count(row.placed, "placement")}{room}</td>
                <td class="cell-end">{turn}</td>
            </tr>
        }
    };
    let rows = page.destinations.iter().map(row).collect_view();
    let matter = if page.destinations.is_empty() {
        empty(Icon::Branch, "No destinations", "Nothing can be placed anywhere. Apply a Destination.", ()).into_any()
    } else {
        table("Destinations", ["Destination", "State", "Labels", "Stands on it", "Cordon"], rows).into_any()
    };
    view! {
        <section class="section" aria-labelledby="destinations">
            <h2 id="destinations">"Destinations"</h2>
            {matter}
        </section>
    }
}

fn stores(page: &PlatformPage) -> Option<impl IntoView> {
    let row = |row: &StoreRow| {
        let commit = (!row.commit.is_empty()).then(|| view! { <code>{row.commit.clone()}</code> });
        view! {
            <tr>
                <td class="cell-name">
                    <span class="row-icon">{icon(Icon::Database)}</span>
                    <span class="row-title"><strong>{row.name.clone()}</strong><span class="row-kind">{row.what.clone()}</span>{why(&row.readiness)}</span>
                </td>
                <td>{ready(&row.readiness)}</td>
                <td>{commit}</td>
                <td class="cell-end cell-quiet">{count(row.destinations, "destination")}</td>
            </tr>
        }
    };
    (!page.stores.is_empty()).then(|| {
        let rows = page.stores.iter().map(row).collect_view();
        view! {
            <section class="section" aria-labelledby="stores">
                <h2 id="stores">"State stores"</h2>
                {table("State stores", ["State store", "State", "Newest commit", "Used by"], rows)}
            </section>
        }
    })
}

fn ready(readiness: &Readiness) -> impl IntoView + use<> {
    chip(match readiness.is_ready {
        Some(true) => Look { tone: Tone::Good, icon: Icon::Check, word: "Ready" },
        Some(false) => Look { tone: Tone::Bad, icon: Icon::Cross, word: "Not ready" },
        None => Look { tone: Tone::Quiet, icon: Icon::Circle, word: "Not checked" },
    })
}

fn why(readiness: &Readiness) -> Option<impl IntoView + use<>> {
    (readiness.is_ready == Some(false) && !readiness.message.is_empty())
        .then(|| view! { <span class="row-message" data-tone="bad">{readiness.message.clone()}</span> })
}
