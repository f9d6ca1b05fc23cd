//! A file or a document before and after, as lines a page can draw: unchanged stretches folded, words told apart, long files cut.

mod words;

use crate::service::preview::FileChange;
use app::view::{Beside, Change, DiffPart, FileDiff, SameLine};
use similar::{DiffTag, TextDiff};
use std::time::Duration;
use words::Numbered;

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// Lines drawn of one file, those that are folded among them.
const MOST_LINES: usize = 400;
/// Characters drawn of one line.
const LONGEST: usize = 1_000;
/// A larger file is not compared line by line.
const LARGEST: usize = 1024 * 1024;
/// After this long a coarser answer must do.
const PATIENCE: Duration = Duration::from_millis(100);

/// A file as a diff.
pub fn file(change: &FileChange) -> FileDiff {
    let mut diff = texts(change.before.as_deref(), change.after.as_deref());
    change.path.clone_into(&mut diff.path);
    change.destination.clone_into(&mut diff.destination);
    diff
}

/// Two texts as a diff; absent is something else than empty.
pub fn texts(before: Option<&str>, after: Option<&str>) -> FileDiff {
    let change = match (before, after) {
        (None, _) => Change::Create,
        (_, None) => Change::Remove,
        (Some(before), Some(after)) if before == after => Change::Same,
        _ => Change::Change,
    };
    let mut diff = FileDiff { change, ..FileDiff::default() };
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    if before.len() + after.len() > LARGEST {
        diff.hidden = count(before.lines().count().max(after.lines().count()));
        return diff;
    }
    diff.parts = compared(before, after);
    for beside in diff.parts.iter().filter_map(changed).flatten() {
        diff.added += u32::from(beside.new.is_some());
        diff.removed += u32::from(beside.old.is_some());
    }
    cut(&mut diff, MOST_LINES);
    diff
}

/// Leaves so many lines and counts the others; gives back how many there are now. What is folded goes first: it is no loss.
pub fn cut(diff: &mut FileDiff, room: usize) -> usize {
    let mut used = 0;
    let mut kept = Vec::new();
    for mut part in std::mem::take(&mut diff.parts) {
        let left = room - used;
        let (length, over) = match &mut part {
            DiffPart::Folded { count: _, lines } => {
                if lines.len() > left {
                    lines.clear();
                }
                (lines.len(), 0)
            }
            DiffPart::Same(lines) => (lines.len().min(left), cut_to(lines, left)),
            DiffPart::Changed(rows) => (rows.len().min(left), cut_to(rows, left)),
        };
        used += length;
        diff.hidden = diff.hidden.saturating_add(count(over));
        if length > 0 || matches!(part, DiffPart::Folded { .. }) {
            kept.push(part);
        }
    }
    // after what was cut nothing is folded
    if diff.hidden > 0 {
        while let Some(DiffPart::Folded { count, .. }) = kept.last() {
            diff.hidden = diff.hidden.saturating_add(*count);
            kept.pop();
        }
    }
    diff.parts = kept;
    used
}

fn cut_to<T>(lines: &mut Vec<T>, room: usize) -> usize {
    let over = lines.len().saturating_sub(room);
    lines.truncate(room);
    over
}

fn changed(part: &DiffPart) -> Option<&Vec<Beside>> {
    if let DiffPart::Changed(rows) = part { Some(rows) } else { None }
}

fn compared(before: &str, after: &str) -> Vec<DiffPart> {
    // as git does it: only a line feed ends a line
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let diff = TextDiff::configure().timeout(PATIENCE).diff_slices(&old, &new);
    let mut parts: Vec<DiffPart> = Vec::new();
    let mut open: (Vec<Numbered<'_>>, Vec<Numbered<'_>>) = (Vec::new(), Vec::new());
    let last = diff.ops().len().saturating_sub(1);
    for (at, op) in diff.ops().iter().enumerate() {
        if op.tag() == DiffTag::Equal {
            parts.extend(closed(&mut open));
            let lines = op.old_range().zip(op.new_range()).map(|(from, to)| same(from, to, old[from])).collect();
            parts.extend(folded(lines, at == 0, at == last));
        } else {
            open.0.extend(op.old_range().map(|at| numbered(at, old[at])));
            open.1.extend(op.new_range().map(|at| numbered(at, new[at])));
        }
    }
    parts.extend(closed(&mut open));
    parts
}

/// What went and what came until here.
fn closed(open: &mut (Vec<Numbered<'_>>, Vec<Numbered<'_>>)) -> Option<DiffPart> {
    let (old, new) = std::mem::take(open);
    let rows = words::beside(&old, &new);
    // a line of which only its end changed looks the same on both sides
    (!rows.is_empty()).then_some(DiffPart::Changed(rows))
}

/// An unchanged stretch; all but what stands beside a change is folded. One line alone is not worth folding.
fn folded(lines: Vec<SameLine>, is_first: bool, is_last: bool) -> Vec<DiffPart> {
    let (head, tail) = (if is_first { 0 } else { CONTEXT }, if is_last { 0 } else { CONTEXT });
    let whole = is_first && is_last;
    if whole || lines.len() <= head + tail + 1 {
        return vec![DiffPart::Same(lines)];
    }
    let mut middle = lines;
    let after = middle.split_off(middle.len() - tail);
    let inside = middle.split_off(head);
    let fold = DiffPart::Folded { count: count(inside.len()), lines: inside };
    let same = |lines: Vec<SameLine>| (!lines.is_empty()).then_some(DiffPart::Same(lines));
    [same(middle), Some(fold), same(after)].into_iter().flatten().collect()
}

fn same(old: usize, new: usize, text: &str) -> SameLine {
    SameLine { old: count(old + 1), new: count(new + 1), text: shown(text).to_owned() }
}

fn numbered(at: usize, text: &str) -> Numbered<'_> {
    Numbered { number: count(at + 1), text: shown(text) }
}

fn shown(text: &str) -> &str {
    let text = text.trim_end_matches(['\n', '\r']);
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// For tests and logs: the changed lines alone, with their signs.
#[cfg(test)]
pub fn told(diff: &FileDiff) -> String {
    let line = |sign: char, line: &app::view::ChangedLine| format!("{sign}{}", line.text());
    let mut told = Vec::new();
    for part in &diff.parts {
        match part {
            DiffPart::Same(lines) => told.extend(lines.iter().map(|line| format!(" {}", line.text))),
            DiffPart::Folded { count, .. } => told.push(format!("~{count}")),
            DiffPart::Changed(rows) => {
                told.extend(rows.iter().filter_map(|row| Some(line('-', row.old.as_ref()?))));
                told.extend(rows.iter().filter_map(|row| Some(line('+', row.new.as_ref()?))));
            }
        }
    }
    told.join("|")
}

#[cfg(test)]
mod tests;
