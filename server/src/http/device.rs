//! Letting a device in that has no browser, as RFC 8628 has it: it shows a code, somebody who is signed in allows it, and it is given a token.

use super::{
    Doors,
    forms::{form_pairs, respond},
    login::{By, Login},
    pages,
    peer::Client,
    sign_in as door,
};
use crate::service::{Asker, holders::Holder};
use app::{pages::device::DevicePage, paths, portal::Refused};
use axum::{
    Extension, Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Caller, Digest, Error, Result, Timestamp, sign_in::codes};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tower_sessions::Session;

/// How long somebody may take to allow it.
const PATIENCE: Duration = Duration::from_mins(10);
/// How long a device waits between two questions.
const INTERVAL: Duration = Duration::from_secs(5);
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const DEVICE: &str = "device";
const CODE: &str = "user-code";

/// A device that waits, under the hash of its code.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    /// What it calls itself, and where it asks from: so that nobody allows another's.
    program: String,
    address: String,
    since: Timestamp,
    asked: Timestamp,
    answer: Answer,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    None,
    Denied,
    Allowed(Holder),
}

/// For devices: no session, and nothing that a page of another site could use.
pub fn routes() -> Router<Doors> {
    Router::new()
        .route(paths::DEVICE_START, post(start))
        .route(paths::DEVICE_TOKEN, post(token))
        .route(paths::TOKEN_REVOKE, post(revoke))
        .layer(DefaultBodyLimit::max(16 * 1024))
}

/// For whoever allows them, signed in.
pub fn deeds() -> Router<Doors> {
    Router::new().route(paths::DEVICE, post(answer))
}

/// `POST /auth/device`
async fn start(State(doors): State<Doors>, client: Client, headers: HeaderMap, body: Bytes) -> Response {
    let made = async {
        door::try_once(&doors, client)?;
        let (services, now) = (&doors.services, doors.services.now());
        let given = form_pairs(&body).find(|(name, _)| name == "program").map(|(_, value)| value);
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("a program");
        let program: String = given.as_deref().unwrap_or(agent).chars().filter(|c| !c.is_control()).take(80).collect();
        let device = services.ids.secret();
        let hash = Digest::of(&device).to_string();
        let address = client.0.to_string();
        let waiting = Waiting { program, address, since: now, asked: Timestamp::default(), answer: Answer::None };
        let mut random = [0; 16];
        crate::identity::random(&mut random)?;
        let code = codes::user_code(random);
        if !services.store.put_ticket(Digest::of(&code).as_str(), CODE, &json!(hash), now + PATIENCE).await? {
            return Err(Error::unavailable("that code is in use; ask again"));
        }
        services.store.put_ticket(&hash, DEVICE, &told(&waiting)?, now + PATIENCE).await?;
        let page = format!("{}{}", address_of(&doors, &headers), paths::DEVICE);
        Ok(json!({
            "device_code": device,
            "user_code": code,
            "verification_uri": page,
            "verification_uri_complete": paths::with_query(&page, &[("code", &code)]),
            "expires_in": PATIENCE.as_secs(),
            "interval": INTERVAL.as_secs(),
        }))
    };
    match made.await {
        Ok(said) => Json(said).into_response(),
        Err(error) => failed(&error),
    }
}

/// `POST /auth/token`
async fn token(State(doors): State<Doors>, client: Client, headers: HeaderMap, body: Bytes) -> Response {
    let given = |name: &str| form_pairs(&body).find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default();
    if given("grant_type") != GRANT {
        return refused("unsupported_grant_type");
    }
    match granted(&doors, client, &headers, &given("device_code")).await {
        Ok(Ok(said)) => Json(said).into_response(),
        Ok(Err(why)) => refused(why),
        Err(error) => failed(&error),
    }
}

/// The token, or in one word why there is none.
async fn granted(
    doors: &Doors,
    client: Client,
    headers: &HeaderMap,
    device: &str,
) -> Result<std::result::Result<Value, &'static str>> {
    let (services, now) = (&doors.services, doors.services.now());
    let hash = Digest::of(device).to_string();
    let Some(ticket) = services.store.ticket(&hash, DEVICE, now).await? else {
        // whoever guesses waits
        door::try_once(doors, client)?;
        return Ok(Err("expired_token"));
    };
    let waiting: Waiting = serde_json::from_value(ticket.clone()).map_err(Error::internal)?;
    let holder = match waiting.answer {
        Answer::None if now.since(waiting.asked) < INTERVAL => return Ok(Err("slow_down")),
        Answer::None => {
            services.store.change_ticket(&hash, DEVICE, &ticket, &told(&Waiting { asked: now, ..waiting })?).await?;
            return Ok(Err("authorization_pending"));
        }
        Answer::Denied => {
            services.store.take_ticket(&hash, DEVICE, now).await?;
            return Ok(Err("access_denied"));
        }
        Answer::Allowed(holder) => holder,
    };
    // of two that ask at once, one gets it
    if services.store.take_ticket(&hash, DEVICE, now).await?.is_none() {
        return Ok(Err("expired_token"));
    }
    let lives = doors.sign_in.device_tokens;
    let mut asker = door::nobody(headers, client);
    asker.caller = holder.caller();
    "cli".clone_into(&mut asker.source);
    let purpose = format!("midspan auth login, {}", waiting.program);
    let (_, text) = services.give_token(&asker, &holder, &purpose, None, Some(now + lives)).await?;
    Ok(Ok(json!({"access_token": text, "token_type": "Bearer", "expires_in": lives.as_secs()})))
}

/// `POST /auth/revoke`: whoever has a token may end it (RFC 7009), even if it opens nothing now: it could again.
async fn revoke(State(doors): State<Doors>, client: Client, headers: HeaderMap, body: Bytes) -> Response {
    let ended = async {
        let token = form_pairs(&body).find(|(key, _)| key == "token").map(|(_, value)| value).unwrap_or_default();
        let hash = Digest::of(&token);
        let Some(known) = doors.services.store.token_by_hash(hash.as_str()).await? else {
            return door::try_once(&doors, client);
        };
        let caller = Caller { name: known.subject, ..Caller::default() };
        let asker = Asker { caller, source: "cli".to_owned(), ..door::nobody(&headers, client) };
        doors.services.end_token(&asker, hash.as_str()).await
    };
    match ended.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => failed(&error),
    }
}

/// `POST /device`: with a code alone, what waits under it; with an answer, the answer.
async fn answer(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    client: Client,
    session: Session,
    body: Bytes,
) -> Response {
    let given = |name: &str| form_pairs(&body).find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default();
    let answer = async {
        door::try_once(&doors, client)?;
        doors.sign_in.limits.account(&asker.caller.name, client.0).map_err(door::too_often)?;
        let typed = given("code");
        let Some(code) = codes::typed_code(&typed) else { return draw(&doors, &asker, unknown(&typed)).await };
        let Some((hash, ticket)) = found(&doors, &code).await? else {
            return draw(&doors, &asker, unknown(&typed)).await;
        };
        let waiting: Waiting = serde_json::from_value(ticket.clone()).map_err(Error::internal)?;
        let reply = match given("answer").as_str() {
            "allow" => Answer::Allowed(holder(&doors, &session, &asker).await?),
            "deny" => Answer::Denied,
            _ => return Ok(Redirect::to(&paths::with_query(paths::DEVICE, &[("code", &code)])).into_response()),
        };
        let allowed = reply != Answer::Denied;
        let outcome = if allowed { "allowed" } else { "denied" };
        let data = json!({"program": waiting.program, "device": waiting.address});
        doors.note(&asker, "allow-device", outcome, data).await?;
        let changed = told(&Waiting { answer: reply, ..waiting })?;
        if waiting_no_more(&ticket) || !doors.services.store.change_ticket(&hash, DEVICE, &ticket, &changed).await? {
            return draw(&doors, &asker, unknown(&typed)).await;
        }
        doors.services.store.take_ticket(Digest::of(&code).as_str(), CODE, doors.services.now()).await?;
        draw(&doors, &asker, DevicePage { answered: Some(allowed), ..DevicePage::default() }).await
    };
    respond(&doors, &asker, answer.await).await
}

/// What the page of a code shows.
pub async fn shown(doors: &Doors, typed: &str) -> Result<DevicePage> {
    let Some(code) = codes::typed_code(typed) else {
        return Ok(if typed.is_empty() { DevicePage::default() } else { unknown(typed) });
    };
    let Some((_, ticket)) = found(doors, &code).await? else { return Ok(unknown(typed)) };
    let waiting: Waiting = serde_json::from_value(ticket).map_err(Error::internal)?;
    let (program, address, since) = (waiting.program, waiting.address, Some(waiting.since));
    Ok(DevicePage { code, program, address, since, ..DevicePage::default() })
}

async fn found(doors: &Doors, code: &str) -> Result<Option<(String, Value)>> {
    let (store, now) = (&doors.services.store, doors.services.now());
    let Some(Value::String(hash)) = store.ticket(Digest::of(code).as_str(), CODE, now).await? else { return Ok(None) };
    let ticket = store.ticket(&hash, DEVICE, now).await?;
    Ok(ticket.filter(|ticket| !waiting_no_more(ticket)).map(|ticket| (hash, ticket)))
}

fn waiting_no_more(ticket: &Value) -> bool {
    ticket["answer"] != "none"
}

fn unknown(typed: &str) -> DevicePage {
    let problem = "No device waits under this code: it was answered, it has run out, or it has a slip in it.";
    DevicePage { typed: typed.chars().take(40).collect(), problem: problem.to_owned(), ..DevicePage::default() }
}

async fn draw(doors: &Doors, asker: &Asker, page: DevicePage) -> Result<Response> {
    let status = if page.problem.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(pages::refused(doors, asker, paths::DEVICE, status, Refused::Device(Arc::new(page))).await)
}

/// On whose rights a token is that this browser asks for.
pub async fn holder(doors: &Doors, session: &Session, asker: &Asker) -> Result<Holder> {
    let refused = "This browser is signed in with a token or a password, which gives no further tokens. Sign in with your account, or ask the platform team for a token.";
    // a token beside the cookie speaks for itself alone
    if !asker.may_give_tokens {
        return Err(Error::forbidden(refused));
    }
    match Login::of(session).await? {
        Some(Login { by: By::Provider { .. }, person: name, identity: id, .. }) => Ok(Holder::Person { name, id }),
        None if doors.dev => Ok(Holder::Caller(asker.caller.clone())),
        _ => Err(Error::forbidden(refused)),
    }
}

/// How browsers come here: as configured, or as whoever asks came.
fn address_of(doors: &Doors, headers: &HeaderMap) -> String {
    if !doors.sign_in.url.is_empty() {
        return doors.sign_in.url.clone();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("{}://{host}", if doors.secure { "https" } else { "http" })
}

fn told(waiting: &Waiting) -> Result<Value> {
    serde_json::to_value(waiting).map_err(Error::internal)
}

fn refused(why: &str) -> Response {
    no_store((StatusCode::BAD_REQUEST, Json(json!({"error": why}))).into_response())
}

fn failed(error: &Error) -> Response {
    let said = json!({"error": "temporarily_unavailable", "error_description": error.message});
    no_store((super::status::code(error.kind), Json(said)).into_response())
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
