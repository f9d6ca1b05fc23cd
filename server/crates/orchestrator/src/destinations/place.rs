//! Which paths a placement may write: always below its own folder, never a name that git or another system reads as something else.

use super::{Wanted, directory::OWN_FOLDER};
use domain::{Error, Result};
use std::collections::BTreeSet;

/// Bytes of one path from the store's top to a file.
const LONGEST_PATH: usize = 1024;
/// Bytes of one name: what every file system takes.
const LONGEST_NAME: usize = 255;

/// Refuses paths that leave their root, and wishes that contradict each other.
pub(super) fn check(wanted: &[Wanted]) -> Result<()> {
    let mut roots = BTreeSet::new();
    for one in wanted {
        check_path(&one.root)?;
        if one.root.split('/').next().is_some_and(|top| top.eq_ignore_ascii_case(OWN_FOLDER)) {
            return Err(refused(&one.root, "lies in the folder where Midspan keeps its own notes"));
        }
        if !roots.insert(one.root.as_str()) {
            return Err(Error::conflict(format!("two placements want the folder {:?}", one.root)));
        }
        for path in one.files.keys() {
            check_path(path)?;
            if one.root.len() + 1 + path.len() > LONGEST_PATH {
                return Err(refused(path, "is too long below its folder"));
            }
            if let Some(above) = ancestors(path).find(|above| one.files.contains_key(*above)) {
                return Err(refused(path, &format!("lies below {above:?}, which is a file")));
            }
        }
    }
    for root in &roots {
        if let Some(above) = ancestors(root).find(|above| roots.contains(above)) {
            return Err(Error::conflict(format!(
                "the folder {root:?} lies in {above:?}, which belongs to another placement"
            )));
        }
    }
    Ok(())
}

/// Refuses a path that is not plainly relative, or holds a name with a meaning of its own.
pub(super) fn check_path(path: &str) -> Result<()> {
    let problem = if path.is_empty() {
        "is empty"
    } else if path.len() > LONGEST_PATH {
        "is longer than 1024 bytes"
    } else if path.starts_with('/') {
        "is absolute"
    } else if path.contains(|c: char| c.is_control() || c == '\\') {
        "holds a control character or a backslash"
    } else if path.split('/').any(str::is_empty) {
        "has an empty part"
    } else if path.split('/').any(|name| name == "." || name == "..") {
        "has a part that is . or .."
    } else if path.split('/').any(|name| name.len() > LONGEST_NAME) {
        "has a part longer than 255 bytes"
    } else if path.split('/').any(means_git) {
        "has a part that git reads as its own"
    } else {
        return Ok(());
    };
    Err(refused(path, problem))
}

/// The folders above a path, nearest last: `a/b/c` has `a` and `a/b`.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

fn refused(path: &str, problem: &str) -> Error {
    let shown: String = path.chars().take(120).collect();
    Error::bad_request(format!("the path {shown:?} {problem}"))
}

/// `.git` and `.gitmodules` as any file system would spell them: case, trailing dots and spaces, NTFS short names and streams, code points
/// that HFS+ ignores.
fn means_git(name: &str) -> bool {
    let seen: String = name.chars().filter(|c| !invisible(*c)).flat_map(char::to_lowercase).collect();
    let stem = seen.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    matches!(stem, ".git" | "git~1" | ".gitmodules" | "gitmod~1")
}

fn invisible(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[track_caller]
    fn check(path: &str, problem: &str) {
        let told = check_path(path).err().map(|error| error.message).unwrap_or_default();
        assert!(if problem.is_empty() { told.is_empty() } else { told.contains(problem) }, "{path:?}: {told}");
    }

    fn wanted(root: &str, files: &[&str]) -> Wanted {
        let files = files.iter().map(|path| ((*path).to_owned(), Bytes::from_static(b"x"))).collect();
        Wanted { root: root.to_owned(), files, subject: String::new(), id: String::new(), fence: 0 }
    }

    #[test]
    fn ordinary_names_pass_whatever_their_script() {
        check("clusters/dev/größe und 日本.yaml", "");
        check("a..b/.gitignore/-rf/x.git", "");
        check(&"n".repeat(255), "");
    }

    #[test]
    fn nothing_leads_outside() {
        check("", "empty");
        check("/etc/passwd", "absolute");
        check("a//b", "empty part");
        check("a/", "empty part");
        check("a/../../b", "..");
        check("a/./b", ".");
        check("a\0b", "control");
        check("a\\..\\b", "backslash");
        check("a\nb", "control");
        check(&"n".repeat(256), "255");
        check(&"n/".repeat(600), "1024");
    }

    #[test]
    fn no_spelling_of_gits_own_folder_passes() {
        for name in [
            ".git",
            ".GIT",
            ".Git.",
            ".git ",
            "git~1",
            "GIT~1",
            ".git::$INDEX_ALLOCATION",
            ".g\u{200c}it",
            ".gitmodules",
        ] {
            check(&format!("a/{name}/hooks"), "git reads");
        }
    }

    #[test]
    fn wishes_that_contradict_each_other_are_refused() {
        assert!(super::check(&[wanted("a", &["x"]), wanted("a", &["y"])]).is_err());
        assert!(super::check(&[wanted("a/b", &["x"]), wanted("a", &["y"])]).is_err());
        assert!(super::check(&[wanted("a", &["x", "x/y"])]).is_err());
        assert!(super::check(&[wanted(".Midspan/a", &["x"])]).is_err());
        assert!(super::check(&[wanted("a", &["x", "x.y", "y/x"]), wanted("ab", &[])]).is_ok());
    }
}
