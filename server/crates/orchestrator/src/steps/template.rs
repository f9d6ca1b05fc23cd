//! `uses: template`: files, outputs and status computed from the object, in process and the same each time.
//!
//! In a file ending in `.yaml`, `.yml` or `.json` every `{{ … }}` is written as one JSON value and must stand where a whole value may stand.
//! A user's text can therefore never change a document's structure: not by quotes, not by line ends, not by anything.
//! In other files strings are written as they are and everything else as JSON.

mod context;
mod engine;
mod filters;
mod json;
mod known;
mod source;
#[cfg(test)]
mod tests;
pub(super) mod tree;
mod whole;

pub(super) use context::context;
pub(super) use engine::{Mode, Rendering, Sources, Templates};

use super::{Ended, Folders, MAX_FILE_BYTES, MAX_FILES, MAX_FOLDER_BYTES, StepInput, paths};
use bytes::Bytes;
use domain::{Error, Result, document, object};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What `with` says.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct With {
    /// Path template to text template.
    files: Map<String, Value>,
    outputs: Map<String, Value>,
    status: Map<String, Value>,
}

/// A step's templates, compiled.
pub struct Program {
    files: Vec<File>,
    outputs: Map<String, Value>,
    status: Map<String, Value>,
    templates: Templates,
}

struct File {
    /// As the author wrote it; names the file in messages.
    path: String,
    mode: Mode,
    place: String,
}

/// Renders a template step. Pure: the same input gives the same folders.
pub fn render(input: &StepInput) -> Ended {
    let performed = known::program(&input.step.with).and_then(|program| program.run(input));
    match performed {
        Ok((folders, message)) => Ended::Done { folders, exit_code: None, message },
        Err(error) => error.into(),
    }
}

/// Reads a definition without rendering it. The path of a file that holds no template is known here already.
pub fn check(with: &Value) -> Result<()> {
    let program = known::program(with)?;
    let mut plain = program.files.iter().filter(|file| !tree::is_template(&file.path));
    plain
        .try_for_each(|file| paths::check(file.path.trim()))
        .map_err(|fault| Error::bad_request(format!("with.files: {fault}")))
}

/// The names that the templates of a step look up.
pub(super) fn mentioned(with: &Value) -> Result<BTreeSet<(String, String)>> {
    Ok(known::program(with)?.templates.mentioned())
}

/// The names that a tree of templates looks up.
pub(crate) fn mentioned_in_tree(tree: &Map<String, Value>, place: &str) -> Result<BTreeSet<(String, String)>> {
    let mut sources = Sources::default();
    tree::sources(tree, place, &mut sources)?;
    Ok(sources.compile()?.mentioned())
}

/// Reads a tree whose leaves are templates.
pub(crate) fn check_tree(tree: &Map<String, Value>, place: &str) -> Result<()> {
    let mut sources = Sources::default();
    tree::sources(tree, place, &mut sources)?;
    sources.compile().map(drop)
}

/// A tree whose leaves are templates, filled in for a step.
pub(crate) fn tree_of(input: &StepInput, tree: &Map<String, Value>, place: &str) -> Result<Map<String, Value>> {
    let mut sources = Sources::default();
    tree::sources(tree, place, &mut sources)?;
    tree::fill(tree, place, &mut sources.compile()?.start(context(input)))
}

impl Program {
    fn compile(with: &Value) -> Result<Self> {
        let with: With = match with {
            Value::Null => With::default(),
            with => object::decode(with.clone(), "with")?,
        };
        if with.files.len() > MAX_FILES {
            return Err(Error::bad_request(format!(
                "with.files: {} files are too many; the limit is {MAX_FILES}",
                with.files.len()
            )));
        }
        let (mut files, mut sources) = (Vec::new(), Sources::default());
        for (path, text) in with.files {
            let place = format!("with.files[{path:?}]");
            let Value::String(text) = text else {
                return Err(Error::bad_request(format!(
                    "{place}: must be the text of a template, not {}",
                    object::type_name(&text)
                )));
            };
            let mode = Mode::of(&path);
            sources.add(Mode::Text, &format!("the path {path:?}"), &path)?;
            sources.add(mode, &place, &text)?;
            files.push(File { path, mode, place });
        }
        tree::sources(&with.outputs, "with.outputs", &mut sources)?;
        tree::sources(&with.status, "with.status", &mut sources)?;
        Ok(Self { files, outputs: with.outputs, status: with.status, templates: sources.compile()? })
    }

    fn run(&self, input: &StepInput) -> Result<(Folders, String)> {
        let mut rendering = self.templates.start(context(input));
        let mut folders = input.before.clone();
        let mut written = BTreeMap::new();
        for file in &self.files {
            let path = rendering.text(&format!("the path {:?}", file.path))?;
            let path = path.trim();
            paths::check(path).map_err(|fault| Error::bad_request(format!("with.files: {fault}")))?;
            if Mode::of(path) != file.mode {
                return Err(Error::bad_request(format!(
                    "{}: became {path:?}; write the ending (.yaml, .yml, .json) outside of the braces, it decides how values are written",
                    file.place
                )));
            }
            let text = rendering.document(file.mode, &file.place, path)?;
            if text.trim().is_empty() {
                continue;
            }
            if written.insert(path.to_owned(), &file.place).is_some() {
                return Err(Error::bad_request(format!(
                    "{}: another file of this step is called {path:?} too",
                    file.place
                )));
            }
            folders.output.insert(path.to_owned(), Bytes::from(text));
        }
        bounded(&folders.output)?;
        let outputs = tree::fill(&self.outputs, "with.outputs", &mut rendering)?;
        let status = tree::fill(&self.status, "with.status", &mut rendering)?;
        merge(&mut folders.metadata, "outputs.yaml", outputs)?;
        merge(&mut folders.metadata, "status.yaml", status)?;
        let message = match written.len() {
            0 => "no file".to_owned(),
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        Ok((folders, message))
    }
}

fn bounded(folder: &BTreeMap<String, Bytes>) -> Result<()> {
    let size: usize = folder.values().map(Bytes::len).sum();
    if folder.len() > MAX_FILES || size > MAX_FOLDER_BYTES {
        let files = folder.len();
        return Err(Error::bad_request(format!(
            "the output has {files} files and {size} bytes; the limits are {MAX_FILES} files and {MAX_FOLDER_BYTES} bytes"
        )));
    }
    Ok(())
}

/// Lays `added` over the mapping in a metadata file: a key of this step replaces an earlier step's, the others stay.
pub(super) fn merge(metadata: &mut BTreeMap<String, Bytes>, file: &str, added: Map<String, Value>) -> Result<()> {
    if added.is_empty() {
        return Ok(());
    }
    let place = format!("/kratix/metadata/{file}");
    let mut merged = match metadata.get(file) {
        None => Map::new(),
        Some(bytes) => {
            let text =
                std::str::from_utf8(bytes).map_err(|_| Error::bad_request(format!("{place}: is not UTF-8 text")))?;
            let value =
                if text.trim().is_empty() { Value::Object(Map::new()) } else { document::parse_one(text, &place)? };
            match value {
                Value::Object(map) => map,
                other => {
                    return Err(Error::bad_request(format!(
                        "{place}: must be a mapping, not {}",
                        object::type_name(&other)
                    )));
                }
            }
        }
    };
    merged.extend(added);
    let text = document::to_yaml(&Value::Object(merged));
    if text.len() > MAX_FILE_BYTES {
        return Err(Error::bad_request(format!(
            "{place}: {} bytes are too many; the limit is {MAX_FILE_BYTES}",
            text.len()
        )));
    }
    metadata.insert(file.to_owned(), Bytes::from(text));
    Ok(())
}

type Shared = Arc<Program>;
