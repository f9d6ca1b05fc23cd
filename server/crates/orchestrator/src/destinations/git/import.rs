//! One commit as a `git fast-import` stream, with the questions whose answers tell what it changed.

use super::{Fault, Pass, message};
use crate::destinations::{Wanted, place};
use bytes::Bytes;
use domain::{Error, Timestamp};
use std::{collections::BTreeSet, fmt::Write as _};

/// A commit that exists in the cache only.
#[derive(Debug)]
pub(super) struct Built<'w> {
    pub commit: String,
    /// The wishes that were not already fulfilled by the base; empty: there is nothing to push.
    pub changed: Vec<&'w Wanted>,
}

impl Pass<'_> {
    /// Builds the child of `base` that holds everything wanted and is otherwise the same.
    pub(super) async fn build<'w>(
        &self,
        base: Option<&str>,
        wanted: &[&'w Wanted],
        now: Timestamp,
    ) -> Result<Built<'w>, Fault> {
        let signature = message::signature(&self.spec.author, now)?;
        let above: BTreeSet<&str> = wanted.iter().flat_map(|one| place::ancestors(&one.root)).collect();
        let stream = stream(base, wanted, &above, &signature, &message::message(self.store_uid, wanted));
        let answer =
            self.git.say(&["fast-import", "--quiet", "--done", "--force"], stream, self.patience.local).await?;
        if !answer.ok {
            return Err(Fault::cache("git fast-import", &answer.err));
        }
        let text = String::from_utf8_lossy(&answer.out);
        let mut lines = text.lines();
        let mut next = || lines.next().ok_or_else(|| Fault::cache("git fast-import", "it answered too little"));
        let mut before = Vec::new();
        if base.is_some() {
            for folder in &above {
                let entry = next()?;
                if !entry.starts_with("missing") && !entry.starts_with("040000 ") {
                    let problem = format!(
                        "{folder:?} is not a folder in the repository; remove it there, or choose another path for the destination"
                    );
                    return Err(Fault::Final(Error::conflict(problem)));
                }
            }
            for _ in wanted {
                before.push(object(next()?));
            }
        }
        let commit = next()?.to_owned();
        let mut changed = Vec::new();
        for (at, one) in wanted.iter().enumerate() {
            if before.get(at).copied().unwrap_or_default() != object(next()?) {
                changed.push(*one);
            }
        }
        Ok(Built { commit, changed })
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

fn stream(
    base: Option<&str>,
    wanted: &[&Wanted],
    above: &BTreeSet<&str>,
    signature: &str,
    message: &str,
) -> Vec<Bytes> {
    let mut parts = vec![Bytes::from_static(b"feature done\nfeature get-mark\nfeature ls\n")];
    let mut text = String::new();
    if let Some(base) = base {
        let roots = wanted.iter().map(|one| one.root.as_str());
        for path in above.iter().copied().chain(roots) {
            let _ = writeln!(text, "ls {base} {}", quoted(path));
        }
    }
    let length = message.len();
    let _ = writeln!(
        text,
        "commit refs/midspan/next\nmark :1\nauthor {signature}\ncommitter {signature}\ndata {length}\n{message}"
    );
    if let Some(base) = base {
        let _ = writeln!(text, "from {base}");
    }
    for one in wanted {
        let _ = writeln!(text, "D {}", quoted(&one.root));
    }
    for one in wanted {
        for (path, content) in &one.files {
            let path = quoted(&format!("{}/{path}", one.root));
            let _ = writeln!(text, "M 100644 inline {path}\ndata {}", content.len());
            parts.push(std::mem::take(&mut text).into());
            parts.push(content.clone());
            text.push('\n');
        }
    }
    text += "\nget-mark :1\n";
    for one in wanted {
        let _ = writeln!(text, "ls :1 {}", quoted(&one.root));
    }
    text += "done\n";
    parts.push(text.into());
    parts
}

/// A path as fast-import reads it whatever it holds; control characters were refused before.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\""))
}
