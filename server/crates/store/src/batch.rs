//! What a group of transactions does, decided in memory: every precondition is checked against the rows that were read under the write lock, and
//! what a refused transaction did is taken back. Pure: reading before and writing after is the writer's.

use crate::{
    audit::AuditEntry,
    event::Event,
    guard::Guard,
    log::LogChunk,
    object_row::{Name, ObjectRow},
    op::{Committed, Op},
    queue::{Claim, Lease, QueueRow, raise_fence, wake_selected},
    sealed,
    staged::Staged,
    statement::Statement,
};
use domain::{Error, Result, Timestamp, digest::Digest};
use std::sync::Arc;

/// An op whose document is written out already, on its caller's time.
pub enum Step {
    Create(Arc<ObjectRow>),
    Update(Arc<ObjectRow>),
    Put(Arc<ObjectRow>),
    Remove {
        uid: Arc<str>,
        version: Option<i64>,
    },
    Blob {
        digest: Digest,
        bytes: Arc<Vec<u8>>,
    },
    Wake {
        key: String,
        lane: String,
        due: Timestamp,
    },
    Settle {
        lease: Lease,
        next: Option<Timestamp>,
    },
    Claim(Claim),
    Require(Guard, Error),
    Event(Event),
    Audit(AuditEntry),
    Log(LogChunk),
    /// One that cannot be refused, such as a wake-up of many.
    Statement(Statement),
}

/// An object in the store.
#[derive(Clone)]
pub enum Stored {
    Read(Arc<Existing>),
    /// Written by an earlier transaction of the group, under this version.
    Written(Arc<ObjectRow>, i64),
}

/// An object as it was found in its row.
pub struct Existing {
    pub name: Name,
    pub version: i64,
    pub deleting: bool,
    pub document: Arc<str>,
}

pub struct Tombstone {
    pub uid: Arc<str>,
    pub name: Name,
    pub version: i64,
    pub document: Arc<str>,
}

pub struct Batch {
    pub version: i64,
    pub objects: Staged<Arc<str>, Stored>,
    pub names: Staged<Name, Arc<str>>,
    pub queue: Staged<String, QueueRow>,
    pub tombstones: Vec<Tombstone>,
}

impl Step {
    pub fn new(op: Op) -> Result<Self> {
        Ok(match op {
            Op::Create(object) => Self::Create(Arc::new(ObjectRow::new(object)?)),
            Op::Update(object) => Self::Update(Arc::new(ObjectRow::new(object)?)),
            Op::Put(object) => Self::Put(Arc::new(ObjectRow::new(object)?)),
            Op::Remove { uid, version } => Self::Remove { uid: Arc::from(uid), version },
            Op::Blob { digest, bytes } => Self::Blob { digest, bytes: Arc::new(bytes) },
            Op::Wake { key, lane, due } => Self::Wake { key, lane, due },
            Op::WakeSelected { query, due } => Self::Statement(wake_selected(&query, due)),
            Op::Seal { uid, key, data_key, bytes } => Self::Statement(sealed::seal(&uid, &key, data_key, bytes)),
            Op::Unseal { uid, key } => Self::Statement(sealed::unseal(&uid, &key)),
            Op::UnsealAll { uid } => Self::Statement(sealed::unseal_all(&uid)),
            Op::Settle { lease, next } => Self::Settle { lease, next },
            Op::RaiseFence { above } => Self::Statement(raise_fence(above)),
            Op::Require { guard, otherwise } => Self::Require(guard, otherwise),
            Op::Event(event) => Self::Event(event),
            Op::Audit(entry) => Self::Audit(entry),
        })
    }

    /// Whether it adds what live pages show beside the objects.
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Log(_) | Self::Event(_))
    }

    /// Roughly, for the bound on a group.
    pub fn bytes(&self) -> usize {
        256 + match self {
            Self::Create(row) | Self::Update(row) | Self::Put(row) => row.document.len(),
            Self::Blob { bytes, .. } => bytes.len(),
            Self::Log(chunk) => chunk.text.len(),
            _ => 0,
        }
    }
}

impl Batch {
    /// Applies one transaction, or nothing of it.
    pub fn apply(&mut self, steps: &[Step]) -> Result<Committed> {
        let (version, tombstones) = (self.version, self.tombstones.len());
        let versions: Result<Vec<i64>> = steps.iter().map(|step| self.step(step)).collect();
        if versions.is_err() {
            self.version = version;
            self.tombstones.truncate(tombstones);
            self.objects.refuse();
            self.names.refuse();
            self.queue.refuse();
        } else {
            self.objects.accept();
            self.names.accept();
            self.queue.accept();
        }
        Ok(Committed { versions: versions?, version: self.version })
    }

    fn step(&mut self, step: &Step) -> Result<i64> {
        match step {
            Step::Create(row) => self.create(row),
            Step::Update(row) => self.update(row),
            Step::Put(row) => self.put(row),
            Step::Remove { uid, version } => self.remove(uid, *version),
            Step::Wake { key, lane, due } => {
                self.wake(key, lane, *due);
                Ok(0)
            }
            Step::Settle { lease, next } => {
                self.settle(lease, *next)?;
                Ok(0)
            }
            Step::Require(guard, otherwise) if !guard.holds_in(self) => Err(otherwise.clone()),
            Step::Require(..)
            | Step::Blob { .. }
            | Step::Claim(_)
            | Step::Event(_)
            | Step::Audit(_)
            | Step::Log(_)
            | Step::Statement(_) => Ok(0),
        }
    }

    fn create(&mut self, row: &Arc<ObjectRow>) -> Result<i64> {
        if self.objects.get(&row.uid).is_some() || self.names.get(&row.name).is_some() {
            return Err(already_exists(&row.name));
        }
        Ok(self.write(row))
    }

    fn update(&mut self, row: &Arc<ObjectRow>) -> Result<i64> {
        let Some(stored) = self.objects.get(&row.uid) else {
            let words = row.name.to_words();
            return Err(Error::new(domain::ErrorKind::NotFound, format!("{words} not found")));
        };
        if stored.version() != row.version {
            return Err(modified(&row.name));
        }
        self.replace(row)
    }

    fn put(&mut self, row: &Arc<ObjectRow>) -> Result<i64> {
        match self.objects.get(&row.uid) {
            Some(_) => self.replace(row),
            None if self.names.get(&row.name).is_some() => Err(already_exists(&row.name)),
            None => Ok(self.write(row)),
        }
    }

    /// A state that is stored already makes no new version: nobody is told of a change that is none.
    fn replace(&mut self, row: &Arc<ObjectRow>) -> Result<i64> {
        match self.objects.get(&row.uid) {
            Some(stored) if *stored.name() != row.name => Err(Error::conflict(format!(
                "{} cannot be renamed to {}",
                stored.name().to_words(),
                row.name.to_words()
            ))),
            Some(stored) if stored.document() == &row.document => Ok(stored.version()),
            _ => Ok(self.write(row)),
        }
    }

    fn write(&mut self, row: &Arc<ObjectRow>) -> i64 {
        self.version += 1;
        self.names.set(row.name.clone(), Arc::clone(&row.uid));
        self.objects.set(Arc::clone(&row.uid), Stored::Written(Arc::clone(row), self.version));
        self.version
    }

    fn remove(&mut self, uid: &Arc<str>, version: Option<i64>) -> Result<i64> {
        let Some(stored) = self.objects.get(uid) else {
            return match version {
                None => Ok(0),
                Some(_) => Err(Error::new(domain::ErrorKind::NotFound, format!("the object {uid:?} is gone already"))),
            };
        };
        if version.is_some_and(|version| version != stored.version()) {
            return Err(modified(stored.name()));
        }
        self.version += 1;
        let (name, document) = (stored.name().clone(), Arc::clone(stored.document()));
        self.names.remove(&name);
        self.objects.remove(uid);
        self.tombstones.push(Tombstone { uid: Arc::clone(uid), name, version: self.version, document });
        Ok(self.version)
    }

    fn wake(&mut self, key: &str, lane: &str, due: Timestamp) {
        let row = match self.queue.get(&key.to_owned()) {
            Some(row) => QueueRow { due: row.due.min(due.micros()), wakes: row.wakes + 1, ..row.clone() },
            None => QueueRow::woken(key, lane, due),
        };
        self.queue.set(key.to_owned(), row);
    }

    /// The row of a key that is still held under this lease.
    pub fn leased(&self, lease: &Lease) -> Option<&QueueRow> {
        self.queue.get(&lease.key).filter(|row| row.lease_owner == lease.replica && row.fence == lease.fence)
    }

    fn settle(&mut self, lease: &Lease, next: Option<Timestamp>) -> Result<()> {
        let Some(row) = self.leased(lease) else { return Err(lease.lost()) };
        let next = next.map(Timestamp::micros);
        // woken since the claim: the wake-up may be about something this holder has not seen
        let woken = (row.wakes != lease.wakes).then_some(row.due);
        match next.into_iter().chain(woken).min() {
            Some(due) => {
                let row = QueueRow { due, lease_owner: String::new(), lease_until: 0, ..row.clone() };
                self.queue.set(lease.key.clone(), row);
            }
            None => self.queue.remove(&lease.key),
        }
        Ok(())
    }
}

impl Stored {
    pub fn name(&self) -> &Name {
        match self {
            Self::Read(row) => &row.name,
            Self::Written(row, _) => &row.name,
        }
    }

    pub fn deleting(&self) -> bool {
        match self {
            Self::Read(row) => row.deleting,
            Self::Written(row, _) => row.deleting != 0,
        }
    }

    fn version(&self) -> i64 {
        match self {
            Self::Read(row) => row.version,
            Self::Written(_, version) => *version,
        }
    }

    pub fn document(&self) -> &Arc<str> {
        match self {
            Self::Read(row) => &row.document,
            Self::Written(row, _) => &row.document,
        }
    }
}

fn already_exists(name: &Name) -> Error {
    Error::new(domain::ErrorKind::AlreadyExists, format!("{} already exists", name.to_words()))
}

fn modified(name: &Name) -> Error {
    Error::conflict(format!(
        "Operation cannot be fulfilled on {}: the object has been modified; please apply your changes to the latest version and try again",
        name.to_words()
    ))
}
