//! One git command as a child process: nothing inherited, nothing asked, bounded in time and in what it may say, ended with all its children.

use super::super::scratch::Lock;
use bytes::Bytes;
use domain::{Error, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{ffi::OsString, path::PathBuf, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
};

/// Bytes of answers that are kept; a longer answer is an error.
const LONGEST_ANSWER: u64 = 256 << 20;
/// Bytes of complaints that are kept; the rest is dropped.
const LONGEST_COMPLAINT: u64 = 16 << 10;
/// From "please end" to "end": git removes its lock files in between.
const GRACE: Duration = Duration::from_secs(3);
/// What a push may take before it is asked to end. Between making a lock file and noting that it must be removed git has a moment in which even a
/// kind end leaves it behind; a push that comes to its end leaves none, and whether it arrived is not known either way.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The variables of our own environment that reach git: how to find programs, proxies and certificates.
const INHERITED: [&str; 13] = [
    "PATH",
    "TMPDIR",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "CURL_CA_BUNDLE",
];

/// What holds for every command, whatever a user's or the system's configuration says.
const SETTINGS: [&str; 9] = [
    "core.hooksPath=/dev/null",
    "core.fsync=none", // the cache can be lost; the remote decides its own
    "credential.helper=",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=false", // credentials stay with the host they are for
    "http.lowSpeedLimit=100",
    "http.lowSpeedTime=60",
    "submodule.recurse=false",
];

/// Runs commands in one repository.
#[derive(Clone, Debug)]
pub(in super::super) struct Git {
    pub repository: PathBuf,
    /// Set on top of what every command gets; may hold secrets.
    pub environment: Vec<(OsString, OsString)>,
    /// Texts that never leave this file.
    pub secrets: Vec<String>,
    /// Kept until the last child is gone, also when nobody waits for it any more.
    pub hold: Option<Lock>,
}

/// What a command answered.
#[derive(Debug)]
pub(in super::super) struct Answer {
    pub ok: bool,
    pub out: Vec<u8>,
    /// Its complaints, without secrets.
    pub err: String,
}

impl Git {
    /// Runs `git <args>` with `input` on its standard input. Fails only if it cannot start, takes too long or says too much.
    pub async fn say(&self, args: &[&str], input: Vec<Bytes>, patience: Duration) -> Result<Answer> {
        let mut child = self.command(args).spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::unavailable("git is not installed, or not on the PATH of the server")
            }
            _ => Error::unavailable(format!("git could not be started: {error}")),
        })?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let last_words = if args.contains(&"push") { LAST_WORDS } else { Duration::ZERO };
        let mut leash = Leash { child: Some(child), hold: self.hold.clone(), last_words };
        let told = async {
            let feed = async {
                // A command that ends early closes the pipe; its own words tell why.
                if let Some(mut stdin) = stdin {
                    for part in input {
                        if stdin.write_all(&part).await.is_err() {
                            break;
                        }
                    }
                    let _ = stdin.shutdown().await;
                }
            };
            let ((), out, err) =
                tokio::join!(feed, bounded(stdout, LONGEST_ANSWER), bounded(stderr, LONGEST_COMPLAINT));
            (leash.ended().await, out, err)
        };
        let what = args.first().copied().unwrap_or_default();
        let Ok((status, (out, cut), (err, _))) = tokio::time::timeout(patience, told).await else {
            return Err(Error::unavailable(format!(
                "git {what} took longer than {} s and was ended",
                patience.as_secs()
            )));
        };
        if cut {
            return Err(Error::unavailable(format!("git {what} answered more than {LONGEST_ANSWER} bytes")));
        }
        let status = status.map_err(|error| Error::unavailable(format!("git {what} was lost: {error}")))?;
        Ok(Answer { ok: status.success(), out, err: self.without_secrets(&String::from_utf8_lossy(&err)) })
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        // Not settings of ours: what any child needs to find its way.
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| INHERITED.iter().any(|one| name == one)));
        command
            .env("GIT_DIR", &self.repository)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "true")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .env("LC_ALL", "C")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        command
            .args(args)
            .current_dir("/")
            .process_group(0)
            .kill_on_drop(false) // the leash does it, kindly first
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn without_secrets(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[secret]"))
    }
}

/// Ends the whole process group when whoever waits gives up.
///
/// SIGTERM first: a `receive-pack` on this machine is part of the group, and killed outright it would leave its lock file in the remote
/// repository for ever. The store's lock stays held until the children are gone.
struct Leash {
    child: Option<Child>,
    hold: Option<Lock>,
    last_words: Duration,
}

impl Leash {
    async fn ended(&mut self) -> std::io::Result<std::process::ExitStatus> {
        let Some(child) = self.child.as_mut() else { return Err(std::io::ErrorKind::NotFound.into()) };
        let status = child.wait().await;
        self.child = None;
        status
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else { return };
        let hold = self.hold.take();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let last_words = self.last_words;
                if last_words.is_zero() {
                    let _ = kill_process_group(group, Signal::TERM);
                }
                runtime.spawn(async move {
                    if !last_words.is_zero() {
                        if tokio::time::timeout(last_words, child.wait()).await.is_ok() {
                            return;
                        }
                        let _ = kill_process_group(group, Signal::TERM);
                    }
                    let ended = tokio::time::timeout(GRACE, child.wait()).await;
                    if ended.is_err() {
                        let _ = kill_process_group(group, Signal::KILL);
                        let _ = child.wait().await;
                    }
                    drop(hold);
                });
            }
            Err(_) => drop(kill_process_group(group, Signal::KILL)),
        }
    }
}

/// Reads to the end, keeping the first `limit` bytes; says whether there was more.
async fn bounded(stream: Option<impl AsyncRead + Unpin>, limit: u64) -> (Vec<u8>, bool) {
    let Some(mut stream) = stream else { return (Vec::new(), false) };
    let mut kept = Vec::new();
    let _ = (&mut stream).take(limit).read_to_end(&mut kept).await;
    let dropped = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.unwrap_or(0);
    (kept, dropped > 0)
}
