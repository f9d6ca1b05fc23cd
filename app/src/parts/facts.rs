//! The three facts of a resource: does it work, is what is placed what was asked, what became of the last change.

use leptos::prelude::*;

use super::{
    chip::{Look, chip},
    icon::Icon,
};
use crate::view::{Facts, Health, Operation, Sync, Tone};

/// The three facts in full, each with its sentence.
pub fn facts(facts: &Facts) -> impl IntoView {
    view! {
        <dl class="facts">
            {(facts.health != Health::NotChecked).then(|| fact("Health", chip(facts.health), &facts.health_says))}
            {fact("Sync", chip(facts.sync), &facts.sync_says)}
            {fact("Last operation", chip(facts.operation), &facts.operation_says)}
        </dl>
    }
}

/// The one word that stands beside the name: what moves or is wrong, else that it is ready. The facts below say the rest.
pub fn state(facts: &Facts) -> Look {
    let calm = Look { tone: Tone::Good, icon: Icon::Check, word: "Ready" };
    match facts {
        Facts {
            operation: Operation::Deleting | Operation::Failed | Operation::Running | Operation::Waiting, ..
        } => facts.operation.into(),
        Facts { health: Health::Degraded | Health::Unknown | Health::Progressing, .. } => facts.health.into(),
        Facts { sync: Sync::Drifted | Sync::Pending, .. } => facts.sync.into(),
        _ => calm,
    }
}

/// The facts in a row: only what adds something. Health that nobody checks is left out; what is in place is then ready.
pub fn facts_in_row(facts: &Facts) -> impl IntoView {
    let under_way = facts.health == Health::Progressing && facts.operation == Operation::Running;
    let untold = facts.operation == Operation::Failed || facts.operation.is_moving();
    let health = (facts.health != Health::NotChecked).then(|| chip(facts.health));
    let unsettled = (facts.sync == Sync::Drifted || facts.sync != Sync::Synced && !untold).then(|| chip(facts.sync));
    let telling = (facts.operation == Operation::Failed || facts.operation.is_moving() && !under_way)
        .then(|| chip(facts.operation));
    let ready = (health.is_none() && facts.sync == Sync::Synced && telling.is_none())
        .then(|| chip(Look { tone: Tone::Good, icon: Icon::Check, word: "Ready" }));
    view! { <span class="chips">{health}{ready}{unsettled}{telling}</span> }
}

fn fact(name: &'static str, state: impl IntoView, says: &str) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{name}</dt>
            <dd>{state}<p class="fact-says">{says.to_owned()}</p></dd>
        </div>
    }
}
