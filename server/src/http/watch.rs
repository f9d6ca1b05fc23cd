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
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use store::{Change, Filter, Query};

/// Changes read from the store at once.
const BATCH: i64 = 200;

pub async fn answer(doors: &Doors, asker: &Asker, served: Arc<Served>, address: &Address, params: &Params, accept: &str) -> Result<Response> {
    doors.services.authorise(asker, Verb::Read, &served, &address.namespace)?;
    if matches!(params.send_initial_events.as_str(), "true" | "1") {
        // clients that try the streaming list fall back to list and watch on this answer
        return Err(Error::new(ErrorKind::Invalid, "sendInitialEvents: Forbidden: sendInitialEvents is not supported by this server"));
    }
    let query = Query { limit: 0, after: None, ..params.query(&served, &address.namespace)? };
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
        seen: HashSet::new(),
        ready: VecDeque::new(),
        ended: false,
    };
    watch.begin(&params.resource_version).await?;
    let seconds = params.timeout_seconds.unwrap_or(1800).clamp(1, 3600);
    let until = tokio::time::Instant::now() + Duration::from_secs(seconds);
    let changes = doors.services.store.changes();
    let lines = stream::unfold((watch, changes), move |(mut watch, mut changes)| async move {
        loop {
            if let Some(line) = watch.ready.pop_front() {
                return Some((Ok::<_, std::convert::Infallible>(line), (watch, changes)));
            }
            if watch.ended {
                return None;
            }
            changes.borrow_and_update();
            watch.read().await;
            if watch.ready.is_empty() && !watch.ended {
                tokio::select! {
                    () = watch.doors.stop.cancelled() => return None,
                    () = tokio::time::sleep_until(until) => return None,
                    changed = changes.changed() => if changed.is_err() { return None },
                }
            }
        }
    });
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], Body::from_stream(lines.boxed())).into_response())
}

struct Watch {
    doors: Doors,
    served: Arc<Served>,
    filter: Filter,
    query: Query,
    as_table: bool,
    /// Everything up to here has been told.
    version: i64,
    /// Objects the client knows of, so that one that leaves the selection is told as deleted.
    seen: HashSet<String>,
    ready: VecDeque<String>,
    ended: bool,
}

impl Watch {
    /// From a version: only what came later. Without one: first everything there is.
    async fn begin(&mut self, version: &str) -> Result<()> {
        let page = self.doors.services.store.list(&self.query).await?;
        self.seen = page.objects.iter().map(|object| object.metadata.uid.clone()).collect();
        match version {
            "" | "0" => {
                self.version = page.version;
                for object in &page.objects {
                    self.tell("ADDED", object);
                }
            }
            version => {
                self.version = version.parse().map_err(|_| Error::bad_request(format!("resourceVersion: Invalid value: {version:?}")))?;
                // what came after that version is told as added, not as modified
                self.seen.retain(|uid| page.objects.iter().any(|o| o.metadata.uid == *uid && o.metadata.resource_version <= self.version));
            }
        }
        Ok(())
    }

    async fn read(&mut self) {
        match self.doors.services.store.since(&self.filter, self.version, BATCH).await {
            Ok(found) => {
                self.version = found.version;
                for change in found.changes {
                    self.take(&change);
                }
            }
            Err(error) => {
                let refusal = super::status::Refusal::from(error);
                self.ready.push_back(line(&json!({"type": "ERROR", "object": super::status::status(&refusal)})));
                self.ended = true;
            }
        }
    }

    fn take(&mut self, change: &Change) {
        let object = change.object();
        let selected = matches!(change, Change::Put(_)) && self.query.labels.matches(&object.metadata.labels);
        let known = self.seen.contains(&object.metadata.uid);
        match (selected, known) {
            (true, true) => self.tell("MODIFIED", object),
            (true, false) => {
                self.seen.insert(object.metadata.uid.clone());
                self.tell("ADDED", object);
            }
            (false, true) => {
                self.seen.remove(&object.metadata.uid);
                self.tell("DELETED", object);
            }
            // it came and went between two looks: nobody was told of it
            (false, false) => {}
        }
    }

    fn tell(&mut self, kind: &str, object: &Object) {
        let told: Value = if self.as_table {
            let metadata = json!({"resourceVersion": object.metadata.resource_version.to_string()});
            table::table(&self.served, std::slice::from_ref(object), metadata, self.doors.services.now())
        } else {
            object.to_value()
        };
        self.ready.push_back(line(&json!({"type": kind, "object": told})));
    }
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}
