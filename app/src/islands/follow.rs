//! Without this island a form still shows itself as code, and the fields that belong to a choice: by a button that posts it.
//!
//! What is typed is posted as that button would post it, a moment after the last key; the page that comes back says what the form is as code
//! and which fields have their place. Nothing typed is touched.

use leptos::prelude::*;

/// Lets the page follow the form while one types.
#[island]
pub fn Follow() -> impl IntoView {
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        super::browser::form::follow();
    });
}
