//! `/r/…/actions/{action}`: a day-2 action with its form, and the last word before it is asked for.

use forms::FormModel;
use leptos::prelude::*;

use super::{
    form::{Problem, error_summary},
    param, portal,
    resource::ResourceHead,
    resource_key, show,
};
use crate::{
    parts::{
        banner::banner,
        button::{Weight, link_button},
        field::{form_fields, text_field},
        frame::{Drawn, Section},
    },
    portal::Refused,
    view::Tone,
};

/// What the action page shows.
#[derive(Clone, Debug, Default)]
pub struct ActionPage {
    pub head: ResourceHead,
    /// The action's name, as in addresses.
    pub name: String,
    pub title: String,
    pub description: String,
    /// Its input; `None` = it takes none.
    pub form: Option<FormModel>,
    /// The resource's name is to be typed.
    pub type_name: bool,
    /// Why it cannot be asked for now; empty = it can.
    pub refusal: String,
    /// What is wrong beside the input.
    pub problems: Vec<Problem>,
    /// What was typed to confirm, given back.
    pub typed: String,
}

#[component]
pub fn ActionPageView() -> impl IntoView {
    let key = resource_key();
    let action = param("action");
    let portal = portal();
    let refused = match use_context::<Refused>() {
        Some(Refused::Action(page)) => Some((*page).clone()),
        _ => None,
    };
    show(
        async move {
            match refused {
                Some(page) => Ok(page),
                None => portal.action(&key, &action).await,
            }
        },
        |page, _| draw(&page),
    )
}

fn draw(page: &ActionPage) -> Drawn {
    let key = &page.head.key;
    let of_input = page.form.iter().flat_map(|form| &form.errors);
    let of_input = of_input
        .map(|error| Problem { field: error.id.clone(), message: format!("{}: {}", error.label, error.message) });
    let problems: Vec<Problem> = page.problems.iter().cloned().chain(of_input).collect();
    let prefix = if problems.is_empty() { "" } else { "Error: " };
    let held = (!page.refusal.is_empty()).then(|| banner(Tone::Warn, "This cannot be done now", &page.refusal, "", ""));
    let typed: Vec<String> = page
        .problems
        .iter()
        .filter(|problem| problem.field == "confirm")
        .map(|problem| problem.message.clone())
        .collect();
    let confirm = page
        .type_name
        .then(|| text_field("confirm", &format!("Type {} to confirm", key.name), "", &page.typed, &typed));
    let lead = format!("{} in {}. {}", page.head.promise_title, key.namespace, page.description);
    let weight = if page.type_name { Weight::Danger } else { Weight::Primary };
    Drawn {
        title: format!("{prefix}{}: {}", page.title, key.name),
        section: Section::Resources,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <div class="narrow">
                <div>
                    <nav class="crumbs" aria-label="Breadcrumb"><a href=key.path()>{key.name.clone()}</a></nav>
                    <h1>{page.title.clone()}": "{key.name.clone()}</h1>
                    <p class="lead">{lead.trim_end().to_owned()}</p>
                </div>
                {held}
                {error_summary(&problems)}
                <form class="form" method="post" novalidate>
                    // Enter in a field must mean the action, not the first button of a list.
                    <button class="visually-hidden" tabindex="-1" aria-hidden="true" name="_do" value="act">{page.title.clone()}</button>
                    {page.form.as_ref().map(form_fields)}
                    {confirm}
                    <div class="form-end">
                        <button class="button" data-weight=weight.name() name="_do" value="act" data-key="Ctrl+Enter">{page.title.clone()}</button>
                        {link_button(key.path(), None, "Cancel", Weight::Plain)}
                    </div>
                </form>
            </div>
        }
        .into_any(),
    }
}
