//! The list of files that a placement has among others in a flat destination: `.kratix/<namespace>-<name>.yaml`, as Kratix keeps it.

use super::{Shape, Wanted};
use bytes::Bytes;
use domain::{Error, Result, document, drift::ignores};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is read before these wishes can be resolved: their lists, and what of their files is others' to change.
pub(super) fn asked(wanted: &[Wanted]) -> Vec<String> {
    let of = |one: &Wanted| -> Vec<String> {
        let Shape::Listed { ledger, .. } = &one.shape else { return Vec::new() };
        let spared = one.files.keys().filter(|path| ignores(&one.spared, path));
        std::iter::once(ledger).chain(spared).map(|path| one.full(path)).collect()
    };
    wanted.iter().flat_map(of).collect()
}

/// The wish as files that come and files that go, by what its list says now. What is others' to change stays as it stands, in the list too,
/// until everything goes.
pub(super) fn resolved(mut wanted: Wanted, found: &BTreeMap<String, Bytes>) -> Result<Wanted> {
    let Shape::Listed { ledger, store_path, kept } = wanted.shape else { return Ok(wanted) };
    wanted.shape = Shape::Folder;
    let place = wanted.full(&ledger);
    let before = found.get(&place).map(|text| read(text, &place, &store_path, &wanted.root)).transpose()?;
    let stays = |path: &String| wanted.files.contains_key(path) || kept.contains(path);
    let old = before.unwrap_or_default().into_iter().filter(|path| !stays(path));
    if wanted.files.is_empty() {
        wanted.shape = Shape::Files { gone: old.chain([ledger]).collect() };
        return Ok(wanted);
    }
    let spared = |path: &str| ignores(&wanted.spared, path);
    let (theirs, gone): (BTreeSet<String>, BTreeSet<String>) = old.partition(|path| spared(path));
    let text = written(&wanted, wanted.files.keys().chain(&theirs).collect(), &store_path);
    let mut files = wanted.files.clone();
    files.retain(|path, _| !(spared(path) && found.contains_key(&wanted.full(path))));
    files.insert(ledger, text);
    Ok(Wanted { shape: Shape::Files { gone }, files, ..wanted })
}

/// Kratix names files from the store's path on, the destination's folder included.
fn written(wanted: &Wanted, paths: BTreeSet<&String>, store_path: &str) -> Bytes {
    let mut text = "files:\n".to_owned();
    for path in paths {
        let full = wanted.full(path);
        let named = full.strip_prefix(store_path).unwrap_or(&full).trim_start_matches('/');
        text.push_str(&format!("- {}\n", Value::from(named)));
    }
    text.into()
}

/// The files of a list, below the root. What does not lie there is not ours to remove, whoever wrote it into the list.
fn read(text: &[u8], place: &str, store_path: &str, root: &str) -> Result<BTreeSet<String>> {
    let unreadable = || {
        let problem = format!("the list of files {place:?} cannot be read; mend it in the store, or remove it there");
        Error::conflict(problem)
    };
    let text = std::str::from_utf8(text).map_err(|_| unreadable())?;
    let listed = document::parse_one(text, place).map_err(|_| unreadable())?;
    let files = listed.get("files").and_then(Value::as_array).ok_or_else(unreadable)?;
    let full = |path: &str| if store_path.is_empty() { path.to_owned() } else { format!("{store_path}/{path}") };
    let below = |path: &Value| {
        let full = full(path.as_str()?);
        let below = if root.is_empty() { full.as_str() } else { full.strip_prefix(root)?.strip_prefix('/')? };
        super::place::check_path(below).ok().map(|()| below.to_owned())
    };
    Ok(files.iter().filter_map(below).collect())
}

/// A wish for a whole folder in which some files are others' to change: those stay as they are.
pub(super) fn sparing(one: Wanted, standing: &BTreeSet<String>) -> Wanted {
    let spared = |path: &str| ignores(&one.spared, path);
    let gone = standing.iter().filter(|path| !spared(path) && !one.files.contains_key(*path)).cloned().collect();
    let mut files = one.files.clone();
    files.retain(|path, _| !(spared(path) && standing.contains(path)));
    Wanted { shape: Shape::Files { gone }, files, ..one }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(root: &str, store_path: &str, files: &[&str], kept: &[&str]) -> Wanted {
        Wanted {
            root: root.to_owned(),
            shape: Shape::Listed {
                ledger: ".kratix/default-p.yaml".to_owned(),
                store_path: store_path.to_owned(),
                kept: kept.iter().map(|path| (*path).to_owned()).collect(),
            },
            files: files.iter().map(|path| ((*path).to_owned(), Bytes::from_static(b"x"))).collect(),
            subject: String::new(),
            spared: Vec::new(),
            asked_by: BTreeSet::new(),
            id: String::new(),
            fence: 0,
        }
    }

    fn gone(wanted: Wanted, list: &str) -> Result<Vec<String>> {
        let place = wanted.full(".kratix/default-p.yaml");
        let found = BTreeMap::from([(place, Bytes::copy_from_slice(list.as_bytes()))]);
        resolved(wanted, &found).map(|one| match one.shape {
            Shape::Files { gone } => gone.into_iter().collect(),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn what_is_listed_and_neither_wanted_nor_anothers_goes() {
        let list = "files:\n- dev/a.yaml\n- dev/b.yaml\n- dev/c.yaml\n";
        assert_eq!(gone(wanted("dev", "", &["a.yaml"], &["b.yaml"]), list).unwrap(), ["c.yaml"]);
        assert_eq!(
            gone(wanted("top/dev", "top", &[], &[]), list).unwrap(),
            [".kratix/default-p.yaml", "a.yaml", "b.yaml", "c.yaml"]
        );
    }

    #[test]
    fn a_list_that_names_what_lies_elsewhere_removes_nothing_there() {
        let list = "files: [other/a.yaml, dev/../x, /etc/passwd, dev/.git/config, dev/ok]";
        assert_eq!(gone(wanted("dev", "", &["new"], &[]), list).unwrap(), ["ok"]);
    }

    #[test]
    fn a_list_that_cannot_be_read_removes_nothing_and_says_so() {
        let error = gone(wanted("dev", "", &["new"], &[]), "files: {}").unwrap_err();
        assert!(error.message.contains("dev/.kratix/default-p.yaml"), "{error}");
    }

    #[test]
    fn the_list_is_kept_as_kratix_keeps_it() {
        let one = resolved(wanted("top/dev", "top", &["b", "a: 1"], &[]), &BTreeMap::new()).unwrap();
        assert_eq!(&one.files[".kratix/default-p.yaml"][..], b"files:\n- \"dev/a: 1\"\n- \"dev/b\"\n");
    }
}
