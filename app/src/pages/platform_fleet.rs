//! The fleet: every promise by version and state, each number a link to those it counts.

use leptos::prelude::*;

use super::{catalog::owner, platform::PlatformPage};
use crate::{
    parts::{
        button::{Weight, link_button},
        chip::{Look, chip},
        empty::empty,
        icon::{Icon, icon, named},
        tallies::tone,
    },
    paths,
    view::{Facet, Tone},
};

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
    /// What runs which version; the current one first.
    pub versions: Vec<OfVersion>,
}

/// Resources that one version of a promise has made.
#[derive(Clone, Debug, Default)]
pub struct OfVersion {
    /// As the list of resources is filtered by it, with how many there are.
    pub version: Facet,
    /// Another than the current one has made it.
    pub is_old: bool,
    /// How many stand how; all states of the lists, in their order.
    pub states: Vec<Facet>,
}

/// The promises whose fleets are told.
pub(super) fn fleets(page: &PlatformPage) -> impl IntoView {
    let matter = if page.fleets.is_empty() {
        let how = link_button(paths::CATALOG.to_owned(), None, "Open the catalog", Weight::Plain);
        empty(Icon::Layers, "No promises yet", "Publish one with midspan apply; its fleet stands here.", how).into_any()
    } else {
        let states = page.fleets.iter().flat_map(|fleet| &fleet.versions).next().map(|one| one.states.clone());
        let states = states.unwrap_or_default();
        let heads = states.iter().map(|state| view! { <th scope="col" class="cell-number">{state.label.clone()}</th> });
        view! {
            <div class="fleet-scroll" tabindex="0" role="region" aria-label="Fleet by promise, version and state">
                <table class="fleet">
                    <caption class="visually-hidden">"Resources by promise, version and state"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Promise"</th>
                            <th scope="col">"Version"</th>
                            {heads.collect_view()}
                            <th scope="col" class="cell-number">"All"</th>
                        </tr>
                    </thead>
                    {page.fleets.iter().map(|each| fleet(each, states.len())).collect_view()}
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="fleets">
            <h2 id="fleets">"Fleet"</h2>
            {matter}
            {(!page.uncounted.is_empty()).then(|| view! { <p class="note">{page.uncounted.clone()}</p> })}
        </section>
    }
}

fn fleet(fleet: &Fleet, states: usize) -> impl IntoView {
    let waits = (!fleet.waits_for.is_empty())
        .then(|| view! { <span class="row-message" data-tone="warn">{fleet.waits_for.clone()}</span> });
    let height = fleet.versions.len().max(1);
    let who = view! {
        <th scope="rowgroup" rowspan=height class="fleet-promise">
            <span class="fleet-name">
                {icon(named(&fleet.icon))}
                <span class="row-title">
                    <a class="row-link" href=paths::promise_admin(&fleet.name)>{fleet.title.clone()}</a>
                    <span class="row-kind">{owner(&fleet.owner)}<span class="number">{fleet.version.clone()}</span></span>
                    {waits}
                </span>
            </span>
        </th>
    };
    let mut who = Some(who);
    let mut rows: Vec<AnyView> = Vec::new();
    for of in &fleet.versions {
        rows.push(view! { <tr>{who.take()}{version(&fleet.name, of)}</tr> }.into_any());
    }
    if rows.is_empty() {
        let span = states + 2;
        rows.push(
            view! { <tr>{who.take()}<td class="cell-quiet" colspan=span>"Nobody has one yet"</td></tr> }.into_any(),
        );
    }
    view! { <tbody>{rows}</tbody> }
}

/// One version as the cells of a row.
pub(super) fn version(promise: &str, of: &OfVersion) -> impl IntoView + use<> {
    let address = |state: &str| {
        let query = [("whose", "all"), ("promise", promise), ("version", &of.version.value), ("state", state)];
        paths::with_query(paths::RESOURCES, &query)
    };
    let old = of.is_old.then(|| chip(Look { tone: Tone::Warn, icon: Icon::Clock, word: "Out of date" }));
    let cell = |state: &Facet| {
        let tone = tone(&state.value);
        let number = (state.count > 0).then(|| {
            view! {
                <a class="tally" data-tone=tone.name() href=address(&state.value)>
                    {icon(tone.icon())}{state.count}<span class="visually-hidden">" "{state.label.to_lowercase()}</span>
                </a>
            }
        });
        view! { <td class="cell-number">{number}</td> }
    };
    view! {
        <td><span class="fleet-version"><span class="number">{of.version.label.clone()}</span>{old}</span></td>
        {of.states.iter().map(cell).collect_view()}
        <td class="cell-number"><a class="number" href=address("")>{of.version.count}</a></td>
    }
}
