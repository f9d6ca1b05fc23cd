//! Looking at a bucket: one listing; an object is read once and known by its ETag from then on.

use super::{AT_ONCE, LONGEST, reach::Bucket};
use crate::destinations::{
    Stores, Target,
    sight::{Asked, Entry, ForeignRead, Sight, sorted, tops},
};
use bytes::Bytes;
use domain::{Error, Result, destination::BucketStore, drift::Seen};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::ObjectMeta;

pub async fn look(stores: &Stores, target: &Target, store: &BucketStore, asked: &[Asked]) -> Result<Sight> {
    let bucket = Bucket::of(target, store).await?;
    let seen = stores.seen(&target.uid);
    let mut seen = seen.lock().await;
    let mut listed = Vec::new();
    let tops = tops(asked);
    for top in if tops.is_empty() { vec![""] } else { tops.into_iter().collect() } {
        listed.extend(bucket.list(top).await?.into_iter().map(|object| (object.location.to_string(), object)));
    }
    let mut sight = Sight::of(asked);
    let (mut unread, mut foreign) = (Vec::new(), ForeignRead::default());
    for one in sorted(asked, listed.into_iter()) {
        let known = tag(&one.entry).and_then(|tag| seen.digests.get(&tag)).cloned();
        if one.entry.size > LONGEST {
            sight.see(one.at, &one.path, Seen::Odd);
        } else if let Some(digest) = known.filter(|digest| asked[one.at].files.get(&one.path) == Some(digest)) {
            sight.see(one.at, &one.path, Seen::File(digest));
        } else if !one.foreign || foreign.reads(one.at, one.entry.size) {
            unread.push(one);
        } else {
            sight.see(one.at, &one.path, Seen::Unread);
        }
    }
    let requests: Vec<_> = unread.into_iter().map(|one| read(&bucket, one)).collect();
    let mut answers = stream::iter(requests).buffer_unordered(AT_ONCE);
    while let Some((one, content)) = answers.try_next().await? {
        // gone between two looks is gone
        let Some(content) = content else { continue };
        let digest = sight.note(one.at, &asked[one.at], &one.path, &content);
        if let Some(tag) = tag(&one.entry) {
            seen.digests.keep(tag, digest);
        }
    }
    Ok(sight)
}

async fn read(bucket: &Bucket, one: Entry<ObjectMeta>) -> Result<(Entry<ObjectMeta>, Option<Bytes>), Error> {
    let content = bucket.read(one.entry.location.as_ref()).await?;
    Ok((one, content))
}

/// What tells this content of this object from any other, where the server says so.
fn tag(object: &ObjectMeta) -> Option<String> {
    Some(format!("{} {}", object.location, object.e_tag.as_deref()?))
}
