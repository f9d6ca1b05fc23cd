//! `/runs`: what is running and what has run.

use leptos::prelude::*;

use super::{portal, query, resources_finder::select, show};
use crate::{
    parts::{
        button::{Weight, link_button},
        empty::empty,
        frame::{Drawn, Section},
        icon::Icon,
        pager::pager,
        table::run_table,
    },
    paths,
    portal::Frame,
    view::{Facet, Paging, RunRow},
};

/// The list as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunsQuery {
    /// `active|succeeded|failed`; empty = all.
    pub state: String,
    /// A promise's name.
    pub promise: String,
    pub after: String,
    pub before: String,
}

/// What the list shows.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    pub rows: Vec<RunRow>,
    pub promises: Vec<Facet>,
    pub paging: Paging,
    /// Whether there is any run at all without the filters.
    pub any: bool,
}

#[component]
pub fn RunsPage() -> impl IntoView {
    let asked =
        RunsQuery { state: query("state"), promise: query("promise"), after: query("after"), before: query("before") };
    let portal = portal();
    let loading = asked.clone();
    show(async move { portal.runs(&loading).await }, move |list, frame| draw(&list, &asked, frame))
}

impl RunsQuery {
    fn with(&self, name: &str, value: &str) -> String {
        let pick = |own: &'static str, present: &str| if own == name { value.to_owned() } else { present.to_owned() };
        paths::with_query(
            paths::RUNS,
            &[
                ("state", &pick("state", &self.state)),
                ("promise", &pick("promise", &self.promise)),
                ("after", &pick("after", "")),
                ("before", &pick("before", "")),
            ],
        )
    }
}

fn draw(list: &Runs, asked: &RunsQuery, frame: &Frame) -> Drawn {
    let matter = if !list.rows.is_empty() {
        view! {
            {run_table("Runs", &list.rows, frame.now)}
            {pager(&list.paging, list.rows.len(), "run", |name, cursor| asked.with(name, cursor))}
        }
        .into_any()
    } else if list.any {
        let clear = link_button(paths::RUNS.to_owned(), None, "Clear filters", Weight::Plain);
        empty(Icon::Search, "Nothing matches", "No run fits these filters.", clear).into_any()
    } else {
        empty(Icon::Play, "No runs yet", "Each change of a resource runs its promise’s workflow; it shows here.", ())
            .into_any()
    };
    Drawn {
        title: "Runs".to_owned(),
        section: Section::Runs,
        topics: vec!["runs".to_owned()],
        moving: list.rows.iter().any(|run| run.phase.is_active()),
        body: view! {
            <div class="page-head"><h1>"Runs"</h1></div>
            {list.any.then(|| finder(list, asked))}
            <div data-live="list">{matter}</div>
        }
        .into_any(),
    }
}

fn finder(list: &Runs, asked: &RunsQuery) -> impl IntoView {
    let states = [("", "All"), ("active", "Active"), ("failed", "Failed"), ("succeeded", "Succeeded")]
        .into_iter()
        .map(|(value, label)| {
            view! { <a class="filter" href=asked.with("state", value) aria-current=(value == asked.state).then_some("true")>{label}</a> }
        })
        .collect_view();
    view! {
        <div class="finder">
            <nav class="filters" aria-label="State">{states}</nav>
            <form class="search" action=paths::RUNS>
                {(!asked.state.is_empty()).then(|| view! { <input type="hidden" name="state" value=asked.state.clone()/> })}
                {select("promise", "Promise", "Every promise", &list.promises, &asked.promise)}
                <button class="button" data-weight="plain">"Apply"</button>
            </form>
        </div>
    }
}
