//! Learning where the branch stands, and whether someone with a newer lease has been there since.

use super::{Fault, Head, Pass, last_words, message};
use crate::destinations::scratch::cannot;
use domain::{Error, ErrorKind};

const HEAD: &str = "refs/midspan/head";

/// Words of git that are about the way to the remote. What has none of them is about the cache, as far as anyone can tell.
const ABOUT_THE_REMOTE: [&str; 12] = [
    "could not read from remote",
    "unable to access",
    "could not resolve",
    "connection",
    "hung up",
    "timed out",
    "remote error",
    "ssh:",
    "unexpected disconnect",
    "early eof",
    "protocol error",
    "unable to connect",
];

impl Pass<'_> {
    /// Brings the branch's newest commit into the cache. Fails if a pass with a higher fence than `fence` has written, as far as
    /// is seen from here: the lease this pass runs under is over. Without a fence it is a mere look, which judges nothing.
    pub(super) async fn fetch(&mut self, fence: i64) -> Result<(), Fault> {
        self.seen.head = Head::Unknown;
        let refspec = format!("+refs/heads/{}:{HEAD}", self.remote.branch);
        let mut args = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
        ];
        // The first fetch of a large repository brings one commit, later ones what came since.
        let fetched = self.git.repository.join("midspan-fetched");
        if !fetched.exists() {
            args.push("--depth=1");
        }
        args.extend(["--", &self.remote.url, &refspec]);
        let answer = self.git.say(&args, Vec::new(), self.patience.network).await?;
        if !answer.ok {
            if answer.err.contains("couldn't find remote ref") {
                self.no_other_branch().await?;
                self.seen.head = Head::Empty;
                return Ok(());
            }
            return Err(unreachable("fetch", &answer.err));
        }
        std::fs::write(&fetched, "").map_err(|error| cannot("write", &fetched, &error))?;
        let head = self.fetched_head().await?;
        if fence > 0 && self.seen.judged.as_ref() != Some(&head) {
            self.refuse_newer_fence(self.seen.judged.as_deref(), &head, fence).await?;
            self.seen.judged = Some(head.clone());
        }
        self.seen.head = Head::At(head);
        Ok(())
    }

    async fn fetched_head(&self) -> Result<String, Fault> {
        // Every process less between looking and pushing is a race less that is lost; git is asked only if the reference is kept otherwise.
        let loose = std::fs::read_to_string(self.git.repository.join(HEAD)).unwrap_or_default();
        if loose.len() > 40 && loose.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(loose.trim_end().to_owned());
        }
        let answer = self.git.say(&["rev-parse", "--verify", HEAD], Vec::new(), self.patience.local).await?;
        let head = String::from_utf8_lossy(&answer.out).trim().to_owned();
        if answer.ok && !head.is_empty() { Ok(head) } else { Err(Fault::cache("git rev-parse", &answer.err)) }
    }

    /// A repository without any branch is new and gets its first; one with other branches more likely has a misspelt name in its store.
    async fn no_other_branch(&self) -> Result<(), Fault> {
        let args = ["ls-remote", "--quiet", "--heads", "--", &self.remote.url];
        let answer = self.git.say(&args, Vec::new(), self.patience.network).await?;
        if !answer.ok {
            return Err(unreachable("ls-remote", &answer.err));
        }
        let text = String::from_utf8_lossy(&answer.out);
        let names: Vec<_> =
            text.lines().filter_map(|line| line.split_once("refs/heads/")).map(|(_, name)| name).take(10).collect();
        if names.is_empty() {
            return Ok(());
        }
        let (branch, others) = (&self.remote.branch, names.join(", "));
        let problem = format!(
            "there is no branch {branch:?} in the repository (it has {others}); make it there, or correct spec.git.branch"
        );
        Err(Fault::Final(Error::new(ErrorKind::NotFound, problem)))
    }

    /// Looks at what came since `before`, and at the newest commit of ours when nothing is remembered: this pass may have been held up for long.
    async fn refuse_newer_fence(&self, before: Option<&str>, head: &str, fence: i64) -> Result<(), Fault> {
        let (range, most) = match before {
            Some(before) => (format!("{before}..{head}"), "--max-count=1000"),
            None => (head.to_owned(), "--max-count=1"),
        };
        let ours = format!("--grep=^{}: {}$", message::STORE, self.store_uid);
        let format = format!("--format=%(trailers:key={},valueonly)", message::FENCE);
        let answer =
            self.git.say(&["log", &format, &ours, most, &range, "--"], Vec::new(), self.patience.local).await?;
        // A commit that a force-push took away cannot be counted from; nothing is known then.
        let text = String::from_utf8_lossy(&answer.out);
        match text.lines().filter_map(|line| line.trim().parse::<i64>().ok()).max() {
            Some(newer) if newer > fence => Err(Fault::Overtaken(newer)),
            _ => Ok(()),
        }
    }
}

/// Words for what keeps git from the remote.
pub(super) fn unreachable(what: &str, complaint: &str) -> Fault {
    let lower = complaint.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let said = last_words(complaint);
    let (kind, problem) = if says(&["host key verification failed"]) {
        (ErrorKind::Forbidden, "the host's key is not in the known hosts file of spec.git.credentials".to_owned())
    } else if says(&["dubious ownership"]) {
        (
            ErrorKind::Forbidden,
            "the repository's folder belongs to another user of this machine, and git does not trust it".to_owned(),
        )
    } else if says(&[
        "authentication failed",
        "could not read username",
        "permission denied",
        "access denied",
        "error: 403",
        "error: 401",
    ]) {
        (ErrorKind::Forbidden, format!("the repository does not let Midspan in, see spec.git.credentials: {said}"))
    } else if says(&["does not appear to be a git repository", "repository not found", "error: 404", "' not found"]) {
        (ErrorKind::NotFound, format!("there is no repository at spec.git.url: {said}"))
    } else if says(&ABOUT_THE_REMOTE) {
        (ErrorKind::ServiceUnavailable, format!("the repository cannot be reached: {said}"))
    } else {
        return Fault::cache(&format!("git {what}"), complaint);
    };
    Fault::Final(Error::new(kind, problem).with_detail(complaint))
}
