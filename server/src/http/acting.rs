//! The forms of day-2 actions and the button that puts off a resource's end: 303 to the resource, or 422 and the same page.

use super::{
    Doors,
    forms::{form_pairs, respond},
    pages,
};
use crate::{
    portal::ServerPortal,
    service::{Asker, actions},
};
use app::{pages::form::Problem, paths::ResourceKey, portal::Refused};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Cause, ErrorKind, Result, workflow::Confirm};
use forms::{Action as ListAction, Entry, Filled, FormModel, apply_action, decode};
use std::sync::Arc;

pub fn routes() -> Router<Doors> {
    Router::new()
        .route("/r/{namespace}/{promise}/{name}/actions/{action}", post(act))
        .route("/r/{namespace}/{promise}/{name}/extend", post(extend))
}

/// `POST /r/…/extend`
async fn extend(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path((namespace, promise, name)): Path<(String, String, String)>,
) -> Response {
    let key = ResourceKey { namespace, promise, name };
    let answer = async {
        let served = ServerPortal::new(doors.clone(), asker.clone()).offered(&key.promise)?;
        doors.services.extend(&asker, &served, (&key.namespace, &key.name), None, false).await?;
        Ok(Redirect::to(&key.path()).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /r/…/actions/{action}`
async fn act(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path((namespace, promise, name, action)): Path<(String, String, String, String)>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let key = ResourceKey { namespace, promise, name };
    respond(&doors, &asker, take(&doors, &asker, &key, &action, &uri, &body).await).await
}

/// A posted form, read.
#[derive(Default)]
struct Posted {
    list: Option<ListAction>,
    confirm: String,
    entries: Vec<Entry>,
}

impl Posted {
    fn read(body: &[u8]) -> Self {
        let mut posted = Self::default();
        for (key, value) in form_pairs(body) {
            match key.as_str() {
                // the first button pressed counts; `act` is no list action
                "_do" => posted.list = posted.list.or_else(|| ListAction::read(&value)),
                "confirm" => value.trim().clone_into(&mut posted.confirm),
                _ => posted.entries.push((key, value)),
            }
        }
        posted
    }
}

async fn take(doors: &Doors, asker: &Asker, key: &ResourceKey, name: &str, uri: &Uri, body: &[u8]) -> Result<Response> {
    let portal = ServerPortal::new(doors.clone(), asker.clone());
    let (served, promised, _) = portal.found(key).await?;
    let action = actions::action_of(&promised.offer.promise, name)?;
    let schema = actions::schema_of(action)?;
    let posted = Posted::read(body);
    let drawn = async |decoded: &forms::Decoded, causes: &[Cause]| {
        if !action.takes_input() {
            return Ok(None);
        }
        let filled = Filled { value: Some(&decoded.value), causes, texts: Some(&decoded.texts), ..Filled::default() };
        portal.model(&schema, filled).await.map(Some)
    };
    let again = async |status: StatusCode, form: Option<FormModel>, problems: Vec<Problem>| {
        let page = portal.acting(key, name, form, problems, &posted.confirm).await?;
        Ok(pages::refused(doors, asker, uri.path(), status, Refused::Action(Arc::new(page))).await)
    };
    if let Some(list) = &posted.list {
        let shown = apply_action(&schema, &posted.entries, None, list)?;
        return again(StatusCode::OK, drawn(&shown, &[]).await?, Vec::new()).await;
    }
    let decoded = decode(&schema, &posted.entries, None)?;
    let mut problems = Vec::new();
    if matches!(action.confirm, Confirm::Type(_)) && posted.confirm != key.name {
        let message = if posted.confirm.is_empty() {
            format!("Type {} to confirm", key.name)
        } else {
            format!("{:?} is not {:?}: nothing was done", posted.confirm, key.name)
        };
        problems.push(Problem { field: "confirm".to_owned(), message });
    }
    let mut causes = decoded.causes.clone();
    if causes.is_empty() && problems.is_empty() {
        let input = decoded.value.clone();
        let asked = doors.services.act(asker, &served, (&key.namespace, &key.name), name, input, false).await;
        match asked {
            Ok(_) => return Ok(Redirect::to(&key.path()).into_response()),
            Err(error) if !error.causes.is_empty() => causes = error.causes,
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::BadRequest | ErrorKind::Invalid) => {
                problems.push(Problem { field: String::new(), message: error.message });
            }
            Err(error) => return Err(error),
        }
    } else if causes.is_empty() {
        // what is missing to confirm must not hide what else is wrong
        causes = ::forms::admission::admit(&schema, &decoded.value, None, "input").verdict.causes;
    }
    again(StatusCode::UNPROCESSABLE_ENTITY, drawn(&decoded, &causes).await?, problems).await
}
