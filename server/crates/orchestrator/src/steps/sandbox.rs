//! The sandbox of commands: bubblewrap with namespaces of its own, the contract's folders, and the system read only.

use super::ground::{Limits, find};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What a program needs of `/etc`: names, time zones, certificates, the linker's cache. No keys, no passwords.
const ETC: [&str; 16] = [
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "group",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "passwd",
    "pki",
    "protocols",
    "services",
    "ssl/certs",
];

/// A bubblewrap that works on this machine.
#[derive(Clone, Debug)]
pub struct Sandbox {
    program: PathBuf,
    paths: Vec<PathBuf>,
}

/// What one step sees in it beside the system.
pub struct Cell<'a> {
    /// Mounted at `/kratix`.
    pub kratix: &'a Path,
    pub network: bool,
    /// Source, place, and whether it may only be read.
    pub mounts: &'a [(PathBuf, String, bool)],
}

impl Sandbox {
    /// Finds it and tries it out once: there are machines that forbid namespaces.
    pub fn find(path: &str, paths: Vec<PathBuf>) -> Result<Self, String> {
        let program = find("bwrap", path).ok_or("bubblewrap is not installed; install the package bubblewrap")?;
        let mut trial = Command::new(&program);
        trial.args(["--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"]);
        let tried = trial.env_clear().env("PATH", path).stdin(Stdio::null()).stdout(Stdio::null()).output();
        match tried {
            Ok(output) if output.status.success() => Ok(Self { program, paths }),
            Ok(output) => {
                Err(format!("bubblewrap does not work here: {}", String::from_utf8_lossy(&output.stderr).trim()))
            }
            Err(error) => Err(format!("bubblewrap does not start: {error}")),
        }
    }

    /// The program and arguments to put before a command.
    pub fn around(&self, cell: &Cell<'_>, limits: &Limits) -> Vec<OsString> {
        let mut line = Line(vec![self.program.clone().into()]);
        line.words(&["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]);
        if cell.network {
            line.words(&["--share-net"]);
            line.path("--ro-bind-try", Path::new("/etc/resolv.conf"));
        }
        line.path("--ro-bind", Path::new("/usr"));
        for folder in ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] {
            match fs::read_link(folder) {
                Ok(target) => line.three("--symlink", target.as_os_str().to_owned(), folder.into()),
                Err(_) => line.path("--ro-bind-try", Path::new(folder)),
            }
        }
        for name in ETC {
            line.path("--ro-bind-try", &Path::new("/etc").join(name));
        }
        self.paths.iter().for_each(|path| line.path("--ro-bind", path));
        line.words(&["--proc", "/proc", "--dev", "/dev", "--size", &limits.scratch.to_string(), "--tmpfs", "/tmp"]);
        line.three("--bind", cell.kratix.into(), "/kratix".into());
        line.three("--ro-bind", cell.kratix.join("input").into(), "/kratix/input".into());
        for (source, place, read_only) in cell.mounts {
            line.three(if *read_only { "--ro-bind" } else { "--bind" }, source.into(), place.into());
        }
        line.words(&["--remount-ro", "/", "--chdir", "/", "--"]);
        line.0
    }
}

struct Line(Vec<OsString>);

impl Line {
    fn words(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(OsString::from));
    }

    fn three(&mut self, option: &str, from: OsString, to: OsString) {
        self.0.extend([option.into(), from, to]);
    }

    fn path(&mut self, option: &str, path: &Path) {
        self.three(option, path.into(), path.into());
    }
}
