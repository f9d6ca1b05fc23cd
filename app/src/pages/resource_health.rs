//! What a resource's health was rolled up from: its rules, its probe, what others recorded, its children.

use domain::Timestamp;
use leptos::prelude::*;

use crate::{
    parts::{chip::Look, icon::icon, moment::ago},
    view::Health,
};

/// One thing that was looked at.
#[derive(Clone, Debug, Default)]
pub struct HealthCheck {
    /// `Rules`, `Probe`, `Health record team-a/pods`, `Redis shop-cache`
    pub name: String,
    pub health: Health,
    pub says: String,
    pub since: Option<Timestamp>,
    /// When somebody last looked, where that is known.
    pub looked: Option<Timestamp>,
}

pub(super) fn checks(checks: &[HealthCheck], now: Timestamp) -> Option<impl IntoView> {
    (!checks.is_empty()).then(|| {
        let rows = checks.iter().map(|check| row(check, now)).collect_view();
        view! {
            <section class="side-section" aria-labelledby="health">
                <h2 id="health">"Health"</h2>
                <ul class="conditions">{rows}</ul>
            </section>
        }
    })
}

fn row(check: &HealthCheck, now: Timestamp) -> impl IntoView {
    let Look { tone, icon: which, word } = check.health.into();
    let since = check.since.map(|since| view! { <span class="cell-quiet">{ago(since, now)}</span> });
    let looked = check.looked.map(|looked| view! { <span class="note">"Last look "{ago(looked, now)}</span> });
    let says = (!check.says.is_empty()).then(|| view! { <p class="condition-text">{check.says.clone()}</p> });
    view! {
        <li class="condition">
            <span class="condition-mark" data-tone=tone.name()>{icon(which)}</span>
            <div>
                <p class="condition-title">
                    {check.name.clone()}<span class="visually-hidden">": "{word}</span>
                    {since}
                </p>
                {says}
                {looked}
            </div>
        </li>
    }
}
