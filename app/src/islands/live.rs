//! Without this island nothing breaks: running pages reload themselves, all others show what was true when they were asked for.
//!
//! One `EventSource` per tab. A message says only that something changed; the page is then fetched again from its own
//! address and the regions marked `data-live` are exchanged where they differ.

use leptos::prelude::*;

/// Keeps the page true. `topics` is what the stream should speak of, separated by commas; `since` is what the page knows already.
#[island]
pub fn Live(topics: String, since: Option<i64>) -> impl IntoView {
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        super::browser::stream::follow(&topics, since);
        #[cfg(not(feature = "hydrate"))]
        let _ = (&topics, since);
    });
    view! {
        <p class="live" role="status" id="live-notice" hidden></p>
        <p class="visually-hidden" aria-live="polite" id="live-said"></p>
    }
}
