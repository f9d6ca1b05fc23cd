//! What is promised of state stores, tried on real repositories and real directories.

mod bucket_store;
mod contention;
mod directory_store;
mod faults;
mod git_store;
mod layouts;
mod sight;

use super::{Patience, SecretValues, Shape, Stores, Target, Unwritten, Wanted, Written, init_bare};
use bytes::Bytes;
use domain::{
    Result, Timestamp,
    destination::{Backend, DirectoryStore, GitStore},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

const NOW: Timestamp = Timestamp::from_micros(1_795_370_400_000_000);
const UID: &str = "store-1";
const PATIENCE: Patience = Patience {
    local: Duration::from_secs(30),
    network: Duration::from_secs(30),
    attempts: 60,
    stale: Duration::from_millis(200),
};

/// A folder of its own for one test, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("midspan-destinations-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path.canonicalize().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A store with everything it stands on.
struct World {
    scratch: Scratch,
    stores: Stores,
    backend: Backend,
}

impl World {
    /// A repository without a commit.
    fn empty_repository() -> Self {
        let world = Self::without_repository();
        git(&world.scratch.0, &["init", "-q", "--bare", "-b", "main", "remote.git"]);
        world
    }

    async fn repository() -> Self {
        let world = Self::without_repository();
        init_bare(&world.remote(), NOW).await.unwrap();
        world
    }

    fn without_repository() -> Self {
        let scratch = Scratch::new();
        let url = scratch.at("remote.git").display().to_string();
        let backend = Backend::Git(GitStore { url, branch: "main".to_owned(), ..GitStore::default() });
        Self { stores: stores(&scratch.at("cache")), backend, scratch }
    }

    fn directory() -> Self {
        let scratch = Scratch::new();
        fs::create_dir(scratch.at("store")).unwrap();
        let backend = Backend::Directory(DirectoryStore { path: scratch.at("store").display().to_string() });
        Self { stores: stores(&scratch.at("cache")), backend, scratch }
    }

    fn remote(&self) -> PathBuf {
        self.scratch.at("remote.git")
    }

    /// Asks git in the remote repository.
    fn git(&self, args: &[&str]) -> String {
        git(&self.remote(), args)
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "main"])
    }

    fn commits(&self) -> usize {
        self.git(&["rev-list", "--count", "main"]).parse().unwrap()
    }

    /// Every file on the branch.
    fn tree(&self) -> Vec<String> {
        self.git(&["-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", "main"])
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn content(&self, path: &str) -> String {
        self.git(&["show", &format!("main:{path}")])
    }

    async fn writes(&self, wanted: &[Wanted]) -> Result<Written> {
        let written = self.stores.write(&target(&self.backend), wanted, NOW).await?;
        match written.refused.first() {
            Some(refused) => Err(refused.error.clone()),
            None => Ok(written),
        }
    }

    async fn reads(&self, root: &str) -> BTreeMap<String, String> {
        let files = self.stores.read(&target(&self.backend), root).await.unwrap();
        files.into_iter().map(|(path, content)| (path, String::from_utf8(content.to_vec()).unwrap())).collect()
    }

    /// Someone else's clone of the repository.
    fn clone_of_another(&self, name: &str) -> Clone {
        let path = self.scratch.at(name);
        git(&self.scratch.0, &["clone", "-q", &self.remote().display().to_string(), &path.display().to_string()]);
        Clone(path)
    }

    /// The same repository written by another replica, with a cache of its own.
    fn replica(&self) -> Stores {
        stores(&self.scratch.at("replica"))
    }

    fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let hooks = self.remote().join("hooks");
        fs::create_dir_all(&hooks).unwrap();
        fs::write(hooks.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(hooks.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

struct Clone(PathBuf);

impl Clone {
    fn commits(&self, path: &str, content: &str) {
        let file = self.0.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
        git(&self.0, &["add", "-A"]);
        git(&self.0, &["commit", "-q", "-m", &format!("Add {path}")]);
    }

    fn pushes(&self) {
        git(&self.0, &["push", "-q", "origin", "HEAD:main"]);
    }
}

fn stores(cache: &Path) -> Stores {
    Stores::with_patience(cache.to_owned(), PATIENCE)
}

fn wanted<const N: usize>(root: &str, files: [(&str, &str); N]) -> Wanted {
    let files = files.map(|(path, content)| (path.to_owned(), Bytes::copy_from_slice(content.as_bytes())));
    let subject = format!("postgresql default/{}", root.rsplit('/').next().unwrap_or(root));
    let id = format!("placement-{root}");
    Wanted {
        root: root.to_owned(),
        shape: Shape::Folder,
        files: files.into(),
        subject,
        spared: Vec::new(),
        asked_by: std::collections::BTreeSet::new(),
        id,
        fence: 1,
    }
}

fn target(backend: &Backend) -> Target {
    Target { uid: UID.to_owned(), name: "gitops".to_owned(), backend: backend.clone(), secret: None }
}

#[track_caller]
fn git(folder: &Path, args: &[&str]) -> String {
    let output = outside_git(folder, args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn outside_git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args([
            "-c",
            "user.name=Fay",
            "-c",
            "user.email=fay@example.com",
            "-c",
            "gc.auto=0",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command
}
