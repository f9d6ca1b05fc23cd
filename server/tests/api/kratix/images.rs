//! The images of Kratix's documents, all of them one that is built here: busybox, the parts of `kubectl` and `yq` that the pipelines use, and an entry
//! point that stands for those of the marketplace.
//!
//! They are kept in a store of their own below the build's folder, so that nobody's real images are hidden by them.

use domain::Digest;
use orchestrator::steps::ground::{Containers, Ground};
use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
    sync::OnceLock,
};

/// Every name of an image in the documents.
const NAMES: &[&str] = &[
    "ghcr.io/syntasso/kratix-pipeline-utility:v0.0.1",
    "docker.io/library/alpine:3",
    "docker.io/syntasso/demo-easy-app-configure-pipeline:v0.1.1",
    "docker.io/syntasso/demo-nginx-configure-pipeline:v0.1.1",
    "docker.io/syntasso/demo-postgresql-configure-pipeline:v0.1.1",
    "docker.io/syntasso/kustomize-redis",
    "ghcr.io/syntasso/kratix-marketplace/app-stack-create-dependencies:v0.1.0",
    "ghcr.io/syntasso/kratix-marketplace/app-stack-create-runtime:v0.1.0",
    "ghcr.io/syntasso/kratix-marketplace/app-stack-wait-for-dependencies:v0.1.0",
    "ghcr.io/syntasso/kratix-marketplace/argocd-application-configure-pipeline:v0.1.0",
    "ghcr.io/syntasso/kratix-marketplace/aws-rds-pipelines:v0.1.0",
    "ghcr.io/syntasso/kratix-marketplace/cert-manager-configure-pipeline:v0.1.0",
    "ghcr.io/syntasso/kratix-marketplace/jenkins-configure-pipeline:v0.1.0",
    "ghcr.io/syntasso/kratix-marketplace/knative-configure-pipeline:v0.1.0",
    "ghcr.io/syntasso/kratix-marketplace/namespace-configure-pipeline:v0.1.0",
    "ghcr.io/syntasso/kratix-marketplace/nginx-ingress-configure-pipeline:v0.2.0",
    "ghcr.io/syntasso/kratix-marketplace/redis-configure-pipeline:v0.1.0",
];

const RECIPE: &str = "FROM scratch\nCOPY root/ /\nENV PATH=/bin\nENTRYPOINT [\"/bin/pipeline\"]\n";
const SCRIPTS: &[(&str, &str)] = &[
    ("kubectl", include_str!("images/kubectl.sh")),
    ("yq", include_str!("images/yq.sh")),
    ("pipeline", include_str!("images/pipeline.sh")),
    ("wait-instance", include_str!("images/wait-instance.sh")),
];
const APPLETS: &[&str] =
    &["sh", "cat", "awk", "sed", "grep", "wget", "base64", "tr", "printf", "env", "sleep", "test", "["];
const STORE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/kratix-images");
/// Where plays may leave files for a while.
pub const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

/// A machine on which the images are found; `None`, said loudly, where there is no podman.
pub fn ground() -> Option<Ground> {
    static MADE: OnceLock<Result<(), String>> = OnceLock::new();
    if let Err(why) = MADE.get_or_init(make) {
        eprintln!("SKIPPED: no containers here: {why}");
        return None;
    }
    let containers = Containers {
        runtime: Some("podman".to_owned()),
        arguments: arguments(),
        // for the pipelines that look at the API
        network: "host".to_owned(),
        environment: vec![("HOME".to_owned(), format!("{STORE}/home"))],
        ..Containers::default()
    };
    Some(Ground { containers, ..Ground::default() })
}

fn arguments() -> Vec<String> {
    let root = [format!("--root={STORE}/root"), format!("--runroot={STORE}/run")];
    let plain = ["--runtime=runc", "--cgroup-manager=cgroupfs", "--storage-driver=vfs"];
    root.into_iter().chain(plain.map(str::to_owned)).collect()
}

/// Builds the image, unless another play or an earlier day has.
fn make() -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let whole = format!("{RECIPE}{SCRIPTS:?}{APPLETS:?}{NAMES:?}");
    let made = Path::new(STORE).join(Digest::of(whole).short(16));
    fs::create_dir_all(Path::new(STORE).join("home")).map_err(told)?;
    let lock = fs::File::create(Path::new(STORE).join("lock")).map_err(told)?;
    lock.lock().map_err(told)?;
    if made.exists() {
        return Ok(());
    }
    let context = Path::new(STORE).join("context");
    lay_out(&context.join("root/bin")).map_err(told)?;
    fs::write(context.join("Containerfile"), RECIPE).map_err(told)?;
    let folder = context.to_string_lossy().into_owned();
    let tags = NAMES.iter().map(|name| format!("--tag={name}"));
    let build = ["build", "--isolation=chroot", "--quiet"].map(str::to_owned);
    podman(build.into_iter().chain(tags).chain([folder]))?;
    fs::write(made, "").map_err(told)
}

fn lay_out(bin: &Path) -> std::io::Result<()> {
    let _ = fs::remove_dir_all(bin);
    fs::create_dir_all(bin)?;
    fs::copy("/bin/busybox", bin.join("busybox"))?;
    for applet in APPLETS {
        symlink("busybox", bin.join(applet))?;
    }
    for (name, text) in SCRIPTS {
        fs::write(bin.join(name), text)?;
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

fn podman(arguments_of_verb: impl Iterator<Item = String>) -> Result<(), String> {
    let mut command = Command::new("podman");
    command.args(arguments()).args(arguments_of_verb).env("HOME", format!("{STORE}/home"));
    let told = command.output().map_err(|error| format!("podman: {error}"))?;
    if told.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&told.stderr).into_owned()) }
}
