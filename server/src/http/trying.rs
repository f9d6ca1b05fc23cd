//! The form of a promise's page for those who run it: its inputs are tried, and nothing is made of them.

use super::{
    Doors,
    forms::{form_pairs, respond},
    pages,
};
use crate::{portal::ServerPortal, service::Asker};
use app::{paths, portal::Refused};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::post,
};
use domain::{
    Result,
    caller::{Target, Verb, may},
};
use forms::{Action, Entry, apply_action, decode};
use std::sync::Arc;

pub fn routes() -> Router<Doors> {
    Router::new().route("/platform/promises/{promise}/try", post(attempt))
}

/// `POST /platform/promises/{promise}/try`: the same page, with what the inputs lead to or what is wrong with them.
async fn attempt(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(promise): Path<String>,
    body: Bytes,
) -> Response {
    respond(&doors, &asker, answer(&doors, &asker, &promise, &body).await).await
}

async fn answer(doors: &Doors, asker: &Asker, promise: &str, body: &[u8]) -> Result<Response> {
    may(&asker.caller, Verb::Write, Target::Platform("promises")).map_err(domain::Error::forbidden)?;
    let portal = ServerPortal::new(doors.clone(), asker.clone());
    let promised = portal.promised(promise)?;
    let schema = &promised.schema;
    let (mut list, mut persona, mut entries) = (None, String::new(), Vec::<Entry>::new());
    for (key, value) in form_pairs(body) {
        match key.as_str() {
            // the first button pressed counts; `try` is no list action
            "_do" => list = list.or_else(|| Action::read(&value)),
            "as" => persona = value,
            _ => entries.push((key, value)),
        }
    }
    let (page, is_only_drawn) = match &list {
        Some(list) => {
            let shown = apply_action(schema, &entries, None, list)?;
            (portal.administered(promise, &persona, &shown, &[]).await?, true)
        }
        None => (portal.tried(promise, &persona, &decode(schema, &entries, None)?).await?, false),
    };
    let is_fine = is_only_drawn || page.tried.is_some();
    let status = if is_fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let address = paths::promise_admin(promise);
    Ok(pages::refused(doors, asker, &address, status, Refused::PromiseAdmin(Arc::new(page))).await)
}
