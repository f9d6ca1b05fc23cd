//! Revisions that nothing runs and nothing is held at: the newest are kept to go back to, the others go.

use domain::{
    Error, ErrorKind, Object, Result,
    binding::BindingKind,
    facets::PROMISE_LABEL,
    object::{GROUP, Kind},
    plan::PIN,
    promise::{KRATIX_GROUP, PROMISE_OF_REVISION, VERSION_OF_REVISION},
    selector::{Requirement, Selector},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::{Guard, Op, Query, Sort, Store};

/// Of each promise, so many that nobody uses.
pub const UNUSED_KEPT: usize = 10;
const AT_ONCE: i64 = 200;

/// Removes what nobody needs. What comes into use meanwhile is left for the next round.
pub async fn sweep(store: &Store) -> Result<u64> {
    let mut removed = 0;
    for (promise, candidates) in candidates(store).await? {
        if candidates.len() <= UNUSED_KEPT {
            continue;
        }
        let since = store.version().await?;
        let used = used(store, &promise).await?;
        let unused = candidates.into_iter().filter(|candidate| !candidate.names.iter().any(|name| used.contains(name)));
        for candidate in unused.skip(UNUSED_KEPT) {
            let guard = Guard::Nothing { query: Box::new(made_from(&promise)), since };
            let otherwise = Error::conflict("a resource of the promise has changed meanwhile");
            let ops = vec![
                Op::Remove { uid: candidate.uid, version: Some(candidate.version) },
                Op::Require { guard, otherwise },
            ];
            match store.commit(ops).await {
                Ok(_) => removed += 1,
                Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::NotFound) => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(removed)
}

/// A revision that is not current, and what it may be called by those who use it.
struct Candidate {
    uid: String,
    version: i64,
    names: [String; 2],
}

/// By promise, the one that was current last first.
async fn candidates(store: &Store) -> Result<BTreeMap<String, Vec<Candidate>>> {
    let mut all: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    let query = Query { sort: Sort::Version, descending: true, ..Query::of_kind(GROUP, "Revision") };
    each(store, query, |revision| {
        let label = |key: &str| revision.metadata.labels.get(key).cloned().unwrap_or_default();
        if revision.status["current"] != true {
            let names = [revision.metadata.name.clone(), label(VERSION_OF_REVISION)];
            let (uid, version) = (revision.metadata.uid.clone(), revision.metadata.resource_version);
            all.entry(label(PROMISE_OF_REVISION)).or_default().push(Candidate { uid, version, names });
        }
    })
    .await?;
    Ok(all)
}

/// The revisions and versions that something runs or is held at.
async fn used(store: &Store, promise: &str) -> Result<BTreeSet<String>> {
    let mut used = BTreeSet::new();
    let mut note = |value: Option<&str>| used.extend(value.filter(|value| !value.is_empty()).map(ToOwned::to_owned));
    each(store, made_from(promise), |resource| {
        for key in ["revision", "resourceBindingVersion"] {
            note(resource.status.get(key).and_then(Value::as_str));
        }
        note(resource.metadata.annotations.get(PIN).map(String::as_str));
    })
    .await?;
    let labelled =
        |key: &str| Selector { requirements: vec![Requirement::In(key.to_owned(), vec![promise.to_owned()])] };
    let bindings = Query { labels: labelled(PROMISE_LABEL), ..Query::of_kind(KRATIX_GROUP, BindingKind::KIND) };
    each(store, bindings, |binding| note(binding.spec.get("version").and_then(Value::as_str))).await?;
    let runs = Query { labels: labelled("midspan.dev/promise"), active: Some(true), ..Query::of_kind(GROUP, "Run") };
    each(store, runs, |run| note(run.spec.get("revision").and_then(Value::as_str))).await?;
    Ok(used)
}

async fn each(store: &Store, mut query: Query, mut look: impl FnMut(&Object)) -> Result<()> {
    query.limit = AT_ONCE;
    loop {
        let page = store.list(&query).await?;
        page.objects.iter().for_each(&mut look);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

fn made_from(promise: &str) -> Query {
    Query { promise: Some(promise.to_owned()), resources: true, ..Query::default() }
}
