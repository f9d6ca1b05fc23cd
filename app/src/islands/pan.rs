//! Without this island nothing breaks: the picture scrolls like any region, and the table beneath it says the same.
//!
//! Buttons and keys (`+`, `-`, `0`, `f`) change its size; a press of the mouse drags it; the wheel does with Ctrl. Arrow keys scroll by themselves.

use leptos::prelude::*;

/// The buttons above a picture that may be larger than its frame; they act on what follows them.
#[island]
pub fn Pan() -> impl IntoView {
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        super::browser::pan::start();
    });
    view! {
        <div class="graph-tools" role="group" aria-label="Size of the picture">
            <button class="button" data-weight="plain" type="button" data-zoom="out" aria-label="Smaller" title="Smaller (-)">"−"</button>
            <button class="button" data-weight="plain" type="button" data-zoom="in" aria-label="Larger" title="Larger (+)">"+"</button>
            <button class="button" data-weight="plain" type="button" data-zoom="whole" title="Natural size (0)">"100 %"</button>
            <button class="button" data-weight="plain" type="button" data-zoom="fit" title="All of it (f)">"Fit"</button>
        </div>
    }
}
