//! Volumes of a pipeline in one of its containers: empty folders that the pipeline's containers share, files of config maps and secrets.

use crate::steps::{RunnerConfig, StepInput, command::file_name, given::Values};
use domain::{
    Error, Result,
    workflow::container::{Container, SourceRef},
};
use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Component, Path, PathBuf},
    time::Duration,
};

/// Folders that nobody has written to for so long belong to runs that have ended badly.
const FORGOTTEN: Duration = Duration::from_hours(24);

/// Something mounted into a container.
#[derive(Clone, Debug)]
pub struct Mount {
    pub place: String,
    pub read_only: bool,
    volume: String,
    sub_path: String,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    /// Kept from container to container of the pipeline.
    Folder(PathBuf),
    Files(Values),
}

pub fn of(config: &RunnerConfig, container: &Container, input: &StepInput) -> Result<Vec<Mount>> {
    let mut mounts = Vec::new();
    for mount in &container.volume_mounts {
        let volume = input.volumes.iter().find(|volume| volume.name == mount.name);
        let volume =
            volume.ok_or_else(|| Error::bad_request(format!("the pipeline has no volume {:?}", mount.name)))?;
        let source = if let Some(secret) = &volume.secret {
            let source = SourceRef { name: secret.secret_name.clone(), optional: secret.optional };
            Source::Files(input.given.files(true, &source, &secret.items, input)?)
        } else if let Some(map) = &volume.config_map {
            let source = SourceRef { name: map.name.clone(), optional: map.optional };
            Source::Files(input.given.files(false, &source, &map.items, input)?)
        } else {
            Source::Folder(shared(config, input).join(file_name(&volume.name)))
        };
        mounts.push(Mount {
            place: mount.mount_path.clone(),
            read_only: mount.read_only || matches!(source, Source::Files(_)),
            volume: volume.name.clone(),
            sub_path: mount.sub_path.clone(),
            source,
        });
    }
    Ok(mounts)
}

impl Mount {
    /// Makes what is mounted, for files in the step's room. Returns where it is.
    pub fn lay_out(&self, room: &Path) -> io::Result<PathBuf> {
        match &self.source {
            Source::Folder(folder) => {
                fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                fs::set_permissions(folder, fs::Permissions::from_mode(0o777))?;
                Ok(folder.clone())
            }
            Source::Files(files) => {
                let folder = room.join("volumes").join(file_name(&self.volume));
                fs::create_dir_all(&folder)?;
                for (path, bytes) in files {
                    let path = beneath(&folder, path)?;
                    fs::create_dir_all(path.parent().unwrap_or(&folder))?;
                    fs::write(path, bytes)?;
                }
                if self.sub_path.is_empty() { Ok(folder) } else { beneath(&folder, &self.sub_path) }
            }
        }
    }
}

fn beneath(folder: &Path, path: &str) -> io::Result<PathBuf> {
    if path.is_empty() || !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(io::Error::other(format!("{path:?} is not a path below a volume")));
    }
    Ok(folder.join(path))
}

/// The folders of the pipeline's empty volumes. Its parents are the server's alone.
fn shared(config: &RunnerConfig, input: &StepInput) -> PathBuf {
    config.work_dir.join("volumes").join(file_name(&format!("{}-{}", input.run, input.pipeline)))
}

/// Removes the shared folders after the pipeline's last container, and those of pipelines that came to no good end.
pub async fn sweep(config: &RunnerConfig, input: &StepInput, done: bool) {
    if input.volumes.iter().all(|volume| volume.empty_dir.is_none()) {
        return;
    }
    let (own, all) = (shared(config, input), config.work_dir.join("volumes"));
    let last = done && input.last;
    let _ = tokio::task::spawn_blocking(move || {
        if last {
            let _ = fs::remove_dir_all(&own);
        }
        for entry in fs::read_dir(&all).into_iter().flatten().flatten() {
            let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > FORGOTTEN) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    })
    .await;
}
