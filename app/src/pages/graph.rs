//! `/r/…/graph`: what a resource is made of, what it uses and who uses it, what works on it, and where it stands.

use leptos::prelude::*;

use super::{
    gone::show_living,
    portal, query,
    resource::{ResourceHead, titled},
    resource_head::head,
    resource_key,
};
use crate::{
    counts::count,
    graph::Capped,
    parts::{
        banner::banner,
        frame::{Drawn, Section},
        graph::{picture, twin},
    },
    paths,
    portal::Frame,
    view::Tone,
};

/// The tab as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphQuery {
    /// The thing whose way through is drawn out, by its id.
    pub focus: String,
    /// `resources`, `work` or `places`; empty = everything.
    pub only: String,
}

/// What the graph tab shows.
#[derive(Clone, Debug, Default)]
pub struct GraphPage {
    pub head: ResourceHead,
    pub shown: Capped,
    /// Left out by the filter.
    pub filtered: usize,
    /// What was not even looked for, in a sentence; empty = nothing.
    pub beyond: String,
}

#[component]
pub fn GraphPageView() -> impl IntoView {
    let key = resource_key();
    let asked = GraphQuery { focus: query("focus"), only: query("only") };
    let portal = portal();
    let (whose, loading) = (key.clone(), asked.clone());
    show_living(whose, async move { portal.graph(&key, &loading).await }, move |page, frame| draw(&page, &asked, frame))
}

fn draw(page: &GraphPage, asked: &GraphQuery, frame: &Frame) -> Drawn {
    let graph = &page.shown.graph;
    let focus = graph.position(&asked.focus);
    let tab = page.head.key.tab("graph");
    let address = |focus: &str, only: &str| paths::with_query(&tab, &[("focus", focus), ("only", only)]);
    let focused = focus.map(|at| {
        let name = graph.nodes[at].name.clone();
        view! { <p class="note">"The way through "<strong>{name}</strong>" is drawn out. "<a href=address("", &asked.only)>"Show all alike"</a></p> }
    });
    let lost = (!asked.focus.is_empty() && focus.is_none()).then(|| {
        banner(
            Tone::Warn,
            "What this address points at is not here",
            "It may be gone, or left out by the filter.",
            "",
            "",
        )
    });
    let choice = |only: &'static str, label: &'static str| {
        let current = (asked.only == only).then_some("true");
        view! { <a class="filter" href=address(&asked.focus, only) aria-current=current>{label}</a> }
    };
    let label = format!("Graph of {}", page.head.key.name);
    Drawn {
        title: format!("Graph of {}", titled(&page.head)),
        section: Section::Resources,
        topics: vec![page.head.key.topic()],
        moving: page.head.facts.operation.is_moving(),
        body: view! {
            {head(&page.head, "graph", frame)}
            <div class="stack">
                <nav class="filters" aria-label="What is shown">
                    {choice("", "Everything")}
                    {choice("resources", "Resources")}
                    {choice("work", "Work")}
                    {choice("places", "Where it stands")}
                </nav>
                {lost}
                {focused}
                {picture(graph, focus, &label)}
                <p class="graph-legend">
                    <span class="graph-key" data-link="made-of">"made of, placed on"</span>
                    <span class="graph-key" data-link="uses">"uses an output of"</span>
                </p>
                <div data-live="graph-table">
                    {says(page).map(|says| view! { <p class="note">{says}</p> })}
                    <section class="section" aria-labelledby="all">
                        <h2 id="all">"As a table"</h2>
                        {twin(graph, |id| address(id, &asked.only))}
                    </section>
                </div>
            </div>
        }
        .into_any(),
    }
}

/// What is not seen, and why.
fn says(page: &GraphPage) -> Option<String> {
    let (shown, total) = (page.shown.graph.nodes.len(), page.shown.total);
    let mut said = Vec::new();
    if shown < total {
        let how = if page.shown.grouped {
            "; those of one kind stand together"
        } else {
            "; what is farthest away is left out"
        };
        said.push(format!("Showing {shown} of {}{how}.", count(total as u64, "object")));
    }
    if page.filtered > 0 {
        said.push(format!("{} left out by the filter.", count(page.filtered as u64, "object")));
    }
    if !page.beyond.is_empty() {
        said.push(page.beyond.clone());
    }
    (!said.is_empty()).then(|| said.join(" "))
}
