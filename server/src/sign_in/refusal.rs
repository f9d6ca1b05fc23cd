//! Why somebody is not signed in, in words that are shown to them and kept: no more of a provider's own than they can bear.

use super::wire::Silent;
use openidconnect::{RequestTokenError, StandardErrorResponse, core::CoreErrorResponseType};

/// So much of what a provider says is told on.
const LONGEST: usize = 300;

/// Why somebody is not signed in.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The provider does not answer: it may later.
    Silent(String),
    /// What it said is not believed.
    NotBelieved(String),
}

pub fn refused<T>(why: &str) -> Result<T, Refusal> {
    Err(Refusal::NotBelieved(why.to_owned()))
}

type ExchangeError = RequestTokenError<Silent, StandardErrorResponse<CoreErrorResponseType>>;

/// Why a code was worth nothing.
pub fn exchange_failed(error: &ExchangeError) -> Refusal {
    match error {
        RequestTokenError::Request(silent) => Refusal::Silent(silent.0.clone()),
        RequestTokenError::ServerResponse(said) => {
            Refusal::NotBelieved(short(&format!("it does not take the code: {said}")))
        }
        RequestTokenError::Parse(why, _) => Refusal::NotBelieved(short(&format!("its answer cannot be read: {why}"))),
        RequestTokenError::Other(why) => Refusal::NotBelieved(short(why)),
    }
}

/// The beginning of a text, on one line.
pub fn short(text: &str) -> String {
    let mut told: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        told.push('…');
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_says_stays_short_and_on_its_line() {
        assert_eq!(short("a\nb\u{1b}[31m"), "a b [31m");
        assert_eq!(short(&"x".repeat(10_000)).chars().count(), LONGEST + 1);
    }
}
