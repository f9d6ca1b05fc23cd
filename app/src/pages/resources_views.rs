//! Lists that somebody comes back to: by name, above the list; saved, renamed and deleted without a script.

use leptos::prelude::*;

use super::resources::{Resources, ResourcesQuery, SavedView};
use crate::{
    parts::{
        button::{Weight, post_button},
        icon::Icon,
    },
    paths,
};

pub(super) fn saved_views(list: &Resources, asked: &ResourcesQuery) -> Option<impl IntoView> {
    let filters = asked.filters();
    let is_saved = list.views.iter().any(|saved| saved.filters == filters);
    let may_save = !filters.is_empty() && !is_saved && list.refusal.is_empty();
    (!list.views.is_empty() || may_save).then(|| {
        let links = list.views.iter().map(|saved| link(saved, &filters)).collect_view();
        view! {
            <div class="views">
                {(!list.views.is_empty()).then(|| view! { <nav class="filters" aria-label="Saved views">{links}</nav> })}
                {may_save.then(|| save(&filters))}
                {(!list.views.is_empty()).then(|| edit(&list.views))}
            </div>
        }
    })
}

fn link(saved: &SavedView, present: &str) -> impl IntoView + use<> {
    let href = format!("{}?{}", paths::RESOURCES, saved.filters);
    let current = (saved.filters == present).then_some("true");
    view! { <a class="filter" href=href aria-current=current>{saved.name.clone()}</a> }
}

fn save(filters: &str) -> impl IntoView + use<> {
    view! {
        <details class="view-deed">
            <summary class="filter">"Save this view"</summary>
            <form class="view-form" method="post" action=paths::SAVED_VIEWS>
                <input type="hidden" name="filters" value=filters.to_owned()/>
                <label class="visually-hidden" for="view-name">"Name of the view"</label>
                <input class="input" id="view-name" name="name" required maxlength="60" placeholder="Name of the view"/>
                <button class="button" data-weight="primary">"Save"</button>
            </form>
        </details>
    }
}

fn edit(views: &[SavedView]) -> impl IntoView + use<> {
    let row = |saved: &SavedView| {
        let id = format!("view-{}", saved.id);
        view! {
            <li class="view-row">
                <form class="view-form" method="post" action=paths::saved_view(&saved.id)>
                    <label class="visually-hidden" for=id.clone()>{format!("New name of {}", saved.name)}</label>
                    <input class="input" id=id name="name" required maxlength="60" value=saved.name.clone()/>
                    <button class="button" data-weight="plain">"Rename"</button>
                </form>
                {post_button(paths::delete_saved_view(&saved.id), Some(Icon::Trash), "Delete", Weight::Plain)}
            </li>
        }
    };
    view! {
        <details class="view-deed">
            <summary class="filter">"Edit views"</summary>
            <ul class="view-rows">{views.iter().map(row).collect_view()}</ul>
        </details>
    }
}
