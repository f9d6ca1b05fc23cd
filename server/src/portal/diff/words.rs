//! Lines that went against lines that came: which belong together, and which of their words differ.

use app::view::{Beside, ChangedLine, Word};
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Beyond this many pairs of lines, lines stand against each other as they come.
const MOST_PAIRS: usize = 2_500;
/// Lines that share less than this part of their letters are different lines.
const ALIKE: f32 = 0.4;

/// A line with its number.
#[derive(Clone, Copy)]
pub struct Numbered<'t> {
    pub number: u32,
    pub text: &'t str,
}

/// The lines of one change beside each other, in order on both sides.
pub fn beside(old: &[Numbered<'_>], new: &[Numbered<'_>]) -> Vec<Beside> {
    let mut rows = Vec::new();
    let (mut from_old, mut from_new) = (0, 0);
    for (at_old, at_new) in pairs(old, new) {
        rows.extend(apart(&old[from_old..at_old], &new[from_new..at_new]));
        let (words_old, words_new) = marked(old[at_old].text, new[at_new].text);
        rows.push(Beside {
            old: Some(ChangedLine { number: old[at_old].number, words: words_old }),
            new: Some(ChangedLine { number: new[at_new].number, words: words_new }),
        });
        (from_old, from_new) = (at_old + 1, at_new + 1);
    }
    rows.extend(apart(&old[from_old..], &new[from_new..]));
    rows
}

/// Lines that have nothing to do with each other; they share rows to save room.
fn apart(old: &[Numbered<'_>], new: &[Numbered<'_>]) -> Vec<Beside> {
    let whole = |line: &Numbered<'_>| ChangedLine::whole(line.number, line.text);
    let row = |at: usize| Beside { old: old.get(at).map(whole), new: new.get(at).map(whole) };
    (0..old.len().max(new.len())).map(row).collect()
}

/// The places of lines that belong together, so that as much as possible is shared and nothing crosses.
fn pairs(old: &[Numbered<'_>], new: &[Numbered<'_>]) -> Vec<(usize, usize)> {
    if old.len() * new.len() > MOST_PAIRS {
        return Vec::new();
    }
    let (bags_old, bags_new) = (bags(old), bags(new));
    let shared: Vec<Vec<f32>> =
        bags_old.iter().map(|one| bags_new.iter().map(|other| likeness(one, other)).collect()).collect();
    // best[i][j]: the most that lines from i and j on can share
    let mut best = vec![vec![0.0_f32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let together = if shared[i][j] < ALIKE { 0.0 } else { shared[i][j] + best[i + 1][j + 1] };
            best[i][j] = best[i + 1][j].max(best[i][j + 1]).max(together);
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if shared[i][j] >= ALIKE && best[i][j] <= shared[i][j] + best[i + 1][j + 1] {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[i + 1][j] >= best[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

fn bags<'t>(lines: &[Numbered<'t>]) -> Vec<Vec<&'t str>> {
    lines.iter().map(|line| bag(line.text)).collect()
}

/// The words of a line in the order of their letters, without the space between them.
fn bag(line: &str) -> Vec<&str> {
    let mut words: Vec<&str> = tokens(line).into_iter().filter(|word| !word.trim().is_empty()).collect();
    words.sort_unstable();
    words
}

/// Which part of the letters of the longer line both have.
fn likeness(one: &[&str], other: &[&str]) -> f32 {
    let (mut at, mut to, mut shared) = (0, 0, 0);
    while let (Some(left), Some(right)) = (one.get(at), other.get(to)) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => at += 1,
            std::cmp::Ordering::Greater => to += 1,
            std::cmp::Ordering::Equal => {
                shared += left.len();
                (at, to) = (at + 1, to + 1);
            }
        }
    }
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    ratio(shared, length(one).max(length(other)))
}

#[expect(clippy::cast_precision_loss, reason = "lengths of lines, which are cut long before that matters")]
fn ratio(part: usize, whole: usize) -> f32 {
    if whole == 0 { 1.0 } else { part as f32 / whole as f32 }
}

/// Both lines in pieces, those marked that the other line does not have.
fn marked(old: &str, new: &str) -> (Vec<Word>, Vec<Word>) {
    let (old, new) = (tokens(old), tokens(new));
    let (mut words_old, mut words_new) = (Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let differs = op.tag() != DiffTag::Equal;
        add(&mut words_old, &old[op.old_range()], differs);
        add(&mut words_new, &new[op.new_range()], differs);
    }
    (joined(words_old), joined(words_new))
}

fn add(words: &mut Vec<Word>, tokens: &[&str], differs: bool) {
    if !tokens.is_empty() {
        words.push(Word { text: tokens.concat(), differs });
    }
}

/// Differing words with nothing but space between them are one piece.
fn joined(words: Vec<Word>) -> Vec<Word> {
    let mut pieces: Vec<Word> = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(mut word) = words.next() {
        let between = pieces.last().is_some_and(|last| last.differs) && words.peek().is_some_and(|next| next.differs);
        word.differs |= between && word.text.trim().is_empty();
        match pieces.last_mut().filter(|last| last.differs == word.differs) {
            Some(last) => last.text.push_str(&word.text),
            None => pieces.push(word),
        }
    }
    pieces
}

/// Words, runs of space, and every other character by itself.
fn tokens(line: &str) -> Vec<&str> {
    #[derive(PartialEq)]
    enum Sort {
        Word,
        Space,
        Other,
    }
    let sort = |letter: char| match letter {
        _ if letter.is_alphanumeric() || letter == '_' => Sort::Word,
        _ if letter.is_whitespace() => Sort::Space,
        _ => Sort::Other,
    };
    let (mut found, mut start, mut last) = (Vec::new(), 0, Sort::Other);
    for (at, letter) in line.char_indices() {
        let now = sort(letter);
        if at > start && (now != last || now == Sort::Other) {
            found.push(&line[start..at]);
            start = at;
        }
        last = now;
    }
    if start < line.len() {
        found.push(&line[start..]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &[Word]) -> String {
        words.iter().map(|word| if word.differs { format!("[{}]", word.text) } else { word.text.clone() }).collect()
    }

    #[track_caller]
    fn check(old: &[&str], new: &[&str], expected: &str) {
        fn numbered<'t>(lines: &[&'t str]) -> Vec<Numbered<'t>> {
            lines.iter().zip(1..).map(|(text, number)| Numbered { number, text }).collect()
        }
        let side = |line: &Option<ChangedLine>| line.as_ref().map_or_else(String::new, |line| told(&line.words));
        let rows = beside(&numbered(old), &numbered(new));
        let rows: Vec<_> = rows.iter().map(|row| format!("{}|{}", side(&row.old), side(&row.new))).collect();
        assert_eq!(rows.join("\n"), expected);
    }

    #[test]
    fn only_the_words_that_differ_are_marked() {
        check(&["  replicas: 1"], &["  replicas: 3"], "  replicas: [1]|  replicas: [3]");
        check(&["image: a/b:1.2.3"], &["image: a/b:1.3.0"], "image: a/b:1.[2].[3]|image: a/b:1.[3].[0]");
        check(&["name: the old name"], &["name: some new name"], "name: [the old] name|name: [some new] name");
        check(&["größe: äh"], &["größe: öh"], "größe: [äh]|größe: [öh]");
    }

    #[test]
    fn lines_that_have_little_in_common_are_not_told_apart_word_by_word() {
        check(&["size: small"], &["owner = checkout"], "size: small|owner = checkout");
    }

    #[test]
    fn a_line_stands_beside_the_one_that_came_for_it() {
        check(
            &["replicas: 1", "gone"],
            &["labels:", "  team: shop", "replicas: 3"],
            "|labels:\n|  team: shop\nreplicas: [1]|replicas: [3]\ngone|",
        );
    }

    #[test]
    fn a_word_more_is_marked_on_one_side_only() {
        check(&["a: b"], &["a: b c"], "a: b|a: b[ c]");
        check(&[], &["a"], "|a");
    }

    #[test]
    fn very_many_lines_stand_against_each_other_as_they_come() {
        let lines: Vec<String> = (0..60).map(|number| format!("line {number}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let numbered: Vec<_> = lines.iter().zip(1..).map(|(text, number)| Numbered { number, text }).collect();
        assert_eq!(beside(&numbered, &numbered).len(), 60);
    }
}
