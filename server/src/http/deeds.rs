//! The buttons of pages: submit or discard a plan, run again, delete. Each answers 303 to where it goes on.

use super::{
    Doors, auth,
    forms::{form_pairs, respond},
    pages,
};
use crate::{
    portal::ServerPortal,
    service::{
        Asker,
        objects::{Precondition, WriteOptions},
    },
};
use app::{
    paths::{self, ResourceKey},
    portal::{Portal as _, Refused},
};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{ErrorKind, request::Request};
use std::sync::Arc;
use tower_sessions::Session;

pub fn routes() -> Router<Doors> {
    Router::new()
        .route("/r/{namespace}/{promise}/{name}/delete", post(delete))
        .route("/r/{namespace}/{promise}/{name}/run", post(run_again))
        .route("/r/{namespace}/{promise}/{name}/look", post(look))
        .route("/r/{namespace}/{promise}/{name}/reveal", post(reveal))
        .route("/requests/{name}/submit", post(submit))
        .route("/platform/destinations/{name}/{deed}", post(turn_destination))
        .route("/requests/{name}/discard", post(discard))
}

/// Says something on the page that follows. What it tells of is done, so that a store that is away now does not undo it.
pub(super) async fn tell(session: &Session, said: &str) {
    if let Err(error) = session.insert(auth::NOTICE, said).await {
        tracing::debug!(%error, "a notice is lost");
    }
}

/// `POST /requests/{name}/submit`
async fn submit(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    Path(name): Path<String>,
) -> Response {
    let answer = async {
        let (request, _) = doors.services.request(&asker, &name).await?;
        match doors.services.submit(&asker, &name).await {
            // the plan's own page says what has changed since, and leads back to the form
            Err(error) if error.kind == ErrorKind::Conflict => {
                tell(&session, &format!("Nothing was submitted: {}.", error.message.trim_end_matches('.'))).await;
                return Ok(Redirect::to(&paths::request(&name)).into_response());
            }
            submitted => submitted?,
        };
        let key =
            ResourceKey::new(&request.spec.resource.namespace, &request.spec.promise, &request.spec.resource.name);
        Ok(Redirect::to(&key.path()).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /requests/{name}/discard`
async fn discard(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let withdrawn = doors.services.withdraw(&asker, &name).await;
    if let Ok(request) = &withdrawn {
        tell(&session, &format!("The plan for {} is discarded.", request.spec.resource.name)).await;
    }
    // from a list back to it; from the plan, which is over, to where it began
    let on = |request: Request| match pages::back(&headers) {
        list if list == paths::HOME && headers.contains_key(header::REFERER) => list,
        _ => paths::promise(&request.spec.promise),
    };
    respond(&doors, &asker, withdrawn.map(|request| Redirect::to(&on(request)).into_response())).await
}

/// `POST /r/…/run`
async fn run_again(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    Path((namespace, promise, name)): Path<(String, String, String)>,
) -> Response {
    let key = ResourceKey { namespace, promise, name };
    let answer = async {
        let served = ServerPortal::new(doors.clone(), asker.clone()).offered(&key.promise)?;
        let written = doors.services.run_again(&asker, &served, &key.namespace, &key.name).await?;
        let said = if written.changed {
            "Asked to run again. The run starts in a moment; it stands below and in the history."
        } else {
            "Somebody asked for this a moment ago; it runs once for both of you."
        };
        tell(&session, said).await;
        Ok(Redirect::to(&key.path()).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /r/…/look`
async fn look(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path((namespace, promise, name)): Path<(String, String, String)>,
) -> Response {
    let key = ResourceKey { namespace, promise, name };
    let answer = async {
        let served = ServerPortal::new(doors.clone(), asker.clone()).offered(&key.promise)?;
        doors.services.ask_to_look(&asker, &served, &key.namespace, &key.name).await?;
        Ok(Redirect::to(&key.tab("drift")).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /platform/destinations/{name}/cordon`, or `uncordon`
async fn turn_destination(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    Path((name, deed)): Path<(String, String)>,
) -> Response {
    let answer = async {
        let cordoned = match deed.as_str() {
            "cordon" => true,
            "uncordon" => false,
            _ => return Err(domain::Error::new(ErrorKind::NotFound, "there is no such page")),
        };
        doors.services.cordon(&asker, &name, cordoned).await?;
        let said = if cordoned { "takes nothing new; what stands there stays" } else { "takes what is new again" };
        tell(&session, &format!("{name} {said}.")).await;
        Ok(Redirect::to(paths::PLATFORM).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /r/…/reveal`: the resource's page with its secrets, which nobody keeps.
async fn reveal(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path((namespace, promise, name)): Path<(String, String, String)>,
) -> Response {
    let key = ResourceKey { namespace, promise, name };
    let answer = async {
        let portal = ServerPortal::new(doors.clone(), asker.clone());
        let served = portal.offered(&key.promise)?;
        let mut revealed = doors.services.reveal(&asker, &served, &key.namespace, &key.name).await?;
        let mut page = portal.resource(&key).await?;
        for output in page.outputs.iter_mut().filter(|output| output.value.is_none()) {
            let plain = revealed.remove(&output.name);
            output.value = plain.map(|value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned));
        }
        let page = Refused::Resource(Arc::new(page));
        let mut response = pages::refused(&doors, &asker, &key.path(), StatusCode::OK, page).await;
        response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        Ok(response)
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /r/…/delete`: only with the name typed.
async fn delete(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path((namespace, promise, name)): Path<(String, String, String)>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let key = ResourceKey { namespace, promise, name };
    let typed = form_pairs(&body)
        .find(|(field, _)| field == "confirm")
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default();
    let portal = ServerPortal::new(doors.clone(), asker.clone());
    let answer = async {
        if typed != key.name {
            let mut page = portal.delete(&key).await?;
            page.refusal = if typed.is_empty() {
                format!("Type {} to delete it", key.name)
            } else {
                format!("{typed:?} is not {:?}: nothing was deleted", key.name)
            };
            page.typed.clone_from(&typed);
            return Ok(pages::refused(
                &doors,
                &asker,
                uri.path(),
                StatusCode::UNPROCESSABLE_ENTITY,
                Refused::Delete(Arc::new(page)),
            )
            .await);
        }
        let served = portal.offered(&key.promise)?;
        doors
            .services
            .delete(&asker, &served, &key.namespace, &key.name, &Precondition::default(), WriteOptions::default())
            .await?;
        Ok(Redirect::to(&key.path()).into_response())
    };
    respond(&doors, &asker, answer.await).await
}
