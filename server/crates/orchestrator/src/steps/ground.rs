//! Where processes of steps run: a sandbox for commands, a runtime for containers, and the limits of both.

use super::{reach::Reach, sandbox::Sandbox};
use domain::{Error, Result, document};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf};

/// What the operator of a server says about its steps' processes.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    pub fence: Fence,
    /// Folders of the server that commands see, read only, beside the system's own.
    pub paths: Vec<PathBuf>,
    pub containers: Containers,
    /// What steps may call over HTTP; unless told, the public internet.
    pub reach: Option<Reach>,
    pub limits: Limits,
}

/// Whether commands run in a sandbox.
#[derive(Clone, Debug, Default)]
pub enum Fence {
    /// With a sandbox when there is one; without one each step's log says so.
    #[default]
    Auto,
    /// Without: commands see all that the server sees.
    Off,
    /// Never without: a command fails where there is no sandbox.
    Required,
}

/// The container runtime and what is done with the names of images.
#[derive(Clone, Debug)]
pub struct Containers {
    /// `podman` or `docker`; whichever is found when none is named.
    pub runtime: Option<String>,
    /// Arguments of the runtime that stand before its verb.
    pub arguments: Vec<String>,
    pub network: String,
    /// The address at which steps with a network find this server's API.
    pub api: Option<String>,
    pub images: ImageMap,
    /// What the runtime's client needs of the server's environment, such as `HOME` or `DOCKER_HOST`.
    pub environment: Vec<(String, String)>,
}

impl Default for Containers {
    fn default() -> Self {
        let (arguments, images) = (Vec::new(), ImageMap::default());
        Self { runtime: None, arguments, network: "none".to_owned(), api: None, images, environment: Vec::new() }
    }
}

/// What one step's processes may use together, as far as the machine can tell.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub processes: u32,
    pub memory: u64,
    pub open_files: u32,
    pub file_bytes: u64,
    /// The size of a command's `/tmp`.
    pub scratch: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self { processes: 512, memory: 2048 * MIB, open_files: 4096, file_bytes: 1024 * MIB, scratch: 512 * MIB }
    }
}

/// Names of images, each with what takes its place.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ImageMap(BTreeMap<String, Instead>);

/// What runs instead of an image.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Instead {
    Name(String),
    Image {
        image: String,
    },
    /// A program of this machine, in the sandbox of commands. It takes the place of the image's entry point.
    Command {
        command: Vec<String>,
    },
}

impl ImageMap {
    /// Reads `IMAGE: OTHER-IMAGE` and `IMAGE: {command: [PROGRAM, …]}`.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let value = document::parse_one(text, name)?;
        if value.is_null() {
            return Ok(Self::default());
        }
        let Value::Object(entries) = value else {
            return Err(Error::bad_request(format!("{name}: must be a mapping of image names")));
        };
        let read = |(image, value): (String, Value)| match serde_json::from_value(value) {
            Ok(instead) => Ok((image, instead)),
            Err(_) => Err(Error::bad_request(format!(
                "{name}: {image}: must be the name of another image, or {{command: [PROGRAM, …]}}"
            ))),
        };
        entries.into_iter().map(read).collect::<Result<_>>().map(Self)
    }

    /// By the whole name, else by the name without its tag and digest.
    pub fn instead_of(&self, image: &str) -> Option<&Instead> {
        let plain = image.split('@').next().unwrap_or(image);
        let untagged = match plain.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => name,
            _ => plain,
        };
        self.0.get(image).or_else(|| self.0.get(untagged))
    }
}

/// A program on the `PATH` of commands.
pub(super) fn find(program: &str, path: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|program| program.is_file());
    }
    path.split(':')
        .filter(|folder| !folder.is_empty())
        .map(|folder| PathBuf::from(folder).join(program))
        .find(|file| file.is_file())
}

/// The sandbox to use; `Err` says why there is none.
pub(super) fn sandbox(ground: &Ground, path: &str) -> Result<Sandbox, String> {
    match ground.fence {
        Fence::Off => Err("the server was told to run commands without one".to_owned()),
        Fence::Auto | Fence::Required => Sandbox::find(path, ground.paths.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_found_with_and_without_its_tag() {
        let map =
            "ghcr.io/a/tool:v1: localhost/tool\nghcr.io/a/other: {command: [/bin/true]}\nlocalhost:5000/x: {image: y}";
        let map = ImageMap::parse(map, "images.yaml").unwrap();
        let found = |image: &str| map.instead_of(image).cloned();
        assert_eq!(found("ghcr.io/a/tool:v1"), Some(Instead::Name("localhost/tool".into())));
        assert_eq!(found("ghcr.io/a/tool:v2"), None);
        assert_eq!(found("ghcr.io/a/other:v9@sha256:00"), Some(Instead::Command { command: vec!["/bin/true".into()] }));
        assert_eq!(found("localhost:5000/x"), Some(Instead::Image { image: "y".into() }));
    }

    #[test]
    fn a_map_that_is_none_is_refused_with_its_entry() {
        let error = ImageMap::parse("a: {comand: [x]}", "images.yaml").unwrap_err();
        assert_eq!(error.message, "images.yaml: a: must be the name of another image, or {command: [PROGRAM, …]}");
    }
}
