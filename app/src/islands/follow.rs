//! Without this island nothing is told while one types: a button shows the form as code and the fields that belong to a choice, and what is
//! wrong is told when the plan is asked for.
//!
//! A moment after the last key the form is posted with the question what is wrong and what has changed; the answer holds the pieces to exchange.
//! Errors are told of fields that somebody has left. Nothing typed is touched.

use leptos::prelude::*;

/// Lets the page follow the form while one types.
#[island]
pub fn Follow() -> impl IntoView {
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        super::browser::form::follow();
    });
}
