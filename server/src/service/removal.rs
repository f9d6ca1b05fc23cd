//! What may go: a definition stays as long as something stands on it, and the transaction that removes it makes sure of that.

use super::{
    Services,
    kinds::{Origin, Served},
    objects::Dependents,
    places::placed_on,
};
use domain::{
    Error, Object, Result,
    destination::{self, Destination, StateStoreRef},
    plan::CHILD,
    promise::KRATIX_GROUP,
};
use orchestrator::made_from;
use serde_json::Value;
use store::{Guard, Op, Query};

type Ground = Box<dyn Fn(&Object) -> bool + Send>;

/// What stands on an object: how it is called, one and many, and how it is found.
struct Standing {
    one: &'static str,
    many: &'static str,
    query: Query,
    /// Whether one that is found stands on this, if the query alone cannot tell.
    ground: Option<Ground>,
}

/// How an object may go.
#[derive(Default)]
pub(crate) struct Parting {
    /// What must still be so when its removal is stored.
    pub guards: Vec<Op>,
    /// Something stands on it, and goes with it.
    pub cascades: bool,
}

impl Services {
    /// Refused while something stands on the object, unless that is to go with it: resources go with a Kratix promise, as Kratix has it, and with one of
    /// ours when that is asked for.
    pub(crate) async fn may_go(
        &self,
        served: &Served,
        object: &Object,
        force: bool,
        dependents: Dependents,
    ) -> Result<Parting> {
        let name = &object.metadata.name;
        if let Some(promised) = served.promised() {
            let guards =
                if force { Vec::new() } else { self.unused(served, &promised.offer.promise.name, object).await? };
            return Ok(Parting { guards, cascades: false });
        }
        let Some(Standing { one, many, query, ground }) = standing_on(served, object) else {
            return Ok(Parting::default());
        };
        let promise = matches!(served.origin, Origin::Promise);
        let takes_along = promise && (dependents == Dependents::TakeAlong || served.group == KRATIX_GROUP);
        let (count, since) = match ground {
            None => (self.store.count(&query).await?, 0),
            Some(ground) => {
                let page = self.store.list(&query).await?;
                let count = page.objects.iter().filter(|object| ground(object)).count();
                (i64::try_from(count).unwrap_or(i64::MAX), page.version)
            }
        };
        let refused = |why: String| Error::conflict(format!("{} {name:?} cannot be deleted: {why}", served.resource()));
        let or_with = |it: &str| {
            let how = "midspan delete --cascade, kubectl delete --cascade=foreground";
            if promise { format!(", or have {it} deleted with it ({how})") } else { String::new() }
        };
        match count {
            0 => {}
            _ if served.kind == "Destination" => return Err(refused(self.on_it(name).await?)),
            _ if takes_along => return Ok(Parting { guards: Vec::new(), cascades: true }),
            1 => return Err(refused(format!("there is 1 {one}: delete it first{}", or_with("it")))),
            count => return Err(refused(format!("there are {count} {many}: delete them first{}", or_with("them")))),
        }
        let guard = Guard::Nothing { query: Box::new(query), since };
        let otherwise = refused(format!("a {one} came at the same moment"));
        Ok(Parting { guards: vec![Op::Require { guard, otherwise }], cascades: false })
    }
}

impl Services {
    /// Whose files stand on a destination, and what can be done about it: placements are Midspan's own to remove.
    async fn on_it(&self, destination: &str) -> Result<String> {
        const MOST: usize = 5;
        let placements = self.store.list(&placed_on(destination)).await?.objects;
        let told = |placement: &Object| {
            let text = |key: &str| placement.spec.get(key).and_then(Value::as_str).unwrap_or_default();
            match (text("promise"), text("resource"), placement.metadata.namespace.as_str()) {
                (promise, "", _) => format!("promise {promise}"),
                (promise, resource, namespace) => format!("{promise} {namespace}/{resource}"),
            }
        };
        let mut owners: Vec<String> = placements.iter().map(told).collect();
        owners.sort();
        owners.dedup();
        let more = owners.len().saturating_sub(MOST);
        owners.truncate(MOST);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Ok(format!(
            "files of {}{more} stand on it. Delete these first; or say in its spec.cleanup what becomes of the files when it goes, all (they are \
             removed) or none (they stay), and delete it then",
            owners.join(", ")
        ))
    }

    /// The children of a resource, and theirs, each by kind and name: they go with it.
    pub(crate) async fn going_along(&self, resource: &Object) -> Result<Vec<String>> {
        const MOST: usize = 100;
        let (mut open, mut names) = (vec![resource.metadata.uid.clone()], Vec::new());
        while let Some(uid) = open.pop() {
            for child in self.store.owned(&uid).await? {
                let is_child = child.metadata.labels.contains_key(CHILD) && !child.facets().promise.is_empty();
                if is_child && names.len() < MOST {
                    names.push(format!("{} {}", child.kind, child.metadata.name));
                    open.push(child.metadata.uid);
                }
            }
        }
        names.sort();
        Ok(names)
    }

    /// Others that use what a resource gives back, each by kind and name.
    pub(crate) async fn users_by_name(&self, promise: &str, resource: &Object) -> Result<(Query, Vec<String>)> {
        let (query, users) = self.users_of(promise, resource).await?;
        let others = users.iter().filter(|user| user.metadata.uid != resource.metadata.uid);
        Ok((query, others.map(|user| format!("{} {}", user.kind, user.metadata.name)).collect()))
    }

    /// Refused while others use what a resource gives back.
    async fn unused(&self, served: &Served, promise: &str, object: &Object) -> Result<Vec<Op>> {
        const MOST: usize = 5;
        let (query, mut names) = self.users_by_name(promise, object).await?;
        let name = &object.metadata.name;
        let refused = |why: String| {
            let what = served.resource();
            Error::conflict(format!("{what} {name:?} cannot be deleted: {why}; delete them first, or force it"))
        };
        if names.is_empty() {
            let guard = Guard::Nothing { query: Box::new(query), since: 0 };
            return Ok(vec![Op::Require {
                guard,
                otherwise: refused("its outputs are used since this moment".to_owned()),
            }]);
        }
        let more = names.len().saturating_sub(MOST);
        names.truncate(MOST);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Err(refused(format!("its outputs are used by {}{more}", names.join(", "))))
    }
}

fn standing_on(served: &Served, object: &Object) -> Option<Standing> {
    let name = &object.metadata.name;
    let of = |one, many, query| Standing { one, many, query, ground: None };
    Some(match (&served.origin, served.kind.as_str()) {
        (Origin::Promise, _) => of("resource made from it", "resources made from it", made_from(name)),
        // one that says what becomes of its files may go at any time
        (Origin::Platform, "Destination") if Destination::read(object).is_ok_and(|it| it.spec.cleanup.is_some()) => {
            return None;
        }
        (Origin::Platform, "Destination") => of("placement on it", "placements on it", placed_on(name)),
        (Origin::Platform, _) => {
            let store = StateStoreRef::of(object)?;
            let inside = move |object: &Object| {
                let group = object.group();
                destination::GROUPS.contains(&group)
                    && Destination::read(object).is_ok_and(|destination| destination.spec.state_store_ref == store)
            };
            let query = Query { kind: Some("Destination".to_owned()), ..Query::default() };
            Standing { ground: Some(Box::new(inside)), ..of("destination in it", "destinations in it", query) }
        }
        (Origin::Namespace, _) => {
            let query = Query { namespaces: vec![name.to_owned()], active: Some(true), ..Query::default() };
            of("object in it", "objects in it", query)
        }
        _ => return None,
    })
}
