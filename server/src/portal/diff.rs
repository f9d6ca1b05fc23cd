//! Files and fields before and after, as lines a page can draw.

use crate::service::preview::FileChange;
use app::view::{Change, DiffKind, DiffLine, FieldChange, FileDiff};
use forms::{Schema, labels::humanised};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// Lines drawn of one file.
const LONGEST: usize = 400;

/// A file as a diff, unchanged stretches folded.
pub fn file(change: &FileChange) -> FileDiff {
    let (before, after) = (change.before.as_deref().unwrap_or_default(), change.after.as_deref().unwrap_or_default());
    let kind = match (&change.before, &change.after) {
        (None, _) => Change::Create,
        (_, None) => Change::Remove,
        (Some(before), Some(after)) if before == after => Change::Same,
        _ => Change::Change,
    };
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    let (mut added, mut removed) = (0, 0);
    let mut last_old = 0;
    if kind != Change::Same {
        for group in diff.grouped_ops(CONTEXT) {
            let first_old = group.first().map_or(0, |op| op.old_range().start);
            if first_old > last_old {
                let count = first_old - last_old;
                lines.push(DiffLine { kind: DiffKind::Gap, text: format!("{count} unchanged line{}", if count == 1 { "" } else { "s" }), ..DiffLine::default() });
            }
            for op in &group {
                for change in diff.iter_changes(op) {
                    let kind = match change.tag() {
                        ChangeTag::Equal => DiffKind::Context,
                        ChangeTag::Insert => {
                            added += 1;
                            DiffKind::Added
                        }
                        ChangeTag::Delete => {
                            removed += 1;
                            DiffKind::Removed
                        }
                    };
                    let number = |index: Option<usize>| index.and_then(|index| u32::try_from(index + 1).ok());
                    lines.push(DiffLine { kind, old: number(change.old_index()), new: number(change.new_index()), text: change.value().trim_end_matches(['\n', '\r']).to_owned() });
                }
            }
            last_old = group.last().map_or(last_old, |op| op.old_range().end);
        }
    }
    let hidden = u32::try_from(lines.len().saturating_sub(LONGEST)).unwrap_or(u32::MAX);
    lines.truncate(LONGEST);
    FileDiff { path: change.path.clone(), destination: change.destination.clone(), change: kind, added, removed, lines, hidden }
}

/// The leaves in which two specs differ, labelled as the form labels them.
pub fn fields(schema: &Schema, before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare("", before, after, &mut |path, old, new| {
        let described = if new.is_null() { before } else { after };
        changes.push(FieldChange { label: label(schema, described, path), path: format!("spec.{path}"), before: shown(old), after: shown(new) });
    });
    changes
}

/// The leaves of a spec: path and value, in document order.
pub fn leaves(value: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    walk("", value, &mut |path, leaf| all.push((path.to_owned(), shown(leaf))));
    all
}

/// `backups.schedule` as the form calls it: `Backups / Schedule`.
pub fn label(schema: &Schema, value: &Value, path: &str) -> String {
    let (mut pointer, mut words) = (String::new(), Vec::new());
    for part in path.split('.') {
        let (name, indexes) = part.split_once('[').unwrap_or((part, ""));
        pointer = forms::pointer::join(&pointer, name);
        let title = schema.at(value, &pointer).and_then(|node| node.title.clone()).unwrap_or_else(|| humanised(name));
        let numbers: Vec<usize> = indexes.split('[').filter_map(|index| index.trim_end_matches(']').parse().ok()).collect();
        let numbered = numbers.iter().fold(title, |title, number| format!("{title} {}", number + 1));
        numbers.iter().for_each(|number| pointer = forms::pointer::join(&pointer, &number.to_string()));
        words.push(numbered);
    }
    words.join(" / ")
}

fn compare(path: &str, before: &Value, after: &Value, leaf: &mut impl FnMut(&str, &Value, &Value)) {
    if before == after {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else { return leaf(path, before, after) };
    for key in old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))) {
        let (old, new) = (old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null));
        compare(&join(path, key), old, new, leaf);
    }
}

fn walk(path: &str, value: &Value, leaf: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) if !map.is_empty() => map.iter().for_each(|(key, value)| walk(&join(path, key), value, leaf)),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().enumerate().for_each(|(index, value)| walk(&format!("{path}[{index}]"), value, leaf));
        }
        _ => leaf(path, value),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(before: Option<&str>, after: Option<&str>, expected: &str) {
        let change = FileChange { path: "a.yaml".into(), destination: "dev".into(), before: before.map(Into::into), after: after.map(Into::into) };
        let told: Vec<String> = file(&change)
            .lines
            .iter()
            .map(|line| match line.kind {
                DiffKind::Context => format!(" {}", line.text),
                DiffKind::Added => format!("+{}", line.text),
                DiffKind::Removed => format!("-{}", line.text),
                DiffKind::Gap => format!("~{}", line.text),
            })
            .collect();
        assert_eq!(told.join("|"), expected);
    }

    #[test]
    fn unchanged_stretches_are_folded() {
        check(None, Some("a\nb\n"), "+a|+b");
        check(Some("a\n"), Some("a\n"), "");
        check(Some("1\n2\n3\n4\n5\n6\n7\n"), Some("1\n2\n3\n4\n5\n6\nx\n"), "~3 unchanged lines| 4| 5| 6|-7|+x");
        check(Some("a\n"), None, "-a");
    }

    #[test]
    fn fields_that_differ_are_told_by_leaf() {
        let schema = json!({"properties": {"size": {"type": "string"}, "backups": {"title": "Back-ups", "properties": {"enabled": {"type": "boolean"}, "days": {"type": "integer", "title": "Kept days"}}}}});
        let schema = Schema::parse(&schema).unwrap();
        let changes = fields(&schema, &json!({"size": "small", "backups": {"enabled": false}}), &json!({"size": "large", "backups": {"enabled": true, "days": 7}}));
        let told: Vec<String> = changes.iter().map(|c| format!("{} ({}): {} -> {}", c.label, c.path, c.before, c.after)).collect();
        assert_eq!(
            told,
            ["Size (spec.size): small -> large", "Back-ups / Enabled (spec.backups.enabled): no -> yes", "Back-ups / Kept days (spec.backups.days):  -> 7"]
        );
    }
}
