//! The buttons of `/me`: end sessions, make and revoke tokens of one's own.

use super::{
    Doors,
    deeds::tell,
    device,
    forms::{form_pairs, respond},
    pages,
};
use crate::{portal::ServerPortal, service::Asker};
use app::{
    pages::me::{LIVES, MePage},
    paths,
    portal::{Portal as _, Refused},
};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Error, Result, caller::Scope};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tower_sessions::Session;

const DAY: u64 = 86_400;

pub fn routes() -> Router<Doors> {
    Router::new()
        .route(paths::ME_END_SESSION, post(end_session))
        .route(paths::ME_TOKENS, post(make_token))
        .route(paths::ME_REVOKE, post(revoke_token))
}

/// `POST /me/sessions/end`: one, or with `?others=yes` all but this one.
async fn end_session(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let answer = async {
        themselves(&asker)?;
        let (store, name) = (&doors.services.store, &asker.caller.name);
        let others = query.is_some_and(|query| query == "others=yes");
        let id = field(&body, "id");
        doors.note(&asker, "end-session", "allowed", json!({"person": name, "session": id, "others": others})).await?;
        let said = if others {
            let this = session.id().map(|id| super::sessions::hash(&id)).unwrap_or_default();
            let ended = store.sessions_end_others(name, &this).await?;
            format!("{ended} other sessions are ended.")
        } else if store.session_end(name, &id).await? {
            "The session is ended.".to_owned()
        } else {
            "That session had ended already.".to_owned()
        };
        tell(&session, &said).await;
        Ok(Redirect::to(paths::ME).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /me/tokens`: the page comes back with the token, this once.
async fn make_token(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    body: Bytes,
) -> Response {
    let answer = async {
        let holder = device::holder(&doors, &session, &asker).await?;
        let portal = ServerPortal::new(doors.clone(), asker.clone());
        let (purpose, namespace) =
            (field(&body, "purpose").trim().to_owned(), field(&body, "namespace").trim().to_owned());
        if let Some(problem) = problem(&purpose, &namespace) {
            let page = MePage { purpose, problem, ..portal.me().await? };
            return Ok(draw(&doors, &asker, StatusCode::UNPROCESSABLE_ENTITY, page).await);
        }
        let days =
            field(&body, "expires").parse::<u32>().ok().filter(|days| LIVES.iter().any(|(life, _)| life == days));
        let lives = Duration::from_secs(u64::from(days.unwrap_or(30)) * DAY);
        let scope = Scope {
            read_only: !field(&body, "readOnly").is_empty(),
            namespaces: Some(namespace).filter(|namespace| !namespace.is_empty()).into_iter().collect(),
        };
        let scope = (scope != Scope::default()).then_some(scope);
        let until = doors.services.now() + lives;
        let (_, made) = doors.services.give_token(&asker, &holder, &purpose, scope, Some(until)).await?;
        let page = MePage { made, ..portal.me().await? };
        Ok(draw(&doors, &asker, StatusCode::OK, page).await)
    };
    respond(&doors, &asker, answer.await).await
}

/// `POST /me/tokens/revoke`
async fn revoke_token(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    session: Session,
    body: Bytes,
) -> Response {
    let answer = async {
        themselves(&asker)?;
        doors.services.end_own_token(&asker, &field(&body, "id")).await?;
        tell(&session, "The token is revoked.").await;
        Ok(Redirect::to(paths::ME).into_response())
    };
    respond(&doors, &asker, answer.await).await
}

/// A token that may do less than its owner ends nothing else of theirs.
fn themselves(asker: &Asker) -> Result<()> {
    if asker.caller.is_whole() {
        return Ok(());
    }
    Err(Error::forbidden("This token was made for less than that. Sign in with your account."))
}

fn problem(purpose: &str, namespace: &str) -> Option<String> {
    if purpose.is_empty() {
        return Some("Say what it is for".to_owned());
    }
    if purpose.chars().count() > 100 || purpose.contains(char::is_control) {
        return Some("Use one line of at most 100 characters".to_owned());
    }
    let is_name = namespace.is_empty() || domain::name::is_label(namespace);
    (!is_name).then(|| "No namespace has this name: use lower-case letters, digits and dashes".to_owned())
}

async fn draw(doors: &Doors, asker: &Asker, status: StatusCode, page: MePage) -> Response {
    pages::refused(doors, asker, paths::ME, status, Refused::Me(Arc::new(page))).await
}

fn field(body: &[u8], name: &str) -> String {
    form_pairs(body).find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
}

impl Doors {
    /// Looking at a code costs a try, as answering one does.
    pub(crate) fn look_at_code(&self, asker: &Asker) -> Result<(), Error> {
        let Ok(address) = asker.address.parse() else { return Ok(()) };
        self.sign_in.limits.account(&asker.caller.name, address).map_err(super::sign_in::too_often)
    }
}
