//! Above the list of resources: what it is narrowed by, each choice with how many there are.

use leptos::prelude::*;

use super::resources::{DELETED, GROUPS, Resources, ResourcesQuery};
use crate::{
    parts::icon::{Icon, icon},
    paths,
    view::Facet,
};

pub(super) fn finder(list: &Resources, asked: &ResourcesQuery) -> impl IntoView {
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
        {(!deleted).then(|| chosen(list, asked))}
    }
}

fn search(list: &Resources, asked: &ResourcesQuery, everyone: bool) -> impl IntoView {
    let more = [&asked.version, &asked.owner, &asked.label, &asked.group];
    let more = more.iter().any(|value| !value.is_empty());
    let groups = GROUPS.map(|(value, label)| {
        view! { <option value=value selected=value == asked.group>{label}</option> }
    });
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
            <details class="more" open=more>
                <summary class="filter">"More filters"</summary>
                <div class="more-filters">
                    {select("version", "Version", "Every version", &list.versions, &asked.version)}
                    {select("owner", "Owner", "Everybody", &list.owners, &asked.owner)}
                    <label class="visually-hidden" for="label">"Labels"</label>
                    <input class="input" id="label" name="label" value=asked.label.clone() placeholder="Labels: team=shop, tier!=gold"/>
                    <label class="visually-hidden" for="group">"Group by"</label>
                    <select class="input" data-width="auto" id="group" name="group">
                        <option value="">"Not grouped"</option>
                        {groups.into_iter().collect_view()}
                    </select>
                </div>
            </details>
        </form>
    }
}

/// What is chosen now, each with the way to take it back.
fn chosen(list: &Resources, asked: &ResourcesQuery) -> Option<impl IntoView> {
    let chosen = asked.chosen();
    let said = |name: &str, value: &str| {
        let facets = match name {
            "promise" => &list.promises,
            "state" => &list.states,
            _ => return value.to_owned(),
        };
        facets.iter().find(|facet| facet.value == value).map_or_else(|| value.to_owned(), |facet| facet.label.clone())
    };
    let all_open = paths::with_query(paths::RESOURCES, &[("whose", &asked.whose), ("group", &asked.group)]);
    (!chosen.is_empty()).then(|| {
        let items = chosen.iter().map(|(name, label, value)| {
            let says = format!("{label}: {}", said(name, value));
            view! {
                <li>
                    <a class="chosen" href=asked.with(name, "") title="Take it away">
                        {says}<span class="visually-hidden">" (take it away)"</span>{icon(Icon::Cross)}
                    </a>
                </li>
            }
        });
        view! {
            <ul class="chosen-list" aria-label="Filters that are set">
                {items.collect_view()}
                {(chosen.len() > 1).then(|| view! { <li><a href=all_open>"Clear all"</a></li> })}
            </ul>
        }
    })
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
