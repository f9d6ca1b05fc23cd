//! A state store that is a bucket: objects are compared by their ETag, changed ones put, stale ones deleted.
//!
//! A bucket has no transaction over several objects: new files come before old ones go. The newest fence stands in an object of the bucket, raised
//! by a conditional write and asked before each placement; between the question and the last object of that placement a writer that was paused can
//! still slip in, and the next pass puts it right.

mod reach;
mod sight;

use super::{Shape, Stores, Target, Unwritten, Wanted, Written, directory::OWN_FOLDER, listed, refused};
use bytes::Bytes;
use domain::{Error, Result, destination::BucketStore, drift::ignores};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectMeta, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, UpdateVersion, path::Path};
use reach::Bucket;
pub(super) use sight::look;
use std::collections::{BTreeMap, BTreeSet};

/// Requests under way at once in one pass.
const AT_ONCE: usize = 16;
/// Rounds against others who raise the fence at the same moment.
const ROUNDS: usize = 8;
/// Bytes of an object that is read back.
const LONGEST: u64 = 256 << 20;

pub(super) async fn write(
    stores: &Stores,
    target: &Target,
    store: &BucketStore,
    wanted: Vec<Wanted>,
) -> Result<Written, Unwritten> {
    let bucket = Bucket::of(target, store).await?;
    let hold = super::scratch::lock(stores, &target.uid).await?;
    let fence = wanted.iter().map(|one| one.fence).max().unwrap_or(0);
    let note = note(store, target);
    raise(&bucket, &note, fence).await?;
    let mut found = BTreeMap::new();
    for path in listed::asked(&wanted) {
        if let Some(content) = bucket.read(&path).await? {
            found.insert(path, content);
        }
    }
    let mut written = Written::default();
    for one in wanted {
        let id = one.id.clone();
        let one = match listed::resolved(one, &found) {
            Ok(one) => one,
            Err(error) => {
                written.refused.push(refused(id, error));
                continue;
            }
        };
        if fence > 0
            && let Some((newest, _)) = read_fence(&bucket, &note).await?
            && newest > fence
        {
            return Err(Unwritten::Overtaken(newest));
        }
        written.changed |= place(&bucket, &one).await?;
    }
    drop(hold);
    Ok(written)
}

/// Writes, reads, lists and removes an object, as a pass would.
pub(super) async fn check(target: &Target, store: &BucketStore) -> Result<()> {
    let bucket = Bucket::of(target, store).await?;
    let probe = full(store, &format!("{OWN_FOLDER}/{}.probe", target.uid));
    let content = Bytes::from_static(b"Midspan checks whether it may write here.\n");
    bucket.put(&probe, content.clone()).await?;
    let read = bucket.read(&probe).await;
    let listed = bucket.list(&full(store, OWN_FOLDER)).await;
    bucket.delete(&probe).await?;
    if read?.as_ref() != Some(&content) || !listed?.iter().any(|object| object.location.as_ref() == probe) {
        return Err(Error::unavailable("the bucket does not give back what was just written to it"));
    }
    Ok(())
}

pub(super) async fn read(target: &Target, store: &BucketStore, root: &str) -> Result<BTreeMap<String, Bytes>> {
    let bucket = Bucket::of(target, store).await?;
    let objects = bucket.list(root).await?;
    let read = objects.into_iter().filter(|object| object.size <= LONGEST).map(|object| {
        let (bucket, prefix) = (&bucket, format!("{root}/"));
        async move {
            let path = object.location.to_string();
            let content = bucket.read(&path).await?;
            Ok::<_, Error>(path.strip_prefix(&prefix).map(str::to_owned).zip(content))
        }
    });
    let files: Vec<Option<(String, Bytes)>> = some_at_once(read).await?;
    Ok(files.into_iter().flatten().collect())
}

/// Makes the bucket hold what is wanted. Says whether anything was different.
async fn place(bucket: &Bucket, one: &Wanted) -> Result<bool> {
    let wanted: BTreeMap<String, &Bytes> = one.files.iter().map(|(path, content)| (one.full(path), content)).collect();
    let (standing, mut stale): (Vec<ObjectMeta>, BTreeSet<String>) = if let Shape::Files { gone } = &one.shape {
        let paths: BTreeSet<String> = gone.iter().map(|path| one.full(path)).collect();
        let heads = wanted.keys().chain(&paths).map(|path| bucket.head(path));
        let found: Vec<Option<ObjectMeta>> = some_at_once(heads).await?;
        (found.into_iter().flatten().collect(), paths)
    } else {
        let found = bucket.list(&one.root).await?;
        let stale = found.iter().map(|object| object.location.to_string());
        let stale = stale.filter(|path| !wanted.contains_key(path)).collect();
        (found, stale)
    };
    let standing: BTreeMap<String, ObjectMeta> =
        standing.into_iter().map(|object| (object.location.to_string(), object)).collect();
    let spares = one.shape == Shape::Folder && !one.spared.is_empty() && !one.files.is_empty();
    let below = |path: &str| path.strip_prefix(&one.root).and_then(|path| path.strip_prefix('/')).map(str::to_owned);
    let spared = |path: &str| spares && below(path).is_some_and(|path| ignores(&one.spared, &path));
    stale.retain(|path| standing.contains_key(path) && !spared(path));
    let mut wanted = wanted;
    wanted.retain(|path, _| !(spared(path) && standing.contains_key(path)));
    let puts = wanted.iter().map(|(path, content)| {
        let there = standing.get(path);
        async move {
            if let Some(object) = there
                && bucket.holds(object, content).await?
            {
                return Ok::<bool, Error>(false);
            }
            bucket.put(path, (*content).clone()).await.map(|()| true)
        }
    });
    let put: Vec<bool> = some_at_once(puts).await?;
    let deletes = stale.iter().map(|path| bucket.delete(path));
    let deleted: Vec<()> = some_at_once(deletes).await?;
    Ok(put.contains(&true) || !deleted.is_empty())
}

async fn some_at_once<T, F: Future<Output = Result<T>>>(requests: impl Iterator<Item = F>) -> Result<Vec<T>> {
    // gathered first: the compiler cannot see that a stream over closures with references may be sent
    let requests: Vec<F> = requests.collect();
    stream::iter(requests).buffer_unordered(AT_ONCE).try_collect().await
}

/// Puts our fence into the bucket, unless a newer one stands there.
async fn raise(bucket: &Bucket, note: &str, ours: i64) -> Result<(), Unwritten> {
    if ours <= 0 {
        return Ok(());
    }
    let path = Path::parse(note).map_err(Error::internal)?;
    for _ in 0..ROUNDS {
        let mode = match read_fence(bucket, note).await? {
            Some((newest, _)) if newest > ours => return Err(Unwritten::Overtaken(newest)),
            Some((newest, _)) if newest == ours => return Ok(()),
            Some((_, version)) => PutMode::Update(version),
            None => PutMode::Create,
        };
        let options = |mode| PutOptions { mode, ..PutOptions::default() };
        match bucket.store.put_opts(&path, format!("{ours}\n").into(), options(mode)).await {
            Ok(_) => return Ok(()),
            // somebody was faster: who it was stands there now
            Err(object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. }) => {}
            // a server without conditional writes: the question before each placement has to do
            Err(object_store::Error::NotImplemented { .. } | object_store::Error::NotSupported { .. }) => {
                return Ok(bucket.put(note, format!("{ours}\n").into()).await?);
            }
            Err(error) => return Err(bucket.cannot("write", note, error).into()),
        }
    }
    Err(Error::unavailable("others keep raising the fence of this bucket").into())
}

async fn read_fence(bucket: &Bucket, note: &str) -> Result<Option<(i64, UpdateVersion)>> {
    let path = Path::parse(note).map_err(Error::internal)?;
    let answer = match bucket.store.get(&path).await {
        Ok(answer) => answer,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(bucket.cannot("read", note, error)),
    };
    let version = UpdateVersion { e_tag: answer.meta.e_tag.clone(), version: answer.meta.version.clone() };
    let text = answer.bytes().await.map_err(|error| bucket.cannot("read", note, error))?;
    let fence = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    Ok(Some((fence, version)))
}

/// Where the fence stands.
fn note(store: &BucketStore, target: &Target) -> String {
    full(store, &format!("{OWN_FOLDER}/{}.fence", target.uid))
}

fn full(store: &BucketStore, path: &str) -> String {
    let top = domain::destination::clean(&store.path);
    if top.is_empty() { path.to_owned() } else { format!("{top}/{path}") }
}
