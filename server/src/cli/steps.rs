//! What `midspan serve` is told about the processes of steps: sandbox, container runtime, images.

use super::Failure;
use crate::config;
use clap::{Args, ValueEnum};
use orchestrator::steps::{
    ground::{Containers, Fence, Ground, ImageMap, Limits},
    reach::{Allowance, Reach},
};
use std::path::PathBuf;

#[derive(Args)]
pub struct StepArgs {
    /// Whether commands run in a sandbox: when there is one, never, or not without
    #[arg(long, value_name = "WHEN", env = "MIDSPAN_SANDBOX", default_value = "auto")]
    sandbox: When,
    /// Folder that commands see in their sandbox, read only, beside the system's own; may be repeated
    #[arg(long, value_name = "DIR")]
    sandbox_path: Vec<PathBuf>,
    /// Program that runs containers: podman or docker, whichever is found if none is named
    #[arg(long, value_name = "PROGRAM", env = "MIDSPAN_CONTAINER_RUNTIME")]
    container_runtime: Option<String>,
    /// Arguments of the container runtime that stand before its verb, separated by spaces
    #[arg(long, value_name = "ARGS", env = "MIDSPAN_CONTAINER_ARGS", allow_hyphen_values = true, default_value = "")]
    container_args: String,
    /// Network of containers, as the runtime names it
    #[arg(long, value_name = "NAME", env = "MIDSPAN_CONTAINER_NETWORK", default_value = "none")]
    container_network: String,
    /// Address at which steps with a network find this server, for pipelines with permissions on the API; this machine's by default
    #[arg(long, value_name = "URL", env = "MIDSPAN_CONTAINER_API")]
    container_api: Option<String>,
    /// What http steps, probes and releases may call: public, any, a host, *.DOMAIN, an address or a network; may be repeated [default: public; any with --dev]
    #[arg(long, value_name = "WHAT", env = "MIDSPAN_HTTP_ALLOW", value_delimiter = ',')]
    http_allow: Vec<Allowance>,
    /// YAML file with images and what runs instead: another image, or {command: [PROGRAM, …]}
    #[arg(long, value_name = "FILE", env = "MIDSPAN_IMAGE_MAP")]
    image_map: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum When {
    Auto,
    Off,
    Required,
}

impl StepArgs {
    pub fn ground(self) -> Result<Ground, Failure> {
        let images = match &self.image_map {
            None => ImageMap::default(),
            Some(file) => {
                let name = file.display().to_string();
                let text = std::fs::read_to_string(file);
                let text = text.map_err(|error| Failure::usage(format!("--image-map {name}: {error}")))?;
                ImageMap::parse(&text, &name).map_err(|error| Failure::usage(error.message))?
            }
        };
        Ok(Ground {
            fence: match self.sandbox {
                When::Auto => Fence::Auto,
                When::Off => Fence::Off,
                When::Required => Fence::Required,
            },
            paths: self.sandbox_path,
            containers: Containers {
                runtime: self.container_runtime,
                arguments: self.container_args.split_whitespace().map(str::to_owned).collect(),
                network: self.container_network,
                api: self.container_api,
                images,
                environment: config::for_container_runtime(),
            },
            reach: Reach::of(self.http_allow),
            limits: Limits::default(),
        })
    }
}
