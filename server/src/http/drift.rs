//! `…/{name}/drift`: GET how the destinations stand, POST to have them looked at now.

use super::api::not_allowed;
use crate::service::{Asker, Services, drift, kinds::Served};
use axum::{
    Json,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use domain::Result;
use serde_json::json;

pub async fn answer(
    services: &Services,
    asker: &Asker,
    served: &Served,
    (namespace, name): (&str, &str),
    method: &Method,
) -> Result<Response> {
    let (status, asked) = match method.as_str() {
        "GET" => (StatusCode::OK, None),
        "POST" => (StatusCode::ACCEPTED, Some(services.ask_to_look(asker, served, namespace, name).await?)),
        _ => return Err(not_allowed()),
    };
    let mut told = drift::told(&services.drift(asker, served, namespace, name).await?);
    told["metadata"] = json!({"name": name, "namespace": namespace});
    if let Some(asked) = asked {
        told["asked"] = json!(asked);
    }
    Ok((status, Json(told)).into_response())
}
