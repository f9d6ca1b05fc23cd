//! What happened, newest first: who, from where, what changed.

use domain::Timestamp;
use leptos::prelude::*;

use super::{diff::field_changes, icon::icon, moment::ago};
use crate::view::Happening;

/// The entries as an ordered list.
pub fn timeline(happenings: &[Happening], now: Timestamp) -> impl IntoView {
    let entries = happenings.iter().map(|happening| entry(happening, now)).collect_view();
    view! { <ol>{entries}</ol> }
}

fn entry(happening: &Happening, now: Timestamp) -> impl IntoView {
    let title = if happening.href.is_empty() {
        happening.title.clone().into_any()
    } else {
        view! { <a href=happening.href.clone()>{happening.title.clone()}</a> }.into_any()
    };
    let who = (!happening.who.is_empty()).then(|| format!("{} ", happening.who));
    let from = (!happening.source.is_empty()).then(|| format!("via {} ", happening.source));
    let detail =
        (!happening.detail.is_empty()).then(|| view! { <p class="timeline-detail">{happening.detail.clone()}</p> });
    let changes = (!happening.changes.is_empty()).then(|| field_changes(&happening.changes));
    view! {
        <li class="timeline-entry">
            <span class="timeline-dot" data-tone=happening.tone.name()>{icon(happening.tone.icon())}</span>
            <div class="timeline-body">
                <p class="timeline-title">{title}</p>
                {detail}
                {changes}
                <p class="timeline-meta">{who}{from}{ago(happening.at, now)}</p>
            </div>
        </li>
    }
}
