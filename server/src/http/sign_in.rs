//! Signing in with an access token or the break-glass password, and out again: here, and where one came from.

use super::{
    Doors, auth,
    forms::respond,
    login::{By, Login, local_admin, unwritable},
    oidc, pages,
    peer::Client,
};
use crate::{service::Asker, sign_in::password};
use app::{
    pages::sign_in::{SignIn, Way},
    paths,
    portal::Refused,
};
use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Digest, Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tower_sessions::Session;

/// The same words for every token that does not open the door: nobody learns from them what is wrong with it.
const REFUSED: &str = "This token is not known here, or it has run out.";
const WRONG_PASSWORD: &str = "This is not the password.";

pub fn routes() -> Router<Doors> {
    Router::new()
        .route(paths::SIGN_IN, post(sign_in))
        .route(paths::SIGN_OUT, post(sign_out))
        .layer(DefaultBodyLimit::max(16 * 1024))
}

#[derive(Deserialize)]
struct Credentials {
    #[serde(default)]
    token: String,
    /// Of the break-glass administrator; where it is given, there is no token.
    password: Option<String>,
    #[serde(default)]
    next: String,
}

/// The page on which one signs in, in the place of the one that was asked for.
pub async fn page(doors: &Doors, uri: &Uri) -> Response {
    let is_itself = uri.path() == paths::SIGN_IN;
    let asked =
        if is_itself { next_in(uri) } else { uri.path_and_query().map(ToString::to_string).unwrap_or_default() };
    let status = if is_itself { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
    draw(doors, SignIn { next: asked, ..SignIn::default() }, status).await
}

async fn draw(doors: &Doors, shown: SignIn, status: StatusCode) -> Response {
    let next = pages::own_path(&shown.next).unwrap_or_default();
    let way = |provider: &Arc<crate::sign_in::provider::Provider>| Way {
        title: provider.title().to_owned(),
        href: paths::with_query(&paths::start_sign_in(provider.name()), &[("next", &next)]),
    };
    let ways = doors.sign_in.providers.iter().map(way).collect();
    let has_local_admin = doors.sign_in.local_admin.is_some();
    let shown = SignIn { ways, has_local_admin, next, ..shown };
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
    client: Client,
    session: Session,
    headers: HeaderMap,
    Form(given): Form<Credentials>,
) -> Response {
    // otherwise another site could sign somebody in as somebody else
    if !auth::same_origin(&headers) {
        return foreign(&doors).await;
    }
    let mut asker = nobody(&headers, client);
    let answer = async {
        try_once(&doors, client)?;
        let refused = |shown| draw(&doors, SignIn { next: given.next.clone(), ..shown }, StatusCode::UNAUTHORIZED);
        let by = if let Some(password) = &given.password {
            let Some(local) = &doors.sign_in.local_admin else {
                return Err(Error::forbidden("There is no password here."));
            };
            doors.sign_in.limits.account(password::NAME, client.0).map_err(too_often)?;
            if !local.is(password).await {
                tracing::warn!(address = %client.0, "somebody tried the break-glass password");
                doors.note(&asker, "sign-in", "denied", json!({"account": password::NAME})).await?;
                let password_refusal = WRONG_PASSWORD.to_owned();
                return Ok(refused(SignIn { password_refusal, ..SignIn::default() }).await);
            }
            tracing::warn!(address = %client.0, "the break-glass administrator signs in");
            asker.caller = local_admin();
            By::Password(local.mark())
        } else {
            let token = given.token.trim();
            match doors.services.caller_of_token(token).await {
                Ok(caller) => asker.caller = caller,
                Err(error) if error.kind == ErrorKind::Unauthorized => {
                    return Ok(refused(SignIn { refusal: REFUSED.to_owned(), ..SignIn::default() }).await);
                }
                Err(error) => return Err(error),
            }
            By::Token(Digest::of(token).to_string())
        };
        let how = if matches!(by, By::Password(_)) { "password" } else { "token" };
        doors.note(&asker, "sign-in", "allowed", json!({"by": how})).await?;
        Login::new(by, &asker.caller.name, &headers, doors.services.now()).begin(&session).await?;
        let next = pages::own_path(&given.next).filter(|next| !next.starts_with(paths::SIGN_IN));
        Ok(Redirect::to(&next.unwrap_or_else(|| paths::HOME.to_owned())).into_response())
    };
    answered(&doors, &headers, answer.await).await
}

/// `POST /sign-out`
async fn sign_out(State(doors): State<Doors>, client: Client, session: Session, headers: HeaderMap) -> Response {
    if !auth::same_origin(&headers) {
        return foreign(&doors).await;
    }
    let mut asker = nobody(&headers, client);
    let answer = async {
        let login = Login::of(&session).await.ok().flatten();
        session.flush().await.map_err(unwritable)?;
        let Some(login) = login else { return Ok(Redirect::to(paths::SIGN_IN).into_response()) };
        asker.caller.name.clone_from(&login.person);
        doors.note(&asker, "sign-out", "allowed", json!({"provider": login.provider})).await?;
        let Some(there) = oidc::sign_out_there(&doors, &login).await else {
            return Ok(Redirect::to(paths::SIGN_IN).into_response());
        };
        // a form may lead to pages of ours only, and from there it goes on
        let title = doors.sign_in.provider(&login.provider).map(|provider| provider.title().to_owned());
        let signed_out = Some(Way { title: title.unwrap_or_default(), href: there.clone() });
        let mut response = draw(&doors, SignIn { signed_out, ..SignIn::default() }, StatusCode::OK).await;
        if let Ok(value) = HeaderValue::from_str(&format!("0; url={there}")) {
            response.headers_mut().insert(header::REFRESH, value);
        }
        Ok(response)
    };
    answered(&doors, &headers, answer.await).await
}

/// The answer, or what went wrong as a page.
pub(super) async fn answered(doors: &Doors, headers: &HeaderMap, answer: Result<Response>) -> Response {
    let asker = Asker { request_id: auth::request_id(headers), ..Asker::default() };
    let mut response = respond(doors, &asker, answer).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// One try of an address.
pub(super) fn try_once(doors: &Doors, client: Client) -> Result<()> {
    doors.sign_in.limits.address(client.0).map_err(too_often)
}

pub(super) fn too_often(wait: Duration) -> Error {
    let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
    let told = format!("That was too often from your address. Try again in {seconds} s.");
    Error { retry_after: Some(seconds), ..Error::new(ErrorKind::TooManyRequests, told) }
}

/// Somebody who is not known yet.
pub(super) fn nobody(headers: &HeaderMap, client: Client) -> Asker {
    let mut asker = Asker { source: "page".to_owned(), address: client.0.to_string(), ..Asker::default() };
    "anonymous".clone_into(&mut asker.caller.name);
    asker.request_id = auth::request_id(headers);
    asker
}

/// The cookie by which a browser is known that began a sign-in.
fn browser_cookie_name(doors: &Doors) -> &'static str {
    if doors.secure { "__Host-midspan-start" } else { "midspan-start" }
}

/// It lives as long as a sign-in may take; empty and at once over, it is taken away.
pub(super) fn browser_cookie(doors: &Doors, secret: &str, lives: Duration) -> String {
    let secure = if doors.secure { "; Secure" } else { "" };
    let (name, age) = (browser_cookie_name(doors), lives.as_secs());
    format!("{name}={secret}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}")
}

pub(super) fn browser_of(doors: &Doors, headers: &HeaderMap) -> Option<String> {
    let cookies =
        headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    let secret = pairs.find(|(name, _)| *name == browser_cookie_name(doors))?.1;
    // one of ours: nobody chooses it
    (secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| secret.to_owned())
}

async fn foreign(doors: &Doors) -> Response {
    let error = Error::forbidden("this request comes from another site; it is not carried out");
    pages::problem(doors, None, &error).await
}
