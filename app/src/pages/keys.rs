//! `/keys`: the keyboard map; `?` shows it over any page.

use leptos::prelude::*;

use super::show;
use crate::{
    parts::{
        frame::{Drawn, Section},
        palette::keys,
    },
    paths,
};

/// Keys, and what they do.
type Map = &'static [(&'static str, &'static str)];

/// Every key that does something, where it does. What carries `data-key` in a page stands here.
pub const MAP: [(&str, Map); 5] = [
    (
        "Everywhere",
        &[
            ("⌘K", "Search and commands; Ctrl K where there is no ⌘"),
            ("/", "To the search field of the page"),
            ("?", "This map"),
            ("g h", "Home"),
            ("g c", "Catalog"),
            ("g r", "Resources"),
            ("g u", "Runs"),
            ("g f", "Platform and fleets"),
            ("Esc", "Closes what is open"),
        ],
    ),
    (
        "Lists",
        &[("j", "Next row"), ("k", "Row before"), ("↓", "Next row, once one is chosen"), ("Enter", "Opens the row")],
    ),
    (
        "A resource",
        &[
            ("o", "Overview"),
            ("g g", "Graph"),
            ("h", "History"),
            ("y", "Its YAML"),
            ("l", "The run shown on its page"),
            ("e", "Edit"),
            (".", "All that can be done with it"),
        ],
    ),
    (
        "A run",
        &[
            ("n", "Next failed step"),
            ("p", "Failed step before"),
            ("f", "To the end of the log, and on with it"),
            ("w", "Wraps long lines, or not"),
        ],
    ),
    ("Forms", &[("Ctrl+Enter", "Goes on: to the plan, or submits it")]),
];

#[component]
pub fn KeysPage() -> impl IntoView {
    show(async { Ok(()) }, |(), _| Drawn {
        title: "Keyboard shortcuts".to_owned(),
        section: Section::None,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <div class="page-head">
                <div>
                    <h1>"Keyboard shortcuts"</h1>
                    <p class="lead">
                        "They need a script. No key does anything while you type. Single letters can be turned off "
                        <a href=format!("{}#keyboard", paths::ME)>"on your own page"</a>"."
                    </p>
                </div>
            </div>
            {map()}
        }
        .into_any(),
    })
}

/// The whole map.
pub fn map() -> impl IntoView {
    let part = |(title, entries): (&'static str, Map)| {
        let rows = entries
            .iter()
            .map(|(key, does)| view! { <div class="key-row"><dt>{keys(key)}</dt><dd>{*does}</dd></div> })
            .collect_view();
        view! { <div class="key-part"><h2>{title}</h2><dl>{rows}</dl></div> }
    };
    view! { <div class="key-map" id="key-map">{MAP.into_iter().map(part).collect_view()}</div> }
}
