//! Sees resources become ready the way any client does: through the API's list and watch.

use crate::{
    http::{Connection, Lines},
    options::Options,
};
use serde::{Deserialize, de::DeserializeOwned};

pub struct Watch {
    lines: Lines,
    wanted: Wanted,
    line: Vec<u8>,
    /// Those of ours that were ready when the watch was opened.
    pub ready_already: Vec<String>,
}

/// What counts.
struct Wanted {
    /// Names start with it.
    prefix: String,
    /// Made by this version of the promise; any when empty.
    version: String,
}

#[derive(Deserialize)]
struct List {
    metadata: ListMetadata,
    items: Vec<Object>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    resource_version: String,
    #[serde(default, rename = "continue")]
    next: String,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    message: String,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
    #[serde(default)]
    generation: i64,
}

/// Resources carry conditions here; an error event's `Status` has a word instead.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Status {
    #[serde(rename_all = "camelCase")]
    Resource {
        #[serde(default)]
        conditions: Vec<Condition>,
        #[serde(default)]
        observed_generation: i64,
        #[serde(default)]
        promise_version: String,
        #[serde(default)]
        phase: String,
        #[serde(default)]
        message: String,
    },
    Word(#[expect(dead_code, reason = "only its being there counts")] String),
    #[default]
    Absent,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

impl Watch {
    /// From now on: what is ready now is known, and every later change will be seen.
    pub fn open(options: &Options) -> Result<Self, String> {
        let wanted = Wanted { prefix: options.text("prefix")?, version: options.text_or("version", "") };
        let (address, token, collection) =
            (options.text("address")?, options.text("token")?, options.text("collection")?);
        let open = || Connection::open(&address, &token, options.deadline()?).map_err(|error| error.to_string());
        let mut connection = open()?;
        let mut ready_already = Vec::new();
        let mut next = String::new();
        let version = loop {
            let list: List = read(&mut connection, &format!("{collection}?limit=500{next}"))?;
            ready_already.extend(list.items.into_iter().filter(|one| wanted.is(one)).map(|one| one.metadata.name));
            if list.metadata.next.is_empty() {
                break list.metadata.resource_version;
            }
            next = format!("&continue={}", list.metadata.next);
        };
        let path = format!("{collection}?watch=true&resourceVersion={version}");
        let lines = open()?.stream(&path).map_err(|error| error.to_string())?;
        Ok(Self { lines, wanted, line: Vec::new(), ready_already })
    }

    /// The next resource of ours that was seen ready. The same one may be seen again. One that failed is an error: waiting would not help.
    pub fn next_ready(&mut self) -> Result<String, String> {
        loop {
            if !self.lines.next(&mut self.line).map_err(|error| format!("the watch broke: {error}"))? {
                return Err("the watch ended".into());
            }
            if self.line.is_empty() {
                continue;
            }
            let event: Event = serde_json::from_slice(&self.line)
                .map_err(|error| format!("not a watch event: {error}: {}", String::from_utf8_lossy(&self.line)))?;
            if event.kind == "ERROR" {
                return Err(format!("the watch says: {}", event.object.message));
            }
            self.wanted.has_not_failed(&event.object)?;
            if self.wanted.is(&event.object) {
                return Ok(event.object.metadata.name);
            }
        }
    }
}

impl Wanted {
    /// Whether it is one of ours, ready, for what it asks now, and as the wanted version of the promise makes it.
    fn is(&self, object: &Object) -> bool {
        let Status::Resource { conditions, observed_generation, promise_version, .. } = &object.status else {
            return false;
        };
        object.metadata.name.starts_with(&self.prefix)
            && (self.version.is_empty() || self.version == *promise_version)
            && *observed_generation == object.metadata.generation
            && conditions.iter().any(|condition| condition.kind == "Ready" && condition.status == "True")
    }

    fn has_not_failed(&self, object: &Object) -> Result<(), String> {
        match &object.status {
            Status::Resource { phase, message, .. }
                if phase == "Failed" && object.metadata.name.starts_with(&self.prefix) =>
            {
                Err(format!("{} failed: {message}", object.metadata.name))
            }
            _ => Ok(()),
        }
    }
}

fn read<T: DeserializeOwned>(connection: &mut Connection, path: &str) -> Result<T, String> {
    let answer = connection.get(path).map_err(|error| format!("GET {path}: {error}"))?;
    serde_json::from_slice(&answer.body)
        .map_err(|error| format!("GET {path}: {} {}: {error}", answer.status, String::from_utf8_lossy(&answer.body)))
}
