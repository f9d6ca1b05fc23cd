//! Choices laid out: radio cards, groups of checkboxes, the single checkbox.

use forms::model::{Field, Opt};
use leptos::prelude::*;

use super::{described, errors, help, invalid, label, marks, note};

/// Exactly one.
pub(super) fn one_of(field: &Field) -> AnyView {
    set(field, "radio")
}

/// Any number.
pub(super) fn some_of(field: &Field) -> AnyView {
    set(field, "checkbox")
}

pub(super) fn checkbox(field: &Field) -> AnyView {
    view! {
        <div class="field" data-invalid=invalid(field)>
            {marks(field)}
            {errors(&field.id, &field.errors)}
            <label class="check" for=field.id.clone()>
                <input
                    class="choice-input"
                    type="checkbox"
                    id=field.id.clone()
                    name=field.name.clone()
                    value="on"
                    checked=field.checked
                    aria-invalid=invalid(field)
                    aria-describedby=described(field)
                />
                <span class="choice-body"><span class="choice-title">{field.label.clone()}</span>{help(field)}</span>
            </label>
        </div>
    }
    .into_any()
}

/// A card to pick; the whole of it is the label.
pub(super) fn card(kind: &'static str, name: &str, id: &str, option: &Opt) -> impl IntoView + use<> {
    let description = option.description.clone().map(|text| view! { <span class="choice-text">{text}</span> });
    view! {
        <label class="choice" for=id.to_owned()>
            <input
                class="choice-input"
                type=kind
                id=id.to_owned()
                name=name.to_owned()
                value=option.text.clone()
                checked=option.selected
                disabled=option.disabled
            />
            <span class="choice-body"><span class="choice-title">{option.title.clone()}</span>{description}</span>
        </label>
    }
}

fn set(field: &Field, kind: &'static str) -> AnyView {
    // The first control carries the field's own id, so that the error summary's link lands on it.
    let id_of = |place: usize| if place == 0 { field.id.clone() } else { format!("{}-{place}", field.id) };
    let cards = field
        .options
        .iter()
        .enumerate()
        .map(|(place, option)| card(kind, &field.name, &id_of(place), option))
        .collect_view();
    view! {
        <fieldset class="field" data-invalid=invalid(field) aria-describedby=described(field)>
            <legend class="field-label">{label(field)}</legend>
            {marks(field)}
            {help(field)}
            {errors(&field.id, &field.errors)}
            <div class="choices">{cards}</div>
            {note(field)}
        </fieldset>
    }
    .into_any()
}
