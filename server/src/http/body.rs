//! Request bodies: JSON or YAML, bounded, with errors that say where.

use crate::service::patches::Change;
use axum::http::{HeaderMap, header};
use domain::{Error, ErrorKind, Result, document};
use serde_json::Value;

/// A body that is an object.
pub fn object(headers: &HeaderMap, bytes: &[u8]) -> Result<Value> {
    match media_type(headers).as_str() {
        "" | "application/json" => document::parse_json(bytes, "request body"),
        "application/yaml" | "application/x-yaml" | "text/yaml" => yaml(bytes),
        _ => Err(unsupported("application/json, application/yaml")),
    }
}

/// A body that is a patch.
pub fn patch(headers: &HeaderMap, bytes: &[u8]) -> Result<Change> {
    match media_type(headers).as_str() {
        "application/merge-patch+json" => document::parse_json(bytes, "request body").map(Change::Merge),
        "application/json-patch+json" => document::parse_json(bytes, "request body").map(Change::Json),
        _ => Err(unsupported("application/json-patch+json, application/merge-patch+json")),
    }
}

fn yaml(bytes: &[u8]) -> Result<Value> {
    let text = std::str::from_utf8(bytes).map_err(|e| Error::bad_request(format!("request body: not UTF-8 at byte {}", e.valid_up_to())))?;
    document::parse_one(text, "request body")
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn unsupported(accepted: &str) -> Error {
    Error::new(ErrorKind::UnsupportedMediaType, format!("the body of the request was in an unknown format - accepted media types include: {accepted}"))
}
