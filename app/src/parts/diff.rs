//! A file's change, in one column or two: signs beside colours, words told apart, unchanged lines folded away.

use leptos::prelude::*;

use super::chip::chip;
use crate::{
    counts::count,
    view::{Beside, Change, ChangedLine, DiffPart, DiffView, FieldChange, FileDiff, SameLine},
};

/// One file, folded when it is unchanged or when `open` says so.
pub fn file_diff(file: &FileDiff, view: DiffView, open: bool) -> impl IntoView {
    folded(file, open && file.change != Change::Same, chip(file.change), lines(file, view))
}

/// One file that is not as it should be; `hidden` says why its difference is not shown.
pub fn file_difference(file: &FileDiff, view: DiffView, state: impl IntoView, hidden: &str) -> impl IntoView {
    let inside = if hidden.is_empty() {
        lines(file, view).into_any()
    } else {
        view! { <p class="note">{hidden.to_owned()}</p> }.into_any()
    };
    folded(file, true, state, inside)
}

/// The way to the other view; `address` is that of the same page with `?view=` like this.
pub fn diff_views(present: DiffView, address: impl Fn(&str) -> String) -> impl IntoView {
    let choice = |view: DiffView, label: &'static str| {
        let current = (view == present).then_some("true");
        view! { <a class="filter" href=address(view.name()) aria-current=current>{label}</a> }
    };
    view! {
        <nav class="filters diff-views" aria-label="How differences are shown">
            {choice(DiffView::Unified, "Unified")}
            {choice(DiffView::Split, "Split")}
        </nav>
    }
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

fn lines(file: &FileDiff, view: DiffView) -> impl IntoView {
    let hidden = (file.hidden > 0).then(|| view! { <p class="note diff-note">{count(u64::from(file.hidden), "more line")}{if file.hidden == 1 { " is" } else { " are" }}" not shown."</p> });
    // a file that is all new or all gone has one side
    let sides = match (file.change, view) {
        (Change::Create, _) => Sides::New,
        (Change::Remove, _) => Sides::Old,
        (_, DiffView::Unified) => Sides::Both,
        (_, DiffView::Split) => Sides::Beside,
    };
    let parts = file.parts.iter().map(|part| stretch(part, sides)).collect_view();
    view! {
        <div class="diff-scroll" tabindex="0" role="region" aria-label=format!("Changes in {}", file.path)>
            <div class="diff-body" data-sides=sides.name()>{parts}</div>
        </div>
        {hidden}
    }
}

/// Which numbers and texts a row has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sides {
    Old,
    New,
    /// One text, both numbers.
    Both,
    /// Two texts.
    Beside,
}

impl Sides {
    fn name(self) -> &'static str {
        if self == Self::Beside { "two" } else { "one" }
    }
}

fn stretch(part: &DiffPart, sides: Sides) -> AnyView {
    match part {
        DiffPart::Same(lines) => table(same(lines, sides), sides).into_any(),
        DiffPart::Changed(rows) if sides == Sides::Beside => {
            table(rows.iter().map(beside).collect_view().into_any(), sides).into_any()
        }
        DiffPart::Changed(rows) => {
            let old = rows.iter().filter_map(|row| row.old.as_ref()).map(|line| changed(line, false, sides));
            let new = rows.iter().filter_map(|row| row.new.as_ref()).map(|line| changed(line, true, sides));
            table(old.chain(new).collect_view().into_any(), sides).into_any()
        }
        DiffPart::Folded { count: number, lines } if lines.is_empty() => {
            view! { <p class="diff-gap">{count(u64::from(*number), "unchanged line")}</p> }.into_any()
        }
        DiffPart::Folded { count: number, lines } => view! {
            <details class="diff-fold">
                <summary class="diff-gap"><span class="diff-show">"Show "</span>{count(u64::from(*number), "unchanged line")}</summary>
                {table(same(lines, sides), sides)}
            </details>
        }
        .into_any(),
    }
}

fn table(rows: AnyView, sides: Sides) -> impl IntoView {
    let side = || view! { <col class="diff-number"/><col class="diff-sign"/><col/> };
    let columns = (sides == Sides::Beside).then(|| view! { <colgroup>{side()}{side()}</colgroup> });
    view! { <table class="diff-lines">{columns}<tbody>{rows}</tbody></table> }
}

fn number(number: Option<u32>) -> impl IntoView {
    view! { <td class="diff-number" aria-hidden="true">{number}</td> }
}

fn same(lines: &[SameLine], sides: Sides) -> AnyView {
    let text = |line: &SameLine| view! { <td class="diff-sign"></td><td class="diff-text">{line.text.clone()}</td> };
    let row = |line: &SameLine| {
        let (old, new) = (number(Some(line.old)), number(Some(line.new)));
        let cells = match sides {
            Sides::Old => view! { {old}{text(line)} }.into_any(),
            Sides::New => view! { {new}{text(line)} }.into_any(),
            Sides::Both => view! { {old}{new}{text(line)} }.into_any(),
            Sides::Beside => view! { {old}{text(line)}{new}{text(line)} }.into_any(),
        };
        view! { <tr class="diff-line" data-kind="same">{cells}</tr> }
    };
    lines.iter().map(row).collect_view().into_any()
}

/// `+`, or the minus that is as wide.
fn sign(is_new: bool) -> impl IntoView {
    let (sign, kind) = if is_new { ("+", "added") } else { ("−", "removed") };
    view! { <td class="diff-sign" data-kind=kind>{sign}</td> }
}

fn changed(line: &ChangedLine, is_new: bool, sides: Sides) -> AnyView {
    let kind = if is_new { "added" } else { "removed" };
    let numbers = match sides {
        Sides::Both => {
            let (old, new) = if is_new { (None, Some(line.number)) } else { (Some(line.number), None) };
            view! { {number(old)}{number(new)} }.into_any()
        }
        _ => number(Some(line.number)).into_any(),
    };
    view! { <tr class="diff-line" data-kind=kind>{numbers}{sign(is_new)}<td class="diff-text">{words(line, is_new)}</td></tr> }.into_any()
}

fn beside(row: &Beside) -> AnyView {
    let side = |line: Option<&ChangedLine>, is_new: bool| match line {
        Some(line) => {
            let kind = if is_new { "added" } else { "removed" };
            view! {
                <td class="diff-number" data-kind=kind aria-hidden="true">{line.number}</td>
                {sign(is_new)}
                <td class="diff-text" data-kind=kind>{words(line, is_new)}</td>
            }
            .into_any()
        }
        None => view! { <td class="diff-none" colspan="3"></td> }.into_any(),
    };
    view! { <tr class="diff-line">{side(row.old.as_ref(), false)}{side(row.new.as_ref(), true)}</tr> }.into_any()
}

fn words(line: &ChangedLine, is_new: bool) -> impl IntoView + use<> {
    let word = |word: &crate::view::Word| {
        let text = word.text.clone();
        match (word.differs, is_new) {
            (false, _) => text.into_any(),
            (true, true) => view! { <ins class="diff-word">{text}</ins> }.into_any(),
            (true, false) => view! { <del class="diff-word">{text}</del> }.into_any(),
        }
    };
    line.words.iter().map(word).collect_view()
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

/// A path that breaks after its slashes, not within its names.
pub fn path(path: &str) -> impl IntoView + use<> {
    path.split_inclusive('/').map(|part| view! { {part.to_owned()}<wbr/> }).collect_view()
}
