//! A document read into a Rust type: what does not fit is named by its place, and a misspelt word by what was likely meant.

use crate::error::{Cause, Error, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a typed value out of a document; an error names the field below `root`, as path and as pointer.
pub fn decode<T: DeserializeOwned>(value: Value, root: &str) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = match path.as_str() {
            "." => root.to_owned(),
            item if item.starts_with('[') => format!("{root}{item}"),
            field => format!("{root}.{field}"),
        };
        let mut message = error.into_inner().to_string();
        // serde_path_to_error stops at flattened and untagged fields; the message still names the key
        if let Some(at) = message.find(" at line ") {
            message.truncate(at);
        }
        let message = guessed(&message).unwrap_or(message);
        located(&path, format!("{path}: {message}"))
    })
}

pub(super) fn located(field: &str, message: String) -> Error {
    let cause = Cause {
        reason: "FieldValueInvalid".to_owned(),
        message: message.clone(),
        field: field.to_owned(),
        pointer: pointer_of(field),
        human: String::new(),
    };
    Error::invalid(message, vec![cause])
}

/// `spec.rules[0].port` as a JSON Pointer.
pub(crate) fn pointer_of(path: &str) -> String {
    path.split(['.', '['])
        .map(|part| format!("/{}", part.trim_end_matches(']').replace('~', "~0").replace('/', "~1")))
        .collect()
}

/// ``unknown field `titel`, expected one of `title`, …`` as ``unknown field `titel`; did you mean `title`?``
fn guessed(message: &str) -> Option<String> {
    let (unknown, expected) = message.split_once(", expected ")?;
    if !unknown.starts_with("unknown ") {
        return None;
    }
    let written = quoted(unknown).next()?;
    let meant = nearest(written, quoted(expected))?;
    Some(format!("{unknown}; did you mean `{meant}`?"))
}

/// The word that was probably meant.
pub fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known.min_by_key(|known| distance(written, known)).filter(|meant| distance(written, meant) <= tolerance(written))
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// No word of ours is longer; what is sent to be compared at length is not.
const LONGEST: usize = 40;

/// How many slips a word of this length may have and still be taken for another.
fn tolerance(word: &str) -> usize {
    match word.chars().count() {
        3..=4 => 1,
        5..=LONGEST => 2,
        _ => 0,
    }
}

/// Letters left out, added, exchanged or swapped with their neighbour; upper and lower case are the same.
fn distance(written: &str, known: &str) -> usize {
    if written.len() > LONGEST {
        return usize::MAX;
    }
    let letters = |word: &str| word.to_lowercase().chars().collect::<Vec<_>>();
    let (written, known) = (letters(written), letters(known));
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (i, letter) in written.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in known.iter().enumerate() {
            let mut least = (row[j] + usize::from(letter != other)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *letter == known[j - 1] && written[i - 1] == *other {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Step {
        #[serde(rename = "name")]
        _name: Option<String>,
        #[serde(rename = "timeout")]
        _timeout: Option<String>,
        #[serde(rename = "maxBackoff")]
        _max_backoff: Option<String>,
        #[serde(rename = "uses")]
        _uses: Option<Uses>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Uses {
        Template,
        Command,
    }

    #[track_caller]
    fn check(step: Value, message: &str) {
        let error = decode::<Vec<Step>>(json!([step]), "steps").unwrap_err();
        assert_eq!(error.message, message);
        assert_eq!(error.causes[0].message, message);
    }

    #[test]
    fn a_slip_of_the_pen_is_understood() {
        check(json!({"nmae": 1}), "steps[0].nmae: unknown field `nmae`; did you mean `name`?");
        check(json!({"time-out": 1}), "steps[0].time-out: unknown field `time-out`; did you mean `timeout`?");
        check(json!({"maxbackoff": 1}), "steps[0].maxbackoff: unknown field `maxbackoff`; did you mean `maxBackoff`?");
        check(json!({"uses": "comand"}), "steps[0].uses: unknown variant `comand`; did you mean `command`?");
    }

    #[test]
    fn a_word_that_is_far_from_all_gets_the_whole_list() {
        check(
            json!({"environment": 1}),
            "steps[0].environment: unknown field `environment`, expected one of `name`, `timeout`, `maxBackoff`, `uses`",
        );
        check(
            json!({"us": 1}),
            "steps[0].us: unknown field `us`, expected one of `name`, `timeout`, `maxBackoff`, `uses`",
        );
    }

    #[test]
    fn a_word_without_end_is_not_compared() {
        let long = "a".repeat(1 << 20);
        let error = decode::<Step>(json!({long: 1}), "step").unwrap_err();
        assert!(error.message.contains("expected one of"));
    }
}
