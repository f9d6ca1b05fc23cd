//! A file's change as lines with `+` and `-`; a table, so that it reads aloud and copies well.

use leptos::prelude::*;

use super::chip::chip;
use crate::{
    counts::count,
    view::{Change, DiffKind, DiffLine, FieldChange, FileDiff},
};

/// One file, folded when it is unchanged or when `open` says so.
pub fn file_diff(file: &FileDiff, open: bool) -> impl IntoView {
    folded(file, open && file.change != Change::Same, chip(file.change), lines(file))
}

/// One file that is not as it should be; `hidden` says why its difference is not shown.
pub fn file_difference(file: &FileDiff, state: impl IntoView, hidden: &str) -> impl IntoView {
    let inside = if hidden.is_empty() {
        lines(file).into_any()
    } else {
        view! { <p class="note">{hidden.to_owned()}</p> }.into_any()
    };
    folded(file, true, state, inside)
}

fn folded(file: &FileDiff, open: bool, state: impl IntoView, inside: impl IntoView) -> impl IntoView {
    let counts = (file.added > 0 || file.removed > 0).then(|| {
        let (added, removed) = (file.added, file.removed);
        view! {
            <span class="diff-counts">
                {(added > 0).then(|| view! { <span class="diff-plus">"+"{added}</span> })}
                {(removed > 0).then(|| view! { <span class="diff-minus">"−"{removed}</span> })}
            </span>
        }
    });
    view! {
        <details class="diff" open=open>
            <summary class="diff-head">
                <span class="diff-path">{path(&file.path)}</span>
                {counts}
                {state}
            </summary>
            {inside}
        </details>
    }
}

fn lines(file: &FileDiff) -> impl IntoView {
    let hidden = (file.hidden > 0).then(|| view! { <p class="note">{count(u64::from(file.hidden), "more line")}{if file.hidden == 1 { " is" } else { " are" }}" not shown."</p> });
    // a file that is all new or all gone has one side
    let (old, new) = (file.change != Change::Create, file.change != Change::Remove);
    view! {
        <div class="diff-scroll" tabindex="0" role="region" aria-label=format!("Changes in {}", file.path)>
            <table class="diff-lines">
                <tbody>{file.lines.iter().map(|each| line(each, old, new)).collect_view()}</tbody>
            </table>
        </div>
        {hidden}
    }
}

/// Fields of the spec, before and after.
pub fn field_changes(changes: &[FieldChange]) -> impl IntoView {
    let rows = changes
        .iter()
        .map(|change| {
            let before = (!change.before.is_empty()).then(|| view! { <del>{change.before.clone()}</del> });
            let after = (!change.after.is_empty()).then(|| view! { <ins>{change.after.clone()}</ins> });
            view! { <div class="change"><dt>{change.label.clone()}</dt><dd>{before}" "{after}</dd></div> }
        })
        .collect_view();
    view! { <dl class="changes">{rows}</dl> }
}

fn line(line: &DiffLine, old: bool, new: bool) -> impl IntoView + use<> {
    let number = |number: Option<u32>| view! { <td class="diff-number" aria-hidden="true">{number}</td> };
    let (kind, sign) = match line.kind {
        DiffKind::Context => ("same", " "),
        DiffKind::Added => ("added", "+"),
        DiffKind::Removed => ("removed", "−"),
        DiffKind::Gap => ("gap", "⋯"),
    };
    view! {
        <tr class="diff-line" data-kind=kind>
            {old.then(|| number(line.old))}
            {new.then(|| number(line.new))}
            <td class="diff-sign">{sign}</td>
            <td class="diff-text">{line.text.clone()}</td>
        </tr>
    }
}

/// A path that breaks after its slashes, not within its names.
pub fn path(path: &str) -> impl IntoView + use<> {
    path.split_inclusive('/').map(|part| view! { {part.to_owned()}<wbr/> }).collect_view()
}
