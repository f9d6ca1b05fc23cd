//! State stores and destinations, Midspan's and Kratix's: typed, so that a wrong field is refused by name; one name and one place for each destination.

use super::{Services, kinds::Served, metadata::cause, objects::Draft};
use domain::{
    Error, ErrorKind, Object, Result,
    destination::{CLEANUP_FINALIZER, Cleanup, Destination, GROUPS, StateStore, StateStoreRef},
    object::GROUP,
    selector::{Requirement, Selector},
};
use orchestrator::{STORES_LANE, store_key};
use store::{Guard, Op, Query};

impl Services {
    pub(crate) async fn admit_place(
        &self,
        served: &Served,
        mut object: Object,
        stored: Option<&Object>,
    ) -> Result<Draft> {
        let invalid = |error: Error| match error.causes {
            causes if causes.is_empty() => Error { causes, ..error },
            causes => forms::admission::refusal(&served.invalid_name(&object.metadata.name), causes),
        };
        let mut ops = Vec::new();
        if served.kind == "Destination" {
            let destination = Destination::read(&object).map_err(invalid)?;
            let before = stored.map(Destination::read).and_then(Result::ok);
            ops.extend(self.check_place(served, &destination, before.as_ref()).await?);
            ops.extend(
                [Some(&destination), before.as_ref()]
                    .into_iter()
                    .flatten()
                    .map(|one| self.wake_store(&one.spec.state_store_ref)),
            );
            guard_files(&mut object, destination.spec.cleanup);
        } else {
            StateStore::read(&object).map_err(invalid)?;
            ops.extend(StateStoreRef::of(&object).map(|store| self.wake_store(&store)));
        }
        if stored.is_some_and(|stored| stored.spec != object.spec) {
            object.metadata.generation += 1;
        }
        // a new place, or a mended store, is what waiting resources wait for
        // and what every promise brings along for all places
        let waiting =
            orchestrator::promises().into_iter().chain([orchestrator::unsettled(), orchestrator::followers()]);
        ops.extend(waiting.map(|query| Op::WakeSelected { query: Box::new(query), due: self.now() }));
        Ok(Draft { object, ops, warnings: Vec::new() })
    }

    /// What has to look when a destination goes: what stands on it, and the store that holds its files.
    pub(crate) async fn on_place_delete(&self, served: &Served, object: &Object) -> Result<Vec<Op>> {
        if served.kind != "Destination" || !GROUPS.contains(&served.group.as_str()) {
            return Ok(Vec::new());
        }
        let Ok(destination) = Destination::read(object) else { return Ok(Vec::new()) };
        let due = self.now();
        let standing = self.store.list(&placed_on(&object.metadata.name)).await?.objects;
        let wake = |placement: Object| {
            let (key, lane) = (placement.owner()?.uid.clone(), placement.metadata.namespace);
            Some(Op::Wake { key, lane, due })
        };
        let mut ops: Vec<Op> = standing.into_iter().filter_map(wake).collect();
        ops.push(self.wake_store(&destination.spec.state_store_ref));
        Ok(ops)
    }

    /// What has to look when a Secret changes: the state stores that name it.
    pub(crate) async fn on_secret_change(&self, namespace: &str, name: &str) -> Result<Vec<Op>> {
        let stores = orchestrator::state_stores(&self.store).await?;
        let named = |store: &StateStore| {
            store.spec.backend.secret().is_some_and(|secret| secret.namespace == namespace && secret.name == name)
        };
        let wake = |key: String| Op::Wake { key: store_key(&key), lane: STORES_LANE.to_owned(), due: self.now() };
        Ok(stores.into_iter().filter(|(_, store)| named(store)).map(|(key, _)| wake(key)).collect())
    }

    fn wake_store(&self, store: &StateStoreRef) -> Op {
        Op::Wake { key: store_key(&store.key()), lane: STORES_LANE.to_owned(), due: self.now() }
    }

    /// Names are unique over both formats and paths within a store; the layout stays as it was chosen. Returns what must still be so when it is stored.
    async fn check_place(
        &self,
        served: &Served,
        destination: &Destination,
        before: Option<&Destination>,
    ) -> Result<Vec<Op>> {
        let name = &destination.metadata.name;
        let refused = |reason: &str, field: &str, message: String| {
            Err(forms::admission::refusal(&served.invalid_name(name), vec![cause(reason, field, message)]))
        };
        if before.is_some_and(|before| before.spec.filepath.mode != destination.spec.filepath.mode) {
            return refused("FieldValueInvalid", "spec.filepath.mode", "filepath.mode is immutable".to_owned());
        }
        let place = |one: &Destination| (one.spec.state_store_ref.clone(), one.spec.folder());
        if before.is_some_and(|before| place(before) == place(destination)) {
            return Ok(Vec::new());
        }
        let mut ops = Vec::new();
        for group in GROUPS {
            let query = Query::of_kind(group, "Destination");
            let page = self.store.list(&query).await?;
            for other in page.objects.iter().filter(|other| other.metadata.uid != destination.metadata.uid) {
                if other.metadata.name == *name {
                    return Err(Error::new(
                        ErrorKind::AlreadyExists,
                        format!(
                            "a destination of group {group} is named {name:?} already; names are unique over both formats"
                        ),
                    ));
                }
                if Destination::read(other).is_ok_and(|other| place(&other) == place(destination)) {
                    let message = format!(
                        "Invalid value: {:?}: the destination {:?} has this path in {} {:?} already",
                        destination.spec.path,
                        other.metadata.name,
                        destination.spec.state_store_ref.kind.as_str(),
                        destination.spec.state_store_ref.name,
                    );
                    return refused("FieldValueInvalid", "spec.path", message);
                }
            }
            let otherwise = Error::conflict("another destination was applied at the same moment; try again");
            let guard = Guard::Nothing { query: Box::new(query), since: page.version };
            ops.push(Op::Require { guard, otherwise });
        }
        Ok(ops)
    }
}

/// A destination whose files go with it stays until they are gone.
fn guard_files(object: &mut Object, cleanup: Option<Cleanup>) {
    let metadata = &mut object.metadata;
    if metadata.deletion_timestamp.is_some() {
        return;
    }
    metadata.finalizers.retain(|finalizer| finalizer != CLEANUP_FINALIZER || cleanup == Some(Cleanup::All));
    if cleanup == Some(Cleanup::All) && !metadata.finalizers.iter().any(|finalizer| finalizer == CLEANUP_FINALIZER) {
        metadata.finalizers.push(CLEANUP_FINALIZER.to_owned());
    }
}

/// The placements on a destination.
pub(crate) fn placed_on(destination: &str) -> Query {
    let on = Requirement::In("midspan.dev/destination".to_owned(), vec![destination.to_owned()]);
    Query { labels: Selector { requirements: vec![on] }, ..Query::of_kind(GROUP, "Placement") }
}
