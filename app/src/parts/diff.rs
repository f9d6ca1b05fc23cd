//! A file's change as lines with `+` and `-`; a table, so that it reads aloud and copies well.

use leptos::prelude::*;

use super::chip::chip;
use crate::view::{Change, DiffKind, DiffLine, FieldChange, FileDiff};

/// One file, folded when it is unchanged or when `open` says so.
pub fn file_diff(file: &FileDiff, open: bool) -> impl IntoView {
    let counts = (file.added > 0 || file.removed > 0).then(|| {
        let (added, removed) = (file.added, file.removed);
        view! {
            <span class="diff-counts">
                {(added > 0).then(|| view! { <span class="diff-plus">"+"{added}</span> })}
                {(removed > 0).then(|| view! { <span class="diff-minus">"−"{removed}</span> })}
            </span>
        }
    });
    let hidden = (file.hidden > 0).then(|| view! { <p class="note">{file.hidden}" more lines are not shown."</p> });
    view! {
        <details class="diff" open=open && file.change != Change::Same>
            <summary class="diff-head">
                <span class="diff-path">{file.path.clone()}</span>
                {counts}
                {chip(file.change)}
            </summary>
            <div class="diff-scroll" tabindex="0" role="region" aria-label=format!("Changes in {}", file.path)>
                <table class="diff-lines">
                    <tbody>{file.lines.iter().map(line).collect_view()}</tbody>
                </table>
            </div>
            {hidden}
        </details>
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

fn line(line: &DiffLine) -> impl IntoView {
    let (kind, sign) = match line.kind {
        DiffKind::Context => ("same", " "),
        DiffKind::Added => ("added", "+"),
        DiffKind::Removed => ("removed", "−"),
        DiffKind::Gap => ("gap", "⋯"),
    };
    view! {
        <tr class="diff-line" data-kind=kind>
            <td class="diff-number" aria-hidden="true">{line.old}</td>
            <td class="diff-number" aria-hidden="true">{line.new}</td>
            <td class="diff-sign">{sign}</td>
            <td class="diff-text">{line.text.clone()}</td>
        </tr>
    }
}
