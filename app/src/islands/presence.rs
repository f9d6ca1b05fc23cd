//! Without this island nothing breaks: values can be selected and copied by hand, ages stay as rendered, the theme is set by a form, long selects are
//! the browser's own, the search page finds what the palette finds, and every key's deed is a link or a button.
//!
//! One listener on the document serves every copy button, age and theme choice, also those that arrive later.

use leptos::prelude::*;

/// Wakes the small comforts of the page.
#[island]
pub fn Presence() -> impl IntoView {
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        super::browser::comforts::start();
    });
}
