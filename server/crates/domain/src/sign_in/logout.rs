//! What a logout token must say, as OpenID Connect Back-Channel Logout has it: whose sessions end.

use super::LEEWAY;
use serde_json::Value;

/// The event that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// One that is older is not on its way any more, but kept and sent again.
const OLDEST: i64 = 600;

/// Whose sessions end: those of a subject, or the one of that name at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub subject: Option<String>,
    pub session: Option<String>,
    /// By which a token that comes a second time is known.
    pub id: String,
}

/// Reads the claims of a token whose signature has been verified.
pub fn read(claims: &Value, issuer: &str, client: &str, now: i64) -> Result<Ended, String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let refused = |why: &str| Err(why.to_owned());
    if text("iss") != Some(issuer) {
        return refused("another issuer (iss)");
    }
    let audience = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().any(|one| one == client),
        Some(one) => one == client,
        None => false,
    };
    if !audience {
        return refused("not for this client (aud)");
    }
    match time("iat") {
        Some(at) if (now - OLDEST..=now + LEEWAY).contains(&at) => {}
        _ => return refused("not issued just now (iat)"),
    }
    if claims.get("exp").is_some() && time("exp").is_none_or(|at| at + LEEWAY <= now) {
        return refused("its time is over (exp)");
    }
    if !claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object) {
        return refused("no logout event (events)");
    }
    if claims.get("nonce").is_some() {
        return refused("a nonce, which only ID tokens have");
    }
    let Some(id) = text("jti") else { return refused("no identifier (jti)") };
    let ended = Ended {
        subject: text("sub").map(ToOwned::to_owned),
        session: text("sid").map(ToOwned::to_owned),
        id: id.to_owned(),
    };
    if ended.subject.is_none() && ended.session.is_none() {
        return refused("neither a subject (sub) nor a session (sid)");
    }
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_000_000;

    fn good() -> Value {
        json!({"iss": "https://id.example", "aud": "midspan", "iat": NOW, "exp": NOW + 120, "jti": "1", "sub": "ana", "sid": "s1", "events": {EVENT: {}}})
    }

    #[test]
    fn a_logout_token_names_whose_sessions_end() {
        let ended = read(&good(), "https://id.example", "midspan", NOW).unwrap();
        assert_eq!((ended.subject.as_deref(), ended.session.as_deref()), (Some("ana"), Some("s1")));
    }

    #[test]
    fn whatever_else_is_signed_is_no_logout_token() {
        for (pointer, value) in [
            ("iss", json!("https://evil.example")),
            ("iss", Value::Null),
            ("aud", json!("other")),
            ("aud", json!(["other"])),
            ("aud", Value::Null),
            ("iat", Value::Null),
            ("iat", json!(NOW + 3_600)),
            ("iat", json!(NOW - 3_600)),
            ("exp", json!(NOW - 3_600)),
            ("events", Value::Null),
            ("events", json!({"http://schemas.openid.net/event/other": {}})),
            ("events", json!({EVENT: true})),
            ("nonce", json!("n")),
            ("jti", Value::Null),
        ] {
            let mut claims = good();
            claims[pointer] = value.clone();
            assert!(read(&claims, "https://id.example", "midspan", NOW).is_err(), "{pointer}: {value}");
        }
        let mut nobody = good();
        nobody["sub"] = Value::Null;
        nobody["sid"] = Value::Null;
        assert!(read(&nobody, "https://id.example", "midspan", NOW).is_err());
    }
}
