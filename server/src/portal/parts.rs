//! What a resource is made of, and what it is a part of.

use super::{
    ServerPortal,
    facts::{Offers, key_of, row},
};
use app::{pages::resource_parts::Part, paths::ResourceKey};
use domain::{Object, Result, plan::CHILD};
use futures::{FutureExt as _, future::BoxFuture};

/// So many generations are shown.
const DEEPEST: usize = 8;
/// Of one parent so many children are shown.
const MOST: usize = 50;

impl ServerPortal {
    /// The children of a resource, and theirs. They are in their parent's namespace: who may see it may see them.
    pub(super) async fn parts(&self, object: &Object) -> Result<Vec<Part>> {
        self.parts_of(&object.metadata.uid, &self.offers(), DEEPEST).await
    }

    fn parts_of<'a>(&'a self, uid: &'a str, offers: &'a Offers, depth: usize) -> BoxFuture<'a, Result<Vec<Part>>> {
        async move {
            let Some(depth) = depth.checked_sub(1) else { return Ok(Vec::new()) };
            let owned = self.doors.services.store.owned(uid).await?;
            let mut children: Vec<Object> =
                owned.into_iter().filter(|object| is_child(object) && !object.facets().promise.is_empty()).collect();
            children.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
            children.truncate(MOST);
            let mut parts = Vec::new();
            for child in children {
                parts.push(Part {
                    row: row(&child, offers.get(child.facets().promise)),
                    known_as: child.metadata.labels.get(CHILD).cloned().unwrap_or_default(),
                    parts: self.parts_of(&child.metadata.uid, offers, depth).await?,
                });
            }
            Ok(parts)
        }
        .boxed()
    }

    /// The resource it is a child of.
    pub(super) async fn parent(&self, object: &Object) -> Result<Option<ResourceKey>> {
        let Some(owner) = object.owner().filter(|_| is_child(object)) else { return Ok(None) };
        let parent = self.doors.services.store.by_uid(&owner.uid).await?;
        Ok(parent.map(|parent| key_of(&parent)).filter(|key| !key.promise.is_empty()))
    }
}

fn is_child(object: &Object) -> bool {
    object.metadata.labels.contains_key(CHILD)
}
