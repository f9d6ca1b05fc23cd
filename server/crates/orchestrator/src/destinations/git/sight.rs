//! Looking at a repository: one listing of the branch's newest commit, without a checkout; a content is read once and known by its name from then on.

use super::{Fault, Pass, look};
use crate::destinations::sight::{Asked, Entry, ForeignRead, Sight, sorted, tops};
use bytes::Bytes;
use domain::{Result, drift::Seen};

/// Bytes of contents that are read at a time.
const AT_ONCE: u64 = 32 << 20;
/// Bytes of a file that is read.
const LONGEST: u64 = 128 << 20;

#[derive(Clone)]
struct Blob {
    name: String,
    size: u64,
    /// Not a link or a submodule.
    regular: bool,
}

impl Pass<'_> {
    pub async fn look(mut self, asked: &[Asked]) -> Result<Sight> {
        match self.sight(asked).await {
            Ok(sight) => Ok(sight),
            Err(fault) => {
                self.mend(fault).await?;
                Ok(self.sight(asked).await?)
            }
        }
    }

    async fn sight(&mut self, asked: &[Asked]) -> Result<Sight, Fault> {
        let mut sight = Sight::of(asked);
        self.fetch(0).await?;
        let Some(head) = self.seen.head.commit().map(str::to_owned) else { return Ok(sight) };
        let mut args = vec!["ls-tree", "-r", "-z", "-l", "--full-tree", &head, "--"];
        args.extend(tops(asked));
        let listed = self.local(&args, Vec::new()).await?;
        let listed = listed.split(|byte| *byte == 0).filter_map(blob);
        let mut unread: Vec<Entry<Blob>> = Vec::new();
        let mut foreign = ForeignRead::default();
        for one in sorted(asked, listed) {
            let Blob { name, size, regular } = &one.entry;
            let known = self.seen.digests.get(name).cloned();
            if !regular || *size > LONGEST {
                sight.see(one.at, &one.path, Seen::Odd);
            } else if let Some(digest) = known.filter(|digest| asked[one.at].files.get(&one.path) == Some(digest)) {
                sight.see(one.at, &one.path, Seen::File(digest));
            } else if !one.foreign || foreign.reads(one.at, *size) {
                unread.push(one);
            } else {
                sight.see(one.at, &one.path, Seen::Unread);
            }
        }
        let mut rest = unread.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |one: &&Entry<Blob>| {
                bytes += one.entry.size;
                bytes <= AT_ONCE
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let (now, later) = rest.split_at(count);
            self.read_blobs(asked, now, &mut sight).await?;
            rest = later;
        }
        sight.version = head;
        Ok(sight)
    }

    async fn read_blobs(&mut self, asked: &[Asked], blobs: &[Entry<Blob>], sight: &mut Sight) -> Result<(), Fault> {
        let names: String = blobs.iter().map(|one| format!("{}\n", one.entry.name)).collect();
        let mut answered = Bytes::from(self.local(&["cat-file", "--batch"], vec![names.into()]).await?);
        for one in blobs {
            let content =
                look::content(&mut answered).ok_or_else(|| Fault::cache("git cat-file", "an object is missing"))?;
            let digest = sight.note(one.at, &asked[one.at], &one.path, &content);
            self.seen.digests.keep(one.entry.name.clone(), digest);
        }
        Ok(())
    }
}

/// `100644 blob 18021b…    1234\tthe/path`; a name that is not text is nobody's question.
fn blob(entry: &[u8]) -> Option<(String, Blob)> {
    let (told, path) = std::str::from_utf8(entry).ok()?.split_once('\t')?;
    let mut words = told.split_whitespace();
    let mode = words.next()?;
    let name = words.nth(1)?.to_owned();
    let size = words.next()?.parse().unwrap_or(0);
    Some((path.to_owned(), Blob { name, size, regular: mode.starts_with("100") }))
}
