//! The history of the git destination, read with git itself.

use std::{collections::BTreeMap, path::Path, process::Command};

/// Everything the branch tells.
pub struct History {
    /// Path to the contents it had, oldest first.
    pub contents: BTreeMap<String, Vec<String>>,
    /// The fence of each commit, oldest first.
    pub fences: Vec<i64>,
    pub commits: usize,
    /// Commits with more than one parent, or not on the one line.
    pub merges: usize,
}

impl History {
    pub fn read(repository: &Path) -> Self {
        let fsck =
            Command::new("git").arg("-C").arg(repository).args(["fsck", "--strict", "--no-dangling"]).output().unwrap();
        assert!(fsck.status.success(), "{}", String::from_utf8_lossy(&fsck.stderr));
        let format = "--format=commit %(trailers:key=Midspan-Fence,valueonly,separator=%x2C)|%P";
        let log =
            git(repository, &["log", "--reverse", "--raw", "--no-abbrev", "--no-renames", "--root", format, "main"]);
        let mut history = Self { contents: BTreeMap::new(), fences: Vec::new(), commits: 0, merges: 0 };
        let mut blobs: BTreeMap<String, String> = BTreeMap::new();
        for line in log.lines() {
            if let Some(commit) = line.strip_prefix("commit ") {
                let (fence, parents) = commit.split_once('|').unwrap();
                history.commits += 1;
                history.fences.extend(fence.parse::<i64>());
                history.merges += usize::from(parents.split_whitespace().count() > 1);
            } else if let Some((change, path)) = line.strip_prefix(':').and_then(|line| line.split_once('\t')) {
                let blob = change.split(' ').nth(3).unwrap();
                let content = blobs.entry(blob.to_owned()).or_insert_with(|| {
                    if blob.bytes().all(|byte| byte == b'0') {
                        String::new()
                    } else {
                        git(repository, &["cat-file", "blob", blob])
                    }
                });
                history.contents.entry(path.to_owned()).or_default().push(content.trim().to_owned());
            }
        }
        history
    }

    /// The contents that the file of this name had for a resource, oldest first.
    pub fn of(&self, resource: &str, file: &str) -> &[String] {
        let (folder, file) = (format!("/{resource}/"), format!("/{file}"));
        let mut found = self.contents.iter().filter(|(path, _)| path.contains(&folder) && path.ends_with(&file));
        let contents = found.next().map_or(&[][..], |(_, contents)| contents);
        assert!(found.next().is_none(), "{file} of {resource} stands at two places");
        contents
    }
}

fn git(repository: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(repository).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
