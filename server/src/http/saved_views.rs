//! The forms above the list of resources: save what is filtered for now, give it another name, delete it.

use super::{
    Doors,
    deeds::tell,
    forms::{form_pairs, respond},
};
use crate::{portal::RESOURCES_LIST, service::Asker};
use app::{pages::resources::ResourcesQuery, paths};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Error, ErrorKind, Result};
use tower_sessions::Session;

pub fn routes() -> Router<Doors> {
    Router::new()
        .route(paths::SAVED_VIEWS, post(save))
        .route("/resources/views/{id}", post(rename))
        .route("/resources/views/{id}/delete", post(delete))
}

/// `POST /resources/views`: goes on with the list as it was.
async fn save(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    body: Bytes,
) -> Response {
    let answer = async {
        // only what a list knows is kept: whoever opens a view goes nowhere else
        let filters = ResourcesQuery::from_pairs(form_pairs(field(&body, "filters").as_bytes())).filters();
        let saved = doors.services.save_view(&asker, RESOURCES_LIST, &field(&body, "name"), &filters).await;
        said(&session, saved.map(|view| format!("The view {} is saved.", view.name))).await?;
        let address =
            if filters.is_empty() { paths::RESOURCES.to_owned() } else { format!("{}?{filters}", paths::RESOURCES) };
        Ok(Redirect::to(&address).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /resources/views/{id}`
async fn rename(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let answer = async {
        let renamed = doors.services.rename_view(&asker, RESOURCES_LIST, &id, &field(&body, "name")).await;
        said(&session, renamed.map(|()| "The view has its new name.".to_owned())).await?;
        Ok(Redirect::to(paths::RESOURCES).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /resources/views/{id}/delete`
async fn delete(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    Path(id): Path<String>,
) -> Response {
    let answer = async {
        doors.services.delete_view(&asker, &id).await?;
        tell(&session, "The view is deleted.").await;
        Ok(Redirect::to(paths::RESOURCES).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// What somebody can mend on the list itself is said there.
async fn said(session: &Session, outcome: Result<String>) -> Result<()> {
    match outcome {
        Ok(done) => tell(session, &done).await,
        Err(Error { kind: ErrorKind::BadRequest | ErrorKind::Conflict, message, .. }) => {
            tell(session, &format!("Nothing was saved: {message}.")).await;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

fn field(body: &[u8], name: &str) -> String {
    form_pairs(body).find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
}
