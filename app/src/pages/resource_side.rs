//! What stands beside a resource's page: its conditions as the API tells them, and what it is set to.

use domain::{
    Timestamp,
    plan::{DRIFTED, EXPIRING, HEALTHY},
};
use leptos::prelude::*;

use super::resource::{Condition, SpecEntry, Truth};
use crate::{
    parts::{icon::icon, moment::ago},
    view::Tone,
};

/// Conditions that tell of trouble while they are true.
const WARNINGS: [&str; 2] = [DRIFTED, EXPIRING];

pub(super) fn conditions(conditions: &[Condition], now: Timestamp) -> Option<impl IntoView> {
    (!conditions.is_empty()).then(|| {
        let rows = conditions
            .iter()
            .map(|condition| {
                let is_warning = WARNINGS.contains(&condition.kind.as_str());
                let (tone, word) = match condition.status {
                    Truth::True => (if is_warning { Tone::Warn } else { Tone::Good }, "True"),
                    Truth::False => (if is_warning { Tone::Good } else { Tone::Warn }, "False"),
                    Truth::Unknown => (Tone::Quiet, "Unknown"),
                };
                let stale = condition
                    .is_stale
                    .then(|| view! { <span class="note">"Speaks of an older version of the spec."</span> });
                // health and the end of its time are told in full above
                let told_above = [HEALTHY, EXPIRING].contains(&condition.kind.as_str());
                let message = (!condition.message.is_empty() && !told_above)
                    .then(|| view! { <p class="condition-text">{condition.message.clone()}</p> });
                view! {
                    <li class="condition">
                        <span class="condition-mark" data-tone=tone.name()>{icon(tone.icon())}</span>
                        <div>
                            <p class="condition-title">
                                {condition.kind.clone()}<span class="visually-hidden">": "{word}</span>
                                <span class="cell-quiet">{ago(condition.since, now)}</span>
                            </p>
                            {message}
                            {stale}
                        </div>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="side-section" aria-labelledby="conditions">
                <h2 id="conditions">"Conditions"</h2>
                <ul class="conditions">{rows}</ul>
            </section>
        }
    })
}

pub(super) fn spec(entries: &[SpecEntry]) -> Option<impl IntoView> {
    (!entries.is_empty()).then(|| {
        let rows = entries
            .iter()
            .map(|entry| {
                let default = entry.is_default.then(|| view! { <span class="field-optional">" default"</span> });
                view! {
                    <div class="pair">
                        <dt title=entry.path.clone()>{entry.label.clone()}</dt>
                        <dd>{entry.value.clone()}{default}</dd>
                    </div>
                }
            })
            .collect_view();
        view! {
            <section class="side-section" aria-labelledby="settings">
                <h2 id="settings">"Settings"</h2>
                <dl class="pairs">{rows}</dl>
            </section>
        }
    })
}
