//! A step's whole process tree, found and ended: its group and session, its descendants, and whoever left all of them but still carries the step's marker in its environment.

use rustix::{
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often a tree is searched again for what was started while it was being killed.
const ROUNDS: usize = 100;

/// How to recognise the processes of a step.
#[derive(Clone)]
pub struct Tree {
    /// The group, and the session if it made one, that the step's first process leads.
    leader: Option<i32>,
    /// `NAME=value`, as it stands in the environment of every process of the tree that did not clear it.
    marker: Vec<u8>,
    /// The step's private folder: an orphan that stands in it is one of the tree too.
    room: PathBuf,
    /// When the leader was started: who was there before cannot be one of the tree, and need not be looked at closely.
    since: u64,
}

/// What `/proc` says of a process.
struct Seen {
    pid: i32,
    parent: i32,
    group: i32,
    session: i32,
    /// Clock ticks from the machine's start to the process's.
    started: u64,
    /// Dead, and waiting to be buried.
    dead: bool,
    /// Part of the sandbox, not of the step.
    fence: bool,
}

impl Tree {
    pub fn of_step(leader: Option<u32>, key: &str, room: &Path) -> Guard {
        let marker = format!("MIDSPAN_IDEMPOTENCY_KEY={key}").into_bytes();
        let leader = leader.and_then(|pid| i32::try_from(pid).ok());
        let since = leader.and_then(stat).map_or(0, |leader| leader.started);
        let tree = Self { leader, marker, room: room.to_owned(), since };
        Guard { tree, ended: false }
    }

    /// Searches and kills until nothing is found any more.
    pub fn kill(&self) {
        for _ in 0..ROUNDS {
            if self.signal(Signal::KILL) == 0 {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        tracing::warn!(marker = %String::from_utf8_lossy(&self.marker), "processes of a step survive being killed");
    }

    /// Signals every member once, each through a handle taken before it is looked at again: the signal cannot hit another process that was
    /// given the same number meanwhile. Returns how many there were.
    fn signal(&self, signal: Signal) -> usize {
        let handles: Vec<_> = self
            .members()
            .into_iter()
            .filter_map(|pid| Some((pid, pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?)))
            .collect();
        if handles.is_empty() {
            return 0;
        }
        let still = self.members();
        // a sandbox ends with what is in it; ended before, it would take that along without a word
        let spared = |pid: i32| signal == Signal::TERM && seen(pid).is_some_and(|seen| seen.fence);
        for (pid, handle) in handles.iter().filter(|(pid, _)| still.contains(pid) && !spared(*pid)) {
            if let Err(error) = pidfd_send_signal(handle, signal)
                && error != Errno::SRCH
            {
                tracing::warn!(pid, %error, "cannot signal a process of a step");
            }
        }
        handles.len()
    }

    fn members(&self) -> BTreeSet<i32> {
        let me = rustix::process::getpid().as_raw_nonzero().get();
        let all: Vec<Seen> = processes().filter(|seen| seen.pid != me).collect();
        let mut members: BTreeSet<i32> = all.iter().filter(|seen| self.owns(seen)).map(|seen| seen.pid).collect();
        loop {
            let before = members.len();
            members.extend(
                all.iter().filter(|seen| members.contains(&seen.parent)).map(|seen| seen.pid).collect::<Vec<_>>(),
            );
            if members.len() == before {
                return members;
            }
        }
    }

    fn owns(&self, seen: &Seen) -> bool {
        let led = self.leader.is_some_and(|leader| [seen.pid, seen.group, seen.session].contains(&leader));
        let close = || carries(seen.pid, &self.marker) || (seen.parent == 1 && stands_in(seen.pid, &self.room));
        led || (seen.started >= self.since && close())
    }
}

/// A tree that does not outlive its step: what is left of it when the guard is dropped is killed.
pub struct Guard {
    tree: Tree,
    ended: bool,
}

impl Guard {
    /// The polite signal, to all.
    pub async fn ask_to_end(&self) {
        let tree = self.tree.clone();
        let _ = tokio::task::spawn_blocking(move || tree.signal(Signal::TERM)).await;
    }

    /// The last signal, to all, until none is left.
    pub async fn kill(&mut self) {
        let tree = self.tree.clone();
        let _ = tokio::task::spawn_blocking(move || tree.kill()).await;
        self.ended = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.ended {
            self.tree.kill();
        }
    }
}

fn processes() -> impl Iterator<Item = Seen> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| seen(entry.file_name().to_str()?.parse().ok()?))
}

/// The dead who wait to be buried do not count.
fn seen(pid: i32) -> Option<Seen> {
    stat(pid).filter(|seen| !seen.dead)
}

/// Reads `/proc/PID/stat`: after the name in brackets come state, parent, group and session; the start is the twentieth.
fn stat(pid: i32) -> Option<Seen> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let dead = matches!(fields.next()?, "Z" | "X");
    let mut number = || fields.next()?.parse().ok();
    let (parent, group, session) = (number()?, number()?, number()?);
    let started = fields.nth(15)?.parse().ok()?;
    Some(Seen { pid, parent, group, session, started, dead, fence: name.ends_with("(bwrap") })
}

fn carries(pid: i32, marker: &[u8]) -> bool {
    fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|entry| entry == marker))
}

fn stands_in(pid: i32, room: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder.starts_with(room))
}
