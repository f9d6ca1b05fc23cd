//! Sealed values beside the objects they belong to, and the data keys that open them.
//!
//! A value is sealed with the newest data key; data keys are kept wrapped by the key the server is given from outside. So a new outer key rewrites a few
//! rows, a new data key is used from the next value on, and what is older is sealed anew in slices while everything goes on.

use crate::{
    Store,
    op::Op,
    seal::{KEY_BYTES, Opened, OuterKey, Place, Random, SealingKey},
    statement::Statement,
};
use domain::{Error, Object, Result, Timestamp};
use sqlx::FromRow;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What a store needs to seal and to open.
pub struct Sealer {
    outer: OuterKey,
    random: Random,
    /// Those that were needed so far. A data key never changes.
    data_keys: Mutex<BTreeMap<i64, Arc<SealingKey>>>,
}

const NEWEST: &str = "select id, wrapped from data_key order by id desc limit 1";
const BY_ID: &str = "select id, wrapped from data_key where id = $1";
const ALL: &str = "select id, wrapped from data_key order by id";
const INSERT: &str = "insert into data_key (id, wrapped, created) values ($1, $2, $3) on conflict (id) do nothing";
const REWRAP: &str = "update data_key set wrapped = $2 where id = $1";
const FORGET_UNUSED: &str = "
    delete from data_key
    where id < $1 and not exists (select 1 from sealed where sealed.data_key = data_key.id)";
const SEAL: &str = "
    insert into sealed (uid, key, data_key, bytes) values ($1, $2, $3, $4)
    on conflict (uid, key) do update set data_key = excluded.data_key, bytes = excluded.bytes";
const UNSEAL: &str = "delete from sealed where uid = $1 and key = $2";
const UNSEAL_ALL: &str = "delete from sealed where uid = $1";
const OF_OBJECT: &str =
    "select uid, key, data_key, bytes, '' as namespace, '' as name from sealed where uid = $1 order by key";
const OLDER: &str = "
    select sealed.uid, key, data_key, bytes, namespace, name from sealed join object on object.uid = sealed.uid
    where data_key < $1 order by data_key, sealed.uid, key limit $2";
/// Unless somebody has put another value there meanwhile.
const RESEAL: &str = "update sealed set data_key = $3, bytes = $4 where uid = $1 and key = $2 and bytes = $5";

/// Sealed anew in one transaction.
const SLICE: i64 = 100;

impl Store {
    /// The same store with the key from outside, without which nothing can be sealed or opened. A new database gets its first data key.
    pub async fn unlocked(&self, outer: OuterKey, random: Random, now: Timestamp) -> Result<Self> {
        if self.newest_data_key().await?.is_none() {
            self.add_data_key(&outer, random, 1, now).await?;
        }
        let sealer = Arc::new(Sealer { outer, random, data_keys: Mutex::default() });
        let unlocked = Self { sealer: Some(sealer), ..self.clone() };
        unlocked.current().await?;
        Ok(unlocked)
    }

    /// A value for a transaction that also writes its object.
    pub async fn seal(&self, place: &Place<'_>, value: &[u8]) -> Result<Op> {
        let (data_key, key) = self.current().await?;
        let bytes = key.seal(&place.bytes(), value, self.sealer()?.random)?;
        Ok(Op::Seal { uid: place.uid.to_owned(), key: place.key.to_owned(), data_key, bytes })
    }

    /// What may be shown of a value: it changes when the value does, and under another data key.
    pub async fn mark(&self, place: &Place<'_>, value: &[u8]) -> Result<String> {
        Ok(self.current().await?.1.mark(&place.bytes(), value))
    }

    /// All that is sealed for an object, by key.
    pub async fn opened(&self, object: &Object) -> Result<BTreeMap<String, Opened>> {
        let metadata = &object.metadata;
        let rows: Vec<SealedRow> = self.db.all(Statement::new(OF_OBJECT).bind(&metadata.uid)).await?;
        let mut values = BTreeMap::new();
        for mut row in rows {
            row.namespace.clone_from(&metadata.namespace);
            row.name.clone_from(&metadata.name);
            values.insert(row.key.clone(), self.unseal(&row).await?);
        }
        Ok(values)
    }

    /// A new data key, for whatever is sealed from now on. Returns its number.
    pub async fn rotate_data_key(&self, now: Timestamp) -> Result<i64> {
        let sealer = self.sealer()?;
        let next = self.newest_data_key().await?.map_or(1, |row| row.id + 1);
        self.add_data_key(&sealer.outer, sealer.random, next, now).await?;
        Ok(next)
    }

    /// Seals a slice of what older data keys sealed with the newest; returns how many values there were, 0 when none is left.
    pub async fn reseal(&self) -> Result<usize> {
        let (data_key, key) = self.current().await?;
        let rows: Vec<SealedRow> = self.db.all(Statement::new(OLDER).bind(data_key).bind(SLICE)).await?;
        let mut statements = Vec::new();
        for row in &rows {
            let bytes = key.seal(&row.place().bytes(), self.unseal(row).await?.as_bytes(), self.sealer()?.random)?;
            statements.push(
                Statement::new(RESEAL).bind(&row.uid).bind(&row.key).bind(data_key).bind(bytes).bind(row.bytes.clone()),
            );
        }
        if !statements.is_empty() {
            self.writer.statements(statements).await?;
        }
        Ok(rows.len())
    }

    /// Forgets data keys that seal nothing any more, the newest aside; returns how many.
    pub async fn forget_data_keys(&self) -> Result<u64> {
        let (newest, _) = self.current().await?;
        self.writer.statements(vec![Statement::new(FORGET_UNUSED).bind(newest)]).await
    }

    /// Wraps all data keys with another outer key, in one transaction. This store goes on with what it has opened already.
    pub async fn rewrap(&self, new: &OuterKey) -> Result<usize> {
        let sealer = self.sealer()?;
        let mut statements = Vec::new();
        for row in self.db.all::<DataKeyRow>(Statement::new(ALL)).await? {
            let bytes = sealer.outer.unwrap(row.id, &row.wrapped).ok_or_else(another_key)?;
            statements.push(Statement::new(REWRAP).bind(row.id).bind(new.wrap(row.id, &bytes, sealer.random)?));
        }
        let count = statements.len();
        self.writer.statements(statements).await?;
        Ok(count)
    }

    fn sealer(&self) -> Result<&Sealer> {
        self.sealer.as_deref().ok_or_else(|| Error::internal("secrets are asked for, but the store was given no key"))
    }

    async fn newest_data_key(&self) -> Result<Option<DataKeyRow>> {
        self.db.optional(Statement::new(NEWEST)).await
    }

    /// Of two who add the same one, the first is taken.
    async fn add_data_key(&self, outer: &OuterKey, random: Random, id: i64, now: Timestamp) -> Result<()> {
        let mut bytes = [0; KEY_BYTES];
        random(&mut bytes)?;
        let wrapped = outer.wrap(id, &bytes, random)?;
        self.writer.statements(vec![Statement::new(INSERT).bind(id).bind(wrapped).bind(now)]).await?;
        Ok(())
    }

    /// Asked of the database each time: a rotation elsewhere counts at once.
    async fn current(&self) -> Result<(i64, Arc<SealingKey>)> {
        let row = self.newest_data_key().await?.ok_or_else(|| Error::internal("the database has no data key"))?;
        Ok((row.id, self.sealer()?.data_key(&row)?))
    }

    async fn unseal(&self, row: &SealedRow) -> Result<Opened> {
        let sealer = self.sealer()?;
        let key = if let Some(known) = sealer.known(row.data_key) {
            known
        } else {
            let found: Option<DataKeyRow> = self.db.optional(Statement::new(BY_ID).bind(row.data_key)).await?;
            sealer.data_key(&found.ok_or_else(|| Error::internal(format!("data key {} is gone", row.data_key)))?)?
        };
        let bytes = key.open(&row.place().bytes(), &row.bytes);
        let bytes = bytes.ok_or_else(|| {
            Error::internal(format!("the sealed value {:?} of {} was changed outside, or moved here", row.key, row.uid))
        })?;
        Ok(Opened::new(bytes))
    }
}

impl Sealer {
    fn known(&self, id: i64) -> Option<Arc<SealingKey>> {
        self.data_keys.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn data_key(&self, row: &DataKeyRow) -> Result<Arc<SealingKey>> {
        if let Some(known) = self.known(row.id) {
            return Ok(known);
        }
        let bytes = self.outer.unwrap(row.id, &row.wrapped).ok_or_else(another_key)?;
        let key = Arc::new(SealingKey::new(&bytes)?);
        self.data_keys.lock().unwrap_or_else(PoisonError::into_inner).insert(row.id, key.clone());
        Ok(key)
    }
}

fn another_key() -> Error {
    Error::new(
        domain::ErrorKind::Forbidden,
        "the secrets in this database are sealed under another key: give this server the key of the first one with --key-file",
    )
}

pub(crate) fn seal(uid: &str, key: &str, data_key: i64, bytes: Vec<u8>) -> Statement {
    Statement::new(SEAL).bind(uid).bind(key).bind(data_key).bind(bytes)
}

pub(crate) fn unseal(uid: &str, key: &str) -> Statement {
    Statement::new(UNSEAL).bind(uid).bind(key)
}

pub(crate) fn unseal_all(uid: &str) -> Statement {
    Statement::new(UNSEAL_ALL).bind(uid)
}

#[derive(FromRow)]
struct DataKeyRow {
    id: i64,
    wrapped: Vec<u8>,
}

#[derive(FromRow)]
struct SealedRow {
    uid: String,
    key: String,
    data_key: i64,
    bytes: Vec<u8>,
    namespace: String,
    name: String,
}

impl SealedRow {
    fn place(&self) -> Place<'_> {
        Place { uid: &self.uid, namespace: &self.namespace, name: &self.name, key: &self.key }
    }
}
