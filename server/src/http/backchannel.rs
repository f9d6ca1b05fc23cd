//! What a provider tells us behind the browser's back: that somebody has signed out there, so that their sessions end here.

use super::{Doors, oidc, peer::Client, sign_in as door};
use crate::{
    service::Asker,
    sign_in::{provider::Provider, refusal::Refusal},
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use domain::{Digest, Error, Result, sign_in::logout::Ended};
use serde_json::json;
use std::time::Duration;

/// The kind of ticket by which a logout token is known that comes a second time.
const TICKET: &str = "logout";
/// As long as a token of that age would be taken.
const REMEMBERED: Duration = Duration::from_mins(20);

pub fn routes() -> Router<Doors> {
    Router::new()
        .route("/auth/{provider}/backchannel-logout", post(backchannel_logout))
        .layer(DefaultBodyLimit::max(64 * 1024))
}

/// `POST /auth/{provider}/backchannel-logout`
async fn backchannel_logout(
    State(doors): State<Doors>,
    client: Client,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ended = async {
        let provider = oidc::provider(&doors, &name)?;
        let tokens: Vec<String> = form_urlencoded::parse(&body)
            .filter(|(key, _)| key == "logout_token")
            .map(|(_, value)| value.into_owned())
            .collect();
        let [token] = tokens.as_slice() else { return Err(Error::bad_request("one logout_token is expected")) };
        let ended = provider.ended(token).await.map_err(|refusal| match refusal {
            Refusal::Silent(why) => Error::unavailable("the provider's keys cannot be had now").with_detail(why),
            Refusal::NotBelieved(why) => Error::bad_request(format!("the logout token is not valid: {why}")),
        })?;
        end_sessions(&doors, provider, &ended, &door::nobody(&headers, client)).await
    };
    // in the words of OpenID Connect Back-Channel Logout
    let mut response = match ended.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => {
            let status = super::status::code(error.kind);
            let said = json!({"error": "invalid_request", "error_description": error.message});
            (status, axum::Json(said)).into_response()
        }
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn end_sessions(doors: &Doors, provider: &Provider, ended: &Ended, asker: &Asker) -> Result<()> {
    let (store, now) = (&doors.services.store, doors.services.now());
    let seen = Digest::of_parts([provider.name().as_bytes(), ended.id.as_bytes()]);
    if store.ticket(seen.as_str(), TICKET, now).await?.is_some() {
        return Err(Error::bad_request("the logout token was used before"));
    }
    let person = match &ended.subject {
        None => String::new(),
        Some(subject) => match store.person_by_identity(provider.issuer(), subject).await? {
            Some(person) => person.name,
            // nobody here: nothing to end
            None => return Ok(()),
        },
    };
    let sid = ended.session.as_deref().unwrap_or_default();
    let data = json!({"provider": provider.name(), "subject": ended.subject, "person": person, "by": "provider"});
    doors.note(asker, "sign-out", "allowed", data).await?;
    store.sessions_end_at_provider(provider.name(), sid, &person).await?;
    // last: what fails before this may be told again
    store.put_ticket(seen.as_str(), TICKET, &json!({}), now + REMEMBERED).await?;
    Ok(())
}
