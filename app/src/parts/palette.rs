//! The palette: a dialog over the page that finds, leads and does. It is empty until it is opened; without a script its
//! place is taken by the search page. What is sent into it is drawn here too.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::{
    commands::{Deed, Entry, Group, MOST_CHARACTERS},
    counts::count,
    paths,
};

/// The way to it in the header: a link to the search page, until a script takes it over.
pub fn trigger() -> impl IntoView {
    view! {
        <a class="search-open" href=paths::SEARCH data-palette="">
            {icon(Icon::Search)}
            <span class="search-open-word">"Search…"</span>
            <span class="search-open-key" aria-hidden="true">
                <kbd data-on="mac">"⌘K"</kbd>
                <kbd data-on="other">"Ctrl K"</kbd>
            </span>
        </a>
    }
}

/// The dialog, and the one that shows the keyboard map.
pub fn palette() -> impl IntoView {
    view! {
        <dialog class="palette" id="palette" aria-label="Search and commands">
            <div class="palette-head">
                {icon(Icon::Search)}
                <input
                    class="palette-input"
                    id="palette-input"
                    type="text"
                    role="combobox"
                    aria-label="Search, or type a command"
                    aria-expanded="true"
                    aria-autocomplete="list"
                    aria-controls="palette-list"
                    placeholder="Search, or type a command"
                    maxlength=MOST_CHARACTERS.to_string()
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                />
                <form method="dialog" class="one-button"><button class="palette-close"><kbd>"Esc"</kbd><span class="visually-hidden">" close"</span></button></form>
            </div>
            <div class="palette-list" id="palette-list" role="listbox" aria-label="Results"></div>
            <p class="palette-said" id="palette-said" role="status"></p>
            <p class="palette-foot" aria-hidden="true">
                <span>{keys("↑ ↓")}"to choose"</span>
                <span>{keys("Enter")}"to open"</span>
                <span>{keys(">")}"commands"</span>
                <span>{keys("#")}"a run or request"</span>
            </p>
        </dialog>
        <dialog class="sheet" id="key-sheet" aria-label="Keyboard shortcuts">
            <div class="sheet-head">
                <h2>"Keyboard shortcuts"</h2>
                <form method="dialog" class="one-button"><button class="palette-close"><kbd>"Esc"</kbd><span class="visually-hidden">" close"</span></button></form>
            </div>
            <div id="key-sheet-body"></div>
        </dialog>
    }
}

/// What the script is sent: the list anew, and how much is in it for those who hear it.
pub fn answer(groups: &[Group], asked: &str) -> AnyView {
    let found: usize = groups.iter().map(|group| group.entries.len()).sum();
    let said =
        if found == 0 { "Nothing fits".to_owned() } else { count(u64::try_from(found).unwrap_or(u64::MAX), "result") };
    view! {
        <div class="palette-list" id="palette-list" role="listbox" aria-label="Results">{options(groups, asked, "palette")}</div>
        <p id="palette-said">{said}</p>
    }
    .into_any()
}

/// What stands in the palette's list: groups of options. `asked` is said where there is nothing; ids begin with `id`.
pub fn options(groups: &[Group], asked: &str, id: &str) -> AnyView {
    let mut place = 0;
    let groups = groups
        .iter()
        .enumerate()
        .map(|(number, group)| {
            let title = format!("{id}-group-{number}");
            let entries = group
                .entries
                .iter()
                .map(|entry| {
                    place += 1;
                    option(entry, format!("{id}-{}", place - 1))
                })
                .collect_view();
            view! {
                <div role="group" aria-labelledby=title.clone()>
                    <div class="palette-group" role="presentation" id=title.clone()>{group.title}</div>
                    {entries}
                </div>
            }
        })
        .collect_view();
    let nothing =
        (place == 0).then(|| view! { <div class="palette-nothing" role="option" aria-disabled="true">{format!("Nothing fits “{asked}”.")}</div> });
    view! { {groups}{nothing} }.into_any()
}

/// Keys as they stand on a keyboard: `g h` is two.
pub fn keys(keys: &str) -> impl IntoView + use<> {
    let each = keys.split(' ').map(|key| view! { <kbd>{key.to_owned()}</kbd> }).collect_view();
    view! { <span class="keys">{each}</span> }
}

fn option(entry: &Entry, id: String) -> impl IntoView + use<> {
    let (mut href, mut post, mut name, mut value, mut theme, mut sheet) = (None, None, None, None, None, None);
    if entry.refusal.is_empty() {
        match &entry.deed {
            Deed::Open(address) => href = Some(address.clone()),
            Deed::Post(address, pair) => {
                post = Some(address.clone());
                name = pair.map(|(name, _)| name);
                value = pair.map(|(_, value)| value);
            }
            Deed::Theme(choice) => theme = Some(*choice),
            Deed::Sheet => sheet = Some(""),
        }
    }
    let detail = if entry.refusal.is_empty() { entry.detail.clone() } else { entry.refusal.clone() };
    let detail = (!detail.is_empty()).then(|| view! { <span class="palette-detail">{detail}</span> });
    view! {
        <div
            class="palette-option"
            role="option"
            id=id
            aria-selected="false"
            aria-disabled=(!entry.refusal.is_empty()).then_some("true")
            data-href=href
            data-post=post
            data-name=name
            data-value=value
            data-theme-choice=theme
            data-sheet=sheet
        >
            {icon(entry.icon)}
            <span class="palette-title">{entry.title.clone()}</span>
            {detail}
            {(!entry.key.is_empty()).then(|| keys(entry.key))}
        </div>
    }
}
