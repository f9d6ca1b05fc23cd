//! Filters beyond the engine's own. All give plain text: it is escaped where it is written, like any other value.

use super::json;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Digest, document};
use minijinja::{Environment, Error, ErrorKind, Value};

pub fn add(environment: &mut Environment<'static>) {
    environment.add_filter("b64encode", |text: String| BASE64_STANDARD.encode(text));
    environment.add_filter("sha256", |text: String| Digest::of(text).as_str().to_owned());
    environment.add_filter("slug", |text: String| slug(&text));
    environment.add_filter("toyaml", |value: Value| to_yaml(&value));
    environment.add_filter("tojson", |value: Value| json::text(&value));
}

/// A name as Kubernetes takes it: lower-case letters, digits and single dashes, at most 63.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == 63 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

fn to_yaml(value: &Value) -> Result<String, Error> {
    let value = serde_json::from_str(&json::text(value)?)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(document::to_yaml(&value))
}
