//! Only in `--dev`: browsers choose who they are.

use super::{auth::PERSONA, login::LOGIN};
use crate::service::people::Persona;
use axum::{
    Form,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use tower_sessions::Session;

#[derive(Deserialize)]
pub struct Choice {
    persona: String,
}

/// `POST /dev/persona`
pub async fn choose_persona(session: Session, headers: HeaderMap, Form(choice): Form<Choice>) -> Response {
    if !super::auth::same_origin(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(persona) = Persona::by_name(&choice.persona) else { return StatusCode::BAD_REQUEST.into_response() };
    // a new session id with every change of rights
    let changed = session.cycle_id().await.is_ok()
        && session.insert(PERSONA, persona.name).await.is_ok()
        && session.remove_value(LOGIN).await.is_ok();
    if !changed {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    Redirect::to(&super::pages::back(&headers)).into_response()
}

/// Refuses requests that name another host: a page elsewhere could have pointed its own name here.
pub async fn local_names_only(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    if matches!(name, "127.0.0.1" | "localhost" | "[::1]" | "") {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "midspan serve --dev answers on 127.0.0.1 and localhost only\n").into_response()
}
