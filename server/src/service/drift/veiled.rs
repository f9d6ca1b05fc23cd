//! Files of a destination as people may see them: without the secrets that Midspan knows, and without the values of Secrets.

use domain::document;
use orchestrator::steps::Mask;
use serde_json::Value;

/// The words for what is not shown.
const NOT_KEPT: &str = "It is too large to be shown, or no file.";
const NOT_TEXT: &str = "It is not text.";
const UNREADABLE_SECRET: &str = "It holds a Secret that cannot be read, so it is not shown.";
const ONLY_SECRETS: &str = "It differs in secret values only.";

/// What covers secrets.
pub struct Veil {
    known: Vec<String>,
}

/// A file on one side: absent where it is not there, and without content where that was not kept.
type Side<'b> = Option<Option<&'b [u8]>>;

impl Veil {
    pub fn new(known: Vec<String>) -> Self {
        Self { known }
    }

    /// A file as placed and as found, or why it is not shown.
    pub fn over(&self, placed: Side<'_>, found: Side<'_>) -> Result<(Option<String>, Option<String>), &'static str> {
        let (placed, found) = (text(placed)?, text(found)?);
        let mut secrets = self.known.clone();
        for text in [placed, found].into_iter().flatten() {
            collect(text, &mut secrets)?;
        }
        let mask = Mask::new(&secrets);
        let (before, after) = (placed.map(|text| mask.text(text)), found.map(|text| mask.text(text)));
        if before == after && placed != found { Err(ONLY_SECRETS) } else { Ok((before, after)) }
    }
}

fn text(side: Side<'_>) -> Result<Option<&str>, &'static str> {
    match side {
        None => Ok(None),
        Some(None) => Err(NOT_KEPT),
        Some(Some(bytes)) => std::str::from_utf8(bytes).map(Some).map_err(|_| NOT_TEXT),
    }
}

/// The values of all Secrets in a text. One that cannot be told apart from the rest of it is not shown at all.
fn collect(text: &str, secrets: &mut Vec<String>) -> Result<(), &'static str> {
    if !text.contains("Secret") {
        return Ok(());
    }
    let documents = document::parse_all(text, "file").map_err(|_| UNREADABLE_SECRET)?;
    for document in &documents {
        of_secrets(document, secrets);
    }
    Ok(())
}

fn of_secrets(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let kind = map.get("kind").and_then(Value::as_str);
            if kind == Some("Secret") {
                ["data", "stringData"].iter().filter_map(|key| map.get(*key)).for_each(|value| leaves(value, secrets));
            }
            map.values().for_each(|value| of_secrets(value, secrets));
        }
        Value::Array(items) => items.iter().for_each(|item| of_secrets(item, secrets)),
        _ => {}
    }
}

fn leaves(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) => secrets.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, secrets)),
        Value::Object(map) => map.values().for_each(|value| leaves(value, secrets)),
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => secrets.push(number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(placed: &str, found: &str, expected: Result<(&str, &str), &'static str>) {
        let veil = Veil::new(vec!["s3cr3t-password".to_owned()]);
        let shown = veil.over(Some(Some(placed.as_bytes())), Some(Some(found.as_bytes())));
        let expected = expected.map(|(before, after)| (Some(before.to_owned()), Some(after.to_owned())));
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_midspan_knows_to_be_secret_is_covered_on_both_sides() {
        check("a: s3cr3t-password\nb: 1\n", "a: s3cr3t-password\nb: 2\n", Ok(("a: ***\nb: 1\n", "a: ***\nb: 2\n")));
    }

    #[test]
    fn the_values_of_a_secret_are_covered_though_nobody_knew_them() {
        let secret = |value: &str, size| format!("kind: Secret\nstringData:\n  key: {value}\nsize: {size}\n");
        let covered = |size| format!("kind: Secret\nstringData:\n  key: ***\nsize: {size}\n");
        check(&secret("first", 1), &secret("second", 2), Ok((&covered(1), &covered(2))));
        check(&secret("first", 1), &secret("second", 1), Err(ONLY_SECRETS));
    }

    #[test]
    fn a_secret_that_cannot_be_read_is_not_shown() {
        check(
            "kind: Secret\nstringData: {key: first}\n",
            "kind: Secret\nstringData: {key: first\n",
            Err(UNREADABLE_SECRET),
        );
    }

    #[test]
    fn what_was_not_kept_and_what_is_no_text_is_said_to_be_so() {
        let veil = Veil::new(Vec::new());
        assert_eq!(veil.over(Some(Some(b"a")), Some(None)), Err(NOT_KEPT));
        assert_eq!(veil.over(Some(Some(b"a")), Some(Some(b"\xff"))), Err(NOT_TEXT));
        assert_eq!(veil.over(Some(Some(b"a")), None), Ok((Some("a".to_owned()), None)));
    }
}
