//! Signing in with an access token, and out again. The session keeps the token's hash, never the token.

use super::{Doors, auth, forms::respond, pages};
use crate::service::Asker;
use app::{pages::sign_in::SignIn, paths, portal::Refused};
use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Digest, Error, ErrorKind, Result};
use serde::Deserialize;
use std::sync::Arc;
use tower_sessions::Session;

/// The same words for every token that does not open the door: nobody learns from them what is wrong with it.
const REFUSED: &str = "This token is not known here, or it has run out.";

pub fn routes() -> Router<Doors> {
    Router::new()
        .route(paths::SIGN_IN, post(sign_in))
        .route(paths::SIGN_OUT, post(sign_out))
        .layer(DefaultBodyLimit::max(16 * 1024))
}

#[derive(Deserialize)]
struct Credentials {
    token: String,
    #[serde(default)]
    next: String,
}

/// The page on which one signs in, in the place of the one that was asked for.
pub async fn page(doors: &Doors, uri: &Uri) -> Response {
    let is_itself = uri.path() == paths::SIGN_IN;
    let asked =
        if is_itself { next_in(uri) } else { uri.path_and_query().map(ToString::to_string).unwrap_or_default() };
    let status = if is_itself { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    draw(doors, &asked, "", status).await
}

async fn draw(doors: &Doors, next: &str, refusal: &str, status: StatusCode) -> Response {
    let shown = SignIn { next: pages::own_path(next).unwrap_or_default(), refusal: refusal.to_owned() };
    let mut response = pages::sign_in(doors, Refused::SignIn(Arc::new(shown))).await;
    *response.status_mut() = status;
    response
}

fn next_in(uri: &Uri) -> String {
    let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.find(|(name, _)| name == "next").map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// `POST /sign-in`
async fn sign_in(
    State(doors): State<Doors>,
    session: Session,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Response {
    // otherwise another site could sign somebody in as somebody else
    if !auth::same_origin(&headers) {
        return foreign(&doors).await;
    }
    let token = given.token.trim();
    match doors.services.caller_of_token(token).await {
        Ok(_) => {}
        Err(error) if error.kind == ErrorKind::Unauthorized => {
            return draw(&doors, &given.next, REFUSED, StatusCode::UNAUTHORIZED).await;
        }
        Err(error) => return pages::problem(&doors, None, &error).await,
    }
    let answer = async {
        // a new session id with every change of rights
        session.cycle_id().await.map_err(unwritable)?;
        session.insert(auth::TOKEN, Digest::of(token).to_string()).await.map_err(unwritable)?;
        let next = pages::own_path(&given.next).filter(|next| !next.starts_with(paths::SIGN_IN));
        Ok(Redirect::to(&next.unwrap_or_else(|| paths::HOME.to_owned())).into_response())
    };
    respond(&doors, &Asker::default(), answer.await).await
}

/// `POST /sign-out`
async fn sign_out(State(doors): State<Doors>, session: Session, headers: HeaderMap) -> Response {
    if !auth::same_origin(&headers) {
        return foreign(&doors).await;
    }
    let ended: Result<Response> = match session.flush().await {
        Ok(()) => Ok(Redirect::to(paths::SIGN_IN).into_response()),
        Err(error) => Err(unwritable(error)),
    };
    respond(&doors, &Asker::default(), ended).await
}

async fn foreign(doors: &Doors) -> Response {
    let error = Error::forbidden("this request comes from another site; it is not carried out");
    pages::problem(doors, None, &error).await
}

fn unwritable(error: tower_sessions::session::Error) -> Error {
    Error::unavailable("sessions cannot be kept now").with_detail(error)
}
