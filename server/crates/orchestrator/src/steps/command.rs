//! `uses: command`: a local process in a sandbox of its own.
//!
//! The program and its arguments are taken as they are written, without a shell and without templates: what a user typed reaches the program
//! as data, through `/kratix/input/object.yaml`, its environment or its standard input. Where there is no sandbox the three folders are
//! elsewhere: `MIDSPAN_INPUT`, `MIDSPAN_OUTPUT` and `MIDSPAN_METADATA` say where they are in either case.

mod environment;
mod folders;
mod room;
mod tree;

pub(super) use environment::{Call, check, contract};
pub(super) use room::{KUBECONFIG, Room, file_name};

use super::{
    Ended, RunnerConfig, StepInput,
    container::{Boxed, Mount},
    ground::{Fence, find},
    limits::{self, Group},
    log::{LogSink, Stream, drain},
    mask::Mask,
    sandbox::{Cell, Sandbox},
};
use crate::failpoint;
use domain::{Error, Result};
use std::{ffi::OsString, io, process::ExitStatus, process::Stdio, time::Duration};
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tree::Tree;

/// Between the polite signal and the last one.
const GRACE: Duration = Duration::from_secs(3);
/// How long output may still come once every process is dead.
const LAST_WORDS: Duration = Duration::from_secs(2);

pub async fn perform(
    config: &RunnerConfig,
    input: &StepInput,
    log: &LogSink,
    mask: &Mask,
    cancel: &CancellationToken,
) -> Ended {
    match Call::read(input) {
        Ok(call) => run(config, input, Launch::Local { call, mounts: Vec::new() }, log, mask, cancel).await,
        Err(error) => error.into(),
    }
}

/// What is started for a step.
pub(super) enum Launch {
    Local { call: Call, mounts: Vec<Mount> },
    Container(Box<Boxed>),
}

/// Performs what was launched, whatever it is, to its end.
pub(super) async fn run(
    config: &RunnerConfig,
    input: &StepInput,
    launch: Launch,
    log: &LogSink,
    mask: &Mask,
    cancel: &CancellationToken,
) -> Ended {
    match attempt(config, input, launch, log, mask, cancel).await {
        Ok(ended) => ended,
        Err(Stopped::Refused(error)) => error.into(),
        Err(Stopped::Broken(what, error)) => Ended::failed(format!("{what}: {error}")),
    }
}

/// Kills and removes what an earlier try of the attempt left behind.
pub async fn reap(config: &RunnerConfig, input: &StepInput) {
    let folder = room::of_step(config, &input.run, &input.idempotency_key);
    let mut tree = Tree::of_step(None, &input.idempotency_key, &folder);
    tree.kill().await;
    let _ = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(folder)).await;
}

/// Why there is no outcome.
enum Stopped {
    /// The definition or what it produced is wrong.
    Refused(Error),
    /// The machine would not.
    Broken(&'static str, io::Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// How the waiting ended.
enum End {
    Exited(io::Result<ExitStatus>),
    TimedOut,
    Cancelled,
}

async fn attempt(
    config: &RunnerConfig,
    input: &StepInput,
    mut launch: Launch,
    log: &LogSink,
    mask: &Mask,
    cancel: &CancellationToken,
) -> Result<Ended, Stopped> {
    let no_room = |error| Stopped::Broken("cannot make the step's folder", error);
    let room = Room::enter(config, input, cancel).await.map_err(no_room)?;
    if let (Launch::Local { .. }, Err(why)) = (&launch, &config.sandbox) {
        if matches!(config.ground.fence, Fence::Required) {
            return Err(Error::bad_request(format!("this server runs no command without a sandbox, and {why}")).into());
        }
        log.note(format!("NO SANDBOX: this command sees all that the server sees: {why}")).await;
    }
    let (mut command, group) = match &launch {
        Launch::Local { call, mounts } => local(config, input, call, mounts, &room)?,
        Launch::Container(container) => room
            .open_to_others()
            .and_then(|()| container.command(input, &room))
            .map(|command| (command, None))
            .map_err(no_room)?,
    };
    failpoint::pass("command.spawn");
    let stdin = match &mut launch {
        Launch::Local { call, .. } => call.stdin.take(),
        Launch::Container(_) => None,
    };
    command
        .process_group(0)
        .stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| Stopped::Broken("cannot start the step's process", error))?;
    let mut abandoned = Abandoned(&launch, true);
    failpoint::pass("command.spawned");
    let mut tree = Tree::of_step(child.id(), &input.idempotency_key, room.path());
    let feeding = feed(&mut child, stdin);
    let out = child.stdout.take().map(|pipe| tokio::spawn(drain(pipe, Stream::Stdout, log.clone(), mask.clone())));
    let err = child.stderr.take().map(|pipe| tokio::spawn(drain(pipe, Stream::Stderr, log.clone(), mask.clone())));

    let end = tokio::select! {
        status = child.wait() => End::Exited(status),
        () = tokio::time::sleep(input.step.timeout()) => End::TimedOut,
        () = cancel.cancelled() => End::Cancelled,
    };
    if !matches!(end, End::Exited(_)) {
        match &launch {
            Launch::Local { .. } => tree.ask_to_end().await,
            Launch::Container(container) => container.stop(GRACE).await,
        }
        let _ = tokio::time::timeout(GRACE, child.wait()).await;
    }
    // whatever the outcome, nothing of the step outlives it
    if let (Launch::Container(container), false) =
        (&launch, matches!(&end, End::Exited(Ok(status)) if status.success()))
    {
        container.remove().await;
    }
    tree.kill().await;
    abandoned.1 = false;
    let _ = child.wait().await;
    feeding.abort();
    drop(group);
    let (out, err) = (last_line(out).await, last_line(err).await);
    let last = if err.is_empty() { out } else { err };

    Ok(match end {
        End::Exited(Ok(status)) if status.success() => {
            let folders = room.leave().await?;
            Ended::Done { folders, exit_code: Some(0), message: last }
        }
        End::Exited(Ok(status)) => {
            let how = told(status);
            let message = if last.is_empty() { how } else { format!("{how}: {last}") };
            Ended::Failed { message, exit_code: status.code(), permanent: false, unclear: status.code().is_none() }
        }
        End::Exited(Err(error)) => Ended::unclear(format!("lost sight of the command: {error}")),
        End::TimedOut => {
            let limit = domain::workflow::GoDuration(input.step.timeout());
            Ended::unclear(format!("timed out: the command took longer than {limit} and was ended"))
        }
        End::Cancelled => Ended::unclear("cancelled: the command was ended before it was done"),
    })
}

/// The container of a step whose future was dropped.
struct Abandoned<'a>(&'a Launch, bool);

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        if let (Launch::Container(container), true) = (self.0, self.1) {
            container.abandon();
        }
    }
}

/// A program of this machine: within its limits, in the sandbox where there is one.
fn local(
    config: &RunnerConfig,
    input: &StepInput,
    call: &Call,
    mounts: &[Mount],
    room: &Room,
) -> Result<(Command, Option<Group>), Stopped> {
    let no_start =
        |why: &str| Error::bad_request(format!("cannot start {:?}: {why} (PATH is {})", call.program, config.path));
    if !call.program.starts_with("/kratix/") && find(&call.program, &config.path).is_none() {
        return Err(no_start("there is no such program").into());
    }
    let group = Group::make(&file_name(&input.idempotency_key), &config.ground.limits);
    let mut words: Vec<OsString> = limits::before(group.as_ref(), &config.ground.limits, &config.path);
    let folders = match &config.sandbox {
        Ok(sandbox) => {
            words.extend(fenced(sandbox, config, call, mounts, room)?);
            "/kratix".to_owned()
        }
        Err(_) if !mounts.is_empty() => {
            return Err(Error::bad_request("a local program gets volumes only in a sandbox; install bubblewrap").into());
        }
        Err(_) => room.path().join("kratix").to_string_lossy().into_owned(),
    };
    words.push(call.program.clone().into());
    words.extend(call.arguments.iter().map(OsString::from));
    let mut words = words.into_iter();
    let mut command = Command::new(words.next().unwrap_or_default());
    let home = if config.sandbox.is_ok() { "/tmp".into() } else { room.path().to_owned() };
    command
        .args(words)
        .env_clear()
        .env("PATH", &config.path)
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .envs(contract(input, &folders))
        .envs(&call.env)
        .current_dir(room.path());
    Ok((command, group))
}

fn fenced(
    sandbox: &Sandbox,
    config: &RunnerConfig,
    call: &Call,
    mounts: &[Mount],
    room: &Room,
) -> Result<Vec<OsString>, Stopped> {
    let no_volume = |error| Stopped::Broken("cannot make a volume", error);
    let laid = mounts.iter().map(|mount| Ok((mount.lay_out(room.path())?, mount.place.clone(), mount.read_only)));
    let laid: Vec<_> = laid.collect::<io::Result<_>>().map_err(no_volume)?;
    let kratix = room.path().join("kratix");
    let cell = Cell { kratix: &kratix, network: call.network, mounts: &laid };
    Ok(sandbox.around(&cell, &config.ground.limits))
}

/// Writes the standard input beside everything else: a program that does not read it must not hold up the step.
fn feed(child: &mut Child, text: Option<String>) -> JoinHandle<()> {
    let pipe = child.stdin.take();
    tokio::spawn(async move {
        if let (Some(mut pipe), Some(text)) = (pipe, text) {
            let _ = pipe.write_all(text.as_bytes()).await;
        }
    })
}

async fn last_line(drained: Option<JoinHandle<String>>) -> String {
    let Some(mut drained) = drained else { return String::new() };
    let Ok(line) = tokio::time::timeout(LAST_WORDS, &mut drained).await else {
        drained.abort();
        return String::new();
    };
    line.unwrap_or_default()
}

fn told(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}
