//! A transaction is data: what a caller wants to happen, all of it or nothing.

use crate::{audit::AuditEntry, event::Event, guard::Guard, query::Query, queue::Lease};
use domain::{Error, Object, Timestamp, digest::Digest};

#[derive(Clone, Debug)]
pub enum Op {
    /// A new object under a uid of the caller's. Refused when its name is taken.
    Create(Object),
    /// A changed object. Refused unless `metadata.resourceVersion` is the stored one.
    Update(Object),
    /// A derived object: inserted, or replaced by uid whatever its version. One that is stored already keeps its version.
    Put(Object),
    /// Gone for readers; watchers learn its last state. Without a version, what is gone already is fine.
    Remove {
        uid: String,
        version: Option<i64>,
    },
    /// Bytes under their name. Stored once.
    Blob {
        digest: Digest,
        bytes: Vec<u8>,
    },
    /// A sealed value of an object that is there by the end of the transaction; [`crate::Store::seal`] makes it.
    Seal {
        uid: String,
        key: String,
        data_key: i64,
        bytes: Vec<u8>,
    },
    /// A sealed value is no more.
    Unseal {
        uid: String,
        key: String,
    },
    /// Nothing is sealed for this object any more.
    UnsealAll {
        uid: String,
    },
    /// Someone must look at this key at `due`, or earlier if that was asked before. Also counts while the key is leased.
    Wake {
        key: String,
        lane: String,
        due: Timestamp,
    },
    /// The same for every object the query finds (its order and limit aside): the key is the object's uid, the lane its namespace.
    WakeSelected {
        query: Box<Query>,
        due: Timestamp,
    },
    /// The end of a lease. Refused if the lease was lost meanwhile. The key is due at `next`, or at once if it was woken since, or forgotten.
    Settle {
        lease: Lease,
        next: Option<Timestamp>,
    },
    /// Leases from now on carry fences above this one, as one that was seen outside: the database is younger than what it once wrote.
    RaiseFence {
        above: i64,
    },
    /// The transaction is refused with `otherwise` unless this holds when it is stored.
    Require {
        guard: Guard,
        otherwise: Error,
    },
    Event(Event),
    Audit(AuditEntry),
}

impl Op {
    /// The transaction is refused if this lease was lost meanwhile.
    pub fn while_leased(lease: &Lease) -> Self {
        Self::Require { guard: Guard::Leased(lease.clone()), otherwise: lease.lost() }
    }
}

/// What became of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The newest version after it.
    pub version: i64,
    /// One per op: the object's version, and 0 for ops without an object.
    pub versions: Vec<i64>,
}
