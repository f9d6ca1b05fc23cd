//! The configuration file: what has more structure than options can carry. Read once at the start, strictly; an error names its place.

mod network;
mod provider;

pub use network::Network;
pub use provider::{Algorithm, Provider, Secret, is_on_this_machine};

use domain::{Cause, Error, Result, object::decode, workflow::GoDuration};
use serde::Deserialize;
use std::{collections::BTreeSet, fs, path::Path, path::PathBuf, time::Duration};

/// What a server is told in its configuration file. Without one, all of it is as it is by default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// How browsers reach this server: `https://midspan.example.com`.
    pub url: Option<String>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    pub sign_in: SignIn,
}

/// How people get in, and for how long.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SignIn {
    /// A session ends when it was not used for so long, …
    pub idle: GoDuration,
    /// … and so long after it began however much it is used.
    pub longest: GoDuration,
    /// From one address, in a minute.
    pub attempts_per_minute: u32,
    /// How long what `midspan auth login` is given is good for.
    pub device_tokens: GoDuration,
    pub providers: Vec<Provider>,
    /// A way in for the day on which no provider answers.
    pub local_admin: Option<LocalAdmin>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocalAdmin {
    /// A file with what `midspan auth hash-password` prints.
    pub password_hash_file: PathBuf,
}

impl Default for SignIn {
    fn default() -> Self {
        let hours = |hours: u64| GoDuration(Duration::from_secs(hours * 3_600));
        Self {
            idle: hours(12),
            longest: hours(7 * 24),
            attempts_per_minute: 60,
            device_tokens: hours(30 * 24),
            providers: Vec::new(),
            local_admin: None,
        }
    }
}

impl Settings {
    /// Reads the file; what it leads to (secrets, hashes) is read when it is used.
    pub fn read(path: &Path) -> Result<Self> {
        let origin = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|e| Error::bad_request(format!("{origin} cannot be read: {e}")))?;
        Self::parse(&text, &origin)
    }

    fn parse(text: &str, origin: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let value = domain::document::parse_one(text, origin)?;
        let in_file = |error: Error| Error { message: format!("{origin}: {}", error.message), ..error };
        // the root has no name of its own: its fields are written as they stand in the file
        let settings: Self = decode(value, "").map_err(|error| in_file(rootless(error)))?;
        settings.check().map_err(in_file)?;
        Ok(settings)
    }

    fn check(&self) -> Result<()> {
        if let Some(url) = &self.url {
            provider::check_origin(url).map_err(|why| wrong("url", &why))?;
        }
        let sign_in = &self.sign_in;
        let minute = Duration::from_secs(60);
        for (field, span) in [
            ("signIn.idle", &sign_in.idle),
            ("signIn.longest", &sign_in.longest),
            ("signIn.deviceTokens", &sign_in.device_tokens),
        ] {
            if span.0 < minute || span.0 > minute * 60 * 24 * 366 {
                return Err(wrong(field, "must be from one minute to a year"));
            }
        }
        if sign_in.attempts_per_minute == 0 {
            return Err(wrong("signIn.attemptsPerMinute", "must be at least 1"));
        }
        let mut names = BTreeSet::new();
        for (at, provider) in sign_in.providers.iter().enumerate() {
            let field = |name: &str| format!("signIn.providers[{at}].{name}");
            provider.check().map_err(|(name, why)| wrong(&field(&name), &why))?;
            if !names.insert(&provider.name) {
                return Err(wrong(&field("name"), "another provider has this name already"));
            }
        }
        Ok(())
    }
}

fn rootless(mut error: Error) -> Error {
    let bare = |text: &str| text.strip_prefix('.').unwrap_or(text).to_owned();
    error.message = bare(&error.message);
    for cause in &mut error.causes {
        cause.message = bare(&cause.message);
        cause.field = bare(&cause.field);
        cause.pointer = cause.pointer.strip_prefix('/').unwrap_or(&cause.pointer).to_owned();
    }
    error
}

fn wrong(field: &str, why: &str) -> Error {
    let message = format!("{field}: {why}");
    let pointer = field.split(['.', '[']).map(|part| format!("/{}", part.trim_end_matches(']'))).collect();
    let cause = Cause {
        reason: "FieldValueInvalid".to_owned(),
        message: message.clone(),
        field: field.to_owned(),
        pointer,
        human: String::new(),
    };
    Error::invalid(message, vec![cause])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
url: https://midspan.example.com
trustedProxies: [10.0.0.0/8, '::1']
signIn:
  idle: 8h
  providers:
    - name: corp
      title: Example Corp
      issuer: https://id.example.com/realms/main
      clientId: midspan
      clientSecret: {file: /etc/midspan/corp-secret}
      scopes: [profile, email, groups]
      claims:
        user: [preferred_username]
        groups:
          - {claim: groups, value: midspan-admins, give: platform}
          - {give: developers}
        admins: [ana@example.com]
";

    #[test]
    fn a_file_says_who_gets_in() {
        let settings = Settings::parse(GOOD, "midspan.yaml").unwrap();
        let corp = &settings.sign_in.providers[0];
        assert_eq!((corp.title(), corp.claims.groups.len()), ("Example Corp", 2));
        assert_eq!(settings.sign_in.idle.0, Duration::from_secs(8 * 3_600));
        assert_eq!(settings.trusted_proxies.len(), 2);
        assert!(Settings::parse("", "midspan.yaml").unwrap().sign_in.providers.is_empty());
    }

    #[track_caller]
    fn check(from: &str, to: &str, message: &str) {
        assert!(GOOD.contains(from), "{from}");
        let error = Settings::parse(&GOOD.replace(from, to), "midspan.yaml").unwrap_err();
        assert_eq!(error.message, message);
    }

    #[test]
    fn a_slip_is_named_with_its_place() {
        check(
            "clientId",
            "clientID",
            "midspan.yaml: signIn.providers[0].clientID: unknown field `clientID`; did you mean `clientId`?",
        );
        check("signIn:", "signin:", "midspan.yaml: signin: unknown field `signin`; did you mean `signIn`?");
        check("give: platform", "give: ''", "midspan.yaml: signIn.providers[0].claims.groups[0].give: names no group");
        check(
            "https://id.example.com/realms/main",
            "http://id.example.com/",
            "midspan.yaml: signIn.providers[0].issuer: must begin with https://; plain http:// is for 127.0.0.1 and localhost alone",
        );
        check(
            "10.0.0.0/8",
            "10.0.0.0/33",
            "midspan.yaml: trustedProxies[0]: \"10.0.0.0/33\" is no address and no network such as 10.0.0.0/8",
        );
        check(
            "https://midspan.example.com",
            "https://midspan.example.com/portal",
            "midspan.yaml: url: is more than an origin: leave out what follows the host",
        );
        check("idle: 8h", "idle: 0s", "midspan.yaml: signIn.idle: must be from one minute to a year");
        check(
            "name: corp",
            "name: Corp/1",
            "midspan.yaml: signIn.providers[0].name: must be 1 to 40 lower-case letters, digits and dashes: it is part of addresses",
        );
    }

    #[test]
    fn hostile_files_end_in_an_error() {
        for text in ["[", "a: *b", "- 1", "signIn: [1]", "signIn: {providers: {a: 1}}", &"[".repeat(5_000)] {
            assert!(Settings::parse(text, "midspan.yaml").is_err(), "{text:.20}");
        }
    }
}
