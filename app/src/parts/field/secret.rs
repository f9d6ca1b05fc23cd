//! A secret: kept, typed, made by the platform or named where it is kept already. Without a script the style sheet shows what belongs to the way
//! that is taken.

use forms::{
    entries::mark,
    model::{Field, Way, Ways},
};
use leptos::prelude::*;

use super::{control, errors, help, invalid, label, marks};

pub(super) fn secret(field: &Field, ways: &Ways) -> AnyView {
    // what is told to be wrong is shown where it can be put right
    let taken = if field.errors.is_empty() || ways.taken != Way::Keep { ways.taken } else { Way::Type };
    let name = mark(&field.name, "way");
    let ways_in = ways
        .offered
        .iter()
        .map(|way| {
            let id = format!("{}-{}", field.id, way.word());
            view! {
                <label class="secret-way" for=id.clone()>
                    <input class="choice-input" type="radio" id=id.clone() name=name.clone() value=way.word() checked=*way == taken/>
                    {says(*way, field.stored)}
                </label>
            }
        })
        .collect_view();
    let typed = if field.stored {
        "A new one takes the place of what is stored."
    } else {
        "It is kept sealed, and no page shows it again."
    };
    let used = (!ways.usable.is_empty()).then(|| {
        let options = ways
            .usable
            .iter()
            .map(|option| view! { <option value=option.text.clone() selected=option.selected>{option.title.clone()}</option> })
            .collect_view();
        let id = format!("{}-used", field.id);
        view! {
            <div class="field-control" data-way="use">
                <label class="visually-hidden" for=id.clone()>{format!("{}: which one", field.label)}</label>
                <select class="input" name=mark(&field.name, "use") id=id.clone()>{options}</select>
            </div>
        }
    });
    view! {
        <div class="field secret" data-invalid=invalid(field)>
            {marks(field)}
            <label class="field-label" for=field.id.clone()>{label(field)}</label>
            {help(field)}
            {errors(&field.id, &field.errors)}
            <fieldset class="secret-ways">
                <legend class="visually-hidden">{format!("{}: how it is given", field.label)}</legend>
                {ways_in}
            </fieldset>
            <div data-way="type">
                <div class="field-control">{control::control(field)}</div>
                <p class="field-note">{typed}</p>
            </div>
            <p class="field-note" data-way="make">"Midspan makes a long random one when the plan is made. Nobody has to know it."</p>
            {used}
        </div>
    }
    .into_any()
}

fn says(way: Way, stored: bool) -> &'static str {
    match way {
        Way::Keep => "Keep what is stored",
        Way::Type if stored => "Replace it",
        Way::Type => "Type or paste it",
        Way::Make if stored => "Make a new one",
        Way::Make => "Make one for me",
        Way::Use => "Use one that exists",
    }
}
