//! Limits of a step's processes that hold for all of them together: a control group where the machine has one to give, limits of each
//! process everywhere.

use super::ground::{Limits, find};
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

const ROOT: &str = "/sys/fs/cgroup";

/// The control group of one attempt. Removed when dropped.
pub struct Group {
    folders: Vec<PathBuf>,
}

impl Group {
    /// `None` where the server may not make one.
    pub fn make(key: &str, limits: &Limits) -> Option<Self> {
        let mut group = Self { folders: Vec::new() };
        let unified = Path::new(ROOT).join("cgroup.controllers").exists();
        if unified { group.unified(key, limits) } else { group.separate(key, limits) }.ok()?;
        Some(group)
    }

    fn unified(&mut self, key: &str, limits: &Limits) -> io::Result<()> {
        let root = Path::new(ROOT);
        let parent = root.join("midspan");
        fs::create_dir_all(&parent)?;
        for folder in [root, &parent] {
            fs::write(folder.join("cgroup.subtree_control"), "+pids +memory")?;
        }
        let folder = self.folder(parent.join(key))?;
        fs::write(folder.join("pids.max"), limits.processes.to_string())?;
        fs::write(folder.join("memory.max"), limits.memory.to_string())?;
        let _ = fs::write(folder.join("memory.swap.max"), "0");
        Ok(())
    }

    fn separate(&mut self, key: &str, limits: &Limits) -> io::Result<()> {
        let root = Path::new(ROOT);
        for (controller, file, value) in [
            ("pids", "pids.max", limits.processes.to_string()),
            ("memory", "memory.limit_in_bytes", limits.memory.to_string()),
        ] {
            if !root.join(controller).join("cgroup.procs").exists() {
                return Err(io::ErrorKind::NotFound.into());
            }
            let folder = self.folder(root.join(controller).join("midspan").join(key))?;
            fs::write(folder.join(file), value)?;
        }
        Ok(())
    }

    fn folder(&mut self, folder: PathBuf) -> io::Result<PathBuf> {
        fs::create_dir_all(&folder)?;
        self.folders.push(folder.clone());
        Ok(folder)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // a group goes when its last process has: they are killed before, and buried a moment later
        for folder in &self.folders {
            for _ in 0..50 {
                match fs::remove_dir(folder) {
                    Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                        std::thread::sleep(std::time::Duration::from_millis(2));
                    }
                    _ => break,
                }
            }
        }
    }
}

/// The words to put before a command so that it is limited before it begins.
pub fn before(group: Option<&Group>, limits: &Limits, path: &str) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    if let Some(group) = group.filter(|group| !group.folders.is_empty()) {
        // the shell moves itself, then becomes the command
        let script = "n=$1; shift; while [ \"$n\" -gt 0 ]; do echo 0 > \"$1/cgroup.procs\" || exit 125; shift; n=$((n-1)); done; exec \"$@\"";
        words.extend(["/bin/sh", "-c", script, "sh"].map(OsString::from));
        words.push(group.folders.len().to_string().into());
        words.extend(group.folders.iter().map(OsString::from));
    }
    if let Some(program) = find("prlimit", path) {
        words.push(program.into());
        words.push(format!("--nofile={0}:{0}", limits.open_files).into());
        words.push(format!("--nproc={0}:{0}", limits.processes.max(1024)).into());
        words.push(format!("--data={0}:{0}", limits.memory).into());
        words.push(format!("--fsize={0}:{0}", limits.file_bytes).into());
        words.push("--core=0:0".into());
        words.push("--".into());
    }
    words
}
