//! `uses: command`: a local process in a folder of its own.
//!
//! The program and its arguments are taken as they are written, without a shell and without templates: what a user typed reaches the program
//! as data, through `/kratix/input/object.yaml`, its environment or its standard input. There is no mount namespace around the process yet, so
//! `MIDSPAN_INPUT`, `MIDSPAN_OUTPUT` and `MIDSPAN_METADATA` say where the three Kratix folders are.

mod environment;
mod folders;
mod room;
mod tree;

use super::{
    Ended, RunnerConfig, StepInput,
    log::{LogSink, Stream, drain},
    mask::Mask,
};
use crate::failpoint;
use domain::{Error, Result};
use environment::Call;
use room::Room;
use std::{io, process::ExitStatus, process::Stdio, time::Duration};
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
    match attempt(config, input, log, mask, cancel).await {
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
    log: &LogSink,
    mask: &Mask,
    cancel: &CancellationToken,
) -> Result<Ended, Stopped> {
    let call = Call::read(input)?;
    let room =
        Room::enter(config, input).await.map_err(|error| Stopped::Broken("cannot make the step's folder", error))?;
    failpoint::pass("command.spawn");
    let mut child = match spawn(config, input, &call, &room) {
        Ok(child) => child,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
            ) =>
        {
            return Err(Error::bad_request(format!(
                "cannot start {:?}: {error} (PATH is {})",
                call.program, config.path
            ))
            .into());
        }
        Err(error) => return Err(Stopped::Broken("cannot start the command", error)),
    };
    failpoint::pass("command.spawned");
    let mut tree = Tree::of_step(child.id(), &input.idempotency_key, room.path());
    let feeding = feed(&mut child, call.stdin);
    let out = child.stdout.take().map(|pipe| tokio::spawn(drain(pipe, Stream::Stdout, log.clone(), mask.clone())));
    let err = child.stderr.take().map(|pipe| tokio::spawn(drain(pipe, Stream::Stderr, log.clone(), mask.clone())));

    let end = tokio::select! {
        status = child.wait() => End::Exited(status),
        () = tokio::time::sleep(input.step.timeout()) => End::TimedOut,
        () = cancel.cancelled() => End::Cancelled,
    };
    if !matches!(end, End::Exited(_)) {
        tree.ask_to_end().await;
        let _ = tokio::time::timeout(GRACE, child.wait()).await;
    }
    // whatever the outcome, nothing of the step outlives it
    tree.kill().await;
    let _ = child.wait().await;
    feeding.abort();
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
            Ended::Failed { message, exit_code: status.code(), permanent: false }
        }
        End::Exited(Err(error)) => Ended::failed(format!("lost sight of the command: {error}")),
        End::TimedOut => {
            let limit = domain::workflow::GoDuration(input.step.timeout());
            Ended::failed(format!("timed out: the command took longer than {limit} and was ended"))
        }
        End::Cancelled => Ended::failed("cancelled: the command was ended before it was done"),
    })
}

fn spawn(config: &RunnerConfig, input: &StepInput, call: &Call, room: &Room) -> io::Result<Child> {
    Command::new(&call.program)
        .args(&call.arguments)
        .env_clear()
        .envs(environment::variables(config, input, room))
        .envs(&call.env)
        .current_dir(room.path())
        .process_group(0)
        .stdin(if call.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
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
