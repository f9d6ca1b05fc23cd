//! The bytes of files, each stored once under its digest.

use crate::{
    Store,
    object_row::corrupt,
    statement::{Statement, for_values},
};
use domain::{Result, digest::Digest};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const INSERT: &str = "insert into blob (digest, bytes) values";
pub(crate) const INSERT_TAIL: &str = " on conflict (digest) do nothing";
const SELECT: &str = "select digest, bytes from blob where digest in";
const PAGE: &str = "select digest from blob where digest > $1 order by digest limit $2";
const DOCUMENTS: &str = "select uid, document from object where uid > $1 order by uid limit $2";
const DELETE: &str = "delete from blob where digest in";
/// Named again while the documents were read? Then by an object of a newer version.
const DELETE_UNLESS_NEWER: &str = " and not exists (select 1 from object where object.version > ";
const DELETE_TAIL: &str = " and object.document like '%' || blob.digest || '%')";

/// Digests that a sweep holds in memory at once, and documents it reads at once.
const DIGESTS: i64 = 50_000;
const AT_ONCE: i64 = 200;

impl Store {
    /// Deletes the bytes that no object names any more; returns how many there were. Reads every document, so seldom is enough.
    /// Bytes and the object that names them must be committed together, or a sweep may come between them.
    pub async fn sweep_blobs(&self) -> Result<u64> {
        let (mut swept, mut last) = (0, String::new());
        loop {
            let page: Vec<DigestRow> = self.db.all(Statement::new(PAGE).bind(&last).bind(DIGESTS)).await?;
            let Some(end) = page.last() else { return Ok(swept) };
            last.clone_from(&end.digest);
            let version = self.version().await?;
            let mut unnamed: BTreeSet<String> = page.into_iter().map(|row| row.digest).collect();
            self.leave_named(&mut unnamed).await?;
            for mut statement in for_values(DELETE, unnamed, DELETE_UNLESS_NEWER) {
                statement.arg(version).push(DELETE_TAIL);
                swept += self.writer.statements(vec![statement]).await?;
            }
        }
    }

    /// Takes every digest that stands in a document out of the set.
    async fn leave_named(&self, digests: &mut BTreeSet<String>) -> Result<()> {
        let mut last = String::new();
        loop {
            let page: Vec<DocumentRow> = self.db.all(Statement::new(DOCUMENTS).bind(&last).bind(AT_ONCE)).await?;
            let Some(end) = page.last() else { return Ok(()) };
            last.clone_from(&end.uid);
            for word in page.iter().flat_map(|row| row.document.split(|c: char| !c.is_ascii_hexdigit())) {
                digests.remove(word);
            }
        }
    }

    /// The bytes of those digests that are stored.
    pub async fn blobs(&self, digests: &[Digest]) -> Result<BTreeMap<Digest, Vec<u8>>> {
        let wanted: BTreeSet<&Digest> = digests.iter().collect();
        let mut found = BTreeMap::new();
        for statement in for_values(SELECT, wanted, "") {
            for row in self.db.all::<BlobRow>(statement).await? {
                let digest = Digest::parse(&row.digest)
                    .ok_or_else(|| corrupt("blob", "digest", &row.digest, &"not a SHA-256"))?;
                found.insert(digest, row.bytes);
            }
        }
        Ok(found)
    }
}

#[derive(FromRow)]
struct DigestRow {
    digest: String,
}

#[derive(FromRow)]
struct DocumentRow {
    uid: String,
    document: String,
}

#[derive(FromRow)]
struct BlobRow {
    digest: String,
    bytes: Vec<u8>,
}
