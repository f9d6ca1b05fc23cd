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
    pub(crate) async fn may_go(&self, served: &Served, object: &Object) -> Result<Vec<Op>> {
        let name = &object.metadata.name;
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
