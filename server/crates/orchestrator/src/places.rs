//! Destinations and state stores as they are stored, of either format.

use domain::{
    Object, Result,
    destination::{Destination, DestinationKind, GROUPS, StateStore, StateStoreRef, StoreKind},
    object::{GROUP, Kind as _},
    placement::PlacementKind,
    selector::{Requirement, Selector},
};
use store::{Query, Store};

/// All destinations, ours first. How many resources stand there is counted where there is a capacity.
pub async fn destinations(store: &Store) -> Result<Vec<Destination>> {
    let mut all = Vec::new();
    for object in destination_objects(store).await? {
        let mut destination = Destination::read(&object)?;
        if destination.spec.capacity.is_some() {
            let standing = store.count_owners(&seats(&destination.metadata.name)).await?;
            destination.status.standing = usize::try_from(standing).unwrap_or_default();
        }
        all.push(destination);
    }
    Ok(all)
}

/// What resources have placed on a destination, or are still taking away from it. What a promise brings along takes no room.
pub fn seats(destination: &str) -> Query {
    let on = Requirement::In("midspan.dev/destination".to_owned(), vec![destination.to_owned()]);
    let of_resources = Requirement::NotIn("midspan.dev/resource".to_owned(), vec![String::new()]);
    Query { labels: Selector { requirements: vec![on, of_resources] }, ..Query::of_kind(GROUP, PlacementKind::KIND) }
}

/// All state stores that can be read, with the names placements know them by.
pub async fn state_stores(store: &Store) -> Result<Vec<(String, StateStore)>> {
    let mut all = Vec::new();
    for kind in StoreKind::ALL {
        for object in store.find(&Query::of_kind(kind.group(), kind.as_str())).await? {
            let reference = StateStoreRef { kind, name: object.metadata.name.clone() };
            if let Ok(read) = StateStore::read(&object) {
                all.push((reference.key(), read));
            }
        }
    }
    Ok(all)
}

pub(crate) async fn destination_objects(store: &Store) -> Result<Vec<Object>> {
    let mut all = Vec::new();
    for group in GROUPS {
        all.extend(store.find(&Query::of_kind(group, DestinationKind::KIND)).await?);
    }
    Ok(all)
}

/// The object of a state store.
pub(crate) async fn state_store_object(store: &Store, key: &str) -> Result<Option<Object>> {
    let StateStoreRef { kind, name } = StateStoreRef::of_key(key);
    store.by_name(kind.group(), kind.as_str(), "", &name).await
}
