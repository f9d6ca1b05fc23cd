//! A file before and after, as lines a page can draw: unchanged stretches folded, long files cut.

use crate::service::preview::FileChange;
use app::view::{Change, DiffKind, DiffLine, FileDiff};
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// Lines drawn of one file.
const MOST_LINES: usize = 400;
/// Characters drawn of one line.
const LONGEST: usize = 1_000;
/// A larger file is not compared line by line.
const LARGEST: usize = 1024 * 1024;
/// After this long a coarser answer must do.
const PATIENCE: Duration = Duration::from_millis(100);

/// A file as a diff.
pub fn file(change: &FileChange) -> FileDiff {
    let (before, after) = (change.before.as_deref().unwrap_or_default(), change.after.as_deref().unwrap_or_default());
    let kind = match (&change.before, &change.after) {
        (None, _) => Change::Create,
        (_, None) => Change::Remove,
        (Some(before), Some(after)) if before == after => Change::Same,
        _ => Change::Change,
    };
    let mut diff = FileDiff {
        path: change.path.clone(),
        destination: change.destination.clone(),
        change: kind,
        ..FileDiff::default()
    };
    if before.len() + after.len() > LARGEST {
        diff.hidden = count(before.lines().count().max(after.lines().count()));
        return diff;
    }
    diff.lines = if kind == Change::Same { unchanged(before) } else { compared(before, after) };
    let of = |kind| count(diff.lines.iter().filter(|line| line.kind == kind).count());
    (diff.added, diff.removed) = (of(DiffKind::Added), of(DiffKind::Removed));
    diff.hidden = count(diff.lines.len().saturating_sub(MOST_LINES));
    diff.lines.truncate(MOST_LINES);
    diff
}

fn compared(before: &str, after: &str) -> Vec<DiffLine> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(before, after);
    let mut lines = Vec::new();
    let mut told = 0;
    for group in diff.grouped_ops(CONTEXT) {
        let start = group.first().map_or(0, |op| op.old_range().start);
        lines.extend(gap(start.saturating_sub(told)));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let kind = match change.tag() {
                ChangeTag::Equal => DiffKind::Context,
                ChangeTag::Insert => DiffKind::Added,
                ChangeTag::Delete => DiffKind::Removed,
            };
            lines.push(line(kind, change.old_index(), change.new_index(), change.value()));
        }
        told = group.last().map_or(told, |op| op.old_range().end);
    }
    lines.extend(gap(diff.old_len().saturating_sub(told)));
    lines
}

fn unchanged(text: &str) -> Vec<DiffLine> {
    text.lines().enumerate().map(|(at, text)| line(DiffKind::Context, Some(at), Some(at), text)).collect()
}

fn line(kind: DiffKind, old: Option<usize>, new: Option<usize>, text: &str) -> DiffLine {
    let number = |index: Option<usize>| index.map(|index| count(index + 1));
    let text = text.trim_end_matches(['\n', '\r']);
    DiffLine { kind, old: number(old), new: number(new), text: text.chars().take(LONGEST).collect() }
}

fn gap(length: usize) -> Option<DiffLine> {
    let lines = if length == 1 { "line" } else { "lines" };
    (length > 0).then(|| DiffLine {
        kind: DiffKind::Gap,
        text: format!("{length} unchanged {lines}"),
        ..DiffLine::default()
    })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: Option<&str>, after: Option<&str>) -> FileDiff {
        let (before, after) = (before.map(Into::into), after.map(Into::into));
        file(&FileChange { path: "a.yaml".into(), destination: "dev".into(), before, after })
    }

    #[track_caller]
    fn check(before: Option<&str>, after: Option<&str>, expected: &str) {
        let sign = |line: &DiffLine| match line.kind {
            DiffKind::Context => ' ',
            DiffKind::Added => '+',
            DiffKind::Removed => '-',
            DiffKind::Gap => '~',
        };
        let told = diff(before, after).lines;
        let told: Vec<String> = told.iter().map(|line| format!("{}{}", sign(line), line.text)).collect();
        assert_eq!(told.join("|"), expected);
    }

    #[test]
    fn unchanged_stretches_are_folded_on_both_sides() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        check(
            Some(before),
            Some(&before.replace('5', "x")),
            "~1 unchanged line| 2| 3| 4|-5|+x| 6| 7| 8|~1 unchanged line",
        );
        check(Some("1\n2\n"), Some("1\nx\n"), " 1|-2|+x");
    }

    #[test]
    fn new_and_removed_files_are_told_whole() {
        check(None, Some("a\nb\n"), "+a|+b");
        check(Some("a\n"), None, "-a");
        check(Some("a\n"), Some("a\n"), " a");
    }

    #[test]
    fn lines_are_numbered_on_the_side_they_stand_on() {
        let numbers: Vec<_> =
            diff(Some("a\nb\n"), Some("a\nc\n")).lines.iter().map(|line| (line.old, line.new)).collect();
        assert_eq!(numbers, [(Some(1), Some(1)), (Some(2), None), (None, Some(2))]);
    }

    #[test]
    fn a_long_file_is_cut_and_says_so() {
        let long = "x\n".repeat(1_000);
        let diff = diff(None, Some(&long));
        assert_eq!((diff.added, diff.lines.len(), diff.hidden), (1_000, 400, 600));
    }

    #[test]
    fn two_huge_files_without_a_common_line_end_soon() {
        let (before, after) = ("a\n".repeat(600_000), "b\n".repeat(10));
        assert_eq!(diff(Some(&before), Some(&after)).hidden, 600_000);
    }
}
