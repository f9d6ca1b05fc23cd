//! A database in memory, for simulations: its transactions are decided by the very rules the writer has ([`crate::batch`]), without SQL, files or time
//! of its own. What the writer leaves to SQL (claims, leases, replicas) is told here once more, in a few lines each.

use crate::{
    batch::{Batch, Step, Stored},
    guard::Guard,
    object_row,
    op::{Committed, Op},
    query::Query,
    queue::{Lease, QueueRow},
    staged::Staged,
};
use domain::{Object, Result, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is committed. Cloning it is a backup.
pub struct Memory {
    batch: Batch,
    fence: i64,
    /// Replicas and until when each has said to be alive.
    replicas: BTreeMap<String, Timestamp>,
}

impl Default for Memory {
    fn default() -> Self {
        let batch = Batch {
            version: 0,
            objects: Staged::new([]),
            names: Staged::new([]),
            queue: Staged::new([]),
            tombstones: Vec::new(),
        };
        Self { batch, fence: 0, replicas: BTreeMap::new() }
    }
}

impl Memory {
    /// All of the ops or none. [`Op::WakeSelected`] is not known here: name what is to be woken. Of the guards that need a query only
    /// [`Guard::Room`] is, by kind and labels.
    pub fn commit(&mut self, ops: Vec<Op>) -> Result<Committed> {
        for op in &ops {
            if let Op::Require { guard: Guard::Room { query, besides, fewer_than }, otherwise } = op
                && self.owners(query).iter().filter(|owner| *owner != besides).count() >= *fewer_than
            {
                return Err(otherwise.clone());
            }
        }
        let steps = ops.into_iter().map(Step::new).collect::<Result<Vec<_>>>()?;
        self.batch.apply(&steps)
    }

    /// Leases due keys, the longest due first.
    pub fn claim(&mut self, replica: &str, now: Timestamp, until: Timestamp, limit: usize) -> Vec<Lease> {
        for row in self.rows(|row| !row.lease_owner.is_empty() && row.lease_until <= now.micros()) {
            self.put(QueueRow { lease_owner: String::new(), ..row });
        }
        let mut due = self.rows(|row| row.lease_owner.is_empty() && row.due <= now.micros());
        due.sort_by(|a, b| (a.due, &a.key).cmp(&(b.due, &b.key)));
        due.truncate(limit);
        if !due.is_empty() {
            self.fence += 1;
        }
        let lease = |row: QueueRow| {
            let row = QueueRow {
                lease_owner: replica.to_owned(),
                lease_until: until.micros(),
                due: until.micros(),
                fence: self.fence,
                ..row
            };
            self.put(row.clone());
            Lease { key: row.key, lane: row.lane, replica: row.lease_owner, fence: row.fence, wakes: row.wakes }
        };
        due.into_iter().map(lease).collect()
    }

    /// Holds a lease on. False when it was lost.
    pub fn renew(&mut self, lease: &Lease, until: Timestamp) -> bool {
        let held = self.batch.leased(lease).cloned();
        if let Some(row) = &held {
            self.put(QueueRow { lease_until: until.micros(), ..row.clone() });
        }
        held.is_some()
    }

    /// Whether the key is still held under this lease.
    pub fn holds(&self, lease: &Lease) -> bool {
        self.batch.leased(lease).is_some()
    }

    /// Whether somebody has the key now.
    pub fn is_leased(&self, key: &str) -> bool {
        self.batch.queue.get(&key.to_owned()).is_some_and(|row| !row.lease_owner.is_empty())
    }

    /// When somebody must look next.
    pub fn next_due(&self) -> Option<Timestamp> {
        let next = |row: &QueueRow| if row.lease_owner.is_empty() { row.due } else { row.lease_until };
        self.batch.queue.all().map(|(_, row)| next(row)).min().map(Timestamp::from_micros)
    }

    pub fn by_uid(&self, uid: &str) -> Option<Object> {
        self.batch.objects.get(&uid.into()).and_then(object)
    }

    /// What an object is made of now: finished runs and answered requests are left out.
    pub fn owned(&self, owner: &str) -> Vec<Object> {
        self.select(|row| row.active && row.owner == owner)
    }

    /// Whose objects of a kind have these labels.
    pub fn owners(&self, query: &Query) -> BTreeSet<String> {
        let found = self.batch.objects.all().filter_map(|(_, stored)| match stored {
            Stored::Written(row, _) if query.kind.as_ref() == Some(&row.name.kind) => Some(row),
            _ => None,
        });
        found.filter(|row| query.labels.matches(&row.labels)).map(|row| row.owner.clone()).collect()
    }

    /// All objects of a kind.
    pub fn of_kind(&self, kind: &str) -> Vec<Object> {
        self.select(|row| row.name.kind == kind)
    }

    pub fn beat(&mut self, replica: &str, until: Timestamp) {
        self.replicas.insert(replica.to_owned(), until);
    }

    pub fn live_replicas(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        self.replicas.iter().filter(move |(_, until)| **until > now).map(|(name, _)| name.as_str())
    }

    /// Takes a replica off the list; what it had leased is due.
    pub fn retire(&mut self, replica: &str, now: Timestamp) {
        self.replicas.remove(replica);
        self.release(now, |row| row.lease_owner == replica);
    }

    /// Ends the leases of replicas whose last beat ran out.
    pub fn release_dead(&mut self, now: Timestamp) {
        let live: Vec<String> = self.live_replicas(now).map(ToOwned::to_owned).collect();
        self.release(now, |row| !live.contains(&row.lease_owner));
    }

    fn release(&mut self, now: Timestamp, lost: impl Fn(&QueueRow) -> bool) {
        for row in self.rows(|row| !row.lease_owner.is_empty() && lost(row)) {
            self.put(QueueRow { lease_owner: String::new(), due: now.micros(), ..row });
        }
    }

    fn rows(&self, test: impl Fn(&QueueRow) -> bool) -> Vec<QueueRow> {
        let mut rows: Vec<QueueRow> =
            self.batch.queue.all().map(|(_, row)| row).filter(|row| test(row)).cloned().collect();
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        rows
    }

    fn put(&mut self, row: QueueRow) {
        self.batch.queue.set(row.key.clone(), row);
        self.batch.queue.accept();
    }

    fn select(&self, test: impl Fn(&object_row::ObjectRow) -> bool) -> Vec<Object> {
        let found =
            self.batch.objects.all().filter(|(_, stored)| matches!(stored, Stored::Written(row, _) if test(row)));
        let mut objects: Vec<Object> = found.filter_map(|(_, stored)| object(stored)).collect();
        objects.sort_by(|a, b| a.metadata.uid.cmp(&b.metadata.uid));
        objects
    }
}

fn object(stored: &Stored) -> Option<Object> {
    let Stored::Written(row, version) = stored else { return None };
    object_row::object("object", &row.uid, *version, &row.document).ok()
}
