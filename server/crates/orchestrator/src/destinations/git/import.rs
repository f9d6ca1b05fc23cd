//! One commit as a `git fast-import` stream, with the questions whose answers tell what it changed.

use super::{Fault, Pass, message};
use crate::destinations::{Refused, Shape, Wanted, place, refused};
use bytes::Bytes;
use domain::{Error, Timestamp};
use std::{collections::BTreeSet, fmt::Write as _};

/// A commit that exists in the cache only.
#[derive(Debug)]
pub(super) struct Built<'w> {
    pub commit: String,
    /// The wishes that were not already fulfilled by the base; empty: there is nothing to push.
    pub changed: Vec<&'w Wanted>,
    /// The wishes that what stands in the base does not leave room for; if there are any, the commit is not to be used.
    pub blocked: Vec<Refused>,
}

impl Pass<'_> {
    /// Builds the child of `base` that holds everything wanted and is otherwise the same.
    pub(super) async fn build<'w>(
        &self,
        base: Option<&str>,
        wanted: &[&'w Wanted],
        now: Timestamp,
    ) -> Result<Built<'w>, Fault> {
        let signatures = message::signatures(&self.spec.author, wanted, now)?;
        let above: BTreeSet<String> = wanted.iter().flat_map(|one| above(one)).collect();
        let probes: Vec<Vec<String>> = wanted.iter().map(|one| probes(one)).collect();
        let message = message::message(self.store_uid, wanted);
        let stream = stream(base, wanted, &above, &probes, &signatures, &message);
        let answer =
            self.git.say(&["fast-import", "--quiet", "--done", "--force"], stream, self.patience.local).await?;
        if !answer.ok {
            return Err(Fault::cache("git fast-import", &answer.err));
        }
        let text = String::from_utf8_lossy(&answer.out);
        let mut lines = text.lines();
        let mut next = || lines.next().ok_or_else(|| Fault::cache("git fast-import", "it answered too little"));
        let mut before = Vec::new();
        let mut in_the_way = BTreeSet::new();
        if base.is_some() {
            for folder in &above {
                let entry = next()?;
                if !entry.starts_with("missing") && !entry.starts_with("040000 ") {
                    in_the_way.insert(folder.as_str());
                }
            }
            for probe in probes.iter().flatten() {
                let entry = object(next()?);
                before.push(entry);
                if entry.starts_with("040000 ") {
                    in_the_way.insert(probe.as_str());
                }
            }
        }
        let commit = next()?.to_owned();
        let (mut changed, mut blocked) = (Vec::new(), Vec::new());
        let mut before = before.into_iter();
        for (one, probes) in wanted.iter().zip(&probes) {
            let mut differs = false;
            for _ in probes {
                differs |= before.next().unwrap_or_default() != object(next()?);
            }
            if differs {
                changed.push(*one);
            }
            blocked.extend(obstacle(one, &in_the_way).map(|error| refused(one.id.clone(), error)));
        }
        Ok(Built { commit, changed, blocked })
    }

    /// A commit of nothing on nothing, for asking whether a branch may be made.
    pub(super) async fn build_empty(&self) -> Result<String, Fault> {
        Ok(self.build(None, &[], Timestamp::default()).await?.commit)
    }
}

/// What an answered `ls` line names: `040000 tree 18021b…`; nothing for `missing`.
fn object(line: &str) -> &str {
    if line.starts_with("missing") { "" } else { line.split('\t').next().unwrap_or_default() }
}

/// The folders that must be folders, or not be there.
fn above(one: &Wanted) -> BTreeSet<String> {
    let paths: Vec<String> = match one.shape {
        Shape::Folder => vec![one.root.clone()],
        _ => one.files.keys().map(|path| one.full(path)).collect(),
    };
    paths.iter().flat_map(|path| place::ancestors(path)).map(str::to_owned).collect()
}

/// What is looked at before and after, to see whether a wish changes anything.
fn probes(one: &Wanted) -> Vec<String> {
    match &one.shape {
        Shape::Folder => vec![one.root.clone()],
        Shape::Files { gone } => one.files.keys().chain(gone).map(|path| one.full(path)).collect(),
        Shape::Listed { .. } => Vec::new(),
    }
}

/// What is not as this wish needs it: a file where a folder must be, or the other way about.
fn obstacle(one: &Wanted, in_the_way: &BTreeSet<&str>) -> Option<Error> {
    let leaves = |path: &&String| matches!(&one.shape, Shape::Files { gone } if gone.iter().any(|gone| one.full(gone) == **path));
    let problem = match above(one).iter().filter(|path| !leaves(path)).find(|path| in_the_way.contains(path.as_str())) {
        Some(folder) => format!(
            "{folder:?} is not a folder in the repository; remove it there, or choose another path for the destination"
        ),
        None if one.shape == Shape::Folder => return None,
        None => {
            let mut files = one.files.keys().map(|path| one.full(path));
            let folder = files.find(|path| in_the_way.contains(path.as_str()))?;
            format!("{folder:?} is a folder in the repository; remove it there, or name the file otherwise")
        }
    };
    Some(Error::conflict(problem))
}

fn stream(
    base: Option<&str>,
    wanted: &[&Wanted],
    above: &BTreeSet<String>,
    probes: &[Vec<String>],
    (author, committer): &(String, String),
    message: &str,
) -> Vec<Bytes> {
    let mut parts = vec![Bytes::from_static(b"feature done\nfeature get-mark\nfeature ls\n")];
    let mut text = String::new();
    if let Some(base) = base {
        for path in above.iter().chain(probes.iter().flatten()) {
            let _ = writeln!(text, "ls {base} {}", quoted(path));
        }
    }
    let length = message.len();
    let _ = writeln!(
        text,
        "commit refs/midspan/next\nmark :1\nauthor {author}\ncommitter {committer}\ndata {length}\n{message}"
    );
    if let Some(base) = base {
        let _ = writeln!(text, "from {base}");
    }
    for one in wanted {
        let gone = match &one.shape {
            Shape::Folder => vec![one.root.clone()],
            Shape::Files { gone } => gone.iter().map(|path| one.full(path)).collect(),
            Shape::Listed { .. } => Vec::new(),
        };
        for path in gone {
            let _ = writeln!(text, "D {}", quoted(&path));
        }
    }
    for one in wanted {
        for (path, content) in &one.files {
            let path = quoted(&one.full(path));
            let _ = writeln!(text, "M 100644 inline {path}\ndata {}", content.len());
            parts.push(std::mem::take(&mut text).into());
            parts.push(content.clone());
            text.push('\n');
        }
    }
    text += "\nget-mark :1\n";
    for path in probes.iter().flatten() {
        let _ = writeln!(text, "ls :1 {}", quoted(path));
    }
    text += "done\n";
    parts.push(text.into());
    parts
}

/// A path as fast-import reads it whatever it holds; control characters were refused before.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}
