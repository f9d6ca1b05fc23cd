//! The live stream of a page, and a run's log for whoever follows it: both resumable, both bounded.

use super::Doors;
use crate::{portal::ServerPortal, service::Asker};
use app::paths::ResourceKey;
use axum::{
    Extension,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{
    Object, Result,
    caller::{Target, Verb, may},
    destination::StoreKind,
    status::ResourceStatus,
};
use futures::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeMap, convert::Infallible, time::Duration};
use store::Filter;

/// Lines that come within this time are one message.
const HURRY: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
pub struct Topics {
    #[serde(default)]
    topics: String,
    /// The version the page was drawn from: what is newer is told.
    since: Option<i64>,
}

/// What a page wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Topic {
    /// Everything of one resource: itself, its runs, its placements.
    Resource(ResourceKey),
    Run(String),
    Request(String),
    /// A state store, of any kind.
    StateStore(String),
    /// A list: any resource, run or request.
    Lists,
    Catalog,
}

impl Topic {
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "resource" => {
                let mut parts = rest.splitn(3, '/');
                Some(Self::Resource(ResourceKey::new(parts.next()?, parts.next()?, parts.next()?)))
            }
            "run" => Some(Self::Run(rest.to_owned())),
            "request" => Some(Self::Request(rest.to_owned())),
            "store" => Some(Self::StateStore(rest.to_owned())),
            "home" | "resources" | "runs" => Some(Self::Lists),
            "catalog" => Some(Self::Catalog),
            _ => None,
        }
    }

    fn hears(&self, object: &Object) -> bool {
        let label = |key: &str| object.metadata.labels.get(key).map(String::as_str).unwrap_or_default();
        match self {
            Self::Resource(key) => {
                let itself = object.facets().promise == key.promise && object.metadata.name == key.name;
                let part = label("midspan.dev/promise") == key.promise && label("midspan.dev/resource") == key.name;
                object.metadata.namespace == key.namespace && (itself || part)
            }
            Self::Run(name) => object.kind == "Run" && object.metadata.name == *name,
            Self::Request(name) => object.kind == "Request" && object.metadata.name == *name,
            Self::StateStore(name) => {
                let is_store = StoreKind::ALL.iter().any(|kind| kind.as_str() == object.kind);
                is_store && object.metadata.name == *name
            }
            Self::Catalog => object.kind == "Promise",
            Self::Lists => !object.facets().promise.is_empty() || matches!(object.kind.as_str(), "Run" | "Request"),
        }
    }
}

/// `GET /events?topics=resource:ns/promise/name,run:…&since=version`: one message when something of it changed. `Last-Event-ID` resumes.
pub async fn stream(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Query(query): Query<Topics>,
    headers: HeaderMap,
) -> Response {
    // what is told is told of every namespace
    let all = [Target::Catalog, Target::Resource { namespace: "" }];
    if let Err(why) = all.into_iter().try_for_each(|target| may(&asker.caller, Verb::Read, target)) {
        return super::status::Refusal::from(domain::Error::forbidden(why)).into_response();
    }
    let topics: Vec<Topic> = query.topics.split(',').take(20).filter_map(Topic::parse).collect();
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<i64>().ok());
    // a connection that broke knows more than the page it belongs to
    let known = resumed.or(query.since);
    let version = match known {
        Some(version) => version,
        None => doors.services.store.version().await.unwrap_or_default(),
    };
    let changes = doors.services.store.changes();
    let logs = followed(&doors, &asker, &topics).await;
    let news = News { doors, topics, version, changes, logs, greeted: known.is_some() };
    let messages =
        stream::unfold(
            news,
            |mut news| async move { news.next().await.map(|event| (Ok::<_, Infallible>(event), news)) },
        );
    let sse =
        Sse::new(messages.boxed()).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)).text("still here"));
    ([(header::CACHE_CONTROL, "no-cache"), (header::HeaderName::from_static("x-accel-buffering"), "no")], sse)
        .into_response()
}

/// What one page has been told of, and what comes next.
struct News {
    doors: Doors,
    topics: Vec<Topic>,
    /// Everything up to here has been told.
    version: i64,
    changes: tokio::sync::watch::Receiver<i64>,
    /// The runs whose logs the page shows, with how far each had come.
    logs: BTreeMap<String, i64>,
    /// Whether the page knows that somebody listens for it now.
    greeted: bool,
}

impl News {
    /// The next message: something of the page's topics is new. `None` when the server stops.
    async fn next(&mut self) -> Option<Event> {
        const BATCH: i64 = 200;
        if !std::mem::replace(&mut self.greeted, true) {
            // what changed between the page's drawing and this moment nobody would tell: it looks once more
            return Some(Event::default().event("change").id(self.version.to_string()).data("{}"));
        }
        loop {
            self.changes.borrow_and_update();
            let Ok(found) = self.doors.services.store.since(&Filter::default(), self.version, BATCH).await else {
                // too far behind, or the store is away: the page looks for itself and goes on from here
                tokio::time::sleep(Duration::from_secs(1)).await;
                self.version = self.doors.services.store.version().await.unwrap_or(self.version);
                return Some(Event::default().event("resync").id(self.version.to_string()).data("{}"));
            };
            let more = !found.changes.is_empty();
            self.version = found.version;
            // many changes are one message: it says that something is new, not what
            let heard = |change: &&store::Change| self.topics.iter().any(|topic| topic.hears(change.object()));
            if let Some(change) = found.changes.iter().rev().find(heard) {
                let object = change.object();
                self.begin_logs(&found.changes).await;
                let data = json!({"kind": object.kind, "name": object.metadata.name, "phase": object.facets().phase});
                return Some(Event::default().event("change").id(self.version.to_string()).data(data.to_string()));
            }
            if more {
                continue;
            }
            if self.logs_have_grown().await {
                // what is said in a hurry is told at once
                tokio::time::sleep(HURRY).await;
                return Some(Event::default().event("change").id(self.version.to_string()).data(r#"{"kind":"Log"}"#));
            }
            tokio::select! {
                () = self.doors.stop.cancelled() => return None,
                changed = self.changes.changed() => changed.ok()?,
            }
        }
    }
}

impl News {
    /// A run that has begun since is the one whose logs are shown now.
    async fn begin_logs(&mut self, changes: &[store::Change]) {
        let begun = changes.iter().map(store::Change::object).filter(|object| {
            let shows_logs = |topic: &&Topic| matches!(topic, Topic::Resource(_) | Topic::Run(_));
            object.kind == "Run" && self.topics.iter().filter(shows_logs).any(|topic| topic.hears(object))
        });
        let newest = begun.map(|run| run.metadata.uid.clone()).next_back().filter(|run| !self.logs.contains_key(run));
        if let Some(run) = newest {
            let position = self.doors.services.store.log_position(&run).await.unwrap_or_default();
            self.logs = BTreeMap::from([(run, position)]);
        }
    }

    async fn logs_have_grown(&mut self) -> bool {
        let mut grown = false;
        for (run, known) in &mut self.logs {
            // a store that is away says so at the next reading of changes
            let position = self.doors.services.store.log_position(run).await.unwrap_or(*known);
            grown |= std::mem::replace(known, position) != position;
        }
        grown
    }
}

/// The runs whose logs a page shows when it is opened.
async fn followed(doors: &Doors, asker: &Asker, topics: &[Topic]) -> BTreeMap<String, i64> {
    let portal = ServerPortal::new(doors.clone(), asker.clone());
    let mut logs = BTreeMap::new();
    for topic in topics {
        let run = match topic {
            Topic::Run(name) => name.clone(),
            Topic::Resource(key) => {
                portal.stored(key).await.map(|object| ResourceStatus::read(&object.status).run).unwrap_or_default()
            }
            _ => String::new(),
        };
        if let Ok(run) = portal.stored_run(&run).await {
            let position = doors.services.store.log_position(&run.metadata.uid).await.unwrap_or_default();
            logs.insert(run.metadata.uid, position);
        }
    }
    logs
}

#[derive(Deserialize)]
pub struct LogQuery {
    /// `pipeline/step`; empty is the whole run.
    #[serde(default)]
    step: String,
}

/// `GET /runs/{name}/log?step=pipeline/step`: plain text, to read, search and keep.
pub async fn log(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(name): Path<String>,
    Query(query): Query<LogQuery>,
) -> Response {
    match log_text(&doors, &asker, &name, &query.step).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        Err(error) => super::pages::problem(&doors, Some(&asker), &error).await,
    }
}

async fn log_text(doors: &Doors, asker: &Asker, name: &str, step: &str) -> Result<String> {
    /// As much as a browser shows well; the API streams it all.
    const LARGEST: usize = 4 * 1024 * 1024;
    let run = ServerPortal::new(doors.clone(), asker.clone()).stored_run(name).await?;
    let (mut text, mut after) = (String::new(), 0);
    loop {
        let chunks = doors.services.store.log(&run.metadata.uid, after, 100).await?;
        let Some(last) = chunks.last().map(|chunk| chunk.seq) else { return Ok(text) };
        after = last;
        let wanted = chunks.into_iter().map(|stored| stored.chunk).filter(|chunk| {
            step.is_empty() || chunk.step == step || format!("{}/{}", chunk.pipeline, chunk.step) == step
        });
        text.extend(wanted.map(|chunk| chunk.text));
        if text.len() > LARGEST {
            text.push_str("\n[the rest is left out here; `midspan logs` shows it all]\n");
            return Ok(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_as_pages_write_them() {
        let key = ResourceKey::new("default", "postgresql", "shop");
        assert_eq!(Topic::parse(&key.topic()), Some(Topic::Resource(key)));
        assert_eq!(Topic::parse("run:run-1"), Some(Topic::Run("run-1".into())));
        assert_eq!(Topic::parse("nonsense:x"), None);
    }

    #[test]
    fn a_resource_page_hears_of_its_parts() {
        let topic = Topic::Resource(ResourceKey::new("default", "postgresql", "shop"));
        let placement = Object::from_value(json!({"apiVersion": "midspan.dev/v1alpha1", "kind": "Placement", "metadata": {"name": "p", "namespace": "default",
            "labels": {"midspan.dev/promise": "postgresql", "midspan.dev/resource": "shop"}}}))
        .unwrap();
        assert!(topic.hears(&placement));
        let mut other = placement;
        other.metadata.namespace = "elsewhere".into();
        assert!(!topic.hears(&other));
    }
}
