//! `/catalog/{promise}/new` and `/r/…/edit`: the form drawn from the promise's schema.

use domain::Timestamp;
use forms::FormModel;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    form_code::{as_text, beside},
    form_identity::identity,
    form_steps as steps, param, portal, query, resource_key, show,
};
use crate::{
    islands::follow::Follow,
    parts::{
        button::{Weight, link_button},
        field::form_fields,
        frame::{Drawn, Section},
        icon::{Icon, icon, named},
    },
    paths::{self, ResourceKey},
    portal::Refused,
    view::PromiseCard,
};

/// What the address fills in before anyone typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefill {
    /// `?example=name`
    pub example: String,
    /// `?like=namespace/promise/name`: copy an existing resource's spec.
    pub like: String,
    /// `?draft=req-…`: go on with a plan that was not submitted.
    pub draft: String,
    /// `?step=2`: the page of a form that has several.
    pub step: usize,
    /// `?values.size=small`: single values, as posted entries.
    pub entries: Vec<(String, String)>,
}

/// What the form page shows.
#[derive(Clone, Debug)]
pub struct FormPage {
    pub card: PromiseCard,
    /// `None` = a new resource; `Some` = edit of this one.
    pub editing: Option<Editing>,
    /// Posted as `namespace`.
    pub namespace: String,
    /// Where the caller may create; one = shown, not asked.
    pub namespaces: Vec<String>,
    /// Posted as `name`.
    pub name: String,
    /// The spec's fields, with values and errors inside.
    pub form: FormModel,
    /// What is wrong beside the spec: the name, the namespace, a change by someone else meanwhile. The spec's own errors
    /// are in `form`; the summary at the top shows both.
    pub problems: Vec<Problem>,
    /// The document as it stands, for the *As code* pane; secrets masked.
    pub code: AsCode,
    /// The draft it goes on from, posted as `_draft`; empty = none is kept yet.
    pub draft: String,
    /// Until then the draft is kept.
    pub kept_until: Option<Timestamp>,
    /// The steps of a form on several pages; empty = it has one.
    pub steps: Vec<FormStep>,
    /// The document is edited as text; `None` = by fields.
    pub text: Option<EditedText>,
}

/// One page of a form that has several.
#[derive(Clone, Debug, Default)]
pub struct FormStep {
    pub title: String,
    pub description: String,
    /// Empty = the steps before it come first.
    pub href: String,
    pub current: bool,
}

/// The same request in the words of machines.
#[derive(Clone, Debug, Default)]
pub struct AsCode {
    pub yaml: String,
    /// For the command line.
    pub command: String,
    /// For anything that speaks HTTP.
    pub curl: String,
    /// What it would come to in git; says so where that is not known.
    pub commit: String,
}

/// The document as somebody edits it.
#[derive(Clone, Debug, Default)]
pub struct EditedText {
    pub text: String,
    /// Why it could not be read; empty = it was not tried yet.
    pub problem: String,
}

/// The resource under edit.
#[derive(Clone, Debug, Default)]
pub struct Editing {
    pub key: ResourceKey,
    /// Posted back as `resourceVersion`, so that two editors cannot overwrite each other unseen.
    pub resource_version: String,
}

/// One thing wrong, with the field to jump to.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// The field's id; `name` and `namespace` are ids too; empty = the whole form.
    pub field: String,
    pub message: String,
}

#[component]
pub fn NewRequestPage() -> impl IntoView {
    let promise = param("promise");
    let prefill = prefill();
    let portal = portal();
    let refused = refused();
    show(
        async move {
            match refused {
                Some(page) => Ok(page),
                None => portal.new_request(&promise, &prefill).await,
            }
        },
        |page, _| draw(&page),
    )
}

#[component]
pub fn EditPage() -> impl IntoView {
    let key = resource_key();
    let draft = query("draft");
    let portal = portal();
    let refused = refused();
    show(
        async move {
            match refused {
                Some(page) => Ok(page),
                None => portal.edit(&key, &draft).await,
            }
        },
        |page, _| draw(&page),
    )
}

fn refused() -> Option<FormPage> {
    match use_context::<Refused>() {
        Some(Refused::Form(page)) => Some((*page).clone()),
        _ => None,
    }
}

fn prefill() -> Prefill {
    let entries = use_query_map().with_untracked(|query| {
        query.clone().into_iter().filter_map(|(name, value)| Some((posted_name(&name)?, value))).collect()
    });
    Prefill {
        example: query("example"),
        like: query("like"),
        draft: query("draft"),
        step: query("step").parse().unwrap_or(0),
        entries,
    }
}

/// `values.backups.enabled` for people who write links, `v/backups/enabled` as the form itself posts it.
fn posted_name(name: &str) -> Option<String> {
    match name.strip_prefix("values.") {
        Some(path) => {
            Some(path.split('.').fold(forms::entries::ROOT.to_owned(), |at, each| forms::entries::child(&at, each)))
        }
        None => name.starts_with("v/").then(|| name.to_owned()),
    }
}

fn draw(page: &FormPage) -> Drawn {
    let card = &page.card;
    let (title, back, back_label) = match &page.editing {
        Some(editing) => (format!("Edit {}", editing.key.name), editing.key.path(), editing.key.name.clone()),
        None => (format!("New {}", card.title), paths::promise(&card.name), card.title.clone()),
    };
    let problems = all_problems(page);
    let prefix = if problems.is_empty() { "" } else { "Error: " };
    Drawn {
        title: format!("{prefix}{title}"),
        section: if page.editing.is_some() { Section::Resources } else { Section::Catalog },
        topics: Vec::new(),
        moving: false,
        body: view! {
            <nav class="crumbs" aria-label="Breadcrumb"><a href=back.clone()>{back_label}</a></nav>
            <div class="page-head">
                <div class="page-title">
                    <span class="tile">{icon(named(&card.icon))}</span>
                    <div>
                        <h1>{title}</h1>
                        <p class="lead">"Nothing is made yet: you see the plan first."</p>
                    </div>
                </div>
            </div>
            <div class="columns">
                <div class="column-main">
                    {error_summary(&problems)}
                    {match &page.text {
                        Some(text) => as_text(text, &page.draft, back.clone()),
                        None => as_fields(page, back.clone()),
                    }}
                </div>
                {page.text.is_none().then(|| beside(&page.code))}
            </div>
            {page.text.is_none().then(|| view! { <Follow/> })}
        }
        .into_any(),
    }
}

fn as_fields(page: &FormPage, back: String) -> AnyView {
    view! {
        <form class="form" method="post" novalidate id="request-form" data-follow="">
            // Enter in a field must mean the plan, not the first button of a list.
            <button class="visually-hidden" tabindex="-1" aria-hidden="true" name="_do" value="plan">{steps::onward(&page.steps)}</button>
            <input type="hidden" name="_draft" value=page.draft.clone()/>
            {steps::head(&page.steps)}
            {identity(page, steps::later(&page.steps))}
            {form_fields(&page.form)}
            <div class="form-end">
                <button class="button" data-weight="primary" name="_do" value="plan" data-key="Ctrl+Enter">{steps::onward(&page.steps)}</button>
                {steps::backward(&page.steps)}
                {link_button(back, None, "Cancel", Weight::Plain)}
            </div>
            {saved(page)}
        </form>
    }
    .into_any()
}

/// What is kept of the form so far, and for how long. A script says here when it has kept it.
fn saved(page: &FormPage) -> AnyView {
    let href = match &page.editing {
        Some(editing) => editing.key.tab("edit"),
        None => paths::new_request(&page.card.name),
    };
    let kept = page.kept_until.filter(|_| !page.draft.is_empty()).map(|until| {
        let day: String = until.to_string().chars().take(10).collect();
        view! {
            "Kept as a "<a href=paths::with_query(&href, &[("draft", page.draft.as_str())])>"draft"</a>
            {format!(" until {day}. Whoever may ask for it here can go on with it.")}
        }
    });
    view! { <p class="form-saved" data-saved="">{kept}</p> }.into_any()
}

/// Everything wrong in the order of the page.
fn all_problems(page: &FormPage) -> Vec<Problem> {
    let of_spec = page
        .form
        .errors
        .iter()
        .map(|error| Problem { field: error.id.clone(), message: format!("{}: {}", error.label, error.message) });
    let named = page.problems.iter().map(|problem| match problem.field.as_str() {
        "name" => Problem { message: format!("Name: {}", problem.message), ..problem.clone() },
        "namespace" => Problem { message: format!("Namespace: {}", problem.message), ..problem.clone() },
        _ => problem.clone(),
    });
    named.chain(of_spec).collect()
}

pub(super) fn error_summary(problems: &[Problem]) -> Option<impl IntoView> {
    if problems.is_empty() {
        return None;
    }
    let count = problems.len();
    let title = if count == 1 { "There is a problem".to_owned() } else { format!("There are {count} problems") };
    let items = problems
        .iter()
        .map(|problem| {
            if problem.field.is_empty() {
                view! { <li>{problem.message.clone()}</li> }.into_any()
            } else {
                view! { <li><a href=format!("#{}", problem.field)>{problem.message.clone()}</a></li> }.into_any()
            }
        })
        .collect_view();
    Some(view! {
        <section class="summary" role="alert" aria-labelledby="summary-title" tabindex="-1" id="error-summary" data-focus="">
            <h2 class="summary-title" id="summary-title">{icon(Icon::Alert)}{title}</h2>
            <ul class="summary-list">{items}</ul>
        </section>
    })
}
