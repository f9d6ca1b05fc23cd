//! Which paths a placement may write: always below its own folder, never a name that git or another system reads as something else.

use super::{Refused, Shape, Wanted, directory::OWN_FOLDER};
use domain::{Error, Result};
use std::collections::BTreeSet;

/// Bytes of one path from the store's top to a file.
const LONGEST_PATH: usize = 1024;
/// Bytes of one name: what every file system takes.
const LONGEST_NAME: usize = 255;

/// Leaves out what leaves its root or contradicts what comes before it.
pub(super) fn sorted_out(wanted: &[Wanted]) -> (Vec<Wanted>, Vec<Refused>) {
    let (mut accepted, mut refused) = (Vec::with_capacity(wanted.len()), Vec::new());
    let mut taken = Taken::default();
    for one in wanted {
        match check(one).and_then(|()| taken.take(one)) {
            Ok(()) => accepted.push(one.clone()),
            Err(error) => refused.push(super::refused(one.id.clone(), error)),
        }
    }
    (accepted, refused)
}

/// What the wishes before have taken: folders for their own, and files.
#[derive(Default)]
struct Taken {
    folders: BTreeSet<String>,
    /// Everything above those folders.
    above: BTreeSet<String>,
}

impl Taken {
    fn take(&mut self, one: &Wanted) -> Result<()> {
        if one.shape != Shape::Folder {
            return Ok(());
        }
        let root = &one.root;
        if self.folders.contains(root) {
            return Err(Error::conflict(format!("two placements want the folder {root:?}")));
        }
        if self.above.contains(root) || ancestors(root).any(|above| self.folders.contains(above)) {
            return Err(Error::conflict(format!(
                "the folder {root:?} and that of another placement lie in each other"
            )));
        }
        self.folders.insert(root.clone());
        self.above.extend(ancestors(root).map(str::to_owned));
        Ok(())
    }
}

fn check(one: &Wanted) -> Result<()> {
    if !one.root.is_empty() || one.shape == Shape::Folder {
        check_path(&one.root)?;
    }
    let gone = match &one.shape {
        Shape::Files { gone } => Some(gone),
        _ => None,
    };
    for path in one.files.keys().chain(gone.into_iter().flatten()) {
        check_path(path)?;
        let full = one.full(path);
        if full.split('/').next().is_some_and(|top| top.eq_ignore_ascii_case(OWN_FOLDER)) {
            return Err(refused(&full, "lies in the folder where Midspan keeps its own notes"));
        }
        if full.len() > LONGEST_PATH {
            return Err(refused(path, "is too long below its folder"));
        }
        if let Some(above) = ancestors(path).find(|above| one.files.contains_key(*above)) {
            return Err(refused(path, &format!("lies below {above:?}, which is a file")));
        }
    }
    if let Shape::Listed { ledger, .. } = &one.shape {
        check_path(ledger)?;
        if let Some(path) = one.files.keys().find(|path| path.split('/').next() == Some(".kratix")) {
            return Err(refused(path, "lies in the folder where the lists of files are kept"));
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
        Wanted {
            root: root.to_owned(),
            shape: Shape::Folder,
            files,
            subject: String::new(),
            spared: Vec::new(),
            asked_by: BTreeSet::new(),
            id: root.to_owned(),
            fence: 0,
        }
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

    #[track_caller]
    fn left_out(wanted: &[Wanted], expected: &[&str]) {
        let (accepted, refused) = sorted_out(wanted);
        assert_eq!(refused.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), expected);
        assert_eq!(accepted.len() + refused.len(), wanted.len());
    }

    #[test]
    fn wishes_that_contradict_others_or_themselves_are_left_out_and_the_others_stay() {
        left_out(&[wanted("a", &["x"]), wanted("a", &["y"]), wanted("b", &["y"])], &["a"]);
        left_out(&[wanted("a/b", &["x"]), wanted("a", &["x"]), wanted("c", &["x"])], &["a"]);
        left_out(&[wanted("a", &["x"]), wanted("a/b", &["x"])], &["a/b"]);
        left_out(&[wanted("a", &["x", "x/y"])], &["a"]);
        left_out(&[wanted(".Midspan/a", &["x"])], &[".Midspan/a"]);
        left_out(&[wanted("", &["x"])], &[""]);
        left_out(&[wanted("a", &["x", "x.y", "y/x"]), wanted("ab", &[])], &[]);
    }
}
