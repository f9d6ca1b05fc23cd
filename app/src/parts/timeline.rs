//! What happened, newest first: who, from where, what changed.

use domain::Timestamp;
use leptos::prelude::*;

use super::{
    diff::field_changes,
    icon::{Icon, icon},
    moment::ago,
};
use crate::view::{Happening, Tone};

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
    // what is over does not turn
    let dot = if happening.tone == Tone::Busy { Icon::Circle } else { happening.tone.icon() };
    let detail =
        (!happening.detail.is_empty()).then(|| view! { <p class="timeline-detail">{happening.detail.clone()}</p> });
    let changes = (!happening.changes.is_empty()).then(|| field_changes(&happening.changes));
    view! {
        <li class="timeline-entry">
            <span class="timeline-dot" data-tone=happening.tone.name()>{icon(dot)}</span>
            <div class="timeline-body">
                <p class="timeline-title">{title}</p>
                {detail}
                {changes}
                <p class="timeline-meta">{whence(happening)}{ago(happening.at, now)}</p>
            </div>
        </li>
    }
}

/// `dana via the API · `; Midspan itself comes by no door.
fn whence(happening: &Happening) -> String {
    let door = match happening.source.as_str() {
        "portal" => "the portal",
        "cli" => "the command line",
        "api" => "the API",
        "git" => "Git",
        other => other,
    };
    match (happening.who.as_str(), door) {
        ("", "") => String::new(),
        ("", "midspan") => "Midspan · ".to_owned(),
        ("", door) => format!("via {door} · "),
        (who, "") => format!("{who} · "),
        (who, door) => format!("{who} via {door} · "),
    }
}
