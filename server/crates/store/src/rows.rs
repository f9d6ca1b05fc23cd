//! The statements of the writer: what it reads before it decides about a group, and what it writes after.

use crate::{
    audit,
    batch::{Batch, Existing, Step, Stored},
    blob,
    db::{Done, Lock, Tx},
    event, log,
    needed::Needed,
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
/// On SQLite the transaction begins with the lock; there the row is only read.
pub(crate) const LOCK: Lock = Lock {
    on_sqlite: "begin immediate; select value as number from counter where name = 'version'",
    on_postgres: "begin; select value as number from counter where name = 'version' for update",
};
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
        (uid, api_group, kind, namespace, name, version, generation, owner, promise, phase, made, asked_by, active,
         created, deleting, document)
    values";
const UPSERT_TAIL: &str = "
    on conflict (uid) do update
    set version = excluded.version, generation = excluded.generation, owner = excluded.owner, promise = excluded.promise,
        phase = excluded.phase, made = excluded.made, asked_by = excluded.asked_by, active = excluded.active, created = excluded.created, deleting = excluded.deleting,
        document = excluded.document";
const DELETE_LABELS: &str = "delete from label where uid in";
const INSERT_LABELS: &str = "insert into label (uid, key, value) values";
const BURY: &str = "insert into removed (version, uid, api_group, kind, namespace, name, document) values";

/// Reads everything the group may depend on.
pub async fn read(tx: &mut Tx, version: i64, group: &[&[Step]]) -> sqlx::Result<Batch> {
    let needed = Needed::by(group.iter().flat_map(|steps| steps.iter()));
    let mut statements = for_values(BY_UIDS, needed.uids.iter(), "");
    statements.extend(for_rows(BY_NAMES, needed.names.iter().map(Name::args).collect(), BY_NAMES_TAIL));
    let of_objects = statements.len();
    statements.extend(for_values(queue::BY_KEYS, needed.keys.iter(), ""));
    let done = tx.run(statements).await?;
    let (objects, queued) = done.split_at(of_objects);

    let mut found: BTreeMap<Arc<str>, Stored> = BTreeMap::new();
    for done in objects {
        found.extend(done.rows::<Row>()?.into_iter().map(Row::stored));
    }
    let mut keys = Vec::new();
    for done in queued {
        keys.extend(done.rows::<QueueRow>()?.into_iter().map(|row| (row.key.clone(), row)));
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

/// What the accepted transactions leave behind: objects, labels, tombstones and queue rows.
pub fn left_by(batch: &Batch, before: i64) -> Vec<Statement> {
    let mut statements = objects(batch);
    statements.extend(keys(batch));
    if batch.version > before {
        statements.push(Statement::new(ADVANCE).bind(batch.version));
    }
    statements
}

/// What is only ever added to.
pub fn added_by<'a>(accepted: impl Iterator<Item = &'a Step>) -> Vec<Statement> {
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
    statements
}

/// Leases what is due. Where nothing is, nothing is written.
pub async fn claim(tx: &mut Tx, claim: &Claim) -> sqlx::Result<Result<Vec<Lease>>> {
    let free = Statement::new(queue::FREE_EXPIRED).bind(claim.now);
    let fence = Statement::new(queue::NEXT_FENCE).bind(claim.now);
    let lease = Statement::new(tx.either(queue::CLAIM_ON_SQLITE, queue::CLAIM_ON_POSTGRES))
        .bind(&claim.replica)
        .bind(claim.until)
        .bind(claim.now)
        .bind(claim.limit);
    let done = tx.run(vec![free, fence, lease]).await?;
    let rows: Vec<QueueRow> = done.last().map_or(Ok(Vec::new()), Done::rows)?;
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
