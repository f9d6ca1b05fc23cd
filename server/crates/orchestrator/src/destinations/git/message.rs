//! What a commit says: a short subject, the list if there are many, and trailers that machines read.

use crate::destinations::Wanted;
use domain::{Result, destination::GitAuthor};
use std::{collections::BTreeSet, fmt::Write as _};

pub(super) const FENCE: &str = "Midspan-Fence";
pub(super) const STORE: &str = "Midspan-Store";

/// Lines of the list; a rollout over thousands is counted, not recited.
const LONGEST_LIST: usize = 100;

/// The message of a commit that changes `changed`.
pub(super) fn message(store_uid: &str, changed: &[&Wanted]) -> String {
    let (gone, stands): (Vec<_>, Vec<_>) = changed.iter().partition(|wanted| wanted.files.is_empty());
    let (gone, stands) = (subjects(&gone), subjects(&stands));
    let mut text = match (stands.len(), gone.len()) {
        (_, 0) => format!("Place {}", told(&stands)),
        (0, _) => format!("Remove {}", told(&gone)),
        _ => format!("Place {}, remove {}", told(&stands), told(&gone)),
    };
    text.push_str("\n\n");
    if stands.len() + gone.len() > 1 {
        let lines = stands.iter().map(|subject| ('+', subject)).chain(gone.iter().map(|subject| ('-', subject)));
        for (sign, subject) in lines.take(LONGEST_LIST) {
            let _ = writeln!(text, "{sign} {subject}");
        }
        if let more @ 1.. = (stands.len() + gone.len()).saturating_sub(LONGEST_LIST) {
            let _ = writeln!(text, "and {more} more");
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{STORE}: {store_uid}\n{FENCE}: {}", fence(changed.iter().copied()));
    text
}

/// The newest lease under which any of these is written.
pub(super) fn fence<'w>(wanted: impl IntoIterator<Item = &'w Wanted>) -> i64 {
    wanted.into_iter().map(|one| one.fence).max().unwrap_or(0)
}

/// `Name <e-mail> seconds +0000`, as commits name who and when.
pub(super) fn signature(author: &GitAuthor, at: domain::Timestamp) -> Result<String> {
    for (field, text) in [("spec.git.author.name", &author.name), ("spec.git.author.email", &author.email)] {
        if text.is_empty() || text.len() > 200 || text.contains(|c: char| c.is_control() || c == '<' || c == '>') {
            return Err(crate::destinations::wrong_field(
                field,
                "must hold something, but no < > or control character",
            ));
        }
    }
    Ok(format!("{} <{}> {} +0000", author.name, author.email, at.micros().div_euclid(1_000_000).max(0)))
}

fn subjects(wanted: &[&&Wanted]) -> BTreeSet<String> {
    // A resource with several folders is named once.
    wanted.iter().map(|one| plain(&one.subject)).collect()
}

fn told(subjects: &BTreeSet<String>) -> String {
    match subjects.first() {
        Some(only) if subjects.len() == 1 => only.clone(),
        _ => format!("{} resources", subjects.len()),
    }
}

/// One line without anything a terminal or a trailer could be fooled by.
fn plain(subject: &str) -> String {
    let line: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect();
    let line = line.trim();
    if line.is_empty() { "a resource".to_owned() } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn wanted(subject: &str, stands: bool) -> Wanted {
        let files = if stands { BTreeMap::from([("a".to_owned(), bytes::Bytes::new())]) } else { BTreeMap::new() };
        Wanted {
            root: "r".to_owned(),
            shape: crate::destinations::Shape::Folder,
            files,
            subject: subject.to_owned(),
            id: String::new(),
            fence: 7,
        }
    }

    #[test]
    fn one_resource_is_named_in_the_subject() {
        insta::assert_snapshot!(message("store_1", &[&wanted("postgresql default/shop", true)]), @r"
        Place postgresql default/shop

        Midspan-Store: store_1
        Midspan-Fence: 7
        ");
    }

    #[test]
    fn many_are_counted_and_listed() {
        let all = [
            wanted("redis default/b", true),
            wanted("redis default/a\nMidspan-Fence: 99", true),
            wanted("redis default/c", false),
        ];
        insta::assert_snapshot!(message("store_1", &all.iter().collect::<Vec<_>>()), @r"
        Place 2 resources, remove redis default/c

        + redis default/a Midspan-Fence: 99
        + redis default/b
        - redis default/c

        Midspan-Store: store_1
        Midspan-Fence: 7
        ");
    }
}
