//! A template value as JSON that YAML reads alike: the one way values get into documents.

use minijinja::{Error, ErrorKind, Value, value::ValueKind};
use std::fmt::Write;

/// How deep a value may nest.
const MAX_DEPTH: usize = 64;

/// Writes `value` on one line, keys in their order. Fails on what JSON cannot say instead of guessing.
pub fn write(out: &mut dyn Write, value: &Value) -> Result<(), Error> {
    nested(out, value, 0)
}

pub fn text(value: &Value) -> Result<String, Error> {
    let mut text = String::new();
    write(&mut text, value)?;
    Ok(text)
}

fn nested(out: &mut dyn Write, value: &Value, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(refused(format!("the value nests deeper than {MAX_DEPTH} levels")));
    }
    match value.kind() {
        ValueKind::None => out.write_str("null")?,
        ValueKind::Bool => out.write_str(if value.is_true() { "true" } else { "false" })?,
        ValueKind::Number => number(out, value)?,
        ValueKind::String => string(out, value.as_str().unwrap_or_default())?,
        ValueKind::Seq | ValueKind::Iterable => list(out, value, depth)?,
        ValueKind::Map => map(out, value, depth)?,
        ValueKind::Undefined => return Err(Error::new(ErrorKind::UndefinedError, "a part of the value is undefined")),
        other => return Err(refused(format!("{other} cannot be written as a value"))),
    }
    Ok(())
}

fn list(out: &mut dyn Write, value: &Value, depth: usize) -> Result<(), Error> {
    out.write_char('[')?;
    for (index, item) in value.try_iter()?.enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        nested(out, &item, depth + 1)?;
    }
    Ok(out.write_char(']')?)
}

fn map(out: &mut dyn Write, value: &Value, depth: usize) -> Result<(), Error> {
    out.write_char('{')?;
    for (index, key) in value.try_iter()?.enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        match key.as_str() {
            Some(text) => string(out, text)?,
            None if matches!(key.kind(), ValueKind::Number | ValueKind::Bool) => string(out, &key.to_string())?,
            None => return Err(refused(format!("{} cannot be a key", key.kind()))),
        }
        out.write_str(": ")?;
        nested(out, &value.get_item(&key)?, depth + 1)?;
    }
    Ok(out.write_char('}')?)
}

fn number(out: &mut dyn Write, value: &Value) -> Result<(), Error> {
    if value.is_integer() {
        return Ok(write!(out, "{value}")?);
    }
    match f64::try_from(value.clone()).ok().and_then(serde_json::Number::from_f64) {
        Some(number) => Ok(write!(out, "{number}")?),
        None => Err(refused(format!("{value} is not a number that a document can hold"))),
    }
}

/// Beyond JSON's own escapes: line ends of old YAML, characters YAML does not print, the byte order mark, and the marks of [`whole`](super::whole).
fn string(out: &mut dyn Write, text: &str) -> std::fmt::Result {
    out.write_char('"')?;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if !is_special(c) {
            continue;
        }
        out.write_str(&text[start..at])?;
        start = at + c.len_utf8();
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c => write!(out, "\\u{:04x}", u32::from(c))?,
        }
    }
    out.write_str(&text[start..])?;
    out.write_char('"')
}

fn is_special(c: char) -> bool {
    matches!(
        c,
        '"' | '\\' | '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}'
    )
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}
