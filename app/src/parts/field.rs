//! A field of a form: label, help, control, errors; each wired to the others for those who cannot see them together.

mod choice;
mod control;
mod many;
mod patch;
mod secret;

pub use patch::patch;

use forms::{
    Action,
    model::{Field, FormModel, Section, State, Widget},
};
use leptos::prelude::*;

use super::icon::{Icon, icon};

/// The fields of a whole form; the form element around them is the page's.
pub fn form_fields(form: &FormModel) -> AnyView {
    let root = &form.root;
    if root.widget != Widget::Group {
        return field(root);
    }
    view! {
        {marks(root)}
        {errors(&root.id, &root.errors)}
        {many::inside(root)}
    }
    .into_any()
}

/// One text field that is not from a schema: a resource's name, a word to type.
pub fn text_field(id: &'static str, label: &str, help: &str, value: &str, problems: &[String]) -> AnyView {
    bare_field(id, label, help, problems, |invalid, described| {
        view! {
            <input
                class="input" type="text" id=id name=id value=value.to_owned() autocomplete="off" autocapitalize="none" spellcheck="false"
                aria-required="true" aria-invalid=invalid aria-describedby=described
            />
        }
        .into_any()
    })
}

/// One secret that is not from a schema; never given back.
pub fn secret_field(id: &'static str, label: &str, help: &str, problems: &[String]) -> AnyView {
    bare_field(id, label, help, problems, |invalid, described| {
        view! {
            <input
                class="input" type="password" id=id name=id autocomplete="current-password" spellcheck="false"
                aria-required="true" aria-invalid=invalid aria-describedby=described
            />
        }
        .into_any()
    })
}

/// Label, help and problems around the input of a field that no schema describes.
fn bare_field(
    id: &'static str,
    label: &str,
    help: &str,
    problems: &[String],
    input: impl FnOnce(Option<&'static str>, Option<String>) -> AnyView,
) -> AnyView {
    let help = Some(help.to_owned()).filter(|help| !help.is_empty());
    let described = described_by(id, help.as_ref(), problems);
    let invalid = (!problems.is_empty()).then_some("true");
    view! {
        <div class="field" data-invalid=invalid>
            <label class="field-label" for=id>{label.to_owned()}<span class="field-required">" required"</span></label>
            {help_text(id, help.as_ref())}
            {errors(id, problems)}
            <div class="field-control">{input(invalid, described)}</div>
        </div>
    }
    .into_any()
}

/// A field in its place. One that depends on others is there all the time, so that a script can show it at once.
fn field(field: &Field) -> AnyView {
    let drawn = control_of(field);
    let switch = field.switches.then(|| {
        view! {
            <noscript>
                <button class="button" data-weight="plain" name="_do" value=Action::Refresh.text()>"Show what belongs to this"</button>
            </noscript>
        }
    });
    match field.shown.or(field.varies.then_some(true)) {
        None if switch.is_none() => drawn,
        None => view! { {drawn} {switch} }.into_any(),
        Some(shown) => {
            let hidden = !shown && !has_error(field);
            view! { <div class="when" data-when=field.id.clone() hidden=hidden>{drawn}{switch}</div> }.into_any()
        }
    }
}

fn control_of(field: &Field) -> AnyView {
    if field.state != State::Editable {
        return fixed(field);
    }
    match field.widget {
        Widget::Group => many::group(field),
        Widget::KeyValue | Widget::ScalarList | Widget::ObjectList => many::list(field),
        Widget::Variants => many::variants(field),
        Widget::YesNo | Widget::Radios | Widget::RadioCards => choice::one_of(field),
        Widget::MultiSelect => choice::some_of(field),
        Widget::Checkbox => choice::checkbox(field),
        Widget::Constant => fixed(field),
        Widget::Text | Widget::Textarea | Widget::Password | Widget::Number | Widget::Select | Widget::Yaml => {
            single(field)
        }
    }
}

fn single(field: &Field) -> AnyView {
    if let Some(ways) = &field.ways {
        return secret::secret(field, ways);
    }
    let unit = field.unit.clone().map(|unit| view! { <span class="field-unit">{unit}</span> });
    view! {
        <div class="field" data-invalid=invalid(field)>
            {marks(field)}
            <label class="field-label" for=field.id.clone()>{label(field)}</label>
            {help(field)}
            {errors(&field.id, &field.errors)}
            <div class="field-control">{control::control(field)}{unit}</div>
            {note(field)}
        </div>
    }
    .into_any()
}

/// Where the value comes from, the way back to the default, and what a text comes to.
fn note(field: &Field) -> AnyView {
    let means = field.means.clone().map(|means| view! { <span>{means}</span> });
    let by_default = field.by_default || field.value.is_some() && field.value == field.default;
    let reset = |says: String, label: String| {
        let reset = Action::Reset(field.pointer.clone()).text();
        view! { <button name="_do" value=reset aria-label=label>{says}</button> }
    };
    let origin = match (&field.default_text, by_default) {
        (default, _) if field.as_begun && field.value != field.default => {
            let says = field.origin.clone();
            let back = match default {
                Some(default) => reset(format!("Reset to {default}"), format!("Reset {} to {default}", field.label)),
                None => reset("Clear".to_owned(), format!("Clear {}", field.label)),
            };
            Some(view! { <span>{says}</span> {back} }.into_any())
        }
        (Some(_), true) => Some(view! { <span>"Default"</span> }.into_any()),
        (Some(default), false) => {
            let back = reset("Reset".to_owned(), format!("Reset {} to {default}", field.label));
            Some(view! { <span>"Default: "{default.clone()}</span> {back} }.into_any())
        }
        _ => None,
    };
    let note = (means.is_some() || origin.is_some()).then(|| view! { {origin} {means} });
    view! { <div class="field-note" data-note=field.id.clone()>{note}</div> }.into_any()
}

/// A field that is not asked: fixed by the platform, by the schema, or since creation.
fn fixed(field: &Field) -> AnyView {
    let why = match field.state {
        State::Immutable => "Cannot be changed after creation.",
        State::ReadOnly => "Set by the platform.",
        State::Editable => "",
    };
    let shown = field
        .options
        .iter()
        .find(|option| option.selected)
        .map_or_else(|| field.text.clone(), |option| option.title.clone());
    let shown = match field.widget {
        Widget::Checkbox => (if field.checked { "Yes" } else { "No" }).to_owned(),
        _ if shown.is_empty() => "Not set".to_owned(),
        _ => shown,
    };
    let why = (!why.is_empty()).then(|| view! { <p class="field-help">{why}</p> });
    view! {
        <div class="field" data-invalid=invalid(field)>
            {marks(field)}
            <span class="field-label">{field.label.clone()}</span>
            {errors(&field.id, &field.errors)}
            <p class="field-fixed" id=field.id.clone() tabindex="-1">{shown}</p>
            {why}
        </div>
    }
    .into_any()
}

/// Sections in order: plain, under a heading, or folded away until asked for.
fn sections(id: &str, all: &[Section]) -> AnyView {
    all.iter()
        .enumerate()
        .map(|(place, each)| section(&format!("{id}-section-{place}"), each))
        .collect_view()
        .into_any()
}

fn section(id: &str, section: &Section) -> AnyView {
    let inner = section.fields.iter().map(field).collect_view();
    match (&section.title, section.advanced) {
        // a section of one group by the same name needs no second heading
        (Some(title), false) if matches!(section.fields.as_slice(), [only] if only.label == *title && only.widget == Widget::Group) => {
            inner.into_any()
        }
        (None, false) => inner.into_any(),
        (Some(title), false) => view! {
            <fieldset class="group"><legend class="group-title">{title.clone()}</legend>{inner}</fieldset>
        }
        .into_any(),
        (title, true) => {
            let title = match title.as_deref() {
                None | Some("Advanced") => "Advanced".to_owned(),
                Some(title) => format!("{title}, advanced"),
            };
            view! {
                <details class="fold" id=id.to_owned() open=section.fields.iter().any(has_error)>
                    <summary class="fold-head">{icon(Icon::Chevron)}{title}</summary>
                    <div class="fold-body">{inner}</div>
                </details>
            }
            .into_any()
        }
    }
}

fn has_error(field: &Field) -> bool {
    !field.errors.is_empty() || field.inner().any(has_error)
}

/// The hidden inputs that tell the server what stood here.
fn marks(field: &Field) -> impl IntoView + use<> {
    field.marks().into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()
}

fn label(field: &Field) -> impl IntoView + use<> {
    // what has a default is never empty
    let must = field.required && field.default.is_none() && field.widget != Widget::Group;
    let required = must.then(|| view! { <span class="field-required">" required"</span> });
    let may_stay_empty = !field.required && field.default.is_none() && field.widget != Widget::Group;
    let optional = may_stay_empty.then(|| view! { <span class="field-optional">" optional"</span> });
    let deprecated = field.deprecated.then(|| view! { <span class="field-optional">" deprecated"</span> });
    view! {
        {field.label.clone()}
        {required}
        {optional}
        {deprecated}
    }
}

fn help(field: &Field) -> impl IntoView + use<> {
    help_text(&field.id, field.help.as_ref())
}

fn help_text(id: &str, help: Option<&String>) -> impl IntoView + use<> {
    help.map(|help| view! { <p class="field-help" id=format!("{id}-help")>{help.clone()}</p> })
}

/// Always in the page, so that a script has a place to put what it learns.
fn errors(id: &str, problems: &[String]) -> impl IntoView + use<> {
    let told = (!problems.is_empty()).then(|| {
        view! {
            <p class="field-error" id=format!("{id}-error")>
                {icon(Icon::Alert)}<span class="visually-hidden">"Error: "</span>{problems.join(" ")}
            </p>
        }
    });
    view! { <div class="field-errors" data-error=id.to_owned()>{told}</div> }
}

fn invalid(field: &Field) -> Option<&'static str> {
    (!field.errors.is_empty()).then_some("true")
}

fn described(field: &Field) -> Option<String> {
    described_by(&field.id, field.help.as_ref(), &field.errors)
}

/// The error first: it is what one needs to hear.
fn described_by(id: &str, help: Option<&String>, problems: &[String]) -> Option<String> {
    match (problems.is_empty(), help) {
        (true, None) => None,
        (true, Some(_)) => Some(format!("{id}-help")),
        (false, None) => Some(format!("{id}-error")),
        (false, Some(_)) => Some(format!("{id}-error {id}-help")),
    }
}
