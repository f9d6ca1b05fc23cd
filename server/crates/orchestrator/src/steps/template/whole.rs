//! Proves that every written value stands where a whole value may stand, so that none can change a document's structure.
//!
//! While a document is rendered each value is set between two marks that no text can hold. The *skeleton* is the document with each value
//! replaced by a numbered stand-in. It depends on the template alone. If it parses, and every stand-in comes back as exactly one scalar, then
//! any JSON value may take its place without a change elsewhere.

use domain::{Digest, Error, Result, document};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{LazyLock, Mutex, PoisonError},
};

/// Before and after a value. Both are Unicode non-characters, which the value's own text never holds: there they are escaped.
pub const OPEN: char = '\u{fdd0}';
pub const CLOSE: char = '\u{fdd1}';

/// The syntax a document must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Syntax {
    Yaml,
    Json,
}

/// Takes the marks out of a rendered document, having proved it sound. `path` names it in messages.
pub fn proved(marked: &str, syntax: Syntax, path: &str) -> Result<String> {
    let Split { text, skeleton, lines } = split(marked, path)?;
    if text.trim().is_empty() {
        return Ok(text);
    }
    let known = Digest::of_parts([[syntax as u8].as_slice(), skeleton.as_bytes()]);
    let verdict = if let Some(verdict) = recall(&known) {
        verdict
    } else {
        let verdict = judge(&skeleton, syntax, path, &text, &lines)?;
        remember(known, verdict);
        verdict
    };
    if verdict == Verdict::ValuesAsKeys {
        // two keys may have become equal
        parse(&text, syntax, path)?;
    }
    Ok(text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Sound,
    /// Sound as long as the values used as keys differ.
    ValuesAsKeys,
}

struct Split {
    text: String,
    skeleton: String,
    /// The line of each value, from 1.
    lines: Vec<usize>,
}

fn split(marked: &str, path: &str) -> Result<Split> {
    let mut split = Split {
        text: String::with_capacity(marked.len()),
        skeleton: String::with_capacity(marked.len()),
        lines: Vec::new(),
    };
    let (mut rest, mut line) = (marked, 1);
    while let Some((plain, after)) = rest.split_once(OPEN) {
        split.text.push_str(plain);
        split.skeleton.push_str(plain);
        line += plain.matches('\n').count();
        let written = after.split_once(CLOSE).filter(|(value, _)| !plain.contains(CLOSE) && is_intact(value));
        let Some((value, after)) = written else {
            return Err(Error::bad_request(format!(
                "{path}:{line}: a filter changed a value after it was written; filter the value itself"
            )));
        };
        split.text.push_str(value);
        // writing to a String cannot fail
        let _ = write!(split.skeleton, "\"{OPEN}{}\"", split.lines.len());
        split.lines.push(line);
        rest = after;
    }
    split.text.push_str(rest);
    split.skeleton.push_str(rest);
    Ok(split)
}

/// Whether what stands between the marks is one JSON value, as it was written there.
fn is_intact(value: &str) -> bool {
    !value.contains(OPEN) && serde_json::from_str::<IgnoredAny>(value).is_ok()
}

fn judge(skeleton: &str, syntax: Syntax, path: &str, text: &str, lines: &[usize]) -> Result<Verdict> {
    let documents = match parse(skeleton, syntax, path) {
        Ok(documents) => documents,
        // the real text has the same fault, unless the values made it; its message shows what people can see
        Err(error) => return Err(advised(parse(text, syntax, path).err().unwrap_or(error), lines)),
    };
    let mut found = Found::default();
    for document in &documents {
        found.walk(document);
    }
    match found.embedded {
        Some(index) => {
            let line = lines.get(index).copied().unwrap_or(1);
            let shown: String = text.lines().nth(line - 1).unwrap_or_default().trim().chars().take(100).collect();
            Err(Error::bad_request(format!(
                "{path}:{line}: `{shown}`: a {{{{ … }}}} in a YAML or JSON file is a whole value and brings its own quotes; put nothing around it, \
                 join texts inside: {{{{ \"a-\" ~ metadata.name }}}}, and pass structures as text with | tojson"
            )))
        }
        None if found.keys => Ok(Verdict::ValuesAsKeys),
        None => Ok(Verdict::Sound),
    }
}

fn parse(text: &str, syntax: Syntax, path: &str) -> Result<Vec<Value>> {
    match syntax {
        Syntax::Yaml => document::parse_all(text, path),
        Syntax::Json => document::parse_json(text.as_bytes(), path).map(|value| vec![value]),
    }
}

fn advised(mut error: Error, lines: &[usize]) -> Error {
    if !lines.is_empty() {
        error.message.push_str(
            " (each {{ … }} is written as a JSON value with its own quotes: put no quotes or text around it)",
        );
    }
    error
}

#[derive(Default)]
struct Found {
    embedded: Option<usize>,
    keys: bool,
}

impl Found {
    fn walk(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.scalar(text);
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            Value::Object(map) => {
                for (key, value) in map {
                    self.keys |= self.scalar(key);
                    self.walk(value);
                }
            }
            _ => {}
        }
    }

    /// Whether the scalar is a stand-in; notes one that is only part of it.
    fn scalar(&mut self, text: &str) -> bool {
        let Some((before, after)) = text.split_once(OPEN) else { return false };
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if !before.is_empty() || digits < after.len() {
            self.embedded = self.embedded.or(after[..digits].parse().ok());
        }
        true
    }
}

/// Skeletons already judged sound. A fleet of resources shares a few, and need not be parsed again.
static JUDGED: LazyLock<Mutex<HashMap<Digest, Verdict>>> = LazyLock::new(Mutex::default);
const MAX_JUDGED: usize = 4_096;

fn recall(skeleton: &Digest) -> Option<Verdict> {
    JUDGED.lock().unwrap_or_else(PoisonError::into_inner).get(skeleton).copied()
}

fn remember(skeleton: Digest, verdict: Verdict) {
    let mut judged = JUDGED.lock().unwrap_or_else(PoisonError::into_inner);
    if judged.len() >= MAX_JUDGED {
        judged.clear();
    }
    judged.insert(skeleton, verdict);
}
