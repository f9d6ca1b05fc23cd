//! `/resources`: every resource the caller may see; search, filters, order and page stand in the address.

use domain::Timestamp;
use leptos::prelude::*;

use super::{portal, query, show};
use crate::{
    parts::{
        button::{Weight, link_button},
        empty::empty,
        frame::{Drawn, Section},
        icon::{Icon, icon},
        pager::pager,
        table::{gone_table, resource_table},
    },
    paths::{self, ResourceKey},
    portal::Frame,
    view::{Facet, Paging, ResourceRow},
};

/// `whose` in the address, for those that are gone.
pub const DELETED: &str = "deleted";

/// The list as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourcesQuery {
    pub q: String,
    /// A promise's name.
    pub promise: String,
    /// `ready|progressing|waiting|degraded|drifted|failed|deleting`
    pub state: String,
    pub namespace: String,
    /// `mine` (the default), `all`, or `deleted`: everybody's that are gone.
    pub whose: String,
    /// `changed` (the default), `name`, `created`; a leading `-` turns it round.
    pub sort: String,
    /// A cursor.
    pub after: String,
    pub before: String,
}

/// What the list shows.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    pub rows: Vec<ResourceRow>,
    pub promises: Vec<Facet>,
    pub states: Vec<Facet>,
    pub namespaces: Vec<Facet>,
    pub paging: Paging,
    /// Instead of `rows`, when those that are gone are asked for.
    pub gone: Vec<GoneRow>,
    /// Whether there is any resource at all without the filters; `false` = first use.
    pub any: bool,
}

/// A resource that is gone, as a row.
#[derive(Clone, Debug, Default)]
pub struct GoneRow {
    pub key: ResourceKey,
    pub promise_title: String,
    pub icon: String,
    /// The request that had it deleted, and who asked for that.
    pub request: String,
    pub by: String,
    pub at: Timestamp,
}

#[component]
pub fn ResourcesPage() -> impl IntoView {
    let asked = ResourcesQuery {
        q: query("q"),
        promise: query("promise"),
        state: query("state"),
        namespace: query("namespace"),
        whose: query("whose"),
        sort: query("sort"),
        after: query("after"),
        before: query("before"),
    };
    let portal = portal();
    let loading = asked.clone();
    show(async move { portal.resources(&loading).await }, move |list, frame| draw(&list, &asked, frame))
}

impl ResourcesQuery {
    /// The address of this list with one thing different; paging starts anew.
    pub fn with(&self, name: &str, value: &str) -> String {
        let pick = |own: &'static str, present: &str| if own == name { value.to_owned() } else { present.to_owned() };
        paths::with_query(
            paths::RESOURCES,
            &[
                ("q", &pick("q", &self.q)),
                ("promise", &pick("promise", &self.promise)),
                ("state", &pick("state", &self.state)),
                ("namespace", &pick("namespace", &self.namespace)),
                ("whose", &pick("whose", &self.whose)),
                ("sort", &pick("sort", &self.sort)),
                ("after", &pick("after", "")),
                ("before", &pick("before", "")),
            ],
        )
    }

    fn is_filtered(&self) -> bool {
        [&self.q, &self.promise, &self.state, &self.namespace].iter().any(|value| !value.is_empty())
    }
}

fn draw(list: &Resources, asked: &ResourcesQuery, frame: &Frame) -> Drawn {
    let deleted = asked.whose == DELETED;
    let matter = if !list.gone.is_empty() {
        view! {
            {gone_table("Deleted resources", &list.gone, frame.now)}
            {pager(&list.paging, list.gone.len(), "deleted resource", |name, cursor| asked.with(name, cursor))}
        }
        .into_any()
    } else if deleted {
        empty(Icon::Trash, "Nothing was deleted", "What is deleted leaves its history here.", ()).into_any()
    } else if !list.rows.is_empty() {
        view! {
            {resource_table("Resources", &list.rows, frame.now)}
            {pager(&list.paging, list.rows.len(), "resource", |name, cursor| asked.with(name, cursor))}
        }
        .into_any()
    } else if asked.is_filtered() {
        let clear = link_button(
            paths::with_query(paths::RESOURCES, &[("whose", &asked.whose)]),
            None,
            "Clear filters",
            Weight::Plain,
        );
        empty(Icon::Search, "Nothing matches", "No resource fits these filters.", clear).into_any()
    } else if list.any {
        let all = link_button(asked.with("whose", "all"), None, "Show everyone’s", Weight::Plain);
        empty(Icon::Layers, "None of them is yours", "Others have resources here; yours will stand here too.", all)
            .into_any()
    } else {
        let catalog = link_button(paths::CATALOG.to_owned(), None, "Browse the catalog", Weight::Primary);
        empty(
            Icon::Layers,
            "No resources yet",
            "Request something from the catalog; it appears here and stays up to date.",
            catalog,
        )
        .into_any()
    };
    Drawn {
        title: "Resources".to_owned(),
        section: Section::Resources,
        topics: vec!["resources".to_owned()],
        moving: list.rows.iter().any(|row| row.facts.operation.is_moving()),
        body: view! {
            <div class="page-head">
                <h1>"Resources"</h1>
                <div class="page-actions">
                    {link_button(paths::CATALOG.to_owned(), Some(Icon::Plus), "New resource", Weight::Primary)}
                </div>
            </div>
            {(list.any || deleted).then(|| finder(list, asked))}
            <div data-live="list">{matter}</div>
        }
        .into_any(),
    }
}

fn finder(list: &Resources, asked: &ResourcesQuery) -> impl IntoView {
    let everyone = asked.whose == "all";
    let deleted = asked.whose == DELETED;
    let search = (!deleted).then(|| search(list, asked, everyone));
    view! {
        <div class="finder">
            {search}
            <nav class="filters" aria-label="Whose">
                <a class="filter" href=asked.with("whose", "") aria-current=(!everyone && !deleted).then_some("true")>"Mine"</a>
                <a class="filter" href=asked.with("whose", "all") aria-current=everyone.then_some("true")>"Everyone’s"</a>
                <a class="filter" href=paths::with_query(paths::RESOURCES, &[("whose", DELETED)]) aria-current=deleted.then_some("true")>"Deleted"</a>
            </nav>
        </div>
    }
}

fn search(list: &Resources, asked: &ResourcesQuery, everyone: bool) -> impl IntoView {
    view! {
            <form class="search" role="search" action=paths::RESOURCES>
                <label class="visually-hidden" for="q">"Search resources"</label>
                <span class="search-icon">{icon(Icon::Search)}</span>
                <input class="input" type="search" id="q" name="q" value=asked.q.clone() placeholder="Search by name"/>
                {everyone.then(|| view! { <input type="hidden" name="whose" value="all"/> })}
                {select("promise", "Promise", "Every promise", &list.promises, &asked.promise)}
                {select("state", "State", "Any state", &list.states, &asked.state)}
                {select("namespace", "Namespace", "Every namespace", &list.namespaces, &asked.namespace)}
                {sort(&asked.sort)}
                <button class="button" data-weight="plain">"Apply"</button>
            </form>
    }
}

/// A filter as a select; without choices it is left out.
pub(super) fn select(
    name: &'static str,
    label: &str,
    every: &str,
    facets: &[Facet],
    present: &str,
) -> Option<impl IntoView> {
    (!facets.is_empty()).then(|| {
        let options = facets
            .iter()
            .map(|facet| {
                view! {
                    <option value=facet.value.clone() selected=facet.value == present>{facet.label.clone()}" ("{facet.count}")"</option>
                }
            })
            .collect_view();
        view! {
            <label class="visually-hidden" for=name>{label.to_owned()}</label>
            <select class="input" data-width="auto" id=name name=name>
                <option value="">{every.to_owned()}</option>
                {options}
            </select>
        }
    })
}

fn sort(present: &str) -> impl IntoView {
    let options = [("", "Last changed"), ("name", "Name"), ("-created", "Newest"), ("created", "Oldest")]
        .into_iter()
        .map(|(value, label)| view! { <option value=value selected=value == present>{label}</option> })
        .collect_view();
    view! {
        <label class="visually-hidden" for="sort">"Order"</label>
        <select class="input" data-width="auto" id="sort" name="sort">{options}</select>
    }
}
