//! Sees resources become ready the way any client does: through the API's watch, opened before the first submit.

use crate::{
    Target,
    http::{Connection, Lines},
};
use serde::Deserialize;
use std::time::Instant;

pub struct Watch {
    lines: Lines,
    prefix: String,
    line: Vec<u8>,
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
}

/// Resources carry conditions here; an error event's `Status` has a word instead.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Status {
    Resource {
        #[serde(default)]
        conditions: Vec<Condition>,
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
    pub fn open(target: &Target) -> Result<Self, String> {
        let connection = Connection::open(&target.address, &target.token).map_err(|error| error.to_string())?;
        let mut list = Connection::open(&target.address, &target.token).map_err(|error| error.to_string())?;
        let answer = list.get(&format!("{}?limit=1", target.collection)).map_err(|error| error.to_string())?;
        let list: serde_json::Value = serde_json::from_slice(&answer.body)
            .map_err(|error| format!("GET {}: {} {error}", target.collection, answer.status))?;
        let version = list["metadata"]["resourceVersion"].as_str().unwrap_or("0");
        let path = format!("{}?watch=true&resourceVersion={version}", target.collection);
        let lines = connection.stream(&path).map_err(|error| error.to_string())?;
        Ok(Self { lines, prefix: target.prefix.clone(), line: Vec::new() })
    }

    /// The next resource of ours that was seen ready, and when. The same one may be seen again.
    pub fn next_ready(&mut self) -> Result<(String, Instant), String> {
        loop {
            if !self.lines.next(&mut self.line).map_err(|error| format!("the watch broke: {error}"))? {
                return Err("the watch ended".into());
            }
            let seen = Instant::now();
            if self.line.is_empty() {
                continue;
            }
            let event: Event = serde_json::from_slice(&self.line)
                .map_err(|error| format!("not a watch event: {error}: {}", String::from_utf8_lossy(&self.line)))?;
            if event.kind == "ERROR" {
                return Err(format!("the watch says: {}", event.object.message));
            }
            if event.object.metadata.name.starts_with(&self.prefix) && event.object.is_ready() {
                return Ok((event.object.metadata.name, seen));
            }
        }
    }
}

impl Object {
    fn is_ready(&self) -> bool {
        match &self.status {
            Status::Resource { conditions } => {
                conditions.iter().any(|condition| condition.kind == "Ready" && condition.status == "True")
            }
            Status::Word(_) | Status::Absent => false,
        }
    }
}
