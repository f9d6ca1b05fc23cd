//! What the writer reads under the lock before it decides about a group.

use crate::{batch::Step, guard::Guard, object_row::Name};
use std::{collections::BTreeSet, sync::Arc};

/// The rows that must be read before a group can be decided.
#[derive(Default)]
pub struct Needed {
    pub uids: BTreeSet<Arc<str>>,
    pub names: BTreeSet<Name>,
    pub keys: BTreeSet<String>,
}

impl Needed {
    pub fn by<'a>(steps: impl Iterator<Item = &'a Step>) -> Self {
        let mut needed = Self::default();
        for step in steps {
            match step {
                Step::Create(row) | Step::Put(row) => {
                    needed.uids.insert(Arc::clone(&row.uid));
                    needed.names.insert(row.name.clone());
                }
                Step::Update(row) => _ = needed.uids.insert(Arc::clone(&row.uid)),
                Step::Require(Guard::Standing { uid }, _) => _ = needed.uids.insert(Arc::from(uid.as_str())),
                Step::Remove { uid, .. } => _ = needed.uids.insert(Arc::clone(uid)),
                Step::Wake { key, .. } => _ = needed.keys.insert(key.clone()),
                Step::Settle { lease, .. } | Step::Require(Guard::Leased(lease), _) => {
                    needed.keys.insert(lease.key.clone());
                }
                _ => {}
            }
        }
        needed
    }
}
