//! Signing in through an identity provider: sent there, come back, and signed out from there.

use super::{
    Doors,
    login::{By, Login},
    pages,
    peer::Client,
    sign_in as door,
};
use crate::{
    service::persons::Identity,
    sign_in::{
        provider::Provider,
        refusal::Refusal,
        start::{Secrets, Waiting},
    },
};
use app::paths;
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use domain::{Caller, Digest, Error, ErrorKind, Result};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tower_sessions::Session;

/// The kind of ticket that waits for a browser to come back.
const TICKET: &str = "sign-in";
/// How long somebody may take to sign in at the provider.
const PATIENCE: Duration = Duration::from_mins(10);
/// Longer addresses are not gone back to.
const LONGEST_NEXT: usize = 2_000;

pub fn routes() -> Router<Doors> {
    Router::new().route("/auth/{provider}/start", get(start)).route("/auth/{provider}/callback", get(callback))
}

/// `GET /auth/{provider}/start?next=/…`
async fn start(
    State(doors): State<Doors>,
    client: Client,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        door::try_once(&doors, client)?;
        let provider = provider(&doors, &name)?;
        let next = Answer::read(query.as_deref().unwrap_or_default())?.next;
        let browser = door::browser_of(&doors, &headers).unwrap_or_else(|| doors.services.ids.secret());
        let state = doors.services.ids.secret();
        let waiting = Waiting {
            provider: provider.name().to_owned(),
            browser: Digest::of(&browser).to_string(),
            next: next
                .as_deref()
                .and_then(pages::own_path)
                .filter(|next| next.len() <= LONGEST_NEXT)
                .unwrap_or_default(),
        };
        let secrets = Secrets { browser: &browser, state: &state };
        let there = provider.authorization(&secrets).await.map_err(|refusal| unavailable(provider, &refusal))?;
        let until = doors.services.now() + PATIENCE;
        let ticket = serde_json::to_value(&waiting).map_err(Error::internal)?;
        doors.services.store.put_ticket(Digest::of(&state).as_str(), TICKET, &ticket, until).await?;
        Ok(with_cookie(Redirect::to(there.as_str()).into_response(), &door::browser_cookie(&doors, &browser, PATIENCE)))
    };
    door::answered(&doors, &headers, answer.await).await
}

/// `GET /auth/{provider}/callback?code=…&state=…&iss=…`
async fn callback(
    State(doors): State<Doors>,
    client: Client,
    session: Session,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let mut asker = door::nobody(&headers, client);
    let answer = async {
        let provider = provider(&doors, &name)?;
        let answer = Answer::read(query.as_deref().unwrap_or_default())?;
        let arrived = arrive(&doors, provider, &answer, &headers).await;
        let (waiting, claimed) = match arrived {
            Ok(arrived) => arrived,
            Err(error) => {
                // whoever comes back as they should has paid at the start: a company behind one address comes at nine
                door::try_once(&doors, client)?;
                let data = json!({"provider": provider.name(), "why": error.message});
                doors.note(&asker, "sign-in", "denied", data).await?;
                return Err(error);
            }
        };
        let rules = provider.rules();
        let identity = Identity {
            issuer: provider.issuer(),
            subject: &claimed.subject,
            name: rules.name(&claimed.claims),
            profile: rules.profile(&claimed.claims),
        };
        let person = match doors.services.let_in(identity).await {
            Ok(person) => person,
            Err(error) => {
                let data = json!({"provider": provider.name(), "subject": claimed.subject, "why": error.message});
                doors.note(&asker, "sign-in", "denied", data).await?;
                return Err(error);
            }
        };
        asker.caller = Caller { name: person.name.clone(), ..Caller::default() };
        let data = json!({"provider": provider.name(), "subject": claimed.subject, "groups": person.profile.groups});
        // first: what is not written down must not be possible
        doors.note(&asker, "sign-in", "allowed", data).await?;
        let by = By::Provider { id_token: claimed.id_token };
        let login = Login::new(by, &person.name, &headers, doors.services.now());
        Login { provider: provider.name().to_owned(), sid: claimed.sid, identity: person.id, ..login }
            .begin(&session)
            .await?;
        let next = if waiting.next.is_empty() { paths::HOME } else { &waiting.next };
        Ok(with_cookie(Redirect::to(next).into_response(), &door::browser_cookie(&doors, "", Duration::ZERO)))
    };
    door::answered(&doors, &headers, answer.await).await
}

/// Whether this browser began this sign-in, and who the provider says it is.
async fn arrive(
    doors: &Doors,
    provider: &Arc<Provider>,
    answer: &Answer,
    headers: &HeaderMap,
) -> Result<(Waiting, crate::sign_in::provider::Claimed)> {
    let over = || {
        Error::bad_request(
            "This sign-in is not under way here: it was finished, it took longer than ten minutes, or it began in another browser. Sign in again.",
        )
    };
    let state = answer.state.as_deref().ok_or_else(over)?;
    // whatever follows, it is good no second time
    let ticket = doors.services.store.take_ticket(Digest::of(state).as_str(), TICKET, doors.services.now()).await?;
    let waiting: Waiting = serde_json::from_value(ticket.ok_or_else(over)?).map_err(Error::internal)?;
    let browser = door::browser_of(doors, headers).ok_or_else(over)?;
    if waiting.browser != Digest::of(&browser).as_str() || waiting.provider != provider.name() {
        return Err(over());
    }
    if let Some(said) = &answer.error {
        return Err(Error::forbidden(format!("{} did not sign you in: {}.", provider.title(), in_words(said))));
    }
    let code = answer.code.as_deref().ok_or_else(over)?;
    let secrets = Secrets { browser: &browser, state };
    let claimed = provider.claimed(code, answer.issuer.as_deref(), &secrets).await;
    claimed.map(|claimed| (waiting, claimed)).map_err(|refusal| match &refusal {
        Refusal::Silent(_) => unavailable(provider, &refusal),
        Refusal::NotBelieved(why) => {
            Error::forbidden(format!("What {} says of you is not accepted here: {why}.", provider.title()))
        }
    })
}

/// What a browser brings back from a provider, or takes with it to the start; each once at most.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    issuer: Option<String>,
    error: Option<String>,
    next: Option<String>,
}

impl Answer {
    fn read(query: &str) -> Result<Self> {
        let mut answer = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match name.as_ref() {
                "code" => &mut answer.code,
                "state" => &mut answer.state,
                "iss" => &mut answer.issuer,
                "error" => &mut answer.error,
                "next" => &mut answer.next,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(Error::bad_request(format!("{name} is given twice in this address.")));
            }
        }
        Ok(answer)
    }
}

/// `access_denied` as `access denied`, and nothing that somebody could have put into a link.
fn in_words(error: &str) -> String {
    let known = (1..=40).contains(&error.len()) && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if known { error.replace('_', " ") } else { "for a reason it does not name".to_owned() }
}

pub(super) fn provider<'a>(doors: &'a Doors, name: &str) -> Result<&'a Arc<Provider>> {
    let unknown = || Error::new(ErrorKind::NotFound, format!("Nobody signs in through {name} here."));
    doors.sign_in.provider(name).ok_or_else(unknown)
}

fn unavailable(provider: &Provider, refusal: &Refusal) -> Error {
    let (Refusal::Silent(why) | Refusal::NotBelieved(why)) = refusal;
    let told = format!("{} does not answer. Whoever is signed in stays so.", provider.title());
    Error { retry_after: Some(15), ..Error::unavailable(told).with_detail(why) }
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Signs out at the provider too: a page that leads on to it, since a form may only lead to pages of ours.
pub(super) async fn sign_out_there(doors: &Doors, login: &Login) -> Option<String> {
    let By::Provider { id_token } = &login.by else { return None };
    let provider = doors.sign_in.provider(&login.provider)?;
    let back = format!("{}{}", doors.sign_in.url, paths::SIGN_IN);
    Some(provider.end_session(id_token, &back).await?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_each_thing_once() {
        let answer = Answer::read("code=a%20b&state=s&iss=https%3A%2F%2Fid.example&x=y").unwrap();
        assert_eq!((answer.code.as_deref(), answer.issuer.as_deref()), (Some("a b"), Some("https://id.example")));
        for twice in ["code=a&code=b", "state=a&state=a", "iss=&iss=x", "error=a&error="] {
            assert!(Answer::read(twice).is_err(), "{twice}");
        }
    }

    #[test]
    fn a_providers_error_is_a_word_and_no_message_of_somebody_else() {
        assert_eq!(in_words("access_denied"), "access denied");
        for other in ["Call 555-0100 <b>now</b>", "", &"a".repeat(41)] {
            assert_eq!(in_words(other), "for a reason it does not name");
        }
    }
}
