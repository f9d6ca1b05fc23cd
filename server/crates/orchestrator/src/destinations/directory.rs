//! A state store that is a directory: each file is replaced by an atomic rename, and nothing outside is ever opened, whatever links stand about.
//!
//! Between two files a reader can see the old one and the new one side by side; new files come before old ones go.

mod beneath;
mod fence;
mod sight;

use super::{Shape, Stores, Unwritten, Wanted, Written, listed, refused, scratch, wrong_field};
use beneath::{Folder, Found};
use bytes::Bytes;
use domain::{Error, ErrorKind, Result, destination::DirectoryStore, drift::ignores};
use fence::Fence;
pub(super) use fence::OWN_FOLDER;
pub(super) use sight::look;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The name a file has until it is whole. A left-over is removed by the next write, like all that nobody wants.
const UNFINISHED: &str = ".midspan-unfinished";

pub(super) async fn write(
    stores: &Stores,
    store_uid: &str,
    store: &DirectoryStore,
    wanted: Vec<Wanted>,
) -> Result<Written, Unwritten> {
    let uid = store_uid.to_owned();
    beside(stores, store_uid, store, move |top| Ok(write_all(top, &uid, wanted))).await?
}

fn write_all(top: &Folder, store_uid: &str, wanted: Vec<Wanted>) -> Result<Written, Unwritten> {
    let fence = Fence::raise(top, store_uid, wanted.iter().map(|one| one.fence).max().unwrap_or(0))?;
    let mut written = Written::default();
    for one in wanted {
        let id = one.id.clone();
        match write_one(top, one, &fence) {
            Ok(changed) => written.changed |= changed,
            // something of somebody else's is in the way of this one
            Err(Unwritten::Failed(error)) if error.kind == ErrorKind::Conflict => {
                written.refused.push(refused(id, error));
            }
            Err(unwritten) => return Err(unwritten),
        }
    }
    Ok(written)
}

fn write_one(top: &Folder, one: Wanted, fence: &Fence) -> Result<bool, Unwritten> {
    let mut found = BTreeMap::new();
    for path in listed::asked(std::slice::from_ref(&one)) {
        let content = top.at(&path)?.map(|(folder, name)| folder.read(&name)).transpose()?.flatten();
        found.extend(content.map(|content| (path, content)));
    }
    let one = listed::resolved(one, &found)?;
    match &one.shape {
        Shape::Files { gone } => among_others(top, &one, gone, fence),
        _ if one.files.is_empty() => fence.guarded(|| withdraw(top, &one.root)),
        _ => place(top, &one, fence),
    }
}

/// Makes the wanted files stand and the others go, among files of others.
fn among_others(top: &Folder, one: &Wanted, gone: &BTreeSet<String>, fence: &Fence) -> Result<bool, Unwritten> {
    let mut touched = BTreeMap::new();
    for (path, content) in &one.files {
        let full = one.full(path);
        let (folder, name) = match full.rsplit_once('/') {
            Some((parent, name)) => (fence.guarded(|| top.make_all(parent))?, name),
            None => (top.clone(), full.as_str()),
        };
        if folder.find(name)? == Some(Found::Folder) {
            let problem = format!("{full:?} is a folder in the store; remove it there, or name the file otherwise");
            return Err(Error::conflict(problem).into());
        }
        if folder.read(name)?.as_ref() != Some(content) {
            fence.guarded(|| folder.replace(name, content))?;
            touched.insert(folder.shown().to_owned(), folder);
        }
    }
    for folder in touched.values() {
        folder.settle()?;
    }
    let mut changed = !touched.is_empty();
    for path in gone {
        let full = one.full(path);
        let Some((folder, name)) = top.at(&full)? else { continue };
        if let Some(found @ (Found::File | Found::Other)) = folder.find(&name)? {
            fence.guarded(|| folder.remove(&name, found).and_then(|()| folder.settle()))?;
            fence.guarded(|| clear_above(top, &full))?;
            changed = true;
        }
    }
    Ok(changed)
}

pub(super) async fn read(
    stores: &Stores,
    store_uid: &str,
    store: &DirectoryStore,
    root: &str,
) -> Result<BTreeMap<String, Bytes>> {
    let root = root.to_owned();
    beside(stores, store_uid, store, move |top| {
        let Some(folder) = top.descend(&root)? else { return Ok(BTreeMap::new()) };
        let mut files = BTreeMap::new();
        for (path, found) in folder.everything()? {
            if found == Found::File
                && let Some(content) = folder.at(&path)?.and_then(|(parent, name)| parent.read(&name).transpose())
            {
                files.insert(path, content?);
            }
        }
        Ok(files)
    })
    .await
}

/// Writes, renames and removes a file, as a write would.
pub(super) async fn check(stores: &Stores, store_uid: &str, store: &DirectoryStore) -> Result<()> {
    beside(stores, store_uid, store, |top| {
        const PROBE: &str = ".midspan-probe";
        top.replace(PROBE, b"Midspan checks whether it may write here.\n")?;
        top.remove(PROBE, Found::File)
    })
    .await
}

/// Does `work` in the store's folder, under the store's lock, on a thread that may wait for disks. It runs to its end even if nobody waits.
async fn beside<T: Send + 'static>(
    stores: &Stores,
    store_uid: &str,
    store: &DirectoryStore,
    work: impl FnOnce(&Folder) -> Result<T> + Send + 'static,
) -> Result<T> {
    let path = PathBuf::from(&store.path);
    if !path.is_absolute() {
        return Err(wrong_field("spec.directory.path", "must be an absolute path on the server"));
    }
    let hold = scratch::lock(stores, store_uid).await?;
    let done = tokio::task::spawn_blocking(move || {
        let top = Folder::open(&path).map_err(|error| {
            // Not made by us: a missing folder is more often a missing mount.
            wrong_field(
                "spec.directory.path",
                &format!("{} cannot be used ({error}); make the folder, or mount it", path.display()),
            )
        })?;
        let done = work(&top);
        drop(hold);
        done
    });
    done.await.map_err(Error::internal)?
}

/// Makes the root hold just the wanted files. Says whether anything was different.
fn place(top: &Folder, wanted: &Wanted, fence: &Fence) -> Result<bool, Unwritten> {
    let (parent, name) = match wanted.root.rsplit_once('/') {
        Some((parent, name)) => (top.make_all(parent)?, name),
        None => (top.clone(), wanted.root.as_str()),
    };
    // From here on everything is the placement's own, also a link that someone put in its place.
    let root = fence.guarded(|| parent.make_own(name))?;
    let mut touched = BTreeMap::new();
    let spared = |path: &str| ignores(&wanted.spared, path);
    let everything = if wanted.spared.is_empty() { Vec::new() } else { root.everything()? };
    let theirs: BTreeSet<&str> = everything
        .iter()
        .filter(|(path, found)| *found != Found::Folder && spared(path))
        .map(|(path, _)| path.as_str())
        .collect();
    for (path, content) in &wanted.files {
        if theirs.contains(path.as_str()) {
            continue;
        }
        let (folder, name) = fence.guarded(|| root.make_way(path))?;
        if folder.read(name).ok().flatten().as_ref() != Some(content) {
            fence.guarded(|| {
                folder.make_room(name)?;
                folder.replace(name, content)
            })?;
            touched.insert(folder.shown().to_owned(), folder);
        }
    }
    let stay: BTreeSet<&str> = wanted.files.keys().map(String::as_str).chain(theirs.iter().copied()).collect();
    let folders: BTreeSet<&str> = stay.iter().flat_map(|path| super::place::ancestors(path)).collect();
    // Deepest first, so that folders are empty when their turn comes.
    for (path, found) in root.everything()?.into_iter().rev() {
        let kept = if found == Found::Folder { folders.contains(path.as_str()) } else { stay.contains(path.as_str()) };
        if !kept && let Some((folder, name)) = root.at(&path)? {
            fence.guarded(|| folder.remove(&name, found))?;
            touched.insert(folder.shown().to_owned(), folder);
        }
    }
    for folder in touched.values() {
        folder.settle()?;
    }
    Ok(!touched.is_empty())
}

/// Removes the root and the folders above it that are empty then.
fn withdraw(top: &Folder, root: &str) -> Result<bool> {
    let Some((parent, name)) = top.at(root)? else { return Ok(false) };
    let Some(found) = parent.find(&name)? else { return Ok(false) };
    parent.make_gone(&name, found)?;
    clear_above(top, root)?;
    Ok(true)
}

/// Removes the folders above a path as far as they are empty.
fn clear_above(top: &Folder, path: &str) -> Result<()> {
    for above in super::place::ancestors(path).collect::<Vec<_>>().into_iter().rev() {
        match top.at(above)? {
            Some((folder, name)) if folder.remove_if_empty(&name)? => {}
            _ => break,
        }
    }
    Ok(())
}
