//! `/platform/promises/{name}`: a promise as those see it who run it: what its definition lacks, its form as others see it, what inputs would
//! lead to, its versions and who uses them.

use forms::FormModel;
use leptos::prelude::*;

use super::{
    catalog::owner,
    form::{Problem, error_summary},
    param,
    platform_fleet::{OfVersion, version},
    portal,
    promise::VersionRow,
    query,
    request::{Plan, planned},
    show,
};
use crate::{
    counts::count,
    parts::{
        banner::banner,
        button::{Weight, link_button},
        chip::{Look, chip},
        field::form_fields,
        frame::{Drawn, Section},
        icon::{Icon, icon, named},
        moment::ago,
        table::table,
    },
    paths,
    portal::{Frame, Refused},
    view::{DiffView, PromiseCard, Tone},
};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct PromiseAdminPage {
    pub card: PromiseCard,
    /// `data.example.com/v1`
    pub api_version: String,
    pub kind: String,
    /// Why it takes no requests; empty when it does.
    pub waits_for: String,
    pub missing: Vec<Missing>,
    /// Newest first; `in_use` counts everybody's.
    pub versions: Vec<VersionRow>,
    /// What runs which version, and how it stands.
    pub usage: Vec<OfVersion>,
    /// How many have one, in how many namespaces.
    pub owners: u64,
    pub namespaces: u64,
    /// The words in addresses and for people of those whose form one can look at, and who it is now.
    pub personas: Vec<(String, String)>,
    pub persona: String,
    /// The form as that persona sees it.
    pub form: FormModel,
    /// What is wrong with what was tried, beside its fields.
    pub problems: Vec<Problem>,
    /// What the inputs would lead to; nothing was made.
    pub tried: Option<Plan>,
}

/// Something the definition lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    pub tone: Tone,
    /// `spec.owner`, or a place in the schema.
    pub at: String,
    pub says: String,
}

#[component]
pub fn PromiseAdminView() -> impl IntoView {
    let name = param("promise");
    let (persona, view) = (query("as"), DiffView::named(&query("view")));
    let portal = portal();
    let tried = match use_context::<Refused>() {
        Some(Refused::PromiseAdmin(page)) => Some((*page).clone()),
        _ => None,
    };
    show(
        async move {
            match tried {
                Some(page) => Ok(page),
                None => portal.promise_admin(&name, &persona).await,
            }
        },
        move |page, frame| draw(&page, view, frame),
    )
}

fn draw(page: &PromiseAdminPage, view: DiffView, frame: &Frame) -> Drawn {
    let card = &page.card;
    let waits = (!page.waits_for.is_empty())
        .then(|| banner(Tone::Warn, "It takes no requests", &page.waits_for, "", "").into_any());
    let problems = all_problems(page);
    let prefix = if problems.is_empty() { "" } else { "Error: " };
    Drawn {
        title: format!("{prefix}{} · Platform", card.title),
        section: Section::Platform,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <nav class="crumbs" aria-label="Breadcrumb"><a href=paths::PLATFORM>"Platform"</a></nav>
            <div class="page-head">
                <div class="page-title">
                    <span class="tile">{icon(named(&card.icon))}</span>
                    <div>
                        <h1>{card.title.clone()}</h1>
                        <p class="lead">
                            {owner(&card.owner)}<span class="number">{card.version.clone()}</span>" · "{page.kind.clone()}" in "<code>{page.api_version.clone()}</code>
                        </p>
                    </div>
                </div>
                <div class="page-actions">{link_button(paths::promise(&card.name), None, "As developers see it", Weight::Plain)}</div>
            </div>
            <div class="column-main">
                {waits}
                {error_summary(&problems)}
                {page.tried.as_ref().map(|plan| outcome(plan, view))}
                {definition(&page.missing)}
                {usage(page)}
                {versions(page, frame)}
                {preview(page)}
            </div>
        }
        .into_any(),
    }
}

fn all_problems(page: &PromiseAdminPage) -> Vec<Problem> {
    let of_form = page.form.errors.iter();
    let of_form = of_form
        .map(|error| Problem { field: error.id.clone(), message: format!("{}: {}", error.label, error.message) });
    page.problems.iter().cloned().chain(of_form).collect()
}

fn outcome(plan: &Plan, view: DiffView) -> impl IntoView + use<> {
    view! {
        <section class="section" aria-labelledby="tried">
            <h2 id="tried">"What these inputs lead to"</h2>
            <p class="note">"Nothing was made and nothing was kept."</p>
            {planned(plan, view)}
        </section>
    }
}

fn definition(missing: &[Missing]) -> impl IntoView + use<> {
    let row = |missing: &Missing| {
        let word = if missing.tone == Tone::Bad { "Wrong" } else { "Missing" };
        view! {
            <tr>
                <td class="cell-name">{missing.says.clone()}</td>
                <td>{chip(Look { tone: missing.tone, icon: missing.tone.icon(), word })}</td>
                <td class="cell-end"><code>{missing.at.clone()}</code></td>
            </tr>
        }
    };
    let matter = if missing.is_empty() {
        view! { <p class="note">"Nothing is missing."</p> }.into_any()
    } else {
        let rows = missing.iter().map(row).collect_view();
        table("What the definition lacks", ["What", "How bad", "Where"], rows).into_any()
    };
    view! {
        <section class="section" aria-labelledby="definition">
            <h2 id="definition">"Definition"</h2>
            {matter}
        </section>
    }
}

fn usage(page: &PromiseAdminPage) -> impl IntoView + use<> {
    let total: u64 = page.usage.iter().map(|of| of.version.count).sum();
    let says = if total == 0 {
        "Nobody has one yet.".to_owned()
    } else {
        let (owners, namespaces) = (count(page.owners, "owner"), count(page.namespaces, "namespace"));
        format!("{} of {owners} in {namespaces}.", count(total, "resource"))
    };
    let heads = page.usage.first().map(|of| {
        of.states
            .iter()
            .map(|state| view! { <th scope="col" class="cell-number">{state.label.clone()}</th> })
            .collect_view()
    });
    let rows = page.usage.iter().map(|of| view! { <tr>{version(&page.card.name, of)}</tr> }).collect_view();
    let matrix = (total > 0).then(|| {
        view! {
            <div class="fleet-scroll" tabindex="0" role="region" aria-label="Resources by version and state">
                <table class="fleet">
                    <caption class="visually-hidden">"Resources by version and state"</caption>
                    <thead><tr><th scope="col">"Version"</th>{heads}<th scope="col" class="cell-number">"All"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
    });
    view! {
        <section class="section" aria-labelledby="usage">
            <h2 id="usage">"Usage"</h2>
            <p class="note">{says}</p>
            {matrix}
        </section>
    }
}

fn versions(page: &PromiseAdminPage, frame: &Frame) -> impl IntoView + use<> {
    let now = frame.now;
    let row = |version: &VersionRow| {
        let current = version.is_current.then(|| chip(Look { tone: Tone::Good, icon: Icon::Check, word: "Current" }));
        view! {
            <tr>
                <td class="cell-name"><strong class="number">{version.version.clone()}</strong></td>
                <td>{current}</td>
                <td><code>{version.revision.clone()}</code></td>
                <td class="cell-quiet">{count(version.in_use, "resource")}</td>
                <td class="cell-end cell-quiet">{ago(version.published, now)}</td>
            </tr>
        }
    };
    let rows = page.versions.iter().map(row).collect_view();
    view! {
        <section class="section" aria-labelledby="versions">
            <h2 id="versions">"Versions"</h2>
            {table("Versions", ["Version", "State", "Revision", "Runs it", "Published"], rows)}
        </section>
    }
}

fn preview(page: &PromiseAdminPage) -> impl IntoView + use<> {
    let address = paths::promise_admin(&page.card.name);
    let choice = |(value, label): &(String, String)| {
        let current = (*value == page.persona).then_some("true");
        let href = format!("{}#form", paths::with_query(&address, &[("as", value)]));
        view! { <a class="filter" href=href aria-current=current>{label.clone()}</a> }
    };
    let personas = page.personas.iter().map(choice).collect_view();
    view! {
        <section class="section" aria-labelledby="form">
            <div class="section-head">
                <h2 id="form">"Form"</h2>
                <nav class="filters" aria-label="Whose form">{personas}</nav>
            </div>
            <form class="form" method="post" novalidate action=format!("{address}/try")>
                // Enter in a field must mean to try, not the first button of a list.
                <button class="visually-hidden" tabindex="-1" aria-hidden="true" name="_do" value="try">"Try"</button>
                <input type="hidden" name="as" value=page.persona.clone()/>
                {form_fields(&page.form)}
                <div class="form-end">
                    <button class="button" data-weight="primary" name="_do" value="try">"Try these inputs"</button>
                    <p class="note">"Shows what would be placed where. Nothing is made."</p>
                </div>
            </form>
        </section>
    }
}
