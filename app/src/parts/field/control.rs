//! The single controls: text in all its kinds, numbers, secrets, selects.

use forms::{
    entries::mark,
    model::{Field, Opt, Widget},
};
use leptos::prelude::*;

use super::{described, invalid};

/// Of more options than this one types to find the right one.
const MOST_AT_A_GLANCE: usize = 15;

pub(super) fn control(field: &Field) -> AnyView {
    match field.widget {
        Widget::Textarea => textarea(field, None),
        Widget::Yaml => textarea(field, Some("")),
        Widget::Select => select(field),
        _ => input(field),
    }
}

fn input(field: &Field) -> AnyView {
    let is_number = field.widget == Widget::Number;
    let is_secret = field.widget == Widget::Password;
    // Numbers are typed as text: a number input drops what it cannot read, and what was typed must come back.
    let kind = if is_secret {
        "password"
    } else if is_number {
        "text"
    } else {
        field.input
    };
    let placeholder =
        if field.stored { Some("Stored. Type to replace it.".to_owned()) } else { field.placeholder.clone() };
    let value = (!is_secret).then(|| field.text.clone());
    let list = (!field.options.is_empty()).then(|| format!("{}-list", field.id));
    let suggested = list.clone().map(|id| {
        let options =
            field.options.iter().map(|each| view! { <option value=each.text.clone()>{each.title.clone()}</option> });
        view! { <datalist id=id>{options.collect_view()}</datalist> }
    });
    view! {
        <input
            class="input"
            data-width=is_number.then_some("short")
            step=has_seconds(field).then_some("1")
            type=kind
            inputmode=is_number.then_some("decimal")
            autocomplete=if is_secret { "new-password" } else { "off" }
            spellcheck="false"
            id=field.id.clone()
            name=field.control_name()
            value=value
            placeholder=placeholder
            list=list
            maxlength=field.limits.max_length.map(|max| max.to_string())
            aria-required=field.required.then_some("true")
            aria-invalid=invalid(field)
            aria-describedby=described(field)
        />
        {suggested}
        {zones(field)}
    }
    .into_any()
}

/// Without it a browser asks for minutes, and calls seconds wrong.
fn has_seconds(field: &Field) -> bool {
    !field.zones.is_empty() && field.text.rsplit('T').next().is_some_and(|time| time.len() > 5)
}

/// Which zone a time is in; it stands beside the time.
fn zones(field: &Field) -> Option<AnyView> {
    if field.zones.is_empty() {
        return None;
    }
    let options = field
        .zones
        .iter()
        .map(|zone| view! { <option value=zone.text.clone() selected=zone.selected>{zone.title.clone()}</option> })
        .collect_view();
    let (name, id) = (mark(&field.name, "zone"), format!("{}-zone", field.id));
    Some(
        view! {
            <label class="visually-hidden" for=id.clone()>{format!("{}: time zone", field.label)}</label>
            <select class="input" data-width="auto" name=name id=id.clone()>{options}</select>
        }
        .into_any(),
    )
}

fn textarea(field: &Field, code: Option<&'static str>) -> AnyView {
    // a long text begins as one line and grows with what is typed
    let bounded = field.limits.max_length.is_some_and(|max| max <= 1_000) && !field.text.contains('\n');
    let lines = field.lines.map_or(if bounded { 1 } else { 4 }, |lines| lines.clamp(2, 30));
    let rows = lines.to_string();
    // The browser drops one line break after the opening tag; a text that begins with one needs another.
    let text = if field.text.starts_with('\n') { format!("\n{}", field.text) } else { field.text.clone() };
    view! {
        <textarea
            class="input"
            data-code=code
            spellcheck=code.map(|_| "false")
            rows=rows
            id=field.id.clone()
            name=field.control_name()
            placeholder=field.placeholder.clone()
            aria-required=field.required.then_some("true")
            aria-invalid=invalid(field)
            aria-describedby=described(field)
        >
            {text}
        </textarea>
    }
    .into_any()
}

fn select(field: &Field) -> AnyView {
    let options = field.options.iter().map(option).collect_view();
    view! {
        <select
            class="input"
            data-combobox=(field.options.len() > MOST_AT_A_GLANCE).then_some("")
            id=field.id.clone()
            name=field.control_name()
            aria-required=field.required.then_some("true")
            aria-invalid=invalid(field)
            aria-describedby=described(field)
        >
            {options}
        </select>
    }
    .into_any()
}

fn option(option: &Opt) -> impl IntoView + use<> {
    let text = match &option.description {
        Some(description) => format!("{} – {description}", option.title),
        None => option.title.clone(),
    };
    view! { <option value=option.text.clone() selected=option.selected disabled=option.disabled>{text}</option> }
}
