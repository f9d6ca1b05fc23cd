//! What a commit says: a short subject, the list if there are many, and trailers that machines read.

use crate::destinations::Wanted;
use domain::{Result, Timestamp, destination::GitAuthor};
use std::{collections::BTreeSet, fmt::Write as _};

pub(super) const FENCE: &str = "Midspan-Fence";
pub(super) const STORE: &str = "Midspan-Store";

/// Lines of the list; a rollout over thousands is counted, not recited.
const LONGEST_LIST: usize = 100;

/// Trailers for people; a rollout that hundreds are behind names the first of them.
const MOST_ASKERS: usize = 50;
const NO_REPLY: &str = "users.noreply.midspan.invalid";

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
    if sole_asker(changed).is_none() {
        for name in askers(changed).into_iter().take(MOST_ASKERS) {
            let _ = writeln!(text, "Co-authored-by: {}", person(name));
        }
    }
    text
}

/// The one who asked for everything in the commit.
fn sole_asker<'w>(changed: &[&'w Wanted]) -> Option<&'w str> {
    let askers = askers(changed);
    let everything = changed.iter().all(|one| !one.asked_by.is_empty());
    askers.first().copied().filter(|_| askers.len() == 1 && everything)
}

fn askers<'w>(changed: &[&'w Wanted]) -> BTreeSet<&'w str> {
    changed.iter().flat_map(|one| &one.asked_by).map(String::as_str).collect()
}

/// `dana <dana@users.noreply.midspan.invalid>`: a stable address that reaches nobody, and nothing in a name that git or a trailer could be fooled by.
fn person(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_control() || matches!(c, '<' | '>') { ' ' } else { c }).take(100).collect();
    let local: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).take(60).collect();
    let plain = if plain.trim().is_empty() { "somebody" } else { plain.trim() };
    format!("{plain} <{local}@{NO_REPLY}>")
}

/// Who wrote a commit and who made it: the one who asked for all of it, else Midspan itself, which has made it in either case.
pub(super) fn signatures(store: &GitAuthor, changed: &[&Wanted], at: Timestamp) -> Result<(String, String)> {
    let committer = signature(store, at)?;
    let author = sole_asker(changed).map_or_else(|| committer.clone(), |name| format!("{} {}", person(name), when(at)));
    Ok((author, committer))
}

/// The newest lease under which any of these is written.
pub(super) fn fence<'w>(wanted: impl IntoIterator<Item = &'w Wanted>) -> i64 {
    wanted.into_iter().map(|one| one.fence).max().unwrap_or(0)
}

/// `Name <e-mail> seconds +0000`, as commits name who and when.
pub(super) fn signature(author: &GitAuthor, at: Timestamp) -> Result<String> {
    for (field, text) in [("spec.git.author.name", &author.name), ("spec.git.author.email", &author.email)] {
        if text.is_empty() || text.len() > 200 || text.contains(|c: char| c.is_control() || c == '<' || c == '>') {
            return Err(crate::destinations::wrong_field(
                field,
                "must hold something, but no < > or control character",
            ));
        }
    }
    Ok(format!("{} <{}> {}", author.name, author.email, when(at)))
}

fn when(at: Timestamp) -> String {
    format!("{} +0000", at.micros().div_euclid(1_000_000).max(0))
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
            spared: Vec::new(),
            asked_by: BTreeSet::new(),
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

    fn asked(by: &[&str]) -> Wanted {
        Wanted {
            spared: Vec::new(),
            asked_by: by.iter().map(|&name| name.to_owned()).collect(),
            ..wanted("redis default/a", true)
        }
    }

    #[track_caller]
    fn check(all: &[Wanted], author: &str, trailers: &[&str]) {
        let all: Vec<&Wanted> = all.iter().collect();
        let at = Timestamp::from_micros(7_000_000);
        let (written_by, made_by) = signatures(&GitAuthor::default(), &all, at).unwrap();
        assert_eq!((written_by.as_str(), made_by.as_str()), (author, "Midspan <midspan@localhost> 7 +0000"));
        let message = message("store_1", &all);
        let told: Vec<&str> = message.lines().filter_map(|line| line.strip_prefix("Co-authored-by: ")).collect();
        assert_eq!(told, trailers);
    }

    #[test]
    fn who_asked_for_all_of_it_is_the_author_and_several_are_named_together() {
        let (dana, ana) = ("dana <dana@users.noreply.midspan.invalid>", "ana <ana@users.noreply.midspan.invalid>");
        let midspan = "Midspan <midspan@localhost> 7 +0000";
        check(&[asked(&["dana"]), asked(&["dana"])], &format!("{dana} 7 +0000"), &[]);
        check(&[asked(&["dana"]), asked(&["ana"])], midspan, &[ana, dana]);
        check(&[asked(&["dana"]), asked(&[])], midspan, &[dana]);
        check(&[asked(&[])], midspan, &[]);
    }

    #[test]
    fn a_name_cannot_be_another_trailer_or_address() {
        let evil = person("eve\nMidspan-Fence: 9 <a@b.example>");
        assert_eq!(
            evil,
            "eve Midspan-Fence: 9  a@b.example <eve-Midspan-Fence--9--a-b.example-@users.noreply.midspan.invalid>"
        );
    }
}
