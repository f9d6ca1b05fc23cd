//! The steps of a run: state, attempts, timings; the log of the active or failed step stands open, the others are folded.

use domain::Timestamp;
use leptos::prelude::*;

use super::{
    chip::{Look, chip},
    log::log,
    moment::took,
};
use crate::{
    times,
    view::{Phase, RunRow, StepView, Tone},
};

/// All steps in order, under their pipelines' names when there are several.
pub fn steps(run: &str, steps: &[StepView], now: Timestamp) -> impl IntoView {
    let open = opened(steps);
    let several = steps.iter().any(|step| step.pipeline != steps[0].pipeline);
    let items =
        steps.iter().enumerate().map(|(place, each)| step(run, each, several, open == Some(place), now)).collect_view();
    view! { <ol>{items}</ol> }
}

/// How far a run has come; its colour says how it ended.
pub fn progress(run: &RunRow) -> impl IntoView + use<> {
    let tone = if run.phase.is_active() { Tone::Busy } else { Look::from(run.phase).tone };
    let (done, total) = (run.steps_done, run.steps_total);
    view! { <progress class="progress" data-tone=tone.name() max=total value=done aria-label="Steps done"></progress> }
}

/// The step one wants to see: the failed one, else the active one.
fn opened(steps: &[StepView]) -> Option<usize> {
    steps
        .iter()
        .position(|step| step.phase == Phase::Failed)
        .or_else(|| steps.iter().position(|step| matches!(step.phase, Phase::Running | Phase::Waiting)))
}

fn step(run: &str, step: &StepView, with_pipeline: bool, open: bool, now: Timestamp) -> impl IntoView {
    let id = step.id();
    let pipeline = with_pipeline.then(|| view! { <span class="step-pipeline">{step.pipeline.clone()}" / "</span> });
    let attempts = (step.attempt > 1)
        .then(|| view! { <span class="step-attempt">"Attempt "{step.attempt}" of "{step.max_attempts}</span> });
    let retry = step.next_retry.map(|at| {
        view! { <p class="step-message">"Next attempt at "<time datetime=at.to_string()>{times::time_of_day(at)}</time>" UTC."</p> }
    });
    let message = (!step.message.is_empty())
        .then(|| view! { <p class="step-message" data-tone=(step.phase == Phase::Failed).then_some("bad")>{step.message.clone()}</p> });
    let hint = (!step.hint.is_empty())
        .then(|| view! { <p class="step-hint"><strong>"What to try: "</strong>{step.hint.clone()}</p> });
    let lines = if step.log.is_empty() {
        view! { <p class="note">{nothing_logged(step.phase)}</p> }.into_any()
    } else {
        log(run, step).into_any()
    };
    view! {
        <li class="step" id=format!("step-{id}")>
            <details open=open data-opened=open.then_some("") id=format!("details-{id}")>
                <summary class="step-head">
                    {chip(step.phase)}
                    <span class="step-name">{pipeline}{step.name.clone()}</span>
                    <span class="step-uses">{step.uses.clone()}</span>
                    {attempts}
                    <span class="step-took">{took(step.started, step.finished, now)}</span>
                </summary>
                <div class="step-body">{message}{retry}{hint}{lines}</div>
            </details>
        </li>
    }
}

fn nothing_logged(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "Starts when the steps before it are done.",
        Phase::Running | Phase::Waiting => "Nothing logged yet.",
        _ => "This step logged nothing.",
    }
}
