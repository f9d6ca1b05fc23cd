//! What a session knows of who signed in: begun under a new id, asked anew with each request, ended with all that belongs to it.

use super::Doors;
use crate::{service::Asker, sign_in::password};
use axum::http::{HeaderMap, header};
use domain::{Caller, Error, ErrorKind, Result, Timestamp, caller::PLATFORM};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

/// The session key under which it stands.
pub const LOGIN: &str = "login";
/// Longer ID tokens are not kept: a browser could not carry them to the provider either.
const LONGEST_HINT: usize = 8 * 1024;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Login {
    pub by: By,
    /// By name, and by the id of whom that name belonged to then; without the id, somebody no provider vouches for.
    pub person: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider: String,
    /// The session's name at the provider.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sid: String,
    pub client: String,
    pub since: Option<Timestamp>,
}

/// What somebody showed to get in, as far as it is needed again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum By {
    #[default]
    Nothing,
    /// An access token, by its hash: when it is taken back, the session ends.
    Token(String),
    /// What a provider said, to be named to it when they sign out.
    Provider { id_token: String },
    /// The break-glass administrator's password, by its mark: when there is another, the session ends.
    Password(String),
}

impl Login {
    pub fn new(by: By, person: &str, headers: &HeaderMap, now: Timestamp) -> Self {
        let client = agent(headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default());
        let by = match by {
            By::Provider { id_token } if id_token.len() > LONGEST_HINT => By::Provider { id_token: String::new() },
            by => by,
        };
        Self { by, person: person.to_owned(), client, since: Some(now), ..Self::default() }
    }

    /// Under a new id, with nothing of what was there before.
    pub async fn begin(self, session: &Session) -> Result<()> {
        session.clear().await;
        session.cycle_id().await.map_err(unwritable)?;
        session.insert(LOGIN, self).await.map_err(unwritable)
    }

    pub async fn of(session: &Session) -> Result<Option<Self>> {
        session.get(LOGIN).await.map_err(unreadable)
    }

    /// Who this is now; none when they may not be here any more.
    pub async fn caller(&self, doors: &Doors) -> Result<Option<Caller>> {
        let caller = match &self.by {
            By::Nothing => return Ok(None),
            By::Token(hash) => doors.services.caller_of_hash(hash).await,
            By::Provider { .. } if doors.sign_in.provider(&self.provider).is_none() => return Ok(None),
            By::Provider { .. } => doors.services.caller_of_person(&self.person, &self.identity).await,
            By::Password(mark) => match &doors.sign_in.local_admin {
                Some(local) if local.mark() == *mark => Ok(local_admin()),
                _ => return Ok(None),
            },
        };
        match caller {
            Err(error) if error.kind == ErrorKind::Unauthorized => Ok(None),
            caller => caller.map(Some),
        }
    }
}

/// Who has the break-glass password.
pub fn local_admin() -> Caller {
    Caller { name: password::NAME.to_owned(), groups: vec![PLATFORM.to_owned()], ..Caller::default() }
}

impl Doors {
    /// Writes down that somebody came in, went, or was turned away.
    pub(super) async fn note(&self, asker: &Asker, verb: &str, outcome: &str, data: serde_json::Value) -> Result<()> {
        self.services.store.commit(vec![self.services.audit_of_sign_in(asker, verb, outcome, data)]).await?;
        Ok(())
    }
}

pub fn unreadable(error: tower_sessions::session::Error) -> Error {
    Error::unavailable("sessions cannot be read now").with_detail(error)
}

pub fn unwritable(error: tower_sessions::session::Error) -> Error {
    Error::unavailable("sessions cannot be kept now").with_detail(error)
}

/// `Firefox on Linux`, from what a browser calls itself.
fn agent(text: &str) -> String {
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| text.contains(mark)).map(|(_, name)| *name);
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::agent;

    #[test]
    fn browsers_are_named_as_people_know_them() {
        for (text, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18 Safari/605",
                "Safari on macOS",
            ),
            ("<script>", "Another program"),
            ("", "Another program"),
        ] {
            assert_eq!(agent(text), name);
        }
    }
}
