//! Reading what stands in the repository now, and what was done to it.

use super::{Fault, Pass};
use crate::destinations::Commit;
use bytes::Bytes;
use domain::{Result, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Commits that one step further back brings, and how many steps are taken.
const DEEPEN: (&str, usize) = ("--deepen=500", 20);

impl Pass<'_> {
    pub async fn read(mut self, root: &str) -> Result<BTreeMap<String, Bytes>> {
        match self.files_below(root).await {
            Ok(files) => Ok(files),
            Err(fault) => {
                self.mend(fault).await?;
                Ok(self.files_below(root).await?)
            }
        }
    }

    pub async fn history(mut self, root: &str, limit: usize) -> Result<Vec<Commit>> {
        match self.commits_on(root, limit).await {
            Ok(commits) => Ok(commits),
            Err(fault) => {
                self.mend(fault).await?;
                Ok(self.commits_on(root, limit).await?)
            }
        }
    }

    async fn files_below(&mut self, root: &str) -> Result<BTreeMap<String, Bytes>, Fault> {
        self.fetch(0).await?;
        let Some(head) = self.seen.head.commit() else { return Ok(BTreeMap::new()) };
        let folder = format!("{root}/");
        let listed = self.local(&["ls-tree", "-r", "-z", "--full-tree", head, "--", &folder], Vec::new()).await?;
        let mut names = Vec::new();
        let mut asked = String::new();
        for entry in listed.split(|byte| *byte == 0) {
            let entry = String::from_utf8_lossy(entry);
            let Some((kind, path)) = entry.split_once('\t') else { continue };
            // Links and submodules are not files of ours.
            if let (Some(object), Some(name)) =
                (kind.strip_prefix("100").and_then(|kind| kind.split(' ').nth(2)), path.strip_prefix(&folder))
            {
                asked += object;
                asked.push('\n');
                names.push(name.to_owned());
            }
        }
        let mut answered = Bytes::from(self.local(&["cat-file", "--batch"], vec![asked.into()]).await?);
        let mut files = BTreeMap::new();
        for name in names {
            let content = content(&mut answered).ok_or_else(|| Fault::cache("git cat-file", "an object is missing"))?;
            files.insert(name, content);
        }
        Ok(files)
    }

    /// Everything that stands below a folder of a commit, from the folder on.
    pub(super) async fn paths_below(&self, commit: &str, root: &str) -> Result<BTreeSet<String>, Fault> {
        let folder = format!("{root}/");
        let args = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, "--", &folder];
        let listed = self.local(&args, Vec::new()).await?;
        let below = |path: &[u8]| Some(std::str::from_utf8(path).ok()?.strip_prefix(&folder)?.to_owned());
        Ok(listed.split(|byte| *byte == 0).filter_map(below).collect())
    }

    /// The regular files of these that stand in a commit.
    pub(super) async fn contents(&self, commit: &str, paths: &[String]) -> Result<BTreeMap<String, Bytes>, Fault> {
        let asked: String = paths.iter().map(|path| format!("{commit}:{path}\n")).collect();
        let mut answered = Bytes::from(self.local(&["cat-file", "--batch"], vec![asked.into()]).await?);
        let mut found = BTreeMap::new();
        for path in paths {
            if missing(&mut answered) {
                continue;
            }
            let content = content(&mut answered).ok_or_else(|| Fault::cache("git cat-file", "an object is missing"))?;
            found.insert(path.clone(), content);
        }
        Ok(found)
    }

    /// Goes back step by step until there is enough, or no more.
    async fn commits_on(&mut self, root: &str, limit: usize) -> Result<Vec<Commit>, Fault> {
        self.fetch(0).await?;
        let Some(head) = self.seen.head.commit().map(str::to_owned) else { return Ok(Vec::new()) };
        for step in 0.. {
            let border = std::fs::read_to_string(self.git.repository.join("shallow")).unwrap_or_default();
            let border: BTreeSet<&str> = border.lines().collect();
            let asked = format!("--max-count={}", limit.saturating_add(border.len()));
            let listed =
                self.local(&["log", "-z", "--format=%H%x1f%ct%x1f%s", &asked, &head, "--", root], Vec::new()).await?;
            // At the border everything seems to appear at once; whether it did is not known.
            let mut commits: Vec<_> = listed
                .split(|byte| *byte == 0)
                .filter_map(commit)
                .filter(|one| !border.contains(one.sha.as_str()))
                .collect();
            if commits.len() >= limit || border.is_empty() || step >= DEEPEN.1 {
                commits.truncate(limit);
                return Ok(commits);
            }
            let refspec = format!("+refs/heads/{}:refs/midspan/head", self.remote.branch);
            let args =
                ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", DEEPEN.0, "--", &self.remote.url, &refspec];
            let answer = self.git.say(&args, Vec::new(), self.patience.network).await?;
            if !answer.ok {
                return Err(super::fetch::unreachable("fetch", &answer.err));
            }
        }
        Ok(Vec::new())
    }

    /// A command that only the cache can make fail.
    pub(super) async fn local(&self, args: &[&str], input: Vec<Bytes>) -> Result<Vec<u8>, Fault> {
        let answer = self.git.say(args, input, self.patience.local).await?;
        if answer.ok {
            Ok(answer.out)
        } else {
            Err(Fault::cache(args.first().copied().unwrap_or_default(), &answer.err))
        }
    }
}

/// Whether the next object of a batch is not there; what says so is taken off.
fn missing(answered: &mut Bytes) -> bool {
    let line_end = answered.iter().position(|byte| *byte == b'\n').unwrap_or(answered.len());
    let is_missing = answered[..line_end].ends_with(b" missing");
    if is_missing {
        let _ = answered.split_to((line_end + 1).min(answered.len()));
    }
    is_missing
}

/// The next object of a batch: `<name> blob <size>\n<bytes>\n`.
pub(super) fn content(answered: &mut Bytes) -> Option<Bytes> {
    let line_end = answered.iter().position(|byte| *byte == b'\n')?;
    let line = answered.split_to(line_end + 1);
    let size: usize = std::str::from_utf8(&line).ok()?.trim_end().rsplit(' ').next()?.parse().ok()?;
    let whole = (answered.len() > size).then(|| answered.split_to(size + 1))?;
    Some(whole.slice(..size))
}

fn commit(entry: &[u8]) -> Option<Commit> {
    let text = String::from_utf8_lossy(entry);
    let mut parts = text.trim_start_matches('\n').splitn(3, '\u{1f}');
    let sha = parts.next().filter(|sha| !sha.is_empty())?.to_owned();
    let at = Timestamp::from_micros(parts.next()?.parse::<i64>().ok()?.saturating_mul(1_000_000));
    Some(Commit { sha, at, subject: parts.next()?.to_owned() })
}
