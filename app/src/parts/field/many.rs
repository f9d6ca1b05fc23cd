//! Fields made of fields: groups, lists, maps, alternatives. Rows come and go by submit buttons, so no script is needed.

use forms::{
    Action,
    entries::mark,
    model::{Alternative, Field, Opt, Row, Widget},
};
use leptos::prelude::*;

use super::{choice::card, errors, field, help, invalid, label, marks, sections};
use crate::parts::icon::{Icon, icon};

/// A fieldset of fields.
pub(super) fn group(field: &Field) -> AnyView {
    view! {
        <fieldset class="group" id=field.id.clone() tabindex="-1">
            <legend class="group-title">{label(field)}</legend>
            {marks(field)}
            {help(field)}
            {errors(&field.id, &field.errors)}
            {inside(field)}
        </fieldset>
    }
    .into_any()
}

/// What stands inside a group: its sections, what it has beside them, and its alternatives.
pub(super) fn inside(field: &Field) -> AnyView {
    view! {
        {sections(&field.id, &field.sections)}
        {(field.can_add || !field.rows.is_empty()).then(|| rows(field))}
        {alternatives(field)}
    }
    .into_any()
}

/// Rows of values, of objects, or of names and values.
pub(super) fn list(field: &Field) -> AnyView {
    view! {
        <fieldset class="group" id=field.id.clone() tabindex="-1" data-invalid=invalid(field)>
            <legend class="group-title">{label(field)}</legend>
            {marks(field)}
            {help(field)}
            {errors(&field.id, &field.errors)}
            {sections(&field.id, &field.sections)}
            {rows(field)}
        </fieldset>
    }
    .into_any()
}

/// A value of one kind or another.
pub(super) fn variants(field: &Field) -> AnyView {
    view! {
        <fieldset class="field" data-invalid=invalid(field)>
            <legend class="field-label">{label(field)}</legend>
            {marks(field)}
            {help(field)}
            {errors(&field.id, &field.errors)}
            {alternatives(field)}
        </fieldset>
    }
    .into_any()
}

fn rows(field: &Field) -> AnyView {
    let compact = (field.widget == Widget::ScalarList).then_some("");
    let last = field.rows.len().saturating_sub(1);
    let items = field
        .rows
        .iter()
        .enumerate()
        .map(|(place, each)| row(place, each, &tools(field, place, last, each)))
        .collect_view();
    let add = field.can_add.then(|| {
        let action = Action::Add(field.pointer.clone()).text();
        view! {
            <button class="button" data-weight="plain" name="_do" value=action>
                {icon(Icon::Plus)}"Add"<span class="visually-hidden">" to "{field.label.clone()}</span>
            </button>
        }
    });
    let items = (!field.rows.is_empty()).then(|| view! { <ol class="list-rows" data-compact=compact>{items}</ol> });
    view! {
        {items}
        {add}
    }
    .into_any()
}

/// What can be done with a row: its place in a list can change, an entry of a map has none, a place of a tuple is what it is.
fn tools(field: &Field, place: usize, last: usize, row: &Row) -> Vec<(Icon, &'static str, Action)> {
    if row.fixed {
        return Vec::new();
    }
    let at = || row.pointer.clone();
    let mut tools = Vec::new();
    if row.key.is_none() {
        if place > 0 && !field.rows.get(place - 1).is_some_and(|before| before.fixed) {
            tools.push((Icon::Up, "Move up", Action::Up(at())));
        }
        if place < last {
            tools.push((Icon::Down, "Move down", Action::Down(at())));
        }
        if field.can_add && field.widget == Widget::ObjectList {
            tools.push((Icon::Copy, "Duplicate", Action::Duplicate(at())));
        }
    }
    tools.push((Icon::Trash, "Remove", Action::Remove(at())));
    tools
}

fn row(place: usize, row: &Row, tools: &[(Icon, &'static str, Action)]) -> AnyView {
    let inner = &row.field;
    let key = match &row.key {
        Some((name, key)) => {
            let id = format!("{}-key", inner.id);
            view! {
                <div class="field">
                    <label class="field-label" for=id.clone()>{format!("Name {}", place + 1)}</label>
                    <div class="field-control">
                        <input class="input" type="text" id=id name=name.clone() value=key.clone() autocomplete="off" spellcheck="false"/>
                    </div>
                </div>
            }
            .into_any()
        }
        None => view! { <input type="hidden" name=mark(&inner.name, "row") value=row.id.clone()/> }.into_any(),
    };
    let layout = row.key.as_ref().map(|_| "pair");
    let tools = tools
        .iter()
        .map(|(which, word, action)| {
            let label = format!("{word} {}", inner.label);
            view! {
                <button class="button" data-weight="plain" name="_do" value=action.text() aria-label=label.clone() title=label>
                    {icon(*which)}
                </button>
            }
        })
        .collect_view();
    view! {
        <li class="list-row">
            <div class="list-fields" data-layout=layout>{key}{field(inner)}</div>
            <div class="list-tools">{tools}</div>
        </li>
    }
    .into_any()
}

fn alternatives(field: &Field) -> AnyView {
    let Some(all) = &field.alternatives else { return ().into_any() };
    let branches = all
        .list
        .iter()
        .enumerate()
        .map(|(place, each)| alternative(&format!("{}-branch-{place}", field.id), &all.name, each))
        .collect_view();
    view! { <div class="branches">{branches}</div> }.into_any()
}

/// All alternatives are in the page; styles show the fields of the chosen one.
fn alternative(id: &str, name: &str, each: &Alternative) -> AnyView {
    let option = Opt {
        text: each.text.clone(),
        title: each.title.clone(),
        description: each.description.clone(),
        disabled: false,
        selected: each.selected,
    };
    view! {
        <div class="branch">
            {card("radio", name, id, &option)}
            <div class="branch-fields">{sections(id, &each.sections)}</div>
        </div>
    }
    .into_any()
}
