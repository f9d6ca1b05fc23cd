//! What may go: a definition stays as long as something stands on it, and the transaction that removes it makes sure of that.

use super::{
    Services,
    kinds::{Origin, Served},
    promises::made_from,
};
use domain::{
    Error, Object, Result,
    object::GROUP,
    selector::{Requirement, Selector},
};
use serde_json::Value;
use store::{Guard, Op, Query};

/// What stands on an object: how it is called, one and many, and how it is found.
struct Standing {
    one: &'static str,
    many: &'static str,
    query: Query,
    /// Where those that are found name what they stand on, if the query alone cannot tell.
    ground: Option<fn(&Object) -> Option<&str>>,
}

impl Services {
    /// Refused while something stands on the object. Otherwise what must still be so when its removal is stored.
    pub(crate) async fn may_go(&self, served: &Served, object: &Object, force: bool) -> Result<Vec<Op>> {
        let name = &object.metadata.name;
        if let Some(promised) = served.promised() {
            return if force {
                Ok(Vec::new())
            } else {
                self.unused(served, &promised.offer.promise.name, object).await
            };
        }
        let Some(Standing { one, many, query, ground }) = standing_on(served, name) else { return Ok(Vec::new()) };
        let (count, since) = match ground {
            None => (self.store.count(&query).await?, 0),
            Some(ground) => {
                let page = self.store.list(&query).await?;
                let count = page.objects.iter().filter(|object| ground(object) == Some(name)).count();
                (i64::try_from(count).unwrap_or(i64::MAX), page.version)
            }
        };
        let refused = |why: String| Error::conflict(format!("{} {name:?} cannot be deleted: {why}", served.resource()));
        match count {
            0 => {}
            1 => return Err(refused(format!("there is 1 {one}: delete it first"))),
            count => return Err(refused(format!("there are {count} {many}: delete them first"))),
        }
        let guard = Guard::Nothing { query: Box::new(query), since };
        Ok(vec![Op::Require { guard, otherwise: refused(format!("a {one} came at the same moment")) }])
    }
}

impl Services {
    /// Refused while others use what a resource gives back.
    async fn unused(&self, served: &Served, promise: &str, object: &Object) -> Result<Vec<Op>> {
        const MOST: usize = 5;
        let (query, users) = self.users_of(promise, object).await?;
        let name = &object.metadata.name;
        let refused = |why: String| {
            let what = served.resource();
            Error::conflict(format!("{what} {name:?} cannot be deleted: {why}; delete them first, or force it"))
        };
        let own = |user: &&Object| user.metadata.uid != object.metadata.uid;
        let mut names: Vec<String> =
            users.iter().filter(own).map(|user| format!("{} {}", user.kind, user.metadata.name)).collect();
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

fn standing_on(served: &Served, name: &str) -> Option<Standing> {
    let of = |one, many, query| Standing { one, many, query, ground: None };
    Some(match (&served.origin, served.kind.as_str()) {
        (Origin::Promise, _) => of("resource made from it", "resources made from it", made_from(name)),
        (Origin::Platform, "Destination") => {
            let placed = Requirement::In("midspan.dev/destination".to_owned(), vec![name.to_owned()]);
            let labels = Selector { requirements: vec![placed] };
            of("placement on it", "placements on it", Query { labels, ..Query::of_kind(GROUP, "Placement") })
        }
        (Origin::Platform, "StateStore") => Standing {
            ground: Some(|destination| destination.spec.pointer("/stateStoreRef/name").and_then(Value::as_str)),
            ..of("destination in it", "destinations in it", Query::of_kind(GROUP, "Destination"))
        },
        (Origin::Namespace, _) => {
            let query = Query { namespaces: vec![name.to_owned()], active: Some(true), ..Query::default() };
            of("object in it", "objects in it", query)
        }
        _ => return None,
    })
}
