//! `/platform`: for those who run it: every promise with its fleet, where files go, what needs somebody.

use leptos::prelude::*;

use super::{catalog::owner, portal, show};
use crate::{
    counts::count,
    parts::{
        button::{Weight, link_button, post_button},
        chip::{Look, chip},
        empty::empty,
        frame::{Drawn, Section},
        icon::{Icon, icon, named},
        table::{resource_table, run_table, table},
    },
    paths,
    portal::Frame,
    view::{Facet, ResourceRow, RunRow, Tone},
};

/// What the page shows.
#[derive(Clone, Debug, Default)]
pub struct PlatformPage {
    /// By title.
    pub fleets: Vec<Fleet>,
    /// Versions are counted over so many of the newest resources, of `total`.
    pub counted: u64,
    pub total: u64,
    pub destinations: Vec<DestinationRow>,
    pub stores: Vec<StoreRow>,
    /// What has failed and stands so; at most eight.
    pub failing: Vec<ResourceRow>,
    /// The newest failed runs; at most eight.
    pub failures: Vec<RunRow>,
}

/// A promise with all that was made from it.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    pub name: String,
    pub title: String,
    pub icon: String,
    pub owner: String,
    /// The current one.
    pub version: String,
    /// Why it takes no requests; empty when it does.
    pub waits_for: String,
    /// How many stand how, as the list of resources is filtered; what nobody does is left out.
    pub states: Vec<Facet>,
    /// How many run which version, most first.
    pub versions: Vec<(String, u64)>,
}

impl Fleet {
    pub fn total(&self) -> u64 {
        self.states.iter().map(|state| state.count).sum()
    }
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

/// How the states of a fleet look.
fn tone(state: &str) -> Tone {
    match state {
        "ready" => Tone::Good,
        "progressing" => Tone::Busy,
        "waiting" | "drifted" => Tone::Warn,
        "failed" | "degraded" => Tone::Bad,
        _ => Tone::Quiet,
    }
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

fn fleets(page: &PlatformPage) -> impl IntoView {
    let note = (page.counted < page.total)
        .then(|| view! { <p class="note">{format!("Versions are counted over the newest {} of {} resources.", page.counted, page.total)}</p> });
    let matter = if page.fleets.is_empty() {
        let how = link_button(paths::CATALOG.to_owned(), None, "Open the catalog", Weight::Plain);
        empty(Icon::Layers, "No promises yet", "Publish one with midspan apply; its fleet stands here.", how).into_any()
    } else {
        let rows = page.fleets.iter().map(fleet).collect_view();
        view! {
            {table("Promises and their fleets", ["Promise", "Fleet", "Versions in use", "Resources"], rows)}
            {note}
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="fleets">
            <h2 id="fleets">"Promises and their fleets"</h2>
            {matter}
        </section>
    }
}

fn fleet(fleet: &Fleet) -> impl IntoView {
    let waits = (!fleet.waits_for.is_empty())
        .then(|| view! { <span class="row-message" data-tone="warn">{fleet.waits_for.clone()}</span> });
    let state = |state: &Facet| {
        let query = [("whose", "all"), ("promise", fleet.name.as_str()), ("state", state.value.as_str())];
        let (href, tone) = (paths::with_query(paths::RESOURCES, &query), tone(&state.value));
        view! { <a class="tally" data-tone=tone.name() href=href>{icon(tone.icon())}{state.count}" "{state.label.to_lowercase()}</a> }
    };
    let states: Vec<_> = fleet.states.iter().map(state).collect();
    let states = if states.is_empty() {
        view! { <span class="cell-quiet">"None yet"</span> }.into_any()
    } else {
        view! { <span class="tallies">{states}</span> }.into_any()
    };
    let version = |(version, number): &(String, u64)| {
        let old = (*version != fleet.version).then_some("");
        view! { <span class="spread" data-old=old><span class="number">{version.clone()}</span>" × "{*number}</span> }
    };
    let versions = fleet.versions.iter().map(version).collect_view();
    let all = paths::with_query(paths::RESOURCES, &[("whose", "all"), ("promise", &fleet.name)]);
    let total = match fleet.total() {
        0 => view! { <span class="cell-quiet number">"0"</span> }.into_any(),
        total => view! { <a class="number" href=all>{total}</a> }.into_any(),
    };
    view! {
        <tr>
            <td class="cell-name">
                <span class="row-icon">{icon(named(&fleet.icon))}</span>
                <span class="row-title">
                    <a class="row-link" href=paths::promise(&fleet.name)>{fleet.title.clone()}</a>
                    <span class="row-kind">{owner(&fleet.owner)}<span class="number">{fleet.version.clone()}</span></span>
                    {waits}
                </span>
            </td>
            <td>{states}</td>
            <td class="cell-quiet"><span class="tallies">{versions}</span></td>
            <td class="cell-end">{total}</td>
        </tr>
    }
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
