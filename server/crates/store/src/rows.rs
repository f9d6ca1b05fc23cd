//! The statements of the writer: what it reads before it decides about a group, and what it writes after.

use crate::{
    audit,
    batch::{Batch, Existing, Step, Stored},
    blob,
    db::Tx,
    event, log,
    needed::Needed,
    object::Number,
    object_row::{self, Name},
    queue::{self, Claim, Lease, QueueRow},
    staged::Staged,
    statement::{Arg, Statement, for_rows, for_values},
};
use domain::Result;
use sqlx::FromRow;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// First of all: whoever holds this row writes, on every replica. So versions are in commit order, and so are the numbers of events and logs.
/// On SQLite the transaction has begun with the lock; there this only reads.
const LOCK: &str = "select value as number from counter where name = 'version'";
const LOCK_ON_POSTGRES: &str = " for update";
const ADVANCE: &str = "update counter set value = $1 where name = 'version'";

pub(crate) const BY_UIDS: &str =
    "select uid, api_group, kind, namespace, name, version, deleting, document from object where uid in";
pub(crate) const BY_NAMES: &str = "
    select uid, api_group, kind, namespace, name, version, deleting, document from (values";
/// Joined in this order: SQLite would read the whole table for `(…) in (values …)`.
pub(crate) const BY_NAMES_TAIL: &str = ") as wanted cross join object
    where api_group = wanted.column1 and kind = wanted.column2 and namespace = wanted.column3 and name = wanted.column4";
const DELETE: &str = "delete from object where uid in";
const UPSERT: &str = "
    insert into object
        (uid, api_group, kind, namespace, name, version, generation, owner, promise, phase, active, created, deleting, document)
    values";
const UPSERT_TAIL: &str = "
    on conflict (uid) do update
    set version = excluded.version, generation = excluded.generation, owner = excluded.owner, promise = excluded.promise,
        phase = excluded.phase, active = excluded.active, created = excluded.created, deleting = excluded.deleting,
        document = excluded.document";
const DELETE_LABELS: &str = "delete from label where uid in";
const INSERT_LABELS: &str = "insert into label (uid, key, value) values";
const BURY: &str = "insert into removed (version, uid, api_group, kind, namespace, name, document) values";

/// Takes the write lock and reads everything the group may depend on.
pub async fn read(tx: &mut Tx, group: &[&[Step]]) -> sqlx::Result<Batch> {
    let mut lock = Statement::new(LOCK);
    lock.push(tx.either("", LOCK_ON_POSTGRES));
    let version = tx.all::<Number>(lock).await?.first().map_or(0, |row| row.number);
    let needed = Needed::by(group.iter().flat_map(|steps| steps.iter()));

    let mut found: BTreeMap<Arc<str>, Stored> = BTreeMap::new();
    let by_uid = for_values(BY_UIDS, needed.uids.iter(), "");
    let by_name = for_rows(BY_NAMES, needed.names.iter().map(Name::args).collect(), BY_NAMES_TAIL);
    for statement in by_uid.into_iter().chain(by_name) {
        found.extend(tx.all::<Row>(statement).await?.into_iter().map(Row::stored));
    }
    let mut keys = Vec::new();
    for statement in for_values(queue::BY_KEYS, needed.keys.iter(), "") {
        keys.extend(tx.all::<QueueRow>(statement).await?.into_iter().map(|row| (row.key.clone(), row)));
    }
    let names: Vec<_> = found.iter().map(|(uid, stored)| (stored.name().clone(), Arc::clone(uid))).collect();
    Ok(Batch {
        version,
        objects: Staged::new(found),
        names: Staged::new(names),
        queue: Staged::new(keys),
        tombstones: Vec::new(),
    })
}

/// Writes the objects, labels, tombstones and queue rows the accepted transactions leave behind.
pub async fn write(tx: &mut Tx, batch: &Batch, before: i64) -> sqlx::Result<()> {
    let mut statements = objects(batch);
    statements.extend(keys(batch));
    if batch.version > before {
        statements.push(Statement::new(ADVANCE).bind(batch.version));
    }
    execute(tx, statements).await
}

/// Writes what is only ever added to.
pub async fn append<'a>(tx: &mut Tx, accepted: impl Iterator<Item = &'a Step>) -> sqlx::Result<()> {
    let (mut blobs, mut events, mut entries, mut chunks) = (BTreeMap::new(), Vec::new(), Vec::new(), Vec::new());
    for step in accepted {
        match step {
            Step::Blob { digest, bytes } => _ = blobs.insert(digest, bytes),
            Step::Event(event) => events.push(event::args(event)),
            Step::Audit(entry) => entries.push(audit::args(entry)),
            Step::Log(chunk) => chunks.push(log::args(chunk)),
            _ => {}
        }
    }
    let blobs = blobs.into_iter().map(|(digest, bytes)| vec![Arg::from(digest), Arg::from(bytes)]).collect();
    let mut statements = for_rows(blob::INSERT, blobs, blob::INSERT_TAIL);
    statements.extend(for_rows(event::INSERT, events, ""));
    statements.extend(for_rows(audit::INSERT, entries, ""));
    statements.extend(for_rows(log::INSERT, chunks, ""));
    execute(tx, statements).await
}

pub async fn claim(tx: &mut Tx, claim: &Claim) -> sqlx::Result<Result<Vec<Lease>>> {
    tx.execute(Statement::new(queue::FREE_EXPIRED).bind(claim.now)).await?;
    if tx.all::<Number>(Statement::new(queue::ANY_DUE).bind(claim.now)).await?.is_empty() {
        // a claim of nothing leaves nothing behind, so it need not reach the disk
        return Ok(Ok(Vec::new()));
    }
    let fence = tx.all::<Number>(Statement::new(queue::NEXT_FENCE)).await?.first().map_or(0, |row| row.number);
    let statement = Statement::new(tx.either(queue::CLAIM_ON_SQLITE, queue::CLAIM_ON_POSTGRES))
        .bind(&claim.replica)
        .bind(claim.until)
        .bind(fence)
        .bind(claim.now)
        .bind(claim.limit);
    let rows: Vec<QueueRow> = tx.all(statement).await?;
    Ok(rows.into_iter().map(Lease::try_from).collect())
}

fn objects(batch: &Batch) -> Vec<Statement> {
    let buried: BTreeSet<&Arc<str>> = batch.tombstones.iter().map(|grave| &grave.uid).collect();
    let (mut gone, mut rows, mut relabelled, mut labels) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (uid, stored) in batch.objects.changes() {
        // removed, even if one of the same uid stands in its place now
        let removed = buried.contains(uid);
        if removed {
            gone.push(uid);
        }
        let Some(Stored::Written(row, version)) = stored else { continue };
        rows.push(row.args(*version));
        let known = batch.objects.stored(uid).filter(|_| !removed).map(|stored| object_row::labels(stored.document()));
        if known.as_ref() == Some(&row.labels) {
            continue;
        }
        if known.is_some_and(|labels| !labels.is_empty()) {
            relabelled.push(uid);
        }
        labels.extend(row.labels.iter().map(|(key, value)| vec![Arg::from(uid), Arg::from(key), Arg::from(value)]));
    }
    let graves = batch.tombstones.iter().map(|grave| {
        let mut args = vec![Arg::Int(grave.version), Arg::from(&grave.uid)];
        args.extend(grave.name.args());
        args.push(Arg::from(&grave.document));
        args
    });
    let mut statements = for_values(DELETE, gone, "");
    statements.extend(for_rows(UPSERT, rows, UPSERT_TAIL));
    statements.extend(for_values(DELETE_LABELS, relabelled, ""));
    statements.extend(for_rows(INSERT_LABELS, labels, ""));
    statements.extend(for_rows(BURY, graves.collect(), ""));
    statements
}

fn keys(batch: &Batch) -> Vec<Statement> {
    let (mut gone, mut rows) = (Vec::new(), Vec::new());
    for (key, row) in batch.queue.changes() {
        match row {
            Some(row) => rows.push(row.args()),
            None => gone.push(key),
        }
    }
    let mut statements = for_values(queue::DELETE, gone, "");
    statements.extend(for_rows(queue::UPSERT, rows, queue::UPSERT_TAIL));
    statements
}

async fn execute(tx: &mut Tx, statements: Vec<Statement>) -> sqlx::Result<()> {
    for statement in statements {
        tx.execute(statement).await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Row {
    uid: String,
    api_group: String,
    kind: String,
    namespace: String,
    name: String,
    version: i64,
    deleting: i64,
    document: String,
}

impl Row {
    fn stored(self) -> (Arc<str>, Stored) {
        let name = Name { group: self.api_group, kind: self.kind, namespace: self.namespace, name: self.name };
        let existing =
            Existing { name, version: self.version, deleting: self.deleting != 0, document: self.document.into() };
        (self.uid.into(), Stored::Read(Arc::new(existing)))
    }
}
