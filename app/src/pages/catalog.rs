//! `/catalog?q=&tag=`: everything on offer, searched and filtered on the server.

use leptos::prelude::*;

use super::{portal, query, show};
use crate::{
    parts::{
        button::{Weight, link_button},
        code::code_block,
        empty::empty,
        frame::{Drawn, Section},
        icon::{Icon, icon, named},
    },
    paths, times,
    view::{Facet, PromiseCard},
};

/// So many tags stand beside the search; the others are one click away.
const TAGS_IN_SIGHT: usize = 10;

/// The search as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogQuery {
    pub q: String,
    pub tag: String,
}

/// What the catalog shows.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub cards: Vec<PromiseCard>,
    /// Tags of all promises the caller can see, whatever the search says.
    pub tags: Vec<Facet>,
    /// How many there are without the search; zero = first use.
    pub total: u64,
    /// Whether the caller may publish promises; the first-use text differs.
    pub may_publish: bool,
}

#[component]
pub fn CatalogPage() -> impl IntoView {
    let asked = CatalogQuery { q: query("q"), tag: query("tag") };
    let portal = portal();
    let loading = asked.clone();
    show(async move { portal.catalog(&loading).await }, move |catalog, _| draw(&catalog, &asked))
}

fn draw(catalog: &Catalog, asked: &CatalogQuery) -> Drawn {
    let matter = if catalog.total == 0 {
        first_use(catalog.may_publish).into_any()
    } else if catalog.cards.is_empty() {
        nothing_matches(asked).into_any()
    } else {
        promise_cards(&catalog.cards).into_any()
    };
    let finder = (catalog.total > 0).then(|| finder(catalog, asked));
    Drawn {
        title: "Catalog".to_owned(),
        section: Section::Catalog,
        topics: vec!["catalog".to_owned()],
        moving: false,
        body: view! {
            <div class="page-head">
                <div>
                    <h1>"Catalog"</h1>
                    <p class="lead">"Services your platform team runs for you."</p>
                </div>
            </div>
            {finder}
            <h2 class="visually-hidden">"Services"</h2>
            <div data-live="cards">{matter}</div>
        }
        .into_any(),
    }
}

/// Promises as cards; the whole card is the link.
pub(super) fn promise_cards(cards: &[PromiseCard]) -> impl IntoView {
    view! { <ul class="cards">{cards.iter().map(card).collect_view()}</ul> }
}

fn card(card: &PromiseCard) -> impl IntoView {
    let tags = card.tags.iter().take(3).map(|tag| view! { <li class="tag">{tag.clone()}</li> }).collect_view();
    let typical = card
        .typical_seconds
        .map(|seconds| view! { <span class="card-fact">{icon(Icon::Clock)}"Ready in about "{times::lasting(seconds)}</span> });
    let mine =
        (card.mine > 0).then(|| view! { <span class="card-fact">{icon(Icon::Check)}"You have "{card.mine}</span> });
    view! {
        <li class="card">
            <div class="card-head">
                <span class="card-icon">{icon(named(&card.icon))}</span>
                <div>
                    <h3 class="card-title"><a class="card-link" href=paths::promise(&card.name)>{card.title.clone()}</a></h3>
                    <p class="card-owner">{owner(&card.owner)}<span class="number">{card.version.clone()}</span></p>
                </div>
            </div>
            <p class="card-text">{card.description.clone()}</p>
            <div class="card-foot">
                <ul class="tags" aria-label="Tags">{tags}</ul>
                {typical}
                {mine}
            </div>
        </li>
    }
}

/// `group:default/data-platform` as people say it: `data-platform`.
pub(super) fn owner(reference: &str) -> String {
    let name = reference.rsplit('/').next().unwrap_or_default();
    if name.is_empty() { String::new() } else { format!("{name} · ") }
}

fn finder(catalog: &Catalog, asked: &CatalogQuery) -> impl IntoView {
    // the chosen one stands in sight, wherever it ranks
    let in_sight = |place: usize, tag: &Facet| place < TAGS_IN_SIGHT || tag.value == asked.tag;
    let (tags, rest): (Vec<_>, Vec<_>) =
        catalog.tags.iter().enumerate().partition(|(place, tag)| in_sight(*place, tag));
    let links = |tags: Vec<(usize, &Facet)>| tags.into_iter().map(|(_, tag)| tag_link(tag, asked)).collect_view();
    let more = (!rest.is_empty()).then(|| {
        view! {
            <details class="more">
                <summary class="filter">{format!("+{} more", rest.len())}</summary>
                <div class="filters">{links(rest)}</div>
            </details>
        }
    });
    let tags = links(tags);
    let keep = (!asked.tag.is_empty()).then(|| view! { <input type="hidden" name="tag" value=asked.tag.clone()/> });
    view! {
        <div class="finder">
            <form class="search" role="search" action=paths::CATALOG>
                <label class="visually-hidden" for="q">"Search the catalog"</label>
                <span class="search-icon">{icon(Icon::Search)}</span>
                <input class="input" type="search" id="q" name="q" value=asked.q.clone() placeholder="Search services"/>
                {keep}
                <button class="button" data-weight="plain">"Search"</button>
            </form>
            <nav class="filters" aria-label="Tags">
                <a class="filter" href=paths::with_query(paths::CATALOG, &[("q", &asked.q)]) aria-current=asked.tag.is_empty().then_some("true")>
                    "All"
                </a>
                {tags}
                {more}
            </nav>
        </div>
    }
}

fn tag_link(tag: &Facet, asked: &CatalogQuery) -> impl IntoView + use<> {
    let href = paths::with_query(paths::CATALOG, &[("q", &asked.q), ("tag", &tag.value)]);
    view! {
        <a class="filter" href=href aria-current=(tag.value == asked.tag).then_some("true")>
            {tag.label.clone()}<span class="filter-count">{tag.count}</span>
        </a>
    }
}

fn nothing_matches(asked: &CatalogQuery) -> impl IntoView {
    let what = if asked.q.is_empty() { asked.tag.clone() } else { asked.q.clone() };
    let clear = link_button(paths::CATALOG.to_owned(), None, "Show everything", Weight::Plain);
    empty(
        Icon::Search,
        &format!("Nothing matches “{what}”"),
        "Try another word, or ask the platform team to offer it.",
        clear,
    )
}

fn first_use(may_publish: bool) -> impl IntoView {
    if may_publish {
        let how = code_block("Publish a promise", "midspan apply -f examples/starter");
        empty(Icon::Layers, "No promises yet", "Publish the first one; developers see it here at once.", how).into_any()
    } else {
        empty(Icon::Layers, "Nothing here yet", "Your platform team has not published anything for you.", ()).into_any()
    }
}
