//! What a script changes in a form that is on the screen already: errors of what was touched, notes, fields that come and go.

use std::collections::BTreeSet;

use forms::model::{Field, FormModel};
use leptos::prelude::*;

use super::{control_of, errors, note};

/// The pieces of a form that may have changed since it was drawn. Errors are told of fields whose id is among `touched`.
pub fn patch(form: &FormModel, touched: &BTreeSet<String>) -> AnyView {
    form.fields().into_iter().map(|field| piece(field, touched)).collect_view().into_any()
}

fn piece(field: &Field, touched: &BTreeSet<String>) -> AnyView {
    let told = touched.contains(&field.id).then(|| errors(&field.id, &field.errors));
    let noted =
        (field.default_text.is_some() || field.means.is_some() || field.format.is_some() || field.origin.is_some())
            .then(|| note(field));
    let place = field.shown.or(field.varies.then_some(true)).map(|shown| {
        // one that is something else now is sent whole
        let whole = field.varies.then(|| control_of(field));
        view! { <div data-when=field.id.clone() hidden=!shown>{whole}</div> }
    });
    view! { {told} {noted} {place} }.into_any()
}
