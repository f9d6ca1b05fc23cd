//! `GET /schemas/{promise}.json`: the JSON Schema of a promise's documents, for editors and for the command line; for whoever may see the catalog.

use super::{Doors, status::Refusal};
use crate::{portal::ServerPortal, service::Asker};
use app::paths;
use axum::{
    Extension, Json,
    extract::{Path, State},
    http::header,
    response::{IntoResponse as _, Response},
};
use domain::{Error, Result};
use serde_json::{Value, json};

pub async fn schema(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(file): Path<String>,
) -> Response {
    of(&doors, &asker, &file).unwrap_or_else(|error| Refusal::from(error).into_response())
}

fn of(doors: &Doors, asker: &Asker, file: &str) -> Result<Response> {
    let name = file.strip_suffix(".json").ok_or_else(|| Error::not_found("schemas", file))?;
    let served = ServerPortal::new(doors.clone(), asker.clone()).offered(name)?;
    let promised = served.promised().ok_or_else(|| Error::not_found("promises.midspan.dev", name))?;
    let promise = &promised.offer.promise;
    let mut spec = promised.schema.document().clone();
    if mentions_itself(&spec) {
        // what it refers to in itself stands below here
        spec["$id"] = json!(format!("{}/spec", paths::schema(name)));
    }
    let text = json!({"type": "string"});
    let texts = json!({"type": "object", "additionalProperties": text});
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{}{}", doors.sign_in.url, paths::schema(name)),
        "title": promise.title(),
        "description": promise.spec.description,
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": served.api_version()},
            "kind": {"const": served.kind},
            "metadata": {
                "type": "object", "required": ["name"],
                "properties": {"name": {"type": "string", "maxLength": 253}, "namespace": text, "labels": texts, "annotations": texts},
            },
            "spec": spec,
        },
    });
    Ok(([(header::CONTENT_TYPE, "application/schema+json"), (header::CACHE_CONTROL, "no-cache")], Json(document))
        .into_response())
}

fn mentions_itself(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            map.iter().any(|(key, value)| (key == "$ref" && value.is_string()) || mentions_itself(value))
        }
        Value::Array(items) => items.iter().any(mentions_itself),
        _ => false,
    }
}
