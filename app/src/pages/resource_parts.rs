//! What a resource is made of: its children and theirs, each with its state; and what a child is a part of.

use leptos::prelude::*;

use crate::{
    parts::{
        facts::facts_in_row,
        icon::{icon, named},
    },
    paths::ResourceKey,
    view::ResourceRow,
};

/// A child with its own children.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub row: ResourceRow,
    /// How the parent's steps call it.
    pub known_as: String,
    pub parts: Vec<Part>,
}

/// The line of those a resource is a part of, nearest first.
pub(super) fn part_of(parent: Option<&ResourceKey>) -> Option<impl IntoView + use<>> {
    parent.map(|parent| view! { " · part of "<a href=parent.path()>{parent.name.clone()}</a> })
}

pub(super) fn parts(parts: &[Part]) -> Option<impl IntoView> {
    (!parts.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="parts">
                <h2 id="parts">"Made of"</h2>
                <div class="panel">{branch(parts)}</div>
            </section>
        }
    })
}

fn branch(parts: &[Part]) -> AnyView {
    let items = parts.iter().map(part).collect_view();
    view! { <ul class="parts">{items}</ul> }.into_any()
}

fn part(part: &Part) -> impl IntoView {
    let row = &part.row;
    let message = (!row.message.is_empty())
        .then(|| view! { <span class="row-message" data-tone="warn">{row.message.clone()}</span> });
    let inner = (!part.parts.is_empty()).then(|| branch(&part.parts));
    view! {
        <li class="part">
            <div class="part-line">
                <span class="row-icon">{icon(named(&row.icon))}</span>
                <span class="row-title">
                    <a class="row-link" href=row.key.path()>{row.key.name.clone()}</a>
                    <span class="row-kind">{row.promise_title.clone()}" · "<code>{part.known_as.clone()}</code></span>
                    {message}
                </span>
                {facts_in_row(&row.facts)}
            </div>
            {inner}
        </li>
    }
}
