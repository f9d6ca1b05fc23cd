//! The bytes of files, each stored once under its digest.

use crate::{Store, object_row::corrupt, statement::for_values};
use domain::{Result, digest::Digest};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const INSERT: &str = "insert into blob (digest, bytes) values";
pub(crate) const INSERT_TAIL: &str = " on conflict (digest) do nothing";
const SELECT: &str = "select digest, bytes from blob where digest in";
impl Store {
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
struct BlobRow {
    digest: String,
    bytes: Vec<u8>,
}
