//! `/catalog/{promise}`: what it is, what you get, and the way to ask for it.

use domain::Timestamp;
use leptos::prelude::*;

use super::{catalog::owner, param, portal, show};
use crate::{
    parts::{
        banner::banner,
        button::{Weight, link_button, refused_button},
        chip::{Look, chip},
        code::code_block,
        frame::{Drawn, Section},
        icon::{Icon, icon, named},
        moment::ago,
        table::resource_table,
    },
    paths,
    portal::Frame,
    times,
    view::{Health, Phase, PromiseCard, ResourceRow, Sync, Tone},
};

/// What a promise's page shows.
#[derive(Clone, Debug, Default)]
pub struct PromisePage {
    pub card: PromiseCard,
    /// Rendered from markdown and sanitised by the server: it is put into the page as it is.
    pub docs_html: String,
    /// `data.example.com/v1`
    pub api_version: String,
    /// `Postgresql`
    pub kind: String,
    pub outputs: Vec<OutputDoc>,
    /// Newest first.
    pub versions: Vec<VersionRow>,
    pub examples: Vec<Example>,
    /// The caller's resources of this promise; at most five.
    pub mine: Vec<ResourceRow>,
    pub standing: Standing,
    /// A minimal resource as YAML, for `midspan apply`.
    pub yaml: String,
}

/// How the promise itself stands.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Why it takes no requests yet; empty when it does.
    pub waits_for: String,
    pub requires: Vec<Required>,
    /// Where its dependencies and the files of its own workflow are to stand, and whether they do.
    pub places: Vec<(String, Sync)>,
    /// What others have recorded about it, if anybody has, in words.
    pub health: Option<(Health, String)>,
    /// The newest run of its own workflow.
    pub run: Option<(String, Phase)>,
}

/// Another promise that must be there.
#[derive(Clone, Debug, Default)]
pub struct Required {
    /// `namespace (v1)`
    pub name: String,
    /// What is missing; empty when it is there.
    pub missing: String,
}

/// Something a ready resource gives back.
#[derive(Clone, Debug, Default)]
pub struct OutputDoc {
    pub name: String,
    pub description: String,
    pub is_secret: bool,
}

/// A published revision.
#[derive(Clone, Debug, Default)]
pub struct VersionRow {
    pub version: String,
    /// The first characters of its content address.
    pub revision: String,
    pub published: Timestamp,
    pub is_current: bool,
    /// How many of the caller's resources run it.
    pub in_use: u64,
}

/// A filled-in form to start from.
#[derive(Clone, Debug, Default)]
pub struct Example {
    /// Its name in `?example=`.
    pub name: String,
    pub title: String,
    pub description: String,
}

#[component]
pub fn PromisePageView() -> impl IntoView {
    let name = param("promise");
    let portal = portal();
    show(async move { portal.promise(&name).await }, |page, frame| draw(&page, frame))
}

fn draw(page: &PromisePage, frame: &Frame) -> Drawn {
    let card = &page.card;
    let mine = (!page.mine.is_empty()).then(|| {
        let all = paths::with_query(paths::RESOURCES, &[("promise", &card.name)]);
        view! {
            <section class="section" aria-labelledby="mine" data-live="mine">
                <div class="section-head"><h2 id="mine">"Yours"</h2><a class="section-link" href=all>"All of them"</a></div>
                {resource_table("Your resources of this promise", &page.mine, frame.now)}
            </section>
        }
    });
    Drawn {
        title: card.title.clone(),
        section: Section::Catalog,
        topics: vec!["catalog".to_owned(), "resources".to_owned()],
        moving: false,
        body: view! {
            {head(card)}
            {waits(&page.standing)}
            <div class="columns">
                <div class="column-main">
                    {mine}
                    {examples(page)}
                    <section class="section" aria-labelledby="about">
                        <h2 id="about" class="visually-hidden">"About"</h2>
                        <div class="prose" inner_html=page.docs_html.clone()></div>
                    </section>
                </div>
                <aside class="column-side" aria-label="Facts">
                    {outputs(&page.outputs)}
                    {facts(page)}
                    {versions(page, frame.now)}
                    {code_block("As YAML", &page.yaml)}
                </aside>
            </div>
        }
        .into_any(),
    }
}

fn head(card: &PromiseCard) -> impl IntoView {
    let request = if card.refusal.is_empty() {
        link_button(paths::new_request(&card.name), Some(Icon::Plus), "Request", Weight::Primary)
    } else {
        refused_button(Some(Icon::Plus), "Request", &card.refusal)
    };
    let why_not = (!card.refusal.is_empty()).then(|| view! { <p class="note">{card.refusal.clone()}</p> });
    view! {
        <nav class="crumbs" aria-label="Breadcrumb"><a href=paths::CATALOG>"Catalog"</a></nav>
        <div class="page-head">
            <div class="page-title">
                <span class="tile">{icon(named(&card.icon))}</span>
                <div>
                    <h1>{card.title.clone()}</h1>
                    <p class="lead">{card.description.clone()}</p>
                </div>
            </div>
            <div class="page-actions">{request}{why_not}</div>
        </div>
    }
}

fn outputs(outputs: &[OutputDoc]) -> Option<impl IntoView> {
    (!outputs.is_empty()).then(|| {
        let items = outputs
            .iter()
            .map(|output| {
                let secret =
                    output.is_secret.then(|| chip(Look { tone: Tone::Quiet, icon: Icon::Key, word: "Secret" }));
                view! {
                    <li class="get">
                        <code>{output.name.clone()}</code>{secret}
                        <p class="get-text">{output.description.clone()}</p>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="side-section" aria-labelledby="you-get">
                <h2 id="you-get">"What you get"</h2>
                <ul class="gets">{items}</ul>
            </section>
        }
    })
}

fn facts(page: &PromisePage) -> impl IntoView {
    let card = &page.card;
    let typical = card.typical_seconds.map(|seconds| {
        view! { <div class="pair"><dt>"Usually ready in"</dt><dd>{times::lasting(seconds)}</dd></div> }
    });
    view! {
        <section class="side-section" aria-labelledby="facts">
            <h2 id="facts">"Facts"</h2>
            <dl class="pairs">
                {typical}
                <div class="pair"><dt>"Owner"</dt><dd>{owner(&card.owner).trim_end_matches(" · ").to_owned()}</dd></div>
                <div class="pair"><dt>"Kind"</dt><dd><code>{page.kind.clone()}</code></dd></div>
                <div class="pair"><dt>"API"</dt><dd><code>{page.api_version.clone()}</code></dd></div>
                {standing(&page.standing)}
            </dl>
        </section>
    }
}

/// Said at the top, because it holds up everybody.
fn waits(standing: &Standing) -> Option<impl IntoView + use<>> {
    let sentence = format!("{}. What is requested meanwhile waits, and goes on by itself.", standing.waits_for);
    (!standing.waits_for.is_empty()).then(|| banner(Tone::Warn, "Not available yet", &sentence, "", ""))
}

fn standing(standing: &Standing) -> impl IntoView + use<> {
    let lines = |name: &'static str, lines: Vec<AnyView>| {
        (!lines.is_empty())
            .then(|| view! { <div class="pair"><dt>{name}</dt><dd class="pair-lines">{lines}</dd></div> })
    };
    let required = |required: &Required| {
        let missing = (!required.missing.is_empty())
            .then(|| view! { " " {chip(Look { tone: Tone::Warn, icon: Icon::Alert, word: "Missing" })} <span class="pair-note">{required.missing.clone()}</span> });
        view! { <div>{required.name.clone()}{missing}</div> }.into_any()
    };
    let place =
        |(destination, sync): &(String, Sync)| view! { <div>{destination.clone()} " " {chip(*sync)}</div> }.into_any();
    let run = |(name, phase): &(String, Phase)| {
        view! { <div><a href=paths::run(name)>"Newest run"</a> " " {chip(*phase)}</div> }.into_any()
    };
    let health = |(health, says): &(Health, String)| {
        view! { <div>{chip(*health)} " " <span class="pair-note">{says.clone()}</span></div> }.into_any()
    };
    view! {
        {lines("Health", standing.health.iter().map(health).collect())}
        {lines("Needs", standing.requires.iter().map(required).collect())}
        {lines("Brings along", standing.places.iter().map(place).collect())}
        {lines("Own workflow", standing.run.iter().map(run).collect())}
    }
}

fn versions(page: &PromisePage, now: Timestamp) -> Option<impl IntoView> {
    (!page.versions.is_empty()).then(|| {
        let rows = page
            .versions
            .iter()
            .map(|version| {
                let current = version.is_current.then(|| chip(Look { tone: Tone::Good, icon: Icon::Check, word: "Current" }));
                let in_use = (version.in_use > 0).then(|| view! { <span>{format!("{} of yours", version.in_use)}</span> });
                view! {
                    <li class="version">
                        <span class="version-name number">{version.version.clone()}</span>{current}
                        <span class="version-meta">{ago(version.published, now)}{in_use}<code>{version.revision.clone()}</code></span>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="side-section" aria-labelledby="versions">
                <h2 id="versions">"Versions"</h2>
                <ul class="versions">{rows}</ul>
            </section>
        }
    })
}

fn examples(page: &PromisePage) -> Option<impl IntoView> {
    (!page.examples.is_empty() && page.card.refusal.is_empty()).then(|| {
        let address = paths::new_request(&page.card.name);
        let items = page
            .examples
            .iter()
            .map(|example| {
                view! {
                    <li>
                        <a class="example-link" href=paths::with_query(&address, &[("example", &example.name)])>
                            <span class="example-title">{example.title.clone()}{icon(Icon::Chevron)}</span>
                            <span class="example-text">{example.description.clone()}</span>
                        </a>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="section" aria-labelledby="examples">
                <h2 id="examples">"Start from an example"</h2>
                <ul class="examples">{items}</ul>
            </section>
        }
    })
}
