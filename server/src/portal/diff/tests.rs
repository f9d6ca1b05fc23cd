//! What a diff folds, counts and cuts; and that it counts as git does.

use super::*;
use app::view::ChangedLine;
use std::{
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

#[track_caller]
fn check(before: Option<&str>, after: Option<&str>, expected: &str) {
    assert_eq!(told(&texts(before, after)), expected);
}

#[test]
fn unchanged_stretches_are_folded_on_both_sides() {
    let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n";
    check(Some(before), Some(&before.replace('6', "x")), "~2| 3| 4| 5|-6|+x| 7| 8| 9|~2");
    check(Some("1\n2\n"), Some("1\nx\n"), " 1|-2|+x");
    // one line is no shorter when it is folded
    check(Some("1\n2\n3\n4\n5\n"), Some("1\n2\n3\n4\nx\n"), " 1| 2| 3| 4|-5|+x");
    let middle: String = (0..9).map(|number| format!("{number}\n")).collect();
    check(Some(&format!("a\n{middle}b\n")), Some(&format!("x\n{middle}y\n")), "-a|+x| 0| 1| 2|~3| 6| 7| 8|-b|+y");
}

#[test]
fn new_and_removed_files_are_told_whole() {
    check(None, Some("a\nb\n"), "+a|+b");
    check(Some("a\n"), None, "-a");
    check(Some("a\n"), Some("a\n"), " a");
    check(Some(""), Some(""), "");
}

#[test]
fn lines_are_numbered_on_the_side_they_stand_on() {
    let diff = texts(Some("a\nb\n"), Some("a\nc\n"));
    let [DiffPart::Same(same), DiffPart::Changed(rows)] = diff.parts.as_slice() else { panic!("{:?}", diff.parts) };
    assert_eq!((same[0].old, same[0].new), (1, 1));
    let number = |line: &Option<ChangedLine>| line.as_ref().map(|line| line.number);
    assert_eq!((number(&rows[0].old), number(&rows[0].new)), (Some(2), Some(2)));
}

#[test]
fn a_long_file_is_cut_and_says_so() {
    let long = "x\n".repeat(1_000);
    let mut diff = texts(None, Some(&long));
    assert_eq!((diff.added, cut(&mut diff, 1_000), diff.hidden), (1_000, 400, 600));
    assert_eq!((cut(&mut diff, 10), diff.hidden), (10, 990));
}

#[test]
fn what_is_folded_is_not_carried_where_there_is_no_room_for_it() {
    let long: String = (0..2_000).map(|number| format!("{number}\n")).collect();
    let diff = texts(Some(&long), Some(&long.replace("1000\n", "x\n")));
    assert_eq!((told(&diff).as_str(), diff.hidden), ("~997| 997| 998| 999|-1000|+x| 1001| 1002| 1003|~996", 0));
    let carried: usize =
        diff.parts.iter().map(|part| if let DiffPart::Folded { lines, .. } = part { lines.len() } else { 0 }).sum();
    assert_eq!(carried, 0);
}

#[test]
fn two_huge_files_without_a_common_line_end_soon() {
    let (before, after) = ("a\n".repeat(600_000), "b\n".repeat(10));
    assert_eq!(texts(Some(&before), Some(&after)).hidden, 600_000);
}

#[test]
fn an_end_that_changed_is_a_change_as_git_sees_it() {
    for (before, after) in [("a\nb", "a\nb\n"), ("a\r\nb\n", "a\nb\n"), ("a\rb\n", "a\nb\n"), ("", "\n")] {
        let diff = texts(Some(before), Some(after));
        assert_eq!((diff.added, diff.removed), counted_by_git(before, after), "{before:?} {after:?}");
    }
}

#[test]
fn counts_are_those_of_git() {
    let words = ["name: a", "  image: b:1", "replicas: 1", "---", "  - port: 80", "", "kind: Service", "labels:"];
    let mut chance = 7_u64;
    let mut next = |below: usize| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(chance >> 33).unwrap() % below
    };
    for _ in 0..60 {
        let old: Vec<&str> = (0..next(30)).map(|_| words[next(words.len())]).collect();
        let mut new = old.clone();
        for _ in 0..next(8) {
            let at = next(new.len() + 1);
            match next(3) {
                0 => new.insert(at, words[next(words.len())]),
                1 if at < new.len() => drop(new.remove(at)),
                _ if at < new.len() => new[at] = "changed: true",
                _ => {}
            }
        }
        let text = |lines: &[&str]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let (old, new) = (text(&old), text(&new));
        let diff = texts(Some(&old), Some(&new));
        assert_eq!((diff.added, diff.removed), counted_by_git(&old, &new), "{old}\n=====\n{new}");
    }
}

/// Lines added and removed, as `git diff --numstat` has it.
fn counted_by_git(before: &str, after: &str) -> (u32, u32) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("midspan_diff_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("old", before);
    write("new", after);
    let told = numstat(&folder);
    fs::remove_dir_all(&folder).unwrap();
    let mut numbers = told.split_whitespace().map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

fn numstat(folder: &Path) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "core.autocrlf=false", "diff", "--no-index", "--numstat", "old", "new"]).current_dir(folder);
    String::from_utf8(git.output().unwrap().stdout).unwrap()
}
