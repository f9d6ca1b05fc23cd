//! An OpenID provider as the configuration file has it.

use crate::config;
use domain::sign_in::Rules;
use reqwest::Url;
use serde::Deserialize;
use std::{fs, path::PathBuf};

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provider {
    /// Part of this server's addresses: `/auth/{name}/callback`.
    pub name: String,
    /// What the button says; the name unless told.
    #[serde(default)]
    pub title: String,
    /// Exactly as the provider writes it in its discovery document.
    pub issuer: String,
    pub client_id: String,
    /// None for a public client.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// Beside `openid`.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<String>,
    /// How its ID tokens may be signed, whatever they say themselves.
    #[serde(default = "usual_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// Ask its UserInfo endpoint for claims that the ID token does not have.
    #[serde(default = "yes")]
    pub user_info: bool,
    #[serde(default)]
    pub claims: Rules,
}

/// Where a secret stands: never in the file itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Secret {
    File(PathBuf),
    /// The name of a variable of the environment.
    Env(String),
}

impl Secret {
    pub fn read(&self) -> Result<String, String> {
        let (text, place) = match self {
            Self::File(path) => {
                let place = path.display().to_string();
                (fs::read_to_string(path).map_err(|e| format!("{place} cannot be read: {e}"))?, place)
            }
            Self::Env(name) => (config::variable(name).unwrap_or_default(), format!("the variable {name}")),
        };
        let text = text.trim().to_owned();
        if text.is_empty() { Err(format!("{place} is empty")) } else { Ok(text) }
    }
}

/// Signatures that anybody can check and the provider alone can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    EdDSA,
}

fn usual_scopes() -> Vec<String> {
    ["profile", "email"].map(ToOwned::to_owned).into()
}

fn usual_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA]
}

fn yes() -> bool {
    true
}

impl Provider {
    pub fn title(&self) -> &str {
        if self.title.is_empty() { &self.name } else { &self.title }
    }

    /// The field that is wrong, and why.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let wrong = |field: &str, why: &str| Err((field.to_owned(), why.to_owned()));
        let in_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=40).contains(&self.name.len()) || !self.name.bytes().all(in_name) {
            return wrong("name", "must be 1 to 40 lower-case letters, digits and dashes: it is part of addresses");
        }
        let issuer = secure_url(&self.issuer).map_err(|why| ("issuer".to_owned(), why))?;
        if issuer.query().is_some() || issuer.fragment().is_some() {
            return wrong("issuer", "has a query or a fragment; an issuer has neither");
        }
        if self.client_id.is_empty() {
            return wrong("clientId", "is empty");
        }
        if self.scopes.iter().any(|scope| scope.is_empty() || scope.contains(char::is_whitespace)) {
            return wrong("scopes", "holds a scope that is no word");
        }
        if self.algorithms.is_empty() {
            return wrong("algorithms", "must hold one at least");
        }
        if let Some(at) = self.claims.groups.iter().position(|rule| rule.give.trim().is_empty()) {
            return wrong(&format!("claims.groups[{at}].give"), "names no group");
        }
        if self.claims.user.is_empty() {
            return wrong("claims.user", "must hold one claim at least");
        }
        Ok(())
    }
}

/// An address that nobody on the way can read or change.
pub(super) fn secure_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| format!("{text:?} is no address: {e}"))?;
    if url.scheme() == "https" || is_on_this_machine(&url) {
        return Ok(url);
    }
    Err("must begin with https://; plain http:// is for 127.0.0.1 and localhost alone".to_owned())
}

/// Plain HTTP that does not leave the machine: for trying out.
pub fn is_on_this_machine(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"))
}

pub(super) fn check_origin(text: &str) -> Result<(), String> {
    let url = secure_url(text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err("is more than an origin: leave out what follows the host".to_owned());
    }
    Ok(())
}
