//! The verdict above a plan: one sentence that says what submitting does, and the buttons that decide.

use leptos::prelude::*;

use super::request::{Plan, RequestKind, RequestPage, RequestPhase};
use crate::{
    counts,
    parts::{
        button::{Weight, link_button, post_button},
        icon::{Icon, icon},
    },
    paths, times,
};

/// The one sentence that says what submitting does, and the buttons that decide.
pub(super) fn verdict(page: &RequestPage) -> Option<impl IntoView> {
    (page.phase == RequestPhase::Draft).then(|| {
        let expected = page.plan.expected_seconds.map(|seconds| {
            let known = match page.plan.expected_from {
                1 => "as the last one was".to_owned(),
                from => format!("going by the last {from}"),
            };
            view! { <p class="verdict-time">{icon(Icon::Clock)}"Usually ready in "{times::lasting(seconds)}", "{known}"."</p> }
        });
        let back = (!page.edit_href.is_empty())
            .then(|| link_button(page.edit_href.clone(), Some(Icon::Edit), "Back to edit", Weight::Plain));
        let weight = if page.what == RequestKind::Delete { Weight::Danger } else { Weight::Primary };
        view! {
            <section class="verdict" aria-labelledby="verdict">
                <div class="verdict-text">
                    <h2 id="verdict" class="verdict-title">{sentence(&page.plan)}</h2>
                    <p>"Nothing has been changed yet."</p>
                    {expected}
                </div>
                <div class="verdict-actions">
                    <span class="one-button" data-key="Ctrl+Enter">{post_button(paths::submit(&page.name), Some(Icon::Check), "Submit", weight)}</span>
                    {back}
                    {post_button(paths::discard(&page.name), None, "Discard", Weight::Plain)}
                </div>
            </section>
        }
    })
}

/// `Creates 3 files and changes 1.`
fn sentence(plan: &Plan) -> String {
    let (create, change, remove) = plan.counts();
    let mut parts = Vec::new();
    for (verb, count) in [("create", create), ("change", change), ("remove", remove)] {
        if count > 0 {
            parts.push(format!("{verb} {}", counts::count(count as u64, "file")));
        }
    }
    match parts.as_slice() {
        [] => "This will change no file.".to_owned(),
        [only] => format!("This will {only}."),
        [most @ .., last] => format!("This will {} and {last}.", most.join(", ")),
    }
}
