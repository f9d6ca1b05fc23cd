//! Watches: the changes of a list as a stream of JSON lines, resumable from any version.

use super::{address::Address, params::Params, table};
use crate::{
    http::Doors,
    service::{Asker, kinds::Served},
};
use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{Error, ErrorKind, Object, Result, caller::Verb};
use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use store::{Change, Cursor, Filter, Page, Query};
use tokio::sync::Semaphore;

/// Changes read from the store at once.
const BATCH: i64 = 200;

/// So many watches of this process look into the store at the same time; the others wait, and leave connections to whoever asks and writes.
static LOOKS: Semaphore = Semaphore::const_new(3);

/// Watches that are open in this process.
static OPEN: AtomicU32 = AtomicU32::new(0);

pub async fn answer(
    doors: &Doors,
    asker: &Asker,
    served: Arc<Served>,
    address: &Address,
    params: &Params,
    accept: &str,
) -> Result<Response> {
    doors.services.authorise(asker, Verb::List, &served, &address.namespace)?;
    if matches!(params.send_initial_events.as_str(), "true" | "1") {
        // clients that try the streaming list fall back to list and watch on this answer
        return Err(Error::new(
            ErrorKind::Invalid,
            "sendInitialEvents: Forbidden: sendInitialEvents is not supported by this server",
        ));
    }
    let query = Query { limit: BATCH, after: None, ..params.query(&served, &address.namespace)? };
    let as_table = table::wanted(accept);
    let mut watch = Watch {
        doors: doors.clone(),
        filter: Filter {
            group: Some(served.group.clone()),
            kind: Some(served.kind.clone()),
            namespace: query.namespaces.first().cloned(),
            name: query.name.clone(),
        },
        served,
        query,
        as_table,
        version: 0,
        resumed_until: 0,
        seen: HashMap::new(),
        ready: VecDeque::new(),
        more: None,
        ended: false,
        _open: Open::count(),
    };
    watch.begin(&params.resource_version).await?;
    let seconds = params.timeout_seconds.unwrap_or(1800).clamp(1, 3600);
    let until = tokio::time::Instant::now() + Duration::from_secs(seconds);
    // what is only logged changes no object
    let changes = doors.services.store.versions();
    let lines = stream::unfold((watch, changes), move |(mut watch, mut changes)| async move {
        loop {
            if let Some(line) = watch.ready.pop_front() {
                return Some((Ok::<_, std::convert::Infallible>(line), (watch, changes)));
            }
            // asked before every look: a stream that is never silent ends in time, too
            if watch.ended || tokio::time::Instant::now() >= until {
                return None;
            }
            changes.borrow_and_update();
            let looked = tokio::time::Instant::now();
            watch.read().await;
            if watch.ready.is_empty() && !watch.ended {
                tokio::select! {
                    () = watch.doors.stop.cancelled() => return None,
                    () = tokio::time::sleep_until(until) => return None,
                    more = changes.changed() => if more.is_err() { return None },
                }
                // who has not looked for that long may look at once
                tokio::time::sleep_until(looked + pause()).await;
            }
        }
    });
    Ok((
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")],
        Body::from_stream(lines.boxed()),
    )
        .into_response())
}

struct Watch {
    doors: Doors,
    served: Arc<Served>,
    filter: Filter,
    query: Query,
    as_table: bool,
    /// Everything up to here has been told.
    version: i64,
    /// What came up to here happened while the client was away: it may know objects that are gone or selected no longer.
    resumed_until: i64,
    /// Objects the client knows of with the version it was told, so that one that leaves the selection is told as deleted.
    seen: HashMap<String, i64>,
    /// Never more than one batch: a client that reads slowly is told newer states later, not all of them.
    ready: VecDeque<String>,
    /// Where the telling of what there is goes on.
    more: Option<Cursor>,
    ended: bool,
    _open: Open,
}

/// Counts a watch for as long as it lives.
struct Open;

impl Open {
    fn count() -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Commits that come close together are one look. The more there are who watch, the longer it is from one look to the next: one alone is told at
/// once, and a thousand cost the store no more looks a second than one.
fn pause() -> Duration {
    Duration::from_millis(u64::from(OPEN.load(Ordering::Relaxed)).min(200))
}

impl Watch {
    /// From a version: only what came later. Without one: first everything there is.
    async fn begin(&mut self, version: &str) -> Result<()> {
        if matches!(version, "" | "0") {
            self.version = self.doors.services.store.version().await?;
            return self.tell_page(None).await;
        }
        let invalid = || Error::bad_request(format!("resourceVersion: Invalid value: {version:?}"));
        self.version = version.parse().ok().filter(|version| *version > 0).ok_or_else(invalid)?;
        self.resumed_until = self.doors.services.store.version().await?;
        let mut after = None;
        loop {
            let page = self.page(after).await?;
            // what came after that version is told as added, not as modified
            let known = page
                .objects
                .iter()
                .map(|object| &object.metadata)
                .filter(|metadata| metadata.resource_version <= self.version);
            self.seen.extend(known.map(|metadata| (metadata.uid.clone(), metadata.resource_version)));
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn page(&self, after: Option<Cursor>) -> Result<Page> {
        let query = Query { after, ..self.query.clone() };
        let _turn = LOOKS.acquire().await;
        self.doors.services.store.list(&query).await
    }

    /// What there is, a page at a time. Changes between two pages are told again by the watch from the first page's version.
    async fn tell_page(&mut self, after: Option<Cursor>) -> Result<()> {
        let page = self.page(after).await?;
        for object in &page.objects {
            self.seen.insert(object.metadata.uid.clone(), object.metadata.resource_version);
            self.tell("ADDED", object);
        }
        self.more = page.next;
        Ok(())
    }

    async fn read(&mut self) {
        let read = match self.more.take() {
            Some(after) => self.tell_page(Some(after)).await,
            None => self.read_changes().await,
        };
        if let Err(error) = read {
            let refusal = super::status::Refusal::from(error);
            self.ready.push_back(line(&json!({"type": "ERROR", "object": super::status::status(&refusal)})));
            self.ended = true;
        }
    }

    async fn read_changes(&mut self) -> Result<()> {
        let turn = LOOKS.acquire().await;
        let found = self.doors.services.store.since(&self.filter, self.version, BATCH).await?;
        drop(turn);
        self.version = found.version;
        for change in found.changes {
            self.take(&change);
        }
        Ok(())
    }

    fn take(&mut self, change: &Change) {
        let object = change.object();
        let selected = matches!(change, Change::Put(_)) && self.query.labels.matches(&object.metadata.labels);
        let version = object.metadata.resource_version;
        let told = if selected {
            self.seen.insert(object.metadata.uid.clone(), version)
        } else {
            self.seen.remove(&object.metadata.uid)
        };
        match (selected, told) {
            (true, Some(told)) if told >= version => {}
            (true, Some(_)) => self.tell("MODIFIED", object),
            (true, None) => self.tell("ADDED", object),
            (false, Some(_)) => self.tell("DELETED", object),
            // it left while the client was away: better told of what it never knew than left with what is no more
            (false, None) if version <= self.resumed_until => self.tell("DELETED", object),
            // it came and went between two looks: nobody was told of it
            (false, None) => {}
        }
    }

    fn tell(&mut self, kind: &str, object: &Object) {
        let told: Value = if self.as_table {
            let metadata = json!({"resourceVersion": object.metadata.resource_version.to_string()});
            table::table(&self.served, std::slice::from_ref(object), &metadata, self.doors.services.now())
        } else {
            object.to_value()
        };
        self.ready.push_back(line(&json!({"type": kind, "object": told})));
    }
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
