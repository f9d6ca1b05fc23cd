//! `/resources`: every resource the caller may see; search, filters, order and page stand in the address.

use domain::Timestamp;
use leptos::prelude::*;

use super::{portal, query, resources_finder::finder, resources_groups::groups, resources_views::saved_views, show};
use crate::{
    parts::{
        banner::banner,
        button::{Weight, link_button},
        empty::empty,
        frame::{Drawn, Section},
        icon::Icon,
        pager::pager,
        table::{gone_table, resource_table},
    },
    paths::{self, ResourceKey},
    portal::Frame,
    view::{Facet, Paging, ResourceRow, Tone},
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
    /// The promise's version that made it.
    pub version: String,
    /// Who asked for it, as a label's value.
    pub owner: String,
    /// A label selector: `team=shop,tier!=gold`.
    pub label: String,
    /// What the list is put together by: one of [`GROUPS`]; empty = nothing.
    pub group: String,
    /// `mine` (the default), `all`, or `deleted`: everybody's that are gone.
    pub whose: String,
    /// `changed` (the default), `name`, `created`; a leading `-` turns it round.
    pub sort: String,
    /// A cursor.
    pub after: String,
    pub before: String,
}

/// What resources are put together by: the word in addresses, and the one for people.
pub const GROUPS: [(&str, &str); 5] = [
    ("promise", "Promise"),
    ("state", "State"),
    ("namespace", "Namespace"),
    ("version", "Version"),
    ("owner", "Owner"),
];

/// What the list shows.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    pub rows: Vec<ResourceRow>,
    /// Each counted as if it were not narrowed itself.
    pub promises: Vec<Facet>,
    pub states: Vec<Facet>,
    pub namespaces: Vec<Facet>,
    pub versions: Vec<Facet>,
    pub owners: Vec<Facet>,
    /// What was not counted, in a sentence; empty = everything was.
    pub uncounted: String,
    /// Instead of `rows`, when the list is put together by something.
    pub groups: Vec<Grouped>,
    /// The caller's own.
    pub views: Vec<SavedView>,
    /// Why the list is not what the address asks for; empty = it is.
    pub refusal: String,
    pub paging: Paging,
    /// Instead of `rows`, when those that are gone are asked for.
    pub gone: Vec<GoneRow>,
    /// Whether there is any resource at all without the filters; `false` = first use.
    pub any: bool,
}

/// Resources that have something in common.
#[derive(Clone, Debug, Default)]
pub struct Grouped {
    pub facet: Facet,
    /// How they stand.
    pub states: Vec<Facet>,
    /// The first of them.
    pub rows: Vec<ResourceRow>,
}

/// A list somebody comes back to.
#[derive(Clone, Debug, Default)]
pub struct SavedView {
    pub id: String,
    pub name: String,
    /// As it stands in an address.
    pub filters: String,
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
    let mut asked = ResourcesQuery::default();
    for (name, place) in asked.parts() {
        *place = query(name);
    }
    let portal = portal();
    let loading = asked.clone();
    show(async move { portal.resources(&loading).await }, move |list, frame| draw(&list, &asked, frame))
}

impl ResourcesQuery {
    /// Every part with its name in addresses, in their order.
    fn parts(&mut self) -> [(&'static str, &mut String); 12] {
        [
            ("q", &mut self.q),
            ("promise", &mut self.promise),
            ("state", &mut self.state),
            ("namespace", &mut self.namespace),
            ("version", &mut self.version),
            ("owner", &mut self.owner),
            ("label", &mut self.label),
            ("group", &mut self.group),
            ("whose", &mut self.whose),
            ("sort", &mut self.sort),
            ("after", &mut self.after),
            ("before", &mut self.before),
        ]
    }

    /// From the pairs of an address; what is no part of a list is left out.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in pairs {
            if let Some((_, place)) = asked.parts().into_iter().find(|(known, _)| *known == name) {
                *place = value;
            }
        }
        asked
    }

    /// The address of this list with one thing different; paging starts anew.
    pub fn with(&self, name: &str, value: &str) -> String {
        let mut asked = Self { after: String::new(), before: String::new(), ..self.clone() };
        if let Some((_, place)) = asked.parts().into_iter().find(|(known, _)| *known == name) {
            value.clone_into(place);
        }
        let pairs = asked.parts().map(|(name, place)| (name, place.clone()));
        paths::with_query(paths::RESOURCES, &pairs.each_ref().map(|(name, value)| (*name, value.as_str())))
    }

    /// What makes this list another than the plain one, as it stands behind the question mark.
    pub fn filters(&self) -> String {
        let address = self.with("", "");
        address.split_once('?').map(|(_, filters)| filters.to_owned()).unwrap_or_default()
    }

    /// The filters that are set: their names in addresses, in words, and their values.
    pub(super) fn chosen(&self) -> Vec<(&'static str, &'static str, &str)> {
        let all = [
            ("q", "Name", self.q.as_str()),
            ("promise", "Promise", self.promise.as_str()),
            ("state", "State", self.state.as_str()),
            ("namespace", "Namespace", self.namespace.as_str()),
            ("version", "Version", self.version.as_str()),
            ("owner", "Owner", self.owner.as_str()),
            ("label", "Label", self.label.as_str()),
        ];
        all.into_iter().filter(|(.., value)| !value.is_empty()).collect()
    }

    /// Takes over what another query has set.
    pub(super) fn narrow(&mut self, by: &Self) {
        let mut by = by.clone();
        for ((_, place), (_, value)) in self.parts().into_iter().zip(by.parts()) {
            if !value.is_empty() {
                std::mem::swap(place, value);
            }
        }
    }

    fn is_filtered(&self) -> bool {
        !self.chosen().is_empty()
    }
}

fn draw(list: &Resources, asked: &ResourcesQuery, frame: &Frame) -> Drawn {
    let deleted = asked.whose == DELETED;
    let matter = if !list.refusal.is_empty() {
        banner(Tone::Warn, "These filters say nothing", &list.refusal, "Clear filters", paths::RESOURCES).into_any()
    } else if !list.groups.is_empty() {
        groups(list, asked, frame).into_any()
    } else if !list.gone.is_empty() {
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
            {saved_views(list, asked)}
            {(list.any || deleted).then(|| finder(list, asked))}
            <div data-live="list">
                {(!list.uncounted.is_empty()).then(|| view! { <p class="note">{list.uncounted.clone()}</p> })}
                {matter}
            </div>
        }
        .into_any(),
    }
}
