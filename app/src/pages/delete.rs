//! `/r/…/delete`: what will be removed, and the name to type before it is.

use leptos::prelude::*;

use super::{gone::show_living, portal, resource::ResourceHead, resource_key};
use crate::{
    parts::{
        banner::banner,
        button::{Weight, link_button},
        field::text_field,
        frame::{Drawn, Section},
        icon::{Icon, icon},
    },
    portal::Refused,
    view::Tone,
};

/// What the delete page shows.
#[derive(Clone, Debug, Default)]
pub struct DeletePage {
    pub head: ResourceHead,
    /// Files that will be withdrawn: destination and path.
    pub files: Vec<(String, String)>,
    /// Steps of the promise's delete workflow, in order; may be empty.
    pub steps: Vec<String>,
    /// What goes with it, by kind and name.
    pub children: Vec<String>,
    /// Who uses what it gives back: as long as there is somebody, it stays.
    pub users: Vec<String>,
    /// Why it was not deleted (the typed name differs …); empty at first.
    pub refusal: String,
    /// What was typed, given back.
    pub typed: String,
}

#[component]
pub fn DeletePageView() -> impl IntoView {
    let key = resource_key();
    let portal = portal();
    let refused = match use_context::<Refused>() {
        Some(Refused::Delete(page)) => Some((*page).clone()),
        _ => None,
    };
    let asked = key.clone();
    show_living(
        asked,
        async move {
            match refused {
                Some(page) => Ok(page),
                None => portal.delete(&key).await,
            }
        },
        |page, _| draw(&page),
    )
}

fn draw(page: &DeletePage) -> Drawn {
    let key = &page.head.key;
    let errors = if page.refusal.is_empty() { Vec::new() } else { vec![page.refusal.clone()] };
    let prefix = if errors.is_empty() { "" } else { "Error: " };
    let files = page
        .files
        .iter()
        .map(|(destination, path)| view! { <li><code>{path.clone()}</code><span class="cell-quiet">" from "{destination.clone()}</span></li> })
        .collect_view();
    let files = (!page.files.is_empty()).then(|| {
        let count = page.files.len();
        view! {
            <h2>{format!("{count} {} removed", if count == 1 { "file is" } else { "files are" })}</h2>
            <ul class="doomed">{files}</ul>
        }
    });
    let steps = (!page.steps.is_empty()).then(|| {
        let steps = page.steps.iter().map(|step| view! { <li>{step.clone()}</li> }).collect_view();
        view! {
            <h2>"These steps run first"</h2>
            <ol class="doomed">{steps}</ol>
        }
    });
    let children = (!page.children.is_empty()).then(|| {
        let children = page.children.iter().map(|child| view! { <li>{child.clone()}</li> }).collect_view();
        view! {
            <h2>"These go with it"</h2>
            <ul class="doomed">{children}</ul>
        }
    });
    let users = (!page.users.is_empty()).then(|| {
        let sentence = format!("What it gives back is used by {}. Delete them first.", page.users.join(", "));
        banner(Tone::Warn, "Still in use", &sentence, "", "")
    });
    Drawn {
        title: format!("{prefix}Delete {}", key.name),
        section: Section::Resources,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <div class="narrow">
                <div>
                    <nav class="crumbs" aria-label="Breadcrumb"><a href=key.path()>{key.name.clone()}</a></nav>
                    <h1>"Delete "{key.name.clone()}"?"</h1>
                    <p class="lead">
                        {page.head.promise_title.clone()}" in "{key.namespace.clone()}
                        ". Whatever runs from its files is removed with them. This cannot be undone."
                    </p>
                </div>
                {users}
                {steps}
                {children}
                {files}
                <form class="form" method="post" novalidate>
                    {text_field("confirm", &format!("Type {} to confirm", key.name), "", &page.typed, &errors)}
                    <div class="form-end">
                        <button class="button" data-weight="danger">{icon(Icon::Trash)}"Delete for good"</button>
                        {link_button(key.path(), None, "Keep it", Weight::Plain)}
                    </div>
                </form>
            </div>
        }
        .into_any(),
    }
}
