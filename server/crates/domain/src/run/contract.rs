//! The metadata half of Kratix's step contract: the files a pipeline leaves in `/kratix/metadata` and what they mean.

use super::PipelineResult;
use crate::{
    document,
    error::{Error, Result},
    object,
    selector::MatchExpression,
    work::DirectorySelector,
    workflow::GoDuration,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, time::Duration};

/// The contents of `/kratix/metadata`, by file name.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// The same as text, only those files that mean something.
pub type Texts = BTreeMap<String, String>;

/// `workflow-control.yaml`: wait for a person, or run this pipeline again later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    pub suspend: bool,
    pub retry_after: Option<Duration>,
    /// How often the pipeline may ask to be run again.
    pub max_attempts: u32,
    pub message: String,
}

impl Default for Control {
    fn default() -> Self {
        Self { suspend: false, retry_after: None, max_attempts: Self::MAX_ATTEMPTS, message: String::new() }
    }
}

impl Control {
    /// Unless the pipeline says otherwise: no pipeline asks for ever, and none that waits for the slowest of clouds is cut short.
    pub const MAX_ATTEMPTS: u32 = 1_000;

    /// Kratix: with either set, no work is written; `retryAfter` wins over `suspend`.
    pub fn stops(&self) -> bool {
        self.suspend || self.retry_after.is_some()
    }
}

const FILES: [&str; 4] = ["workflow-control.yaml", "status.yaml", "outputs.yaml", "destination-selectors.yaml"];

/// The files that mean something, as text; others are the author's own.
pub(super) fn texts(contents: &Contents) -> Result<Texts> {
    let known = contents.iter().filter(|(file, _)| FILES.contains(&file.as_str()));
    known
        .map(|(file, bytes)| match std::str::from_utf8(bytes) {
            Ok(text) => Ok((file.clone(), text.to_owned())),
            Err(_) => Err(refuse(file, "is not UTF-8 text")),
        })
        .collect()
}

/// All that the metadata files of one pipeline say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    pub result: PipelineResult,
    pub control: Control,
}

impl Metadata {
    /// Reads the contents of the folder as they are.
    pub fn of(contents: &Contents) -> Result<Self> {
        Self::read(&texts(contents)?)
    }

    /// Reads the four files there may be. An error names the file.
    pub fn read(contents: &Texts) -> Result<Self> {
        let control: ControlFile = typed(contents, "workflow-control.yaml")?.unwrap_or_default();
        Ok(Self {
            result: PipelineResult {
                status: status(contents)?,
                outputs: mapping(contents, "outputs.yaml")?,
                selectors: selectors(contents)?,
            },
            control: Control {
                suspend: control.suspend,
                retry_after: control.retry_after.map(|after| after.0),
                max_attempts: control.max_attempts.unwrap_or(Control::MAX_ATTEMPTS),
                message: control.message,
            },
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ControlFile {
    suspend: bool,
    message: String,
    retry_after: Option<GoDuration>,
    max_attempts: Option<u32>,
}

fn status(contents: &Texts) -> Result<Map<String, Value>> {
    let status = mapping(contents, "status.yaml")?;
    if status.contains_key("kratix") {
        return Err(refuse("status.yaml", "the key `kratix` is kept for the orchestrator; use another name"));
    }
    Ok(status)
}

fn selectors(contents: &Texts) -> Result<Vec<DirectorySelector>> {
    const FILE: &str = "destination-selectors.yaml";
    let mut entries: Vec<DirectorySelector> = typed(contents, FILE)?.unwrap_or_default();
    let mut seen = std::collections::BTreeSet::new();
    for entry in &mut entries {
        if entry.selector.is_empty() {
            return Err(refuse(FILE, "every entry needs matchLabels with at least one label"));
        }
        if let Some((field, fault)) = entry.selector.match_expressions.iter().find_map(MatchExpression::fault) {
            return Err(refuse(FILE, &format!("matchExpressions: {field}: {fault}")));
        }
        let directory = entry.directory.trim_start_matches("./").trim_end_matches('/');
        entry.directory = if directory == "." { String::new() } else { directory.to_owned() };
        if entry.directory.contains('/') || entry.directory == ".." {
            return Err(refuse(
                FILE,
                &format!("directory {:?}: only a folder directly below the output may be named", entry.directory),
            ));
        }
        if !seen.insert(entry.directory.clone()) {
            return Err(refuse(FILE, &format!("directory {:?} is named twice", entry.directory)));
        }
    }
    Ok(entries)
}

fn typed<T: serde::de::DeserializeOwned>(contents: &Texts, file: &str) -> Result<Option<T>> {
    let Some(value) = parsed(contents, file)? else { return Ok(None) };
    object::decode(value, file).map(Some)
}

fn mapping(contents: &Texts, file: &str) -> Result<Map<String, Value>> {
    match parsed(contents, file)? {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(other) => Err(refuse(file, &format!("must be a mapping, not {}", object::type_name(&other)))),
    }
}

fn parsed(contents: &Texts, file: &str) -> Result<Option<Value>> {
    let Some(text) = contents.get(file).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    document::parse_one(text, &format!("/kratix/metadata/{file}")).map(Some)
}

fn refuse(file: &str, message: &str) -> Error {
    Error::bad_request(format!("/kratix/metadata/{file}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, text: &str) -> Result<Metadata> {
        Metadata::read(&Texts::from([(file.to_owned(), text.to_owned())]))
    }

    #[track_caller]
    fn check_refused(file: &str, text: &str, expected: &str) {
        let message = read(file, text).unwrap_err().message;
        assert!(message.contains(expected) && message.contains(file), "{message}");
    }

    #[test]
    fn retry_after_and_suspend_stop_the_pipeline() {
        let control =
            read("workflow-control.yaml", "retryAfter: 30s\nmessage: waiting for the network\n").unwrap().control;
        assert_eq!((control.retry_after, control.stops()), (Some(Duration::from_secs(30)), true));
        assert!(read("workflow-control.yaml", "suspend: true").unwrap().control.stops());
        assert!(!read("workflow-control.yaml", "{}").unwrap().control.stops());
        check_refused("workflow-control.yaml", "retryAfter: soon", "not a duration");
    }

    #[test]
    fn the_kratix_key_of_the_status_is_kept_for_the_orchestrator() {
        check_refused("status.yaml", "kratix: {}", "kept for the orchestrator");
        check_refused("status.yaml", "- a", "must be a mapping");
    }

    #[test]
    fn destination_selectors_name_top_folders_once() {
        let read_ok =
            read("destination-selectors.yaml", "- matchLabels: {a: b}\n- directory: db/\n  matchLabels: {c: d}\n")
                .unwrap();
        assert_eq!(read_ok.result.selectors.iter().map(|s| s.directory.as_str()).collect::<Vec<_>>(), ["", "db"]);
        check_refused(
            "destination-selectors.yaml",
            "- directory: a/b\n  matchLabels: {c: d}",
            "directly below the output",
        );
        check_refused("destination-selectors.yaml", "- matchLabels: {}", "at least one label");
        check_refused("destination-selectors.yaml", "- matchLabels: {a: b}\n- matchLabels: {c: d}", "named twice");
    }
}
