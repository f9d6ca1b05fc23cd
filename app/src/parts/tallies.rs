//! How many stand how, each number a link to those it counts; icon and word beside every colour.

use leptos::prelude::*;

use super::icon::icon;
use crate::view::{Facet, Tone};

/// How a state of the lists looks.
pub fn tone(state: &str) -> Tone {
    match state {
        "ready" => Tone::Good,
        "progressing" => Tone::Busy,
        "waiting" | "drifted" => Tone::Warn,
        "failed" | "degraded" => Tone::Bad,
        _ => Tone::Quiet,
    }
}

/// The states with how many; `address` leads to those of one.
pub fn tallies(states: &[Facet], address: impl Fn(&str) -> String) -> AnyView {
    let state = |state: &Facet| {
        let (href, tone) = (address(&state.value), tone(&state.value));
        view! { <a class="tally" data-tone=tone.name() href=href>{icon(tone.icon())}{state.count}" "{state.label.to_lowercase()}</a> }
    };
    let states: Vec<_> = states.iter().map(state).collect();
    view! { <span class="tallies">{states}</span> }.into_any()
}
