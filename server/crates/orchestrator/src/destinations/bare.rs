//! A repository to begin with: what `serve --dev` writes to before anyone has a git server.

use super::{git::Git, scratch::cannot};
use bytes::Bytes;
use domain::{Error, Result, Timestamp};
use std::{fs, path::Path, time::Duration};

const PATIENCE: Duration = Duration::from_secs(30);

const README: &str = "\
# What Midspan placed

Midspan commits here the files of every resource it is responsible for, one folder for each.
A GitOps agent (Flux, Argo CD) can apply them as they are.

Commits of other people on this branch are kept. Inside the folders of resources Midspan puts back what it placed.
";

/// Makes a bare repository with one commit on `main`, dated `now`. One that is there already is left as it is.
pub async fn init_bare(path: &Path, now: Timestamp) -> Result<()> {
    let path = std::path::absolute(path).map_err(|error| cannot("find", path, &error))?;
    if path.join("HEAD").is_file() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        fs::create_dir_all(above).map_err(|error| cannot("make the folder", above, &error))?;
    }
    // Made under another name, so that a half-made one is never taken for whole.
    let half = path.with_extension("new");
    if half.exists() {
        fs::remove_dir_all(&half).map_err(|error| cannot("remove", &half, &error))?;
    }
    let git = Git { repository: half.clone(), environment: Vec::new(), secrets: Vec::new(), hold: None };
    said(&git, &["init", "--quiet", "--bare", "--template=", "--initial-branch=main"], String::new()).await?;
    let who = format!("Midspan <midspan@localhost> {} +0000", now.micros().div_euclid(1_000_000).max(0));
    let message = "Begin";
    let commit = format!(
        "feature done\ncommit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {}\n{message}\nM 100644 inline README.md\ndata {}\n{README}\ndone\n",
        message.len(),
        README.len(),
    );
    said(&git, &["fast-import", "--quiet", "--done"], commit).await?;
    fs::rename(&half, &path).map_err(|error| cannot("rename", &half, &error))
}

async fn said(git: &Git, args: &[&str], input: String) -> Result<()> {
    let answer = git.say(args, vec![Bytes::from(input)], PATIENCE).await?;
    let failed = || Error::unavailable(format!("the repository {} could not be made", git.repository.display()));
    if answer.ok { Ok(()) } else { Err(failed().with_detail(answer.err)) }
}
