//! `/catalog/{promise}/new` and `/r/…/edit`: the form drawn from the promise's schema.

use forms::{Action, FormModel};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{param, portal, query, resource_key, show};
use crate::{
    islands::follow::Follow,
    parts::{
        banner::banner,
        button::{Weight, link_button},
        code::code_block,
        field::{form_fields, text_field},
        frame::{Drawn, Section},
        icon::{Icon, icon, named},
    },
    paths::{self, ResourceKey},
    portal::Refused,
    view::{PromiseCard, Tone},
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
    /// `?v/size=small`: single values, as posted entries.
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
    pub yaml: String,
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
        query
            .clone()
            .into_iter()
            .filter(|(name, _)| name.starts_with("v/"))
            .map(|(name, value)| (name.into_owned(), value))
            .collect()
    });
    Prefill { example: query("example"), like: query("like"), draft: query("draft"), entries }
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
                    <form class="form" method="post" novalidate id="request-form" data-follow="">
                        // Enter in a field must mean the plan, not the first button of a list.
                        <button class="visually-hidden" tabindex="-1" aria-hidden="true" name="_do" value="plan">"See the plan"</button>
                        {identity(page)}
                        {form_fields(&page.form)}
                        <div class="form-end">
                            <button class="button" data-weight="primary" name="_do" value="plan">"See the plan"</button>
                            {link_button(back, None, "Cancel", Weight::Plain)}
                        </div>
                    </form>
                </div>
                <aside class="column-side" aria-label="As code">
                    <div class="sticky">
                        <div data-live="code">{code_block("As code", &page.yaml)}</div>
                        <noscript>
                            <button class="button" data-weight="plain" form="request-form" name="_do" value=Action::Refresh.text()>"Show as code"</button>
                        </noscript>
                        <p class="note">
                            "The same document works with "<code>"midspan apply"</code>" and "<code>"kubectl apply"</code>"."
                        </p>
                    </div>
                </aside>
            </div>
            <Follow/>
        }
        .into_any(),
    }
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

fn identity(page: &FormPage) -> AnyView {
    if let Some(editing) = &page.editing {
        return view! {
            <input type="hidden" name="resourceVersion" value=editing.resource_version.clone()/>
            <input type="hidden" name="name" value=editing.key.name.clone()/>
            <input type="hidden" name="namespace" value=editing.key.namespace.clone()/>
        }
        .into_any();
    }
    let errors: Vec<String> =
        page.problems.iter().filter(|problem| problem.field == "name").map(|problem| problem.message.clone()).collect();
    let name = text_field(
        "name",
        "Name",
        "Lower-case letters, digits and dashes. It cannot be changed later.",
        &page.name,
        &errors,
    );
    let place = match page.namespaces.as_slice() {
        [] => banner(
            Tone::Warn,
            "No namespace",
            "You may not create anything in any namespace. Ask the platform team.",
            "",
            "",
        )
        .into_any(),
        [only] => view! {
            <div class="field">
                <span class="field-label">"Namespace"</span>
                <p class="field-fixed"><code>{only.clone()}</code></p>
                <input type="hidden" name="namespace" value=only.clone()/>
            </div>
        }
        .into_any(),
        several => {
            let options = several
                .iter()
                .map(|each| view! { <option value=each.clone() selected=*each == page.namespace>{each.clone()}</option> })
                .collect_view();
            view! {
                <div class="field">
                    <label class="field-label" for="namespace">"Namespace"</label>
                    <div class="field-control"><select class="input" id="namespace" name="namespace">{options}</select></div>
                </div>
            }
            .into_any()
        }
    };
    view! { <div class="identity">{name}{place}</div> }.into_any()
}
