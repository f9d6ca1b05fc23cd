//! `/runs/{name}`: one execution of a workflow: steps, attempts, timings, logs.

use leptos::prelude::*;

use super::{param, portal, show};
use crate::{
    parts::{
        banner::banner,
        chip::{Look, chip},
        code::{code_block, code_value},
        frame::{Drawn, Section},
        icon::{icon, named},
        moment::{ago, took},
        steps::{progress, steps},
    },
    paths,
    portal::Frame,
    view::{Phase, RunRow, StepView, Tone},
};

/// What a run's page shows.
#[derive(Clone, Debug, Default)]
pub struct RunPage {
    pub run: RunRow,
    pub version: String,
    /// The request that asked for it; empty = none (drift repair, schedule).
    pub request: String,
    pub steps: Vec<StepView>,
    /// The frozen spec this run works with, as YAML; secrets masked.
    pub inputs: String,
}

#[component]
pub fn RunPageView() -> impl IntoView {
    let name = param("name");
    let portal = portal();
    show(async move { portal.run(&name).await }, |page, frame| draw(&page, frame))
}

fn draw(page: &RunPage, frame: &Frame) -> Drawn {
    let run = &page.run;
    let word = Look::from(run.phase).word;
    let title = format!("{} {}", verb(&run.workflow), run.resource.name);
    let failed = (run.phase == Phase::Failed && !run.message.is_empty())
        .then(|| banner(Tone::Bad, "This run failed", &run.message, "Open the resource", &run.resource.path()));
    let waiting = (run.phase == Phase::Waiting && !run.message.is_empty())
        .then(|| banner(Tone::Warn, "Waiting", &run.message, "", ""));
    let inputs = (!page.inputs.is_empty()).then(|| code_block("Inputs of this run", &page.inputs));
    Drawn {
        title: format!("{word}: {title}"),
        section: Section::Runs,
        topics: vec![format!("run:{}", run.name)],
        moving: run.phase.is_active(),
        body: view! {
            <nav class="crumbs" aria-label="Breadcrumb"><a href=paths::RUNS>"Runs"</a></nav>
            <div class="page-head" data-live="head">
                <div class="page-title">
                    <span class="tile">{icon(named(&run.icon))}</span>
                    <div>
                        <h1>{title}</h1>
                        <p class="lead">{chip(run.phase)}" "{format!("{}{}, ", run.because, by(&run.by))}{ago(run.queued, frame.now)}</p>
                    </div>
                </div>
            </div>
            <div class="columns">
                <div class="column-main">
                    <div class="stack" data-live="notice">{failed}{waiting}</div>
                    <section class="panel" aria-labelledby="steps">
                        <div class="panel-head" data-live="progress">
                            <h2 id="steps">"Steps"</h2>
                            <span class="panel-meta">{run.steps_done}" of "{run.steps_total}" done"</span>
                        </div>
                        <div data-live="bar">{progress(run)}</div>
                        <div data-live="steps">{steps(&run.name, &page.steps, frame.now)}</div>
                    </section>
                </div>
                <aside class="column-side" aria-label="Details">
                    <div data-live="facts">{facts(page, frame)}</div>
                    {inputs}
                </aside>
            </div>
        }
        .into_any(),
    }
}

fn verb(workflow: &str) -> String {
    match workflow {
        "configure" => "Configure".to_owned(),
        "delete" => "Delete".to_owned(),
        action => action.to_owned(),
    }
}

fn by(who: &str) -> String {
    if who.is_empty() { String::new() } else { format!(" by {who}") }
}

fn facts(page: &RunPage, frame: &Frame) -> impl IntoView {
    let run = &page.run;
    let queued = run.started.map(|started| {
        let waited = crate::times::took(run.queued, started);
        view! { <div class="pair"><dt>"Waited in the queue"</dt><dd class="number">{waited}</dd></div> }
    });
    let spent = took(run.started, run.finished, frame.now)
        .map(|spent| view! { <div class="pair"><dt>"Ran for"</dt><dd>{spent}</dd></div> });
    let request = (!page.request.is_empty()).then(|| {
        view! { <div class="pair"><dt>"Request"</dt><dd><a href=paths::request(&page.request)>"Open the request"</a></dd></div> }
    });
    view! {
        <section class="side-section" aria-labelledby="facts">
            <h2 id="facts">"Facts"</h2>
            <dl class="pairs">
                <div class="pair"><dt>{if run.resource.namespace.is_empty() { "Promise" } else { "Resource" }}</dt><dd><a href=run.resource.path()>{run.resource.name.clone()}</a></dd></div>
                <div class="pair"><dt>"Promise"</dt><dd>{run.promise_title.clone()}" "<span class="number">{page.version.clone()}</span></dd></div>
                {request}
                {queued}
                {spent}
                <div class="pair"><dt>"Run"</dt><dd>{code_value(&run.name, "the run’s name")}</dd></div>
            </dl>
        </section>
    }
}
