//! Who asks: a bearer token, whoever a browser signed in as, or in `--dev` the persona of its session. Nobody else gets in.

use super::{
    Doors,
    login::{By, Login, unreadable},
    peer::Client,
    sessions,
    still::{self, Pass},
    taste,
};
use crate::service::{Asker, people::Persona};
use app::{paths, portal::Notice};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{Caller, Digest, Error, ErrorKind};
use tower_sessions::Session;

/// The session key under which `--dev` keeps the chosen persona.
pub const PERSONA: &str = "persona";
/// The session key under which a notice waits for the next page.
pub const NOTICE: &str = "notice";

/// For machines: a token, or the session of a page on the same origin.
pub async fn api(State(doors): State<Doors>, session: Session, mut request: Request, next: Next) -> Response {
    let client = Client::of(&doors, request.extensions(), request.headers());
    match identify(&doors, &session, request.headers(), request.method(), false).await {
        Ok((asker, pass)) => {
            let caller = asker.caller.clone();
            request.extensions_mut().insert(Asker { address: client.0.to_string(), ..asker });
            still::watched(&doors, &session, caller, pass, next.run(request).await)
        }
        Err(error) => super::status::Refusal::from(guessed(&doors, client, request.headers(), error)).into_response(),
    }
}

/// Whoever guesses tokens waits; whoever has a good one from the same address does not.
fn guessed(doors: &Doors, client: Client, headers: &HeaderMap, error: Error) -> Error {
    if error.kind != ErrorKind::Unauthorized || !headers.contains_key(header::AUTHORIZATION) {
        return error;
    }
    doors.sign_in.limits.stranger(client.0).map_or_else(super::sign_in::too_often, |()| error)
}

/// For pages: the session's persona. Whoever has none is shown how to get in.
pub async fn pages(State(doors): State<Doors>, session: Session, mut request: Request, next: Next) -> Response {
    let client = Client::of(&doors, request.extensions(), request.headers());
    if request.method() == Method::GET && request.uri().path() == paths::SIGN_IN {
        // who is somebody may become somebody else
        return super::sign_in::page(&doors, request.uri()).await;
    }
    let identified = identify(&doors, &session, request.headers(), request.method(), true).await;
    match identified.map_err(|error| guessed(&doors, client, request.headers(), error)) {
        Ok((asker, pass)) => {
            let may_give_tokens = match &pass {
                Pass::Login(login) => matches!(login.by, By::Provider { .. }),
                Pass::Persona => doors.dev,
                Pass::Token(_) => false,
            };
            let shown = session.id().map(|id| sessions::public_id(&sessions::hash(&id))).unwrap_or_default();
            let (caller, taste) = (asker.caller.clone(), taste::of(request.headers()));
            request.extensions_mut().insert(Asker {
                address: client.0.to_string(),
                session: shown,
                may_give_tokens,
                taste,
                ..asker
            });
            if is_visit(&request)
                && let Some(notice) = notice(&session).await
            {
                request.extensions_mut().insert(Notice(notice));
            }
            still::watched(&doors, &session, caller, pass, next.run(request).await)
        }
        Err(error) if error.kind == ErrorKind::Unauthorized && request.method() == Method::GET => {
            super::sign_in::page(&doors, request.uri()).await
        }
        Err(error) => super::pages::problem(&doors, None, &error).await,
    }
}

/// A person opens a page; a page that only looks what is new is no visit.
fn is_visit(request: &Request) -> bool {
    let destination = request.headers().get("sec-fetch-dest").and_then(|value| value.to_str().ok());
    request.method() == Method::GET && destination.is_none_or(|destination| destination == "document")
}

/// Taken by the first page that is opened. Notices are a courtesy: a store that is away takes none of the page.
async fn notice(session: &Session) -> Option<String> {
    session.get::<String>(NOTICE).await.ok().flatten()?;
    session.remove(NOTICE).await.ok().flatten()
}

/// The caller of an address that leads nowhere; `None` when nobody is known.
pub async fn whoever(doors: &Doors, session: &Session, headers: &HeaderMap, method: &Method) -> Option<Asker> {
    let (asker, _) = identify(doors, session, headers, method, true).await.ok()?;
    Some(Asker { taste: taste::of(headers), ..asker })
}

async fn identify(
    doors: &Doors,
    session: &Session,
    headers: &HeaderMap,
    method: &Method,
    page: bool,
) -> domain::Result<(Asker, Pass)> {
    let request_id = request_id(headers);
    if let Some(token) = token(headers)? {
        let caller = doors.services.caller_of_token(&token).await?;
        let asker = Asker { caller, source: source(headers).to_owned(), request_id, ..Asker::default() };
        return Ok((asker, Pass::Token(Digest::of(&token).to_string())));
    }
    let login = Login::of(session).await?;
    let known = match &login {
        Some(login) => login.caller(doors).await?,
        None => None,
    };
    let (caller, pass) = match known.zip(login) {
        Some((caller, login)) => (caller, Pass::Login(Box::new(login))),
        None => (persona(doors, session, page || is_program(headers)).await?, Pass::Persona),
    };
    if !method.is_safe() && !is_program(headers) && !same_origin(headers) {
        return Err(Error::forbidden("this request comes from another site; it is not carried out"));
    }
    Ok((Asker { caller, source: "page".to_owned(), request_id, ..Asker::default() }, pass))
}

pub fn request_id(headers: &HeaderMap) -> String {
    headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned()
}

async fn persona(doors: &Doors, session: &Session, by_itself: bool) -> domain::Result<Caller> {
    let refused = || Error::new(ErrorKind::Unauthorized, "Unauthorized");
    if !doors.dev {
        return Err(refused());
    }
    let chosen: Option<String> = session.get(PERSONA).await.map_err(unreadable)?;
    let persona = chosen.as_deref().and_then(Persona::by_name);
    // whoever sits at this machine and has chosen nobody yet is the developer
    persona
        .or_else(|| by_itself.then_some(crate::service::people::PERSONAS[0]))
        .map(Persona::caller)
        .ok_or_else(refused)
}

/// The token of a request: as `Bearer`, or as the password of `Basic`, which is all that some clients send without TLS.
fn token(headers: &HeaderMap) -> domain::Result<Option<String>> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let refused = || Error::new(ErrorKind::Unauthorized, "Unauthorized");
    let text = value.to_str().map_err(|_| refused())?;
    if let Some(token) = text.strip_prefix("Bearer ") {
        return Ok(Some(token.trim().to_owned()));
    }
    let pair = text
        .strip_prefix("Basic ")
        .and_then(|encoded| STANDARD.decode(encoded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let password = pair.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, password)| password.to_owned());
    password.map(Some).ok_or_else(refused)
}

/// A browser always says where a request comes from, and it sends cookies. What does neither is a program on this machine.
fn is_program(headers: &HeaderMap) -> bool {
    ["sec-fetch-site", "origin", "cookie"].iter().all(|name| !headers.contains_key(*name))
}

/// Whether a browser says that the request comes from a page of ours.
pub fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = text("host").unwrap_or_default();
            origin.split_once("://").is_some_and(|(_, authority)| !host.is_empty() && authority == host)
        }
        (None, None) => false,
    }
}

fn source(headers: &HeaderMap) -> &'static str {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    if agent.starts_with("midspan/") { "cli" } else { "api" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], allowed: bool) {
        let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        assert_eq!(same_origin(&map), allowed, "{headers:?}");
    }

    #[test]
    fn only_pages_of_our_own_may_change_things_with_a_session() {
        check(&[("sec-fetch-site", "same-origin")], true);
        check(
            &[("sec-fetch-site", "cross-site"), ("origin", "http://127.0.0.1:7400"), ("host", "127.0.0.1:7400")],
            false,
        );
        check(&[("sec-fetch-site", "same-site")], false);
        check(&[("origin", "http://127.0.0.1:7400"), ("host", "127.0.0.1:7400")], true);
        check(&[("origin", "http://evil.example"), ("host", "127.0.0.1:7400")], false);
        check(&[("origin", "null"), ("host", "127.0.0.1:7400")], false);
        check(&[("host", "127.0.0.1:7400")], false);
    }
}
