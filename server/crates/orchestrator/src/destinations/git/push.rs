//! Moving the remote branch from the commit that was read to its child, or learning why not.

use super::{Fault, Pass, fetch};
use domain::{Error, ErrorKind};

/// How a push ended that reached the remote.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Push {
    Done,
    /// Someone else was faster, or is at it: why, in git's words.
    Moved(String),
}

/// Refusals that come from another writer at the same moment, not from a rule.
const MOVED: [&str; 10] = [
    "stale info",
    "fetch first",
    "non-fast-forward",
    "failed to update ref",
    "failed to lock",
    "cannot lock ref",
    "incorrect old value",
    "reference already exists",
    "unable to migrate objects",
    "remote ref updated since",
];

impl Pass<'_> {
    /// Pushes `commit` to the branch, which must stand at `base` (or not exist). Rehearsed, it asks for everything but changes nothing.
    pub(super) async fn push(&self, base: Option<&str>, commit: &str, rehearse: bool) -> Result<Push, Fault> {
        let branch = &self.remote.branch;
        let expect = format!("--force-with-lease=refs/heads/{branch}:{}", base.unwrap_or_default());
        let refspec = format!("{commit}:refs/heads/{branch}");
        let mut args =
            vec!["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", &expect];
        if rehearse {
            args.push("--dry-run");
        }
        args.extend(["--", &self.remote.url, &refspec]);
        let answer = self.git.say(&args, Vec::new(), self.patience.network).await?;
        if answer.ok {
            return Ok(Push::Done);
        }
        let out = String::from_utf8_lossy(&answer.out);
        let Some(refusal) =
            out.lines().find_map(|line| line.strip_prefix("!\t")).and_then(|line| line.split('\t').nth(1))
        else {
            return Err(fetch::unreachable("push", &answer.err));
        };
        if MOVED.iter().any(|words| refusal.contains(words)) {
            return Ok(Push::Moved(refusal.to_owned()));
        }
        Err(Fault::Final(refused(branch, refusal, &answer.err)))
    }
}

/// The remote's rule in the remote's words: `[remote rejected] (pre-receive hook declined)` and what the hook printed.
fn refused(branch: &str, refusal: &str, complaint: &str) -> Error {
    let rule = refusal.split_once('(').map_or(refusal, |(_, rule)| rule.trim_end_matches(')'));
    let words: Vec<_> = complaint
        .lines()
        .filter_map(|line| line.strip_prefix("remote: "))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let words: String = words.join("; ").chars().filter(|c| !c.is_control()).take(1000).collect();
    let problem = match (rule.contains("currently checked out"), words.is_empty()) {
        (true, _) => {
            format!("the repository has {branch} checked out in a work tree; point spec.git.url at a bare repository")
        }
        (false, true) => format!("the repository refused the change to {branch}: {rule}"),
        (false, false) => format!("the repository refused the change to {branch}: {rule}: {words}"),
    };
    Error::new(ErrorKind::Forbidden, problem).with_detail(complaint)
}
