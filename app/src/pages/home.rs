//! `/`: what needs me, what is mine, what is moving, what I can start.

use domain::Timestamp;
use leptos::prelude::*;

use super::{catalog::promise_cards, portal, show};
use crate::{
    parts::{
        button::{Weight, link_button, post_button},
        code::code_block,
        empty::empty,
        frame::{Drawn, Section},
        icon::{Icon, icon},
        moment::ago,
        table::{resource_table, run_table},
    },
    paths,
    portal::Frame,
    view::{PromiseCard, ResourceRow, RunRow, Tone},
};

/// What the home page shows.
#[derive(Clone, Debug, Default)]
pub struct Home {
    pub needs_you: Vec<Need>,
    /// The caller's resources, most recently changed first; at most ten.
    pub resources: Vec<ResourceRow>,
    pub resources_total: u64,
    /// At most eight.
    pub runs: Vec<RunRow>,
    /// Promises to start from, best first; at most six.
    pub start: Vec<PromiseCard>,
}

/// Something only the caller can move on: a failed run, a draft, later an approval.
#[derive(Clone, Debug, Default)]
pub struct Need {
    pub tone: Tone,
    pub title: String,
    pub sentence: String,
    /// `Open the failed step`, `Continue the draft`
    pub action: String,
    pub href: String,
    /// POST there throws it away; empty = cannot be thrown away.
    pub discard: String,
    pub at: Timestamp,
}

#[component]
pub fn HomePage() -> impl IntoView {
    let portal = portal();
    show(async move { portal.home().await }, |home, frame| draw(&home, frame))
}

fn draw(home: &Home, frame: &Frame) -> Drawn {
    let first_use = home.resources.is_empty() && home.runs.is_empty() && home.needs_you.is_empty();
    let waiting = home.needs_you.len();
    let title = if waiting > 0 { format!("({waiting}) Home") } else { "Home".to_owned() };
    let matter = if first_use { welcome(home).into_any() } else { overview(home, frame).into_any() };
    Drawn {
        title,
        section: Section::Home,
        topics: vec!["resources".to_owned(), "runs".to_owned()],
        moving: home.runs.iter().any(|run| run.phase.is_active()),
        body: view! {
            <div class="page-head">
                <h1>{greeting(&frame.caller.name)}</h1>
                <div class="page-actions">
                    {link_button(paths::CATALOG.to_owned(), Some(Icon::Plus), "New resource", Weight::Primary)}
                </div>
            </div>
            {matter}
        }
        .into_any(),
    }
}

fn greeting(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => format!("Hello, {}{}", first.to_uppercase(), letters.as_str()),
        None => "Hello".to_owned(),
    }
}

fn overview(home: &Home, frame: &Frame) -> impl IntoView {
    let needs = (!home.needs_you.is_empty()).then(|| {
        let items = home.needs_you.iter().map(|need| item(need, frame.now)).collect_view();
        view! {
            <section class="section" aria-labelledby="needs-you">
                <h2 id="needs-you">"Needs you"</h2>
                <ul class="needs">{items}</ul>
            </section>
        }
    });
    let resources = if home.resources.is_empty() {
        empty(Icon::Layers, "You have no resources", "What you request from the catalog appears here.", ()).into_any()
    } else {
        resource_table("My resources", &home.resources, frame.now).into_any()
    };
    let runs = (!home.runs.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="recent-runs">
                <div class="section-head">
                    <h2 id="recent-runs">"Recent runs"</h2>
                    <a class="section-link" href=paths::RUNS>"All runs"</a>
                </div>
                {run_table("Recent runs", &home.runs, frame.now)}
            </section>
        }
    });
    view! {
        <div class="stack" data-live="home">
            {needs}
            <section class="section" aria-labelledby="my-resources">
                <div class="section-head">
                    <h2 id="my-resources">"My resources"</h2>
                    <a class="section-link" href=paths::RESOURCES>{format!("All {}", home.resources_total)}</a>
                </div>
                {resources}
            </section>
            {runs}
        </div>
        {start(&home.start)}
    }
}

fn item(need: &Need, now: Timestamp) -> impl IntoView {
    // quiet is what the caller has left unfinished
    let which = if need.tone == Tone::Quiet { Icon::Edit } else { need.tone.icon() };
    let discard = (!need.discard.is_empty()).then(|| post_button(need.discard.clone(), None, "Discard", Weight::Plain));
    view! {
        <li class="need" data-tone=need.tone.name()>
            <span class="need-icon">{icon(which)}</span>
            <div class="need-text">
                <p class="need-title">{need.title.clone()}</p>
                <p class="need-says">{need.sentence.clone()}</p>
            </div>
            <span class="need-when">{ago(need.at, now)}</span>
            <div class="need-actions">
                {discard}
                {link_button(need.href.clone(), None, &need.action, Weight::Plain)}
            </div>
        </li>
    }
}

fn start(cards: &[PromiseCard]) -> Option<impl IntoView> {
    (!cards.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="start">
                <div class="section-head">
                    <h2 id="start">"Start something"</h2>
                    <a class="section-link" href=paths::CATALOG>"Whole catalog"</a>
                </div>
                {promise_cards(cards)}
            </section>
        }
    })
}

fn welcome(home: &Home) -> impl IntoView {
    view! {
        <p class="lead">"Pick a service, fill in a form, look at the plan, and it is made for you. Midspan keeps it true from then on."</p>
        <ol class="welcome">
            <li class="welcome-step">
                <h2>"Pick something"</h2>
                <p>"Everything the platform team offers stands in the catalog, with what you get and how long it takes."</p>
                {link_button(paths::CATALOG.to_owned(), None, "Browse the catalog", Weight::Plain)}
            </li>
            <li class="welcome-step">
                <h2>"Or use the command line"</h2>
                <p>"The same services, the same rights. kubectl works too."</p>
                {code_block("Command line", "midspan get promises")}
            </li>
            <li class="welcome-step">
                <h2>"Watch it become ready"</h2>
                <p>"Each resource has a page with its state, its outputs and its history. You find yours here."</p>
            </li>
        </ol>
        {start(&home.start)}
    }
}
