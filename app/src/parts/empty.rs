//! An empty list says why it is empty and what to do about it.

use leptos::prelude::*;

use super::icon::{Icon, icon};

/// Icon, title, sentence, and where to go from here.
pub fn empty(which: Icon, title: &str, sentence: &str, way_on: impl IntoView + 'static) -> AnyView {
    view! {
        <div class="empty">
            <span class="empty-icon">{icon(which)}</span>
            <p class="empty-title">{title.to_owned()}</p>
            <p class="empty-text">{sentence.to_owned()}</p>
            <div class="empty-actions">{way_on}</div>
        </div>
    }
    .into_any()
}
