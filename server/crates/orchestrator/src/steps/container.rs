//! `uses: container`: an image run by podman or docker under Kratix's contract, or the local program that stands for the image here.

mod mounts;
mod variables;

pub use mounts::Mount;

use super::{
    Ended, RunnerConfig, StepInput,
    command::{self, Call, Launch},
    ground::{Instead, find},
    log::LogSink,
    mask::Mask,
};
use domain::{
    Digest, Error, Result,
    workflow::container::{Container, Pull},
};
use std::{ffi::OsString, path::PathBuf, process::Stdio, time::Duration};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

/// How long the runtime may take to end a container.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn perform(
    config: &RunnerConfig,
    input: &StepInput,
    log: &LogSink,
    mask: &Mask,
    cancel: &CancellationToken,
) -> Ended {
    match launch(config, input) {
        Ok(launch) => {
            let ended = command::run(config, input, launch, log, mask, cancel).await;
            mounts::sweep(config, input, matches!(ended, Ended::Done { .. })).await;
            ended
        }
        Err(error) if error.kind == domain::ErrorKind::ServiceUnavailable => Ended::failed(error.message),
        Err(error) => error.into(),
    }
}

/// Ends the container that an earlier try of the attempt left behind.
pub async fn reap(config: &RunnerConfig, input: &StepInput) {
    if let Ok(runtime) = Runtime::of(config) {
        runtime.remove(&name(input)).await;
    }
}

/// The program that runs containers, or why there is none.
pub fn runtime(config: &RunnerConfig) -> Result<String, String> {
    let runtime = Runtime::of(config).map_err(|error| error.message)?;
    Ok(runtime.program.display().to_string())
}

fn launch(config: &RunnerConfig, input: &StepInput) -> Result<Launch> {
    let container = Container::read(&input.step.with)?;
    let ground = &config.ground;
    let instead = ground.containers.images.instead_of(&container.image);
    let env = variables::of(&container, input)?;
    let mounts = mounts::of(config, &container, input)?;
    let words = |words: &[String]| -> Vec<String> { words.iter().map(|word| variables::expand(word, &env)).collect() };
    if let Some(Instead::Command { command }) = instead {
        let begin = if container.command.is_empty() { command.clone() } else { words(&container.command) };
        let mut words: Vec<String> = begin.into_iter().chain(words(&container.args)).collect();
        if words.is_empty() {
            return Err(Error::bad_request(format!("the image map has no program for {:?}", container.image)));
        }
        let (program, env) = (words.remove(0), env.into_iter().collect());
        let network = container.network.unwrap_or(false);
        return Ok(Launch::Local { call: Call { program, arguments: words, stdin: None, env, network }, mounts });
    }
    let image = match instead {
        Some(Instead::Name(image) | Instead::Image { image }) => image.clone(),
        _ => in_full(&container.image),
    };
    let runtime = Runtime::of(config)?;
    let limits = &ground.limits;
    let mut line: Vec<OsString> = ["run", "--rm", "--name"].map(OsString::from).to_vec();
    let mut option = |text: String| line.push(text.into());
    option(name(input));
    option(format!("--label=midspan.run={}", input.run));
    option(format!("--label=midspan.step={}", input.idempotency_key));
    let pull = match container.image_pull_policy {
        Some(Pull::Always) if instead.is_none() => "always",
        Some(Pull::Never) => "never",
        _ => "missing",
    };
    option(format!("--pull={pull}"));
    let network = if container.network == Some(false) { "none" } else { ground.containers.network.as_str() };
    option(format!("--network={network}"));
    option("--cap-drop=all".to_owned());
    option("--security-opt=no-new-privileges".to_owned());
    option(format!("--pids-limit={}", limits.processes));
    option(format!("--ulimit=nofile={0}:{0}", limits.open_files));
    option("--ulimit=nproc=1000:1000".to_owned());
    let limit = |name: &str| container.resources.limits.get(name).and_then(domain::quantity::parse);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive number of bytes")]
    let memory = limit("memory").map_or(limits.memory, |bytes| (bytes as u64).min(limits.memory));
    option(format!("--memory={memory}"));
    if let Some(cpus) = limit("cpu") {
        option(format!("--cpus={cpus}"));
    }
    let security = &container.security_context;
    if let Some(user) = security.run_as_user {
        option(
            security.run_as_group.map_or_else(|| format!("--user={user}"), |group| format!("--user={user}:{group}")),
        );
    }
    if security.read_only_root_filesystem == Some(true) {
        option("--read-only".to_owned());
    }
    if let Some(entry) = container.command.first() {
        option(format!("--entrypoint={}", variables::expand(entry, &env)));
    }
    let after = container.command.iter().skip(1).chain(&container.args);
    let after = after.map(|word| variables::expand(word, &env).into()).collect();
    Ok(Launch::Container(Box::new(Boxed { runtime, line, image, after, env, mounts, name: name(input) })))
}

/// An image without a registry is Docker Hub's, as everywhere in Kubernetes: podman alone would have to be told where to look.
fn in_full(image: &str) -> String {
    match image.split_once('/') {
        Some((registry, _)) if registry.contains(['.', ':']) || registry == "localhost" => image.to_owned(),
        Some(_) => format!("docker.io/{image}"),
        None => format!("docker.io/library/{image}"),
    }
}

/// A container about to run.
pub struct Boxed {
    runtime: Runtime,
    line: Vec<OsString>,
    image: String,
    after: Vec<OsString>,
    env: Vec<(String, String)>,
    mounts: Vec<Mount>,
    pub name: String,
}

impl Boxed {
    /// The client of the runtime, which stays as long as the container.
    pub fn command(&self, input: &StepInput, room: &command::Room) -> std::io::Result<Command> {
        let mut command = self.runtime.command();
        command.args(&self.line);
        let mut mount = |from: PathBuf, to: &str, read_only: bool| {
            let mut text = OsString::from("--volume=");
            text.push(from);
            text.push(format!(":{to}{}", if read_only { ":ro" } else { "" }));
            command.arg(text);
        };
        mount(room.input(), "/kratix/input", true);
        mount(room.output(), "/kratix/output", false);
        mount(room.metadata(), "/kratix/metadata", false);
        if input.given.access.is_some() {
            mount(room.kubeconfig(), &format!("/kratix/{}", command::KUBECONFIG), true);
        }
        for item in &self.mounts {
            mount(item.lay_out(room.path())?, &item.place, item.read_only);
        }
        let (plain, long): (Vec<_>, Vec<_>) = self.env.iter().partition(|(_, value)| !value.contains(['\n', '\r']));
        // in a file that only the server reads: the list of processes shows nothing of it
        let text: String = plain.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let file = room.path().join("environment");
        std::fs::write(&file, text)?;
        let mut option = OsString::from("--env-file=");
        option.push(file);
        command.arg(option);
        for (name, value) in long {
            command.arg(format!("--env={name}={value}"));
        }
        command.arg(&self.image).args(&self.after);
        command.env("MIDSPAN_IDEMPOTENCY_KEY", &input.idempotency_key);
        Ok(command)
    }

    /// The polite signal first, the last one soon after.
    pub async fn stop(&self, grace: Duration) {
        let grace = grace.as_secs().to_string();
        self.runtime.run(&["stop", "--time", &grace, &self.name]).await;
    }

    pub async fn remove(&self) {
        self.runtime.remove(&self.name).await;
    }

    /// Does not wait: for the end of a future that nobody awaits any more.
    pub fn abandon(&self) {
        let mut command = self.runtime.command();
        command.args(["rm", "--force", &self.name]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let _ = command.kill_on_drop(false).spawn();
    }
}

/// The runtime's program and what stands before each of its verbs.
struct Runtime {
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    path: String,
}

impl Runtime {
    fn of(config: &RunnerConfig) -> Result<Self> {
        let containers = &config.ground.containers;
        let names: Vec<&str> =
            containers.runtime.as_deref().map_or_else(|| vec!["podman", "docker"], |name| vec![name]);
        let program = names.iter().find_map(|name| find(name, &config.path)).ok_or_else(|| {
            Error::bad_request(format!(
                "this server has no container runtime: {} not found on {}. Install podman, name another with --container-runtime, \
                 or map the image to a local program with --image-map",
                names.join(" and "),
                config.path
            ))
        })?;
        Ok(Self {
            program,
            arguments: containers.arguments.clone(),
            environment: containers.environment.clone(),
            path: config.path.clone(),
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command.args(&self.arguments).env_clear().env("PATH", &self.path).envs(environment);
        command
    }

    async fn run(&self, arguments: &[&str]) {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        if let Ok(mut child) = command.spawn() {
            let _ = tokio::time::timeout(PATIENCE, child.wait()).await;
        }
    }

    async fn remove(&self, name: &str) {
        self.run(&["rm", "--force", name]).await;
    }
}

/// The same for every try of one attempt.
fn name(input: &StepInput) -> String {
    format!("midspan-{}", Digest::of(&input.idempotency_key).short(24))
}

#[cfg(test)]
mod tests {
    use super::in_full;

    #[test]
    fn an_image_without_a_registry_is_docker_hubs() {
        for (image, whole) in [
            ("busybox:1", "docker.io/library/busybox:1"),
            ("syntasso/demo:v1", "docker.io/syntasso/demo:v1"),
            ("ghcr.io/a/b", "ghcr.io/a/b"),
            ("localhost/a", "localhost/a"),
            ("host:5000/a@sha256:00", "host:5000/a@sha256:00"),
        ] {
            assert_eq!(in_full(image), whole, "{image}");
        }
    }
}
