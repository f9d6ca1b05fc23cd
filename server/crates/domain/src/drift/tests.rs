//! What a look finds, judged.

use super::*;

fn files(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, content)| ((*path).to_owned(), Digest::of(content))).collect()
}

fn seen(files: &[(&str, &str)]) -> BTreeMap<String, Seen> {
    files.iter().map(|(path, content)| ((*path).to_owned(), Seen::File(Digest::of(content)))).collect()
}

#[track_caller]
fn check(placed: &[(&str, &str)], found: &[(&str, &str)], owned: bool, ignored: &[&str], expected: &str) {
    let ignored: Vec<String> = ignored.iter().map(|pattern| (*pattern).to_owned()).collect();
    let drift = compare(&files(placed), &seen(found), owned, &ignored, Timestamp::from_micros(1));
    let told = drift.map_or_else(Vec::new, |drift| drift.files);
    let told: Vec<String> = told.iter().map(|file| format!("{} {}", file.path, file.change.as_str())).collect();
    assert_eq!(told.join(", "), expected);
}

#[test]
fn what_was_changed_is_missing_or_does_not_belong_is_told_by_its_path() {
    let placed = [("a", "1"), ("b", "2"), ("d/c", "3")];
    check(&placed, &placed, true, &[], "");
    check(&placed, &[("a", "1"), ("b", "x"), ("z", "9")], true, &[], "b changed, d/c missing, z foreign");
}

#[test]
fn in_a_folder_that_others_use_too_nothing_is_foreign() {
    check(&[("a", "1")], &[("a", "1"), ("z", "9")], false, &[], "");
}

#[test]
fn what_is_others_to_change_is_not_told() {
    check(&[("a", "1"), ("b.lock", "2")], &[("a", "1"), ("x/c.lock", "9")], true, &["*.lock"], "");
}

#[test]
fn a_link_in_a_file_s_place_is_a_change() {
    let seen = BTreeMap::from([("a".to_owned(), Seen::Odd)]);
    let found = compare(&files(&[("a", "1")]), &seen, true, &[], Timestamp::from_micros(1)).unwrap();
    assert_eq!(found.files[0].change, Difference::Changed);
}

#[test]
fn a_thousand_files_are_counted_and_the_first_are_named() {
    let many: Vec<(String, Seen)> = (0..1_000).map(|n| (format!("{n:04}"), Seen::Unread)).collect();
    let found = compare(&Files::new(), &many.into_iter().collect(), true, &[], Timestamp::from_micros(1)).unwrap();
    assert_eq!((found.count, found.files.len(), found.files[99].path.as_str()), (1_000, 100, "0099"));
    let mut placement = Placement {
        metadata: crate::Metadata::default(),
        spec: crate::placement::PlacementSpec::default(),
        status: crate::placement::PlacementStatus { drift: Some(found), ..Default::default() },
    };
    placement.spec.destination = "dev".to_owned();
    placement.spec.root = "r".to_owned();
    let drift = Drift::of(&[placement]).unwrap();
    assert_eq!((drift.count, drift.files.len()), (1_000, 50));
    assert_eq!(
        drift.words(),
        "1000 files at dev are not as placed: r/0000 foreign, r/0001 foreign, r/0002 foreign, 997 more"
    );
}
