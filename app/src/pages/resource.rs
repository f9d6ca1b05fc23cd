//! `/r/{namespace}/{promise}/{name}`: one living resource, its three facts and everything one needs on day 2.

use domain::Timestamp;
use leptos::prelude::*;

use super::{
    gone::show_living,
    portal,
    resource_head::head,
    resource_health::{HealthCheck, checks},
    resource_key,
    resource_parts::{Part, parts},
    resource_side::{conditions, spec},
};
use crate::{
    counts::count,
    parts::{
        chip::{Look, chip},
        code::{code_block, code_value},
        frame::{Drawn, Section},
        icon::{Icon, icon},
        moment::{ago, took},
        steps::{progress, steps},
        timeline::timeline,
        weighed::{Weighing, why_here},
    },
    paths::{self, ResourceKey},
    portal::{Frame, Refused},
    view::{Facts, Happening, Operation, RunRow, StepView, Tone},
};

/// The head shared by all tabs of a resource.
#[derive(Clone, Debug, Default)]
pub struct ResourceHead {
    pub key: ResourceKey,
    pub promise_title: String,
    pub icon: String,
    /// `data.example.com/v1`, `Postgresql`: for YAML and CLI.
    pub api_version: String,
    pub kind: String,
    pub version: String,
    /// `pinned`, and which version there is beyond it; empty where it follows its promise.
    pub held: String,
    pub owner: String,
    /// The resource it is a child of.
    pub part_of: Option<ResourceKey>,
    pub created: Timestamp,
    pub facts: Facts,
    /// The nearest failing or waiting leaf's sentence and what to do; `None` when all is well.
    pub notice: Option<Notice>,
    pub is_deleting: bool,
    /// What the caller may do.
    pub day2: Vec<Day2>,
    /// What the promise lets people ask of it.
    pub actions: Vec<ActionButton>,
    /// `None` = its time has no end.
    pub time_left: Option<TimeLeft>,
}

/// An action of the promise.
#[derive(Clone, Debug, Default)]
pub struct ActionButton {
    pub name: String,
    pub title: String,
    /// Of the promise's icon names; empty = the usual one.
    pub icon: String,
    /// It takes no input and asks for no confirmation.
    pub at_once: bool,
    /// Why not; empty = may.
    pub refusal: String,
}

/// The end of a resource's time.
#[derive(Clone, Debug, Default)]
pub struct TimeLeft {
    pub at: Timestamp,
    /// What people are told when it is near; empty = it is not.
    pub warning: String,
    /// How much one extension adds; empty = there is none.
    pub extension: String,
}

/// What stands in the way, with the next step.
#[derive(Clone, Debug, Default)]
pub struct Notice {
    pub tone: Tone,
    pub title: String,
    pub sentence: String,
    /// Empty = no link.
    pub action: String,
    pub href: String,
}

/// A day-2 deed. Refused ones are shown disabled with the reason.
#[derive(Clone, Debug, Default)]
pub struct Day2 {
    pub deed: Deed,
    /// Why not, naming who can; empty = may.
    pub refusal: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deed {
    #[default]
    Edit,
    RunAgain,
    Delete,
}

/// What the overview shows.
#[derive(Clone, Debug, Default)]
pub struct ResourcePage {
    pub head: ResourceHead,
    pub conditions: Vec<Condition>,
    /// What its health was rolled up from, the worst first.
    pub health: Vec<HealthCheck>,
    /// The run going on, or the last one if it failed.
    pub run: Option<RunStrip>,
    pub outputs: Vec<Output>,
    /// Its children, in the order of their names.
    pub parts: Vec<Part>,
    /// The spec, flattened for reading: label, value. Secrets come as dots.
    pub spec: Vec<SpecEntry>,
    pub placed: Vec<Placed>,
    /// Why there, or why nowhere.
    pub weighed: Vec<Weighing>,
    /// The last happenings; at most six.
    pub history: Vec<Happening>,
    pub yaml: String,
}

/// A run with its steps, as shown inside the overview.
#[derive(Clone, Debug, Default)]
pub struct RunStrip {
    pub run: RunRow,
    pub steps: Vec<StepView>,
}

#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// `Ready`
    pub kind: String,
    pub status: Truth,
    pub reason: String,
    pub message: String,
    pub since: Timestamp,
    /// It speaks of an older generation than the one asked for.
    pub is_stale: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Truth {
    True,
    False,
    #[default]
    Unknown,
}

#[derive(Clone, Debug, Default)]
pub struct Output {
    pub name: String,
    pub description: String,
    /// `None` = secret: `note` says where it is.
    pub value: Option<String>,
    pub note: String,
}

#[derive(Clone, Debug, Default)]
pub struct SpecEntry {
    pub label: String,
    /// `spec.size`
    pub path: String,
    pub value: String,
    pub is_default: bool,
}

/// Files at one destination.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    pub destination: String,
    /// `git · gitops.git, branch main`
    pub writes_to: String,
    /// Short commit id; empty for stores without commits.
    pub commit: String,
    pub at: Option<Timestamp>,
    pub files: u64,
    pub tone: Tone,
    /// `Written`, `Waiting to be written`, `Drifted`, `Not written: …`
    pub says: String,
}

#[component]
pub fn ResourcePageView() -> impl IntoView {
    let key = resource_key();
    let portal = portal();
    let revealed = match use_context::<Refused>() {
        Some(Refused::Resource(page)) => Some((*page).clone()),
        _ => None,
    };
    let asked = key.clone();
    let page = async move {
        match revealed {
            Some(page) => Ok(page),
            None => portal.resource(&key).await,
        }
    };
    show_living(asked, page, |page, frame| draw(&page, frame))
}

fn draw(page: &ResourcePage, frame: &Frame) -> Drawn {
    let own = &page.head;
    let command = format!("midspan describe {} {} -n {}", own.kind.to_lowercase(), own.key.name, own.key.namespace);
    Drawn {
        title: titled(own),
        section: Section::Resources,
        topics: topics(page),
        moving: own.facts.operation.is_moving(),
        body: view! {
            {head(own, "overview", frame)}
            <div class="columns">
                <div class="column-main">
                    <div class="stack" data-live="run">{page.run.as_ref().map(|strip| run_strip(strip, frame.now))}</div>
                    <div class="stack" data-live="outputs">{outputs(&page.outputs, own)}</div>
                    <div class="stack" data-live="parts">{parts(&page.parts)}</div>
                    <div class="stack" data-live="placed">{placed(page, frame.now)}</div>
                    <div class="stack" data-live="history">{history(page, frame.now)}</div>
                </div>
                <aside class="column-side" aria-label="Details">
                    <div class="stack" data-live="health">{checks(&page.health, frame.now)}</div>
                    <div class="stack" data-live="conditions">{conditions(&page.conditions, frame.now)}</div>
                    <div class="stack" data-live="spec">{spec(&page.spec)}</div>
                    <div class="stack" data-key="y">{code_block("As YAML", &page.yaml)}</div>
                    {code_block("From the command line", &command)}
                </aside>
            </div>
        }
        .into_any(),
    }
}

/// Itself and what it is made of: a page shows how both stand.
fn topics(page: &ResourcePage) -> Vec<String> {
    const MOST: usize = 20;
    let parts = page.parts.iter().map(|part| part.row.key.topic());
    std::iter::once(page.head.key.topic()).chain(parts).take(MOST).collect()
}

/// What is moving stands in the title, so that a tab in the background tells.
pub(super) fn titled(head: &ResourceHead) -> String {
    let name = &head.key.name;
    match head.facts.operation {
        Operation::Running => format!("Running: {name}"),
        Operation::Waiting => format!("Waiting: {name}"),
        Operation::Failed => format!("Failed: {name}"),
        Operation::Deleting => format!("Deleting: {name}"),
        _ => name.clone(),
    }
}

fn run_strip(strip: &RunStrip, now: Timestamp) -> impl IntoView {
    let run = &strip.run;
    view! {
        <section class="panel" aria-labelledby="run">
            <div class="panel-head">
                <h2 id="run">{if run.phase.is_active() { "Running now" } else { "Last run" }}</h2>
                {chip(run.phase)}
                <span class="panel-meta">{run.because.clone()}{by(&run.by)}" · "{took(run.started, run.finished, now)}</span>
                <a class="section-link" href=paths::run(&run.name) data-key="l">"Open the run"</a>
            </div>
            {progress(run)}
            {steps(&run.name, &strip.steps, now)}
        </section>
    }
}

fn by(who: &str) -> String {
    if who.is_empty() { String::new() } else { format!(" by {who}") }
}

fn outputs(outputs: &[Output], head: &ResourceHead) -> Option<impl IntoView> {
    (!outputs.is_empty()).then(|| {
        // shown once, on the answer to the post; what is live covers it again
        let reveal = outputs.iter().any(|output| output.value.is_none()).then(|| {
            view! {
                <form method="post" action=head.key.tab("reveal")>
                    <button class="button" type="submit">"Reveal secrets"</button>
                </form>
            }
        });
        let rows = outputs
            .iter()
            .map(|output| {
                let value = match &output.value {
                    Some(value) => code_value(value, &output.name).into_any(),
                    None => view! {
                        {chip(Look { tone: Tone::Quiet, icon: Icon::Key, word: "Secret" })}
                        <span class="output-note">{output.note.clone()}</span>
                    }
                    .into_any(),
                };
                let description = (!output.description.is_empty())
                    .then(|| view! { <span class="output-text">{output.description.clone()}</span> });
                view! {
                    <div class="output">
                        <dt class="output-name"><code>{output.name.clone()}</code>{description}</dt>
                        <dd class="output-value">{value}</dd>
                    </div>
                }
            })
            .collect_view();
        view! {
            <section class="section" aria-labelledby="outputs">
                <div class="section-head">
                    <h2 id="outputs">"Outputs"</h2>
                    {reveal}
                </div>
                <dl class="outputs">{rows}</dl>
            </section>
        }
    })
}

fn placed(page: &ResourcePage, now: Timestamp) -> Option<impl IntoView> {
    (!page.placed.is_empty() || !page.weighed.is_empty()).then(|| {
        let rows = page
            .placed
            .iter()
            .map(|placed| {
                let commit = (!placed.commit.is_empty()).then(|| code_value(&placed.commit, "commit"));
                view! {
                    <li class="placed">
                        <span class="placed-state" data-tone=placed.tone.name()>{icon(placed.tone.icon())}{placed.says.clone()}</span>
                        <span class="placed-where">
                            <strong>{placed.destination.clone()}</strong>
                            <span class="cell-quiet">{placed.writes_to.clone()}</span>
                        </span>
                        <span class="placed-what">{count(placed.files, "file")}</span>
                        {commit}
                        {placed.at.map(|at| view! { <span class="cell-quiet">{ago(at, now)}</span> })}
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="section" aria-labelledby="placed">
                <div class="section-head">
                    <h2 id="placed">"Placed"</h2>
                    <a class="section-link" href=page.head.key.tab("files")>"All files"</a>
                </div>
                {(!page.placed.is_empty()).then(|| view! { <ul class="placings">{rows}</ul> })}
                {why_here(&page.weighed)}
            </section>
        }
    })
}

fn history(page: &ResourcePage, now: Timestamp) -> Option<impl IntoView> {
    (!page.history.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="history">
                <div class="section-head">
                    <h2 id="history">"History"</h2>
                    <a class="section-link" href=page.head.key.tab("history")>"Whole history"</a>
                </div>
                {timeline(&page.history, now)}
            </section>
        }
    })
}
