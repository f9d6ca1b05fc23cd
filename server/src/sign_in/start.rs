//! A sign-in under way: what leaves with the browser, what waits here for it, and what follows from both when it comes back.

use domain::Digest;
use serde::{Deserialize, Serialize};

/// What waits here under the hash of the state. Nobody who reads it can go on with the sign-in: for that it takes the browser's cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub provider: String,
    /// The hash of the cookie of the browser that began it.
    pub browser: String,
    /// Where it goes on, a path of ours; empty is home.
    pub next: String,
}

/// The two secrets that make a sign-in this one. All else follows from them, so nothing else is kept.
pub struct Secrets<'a> {
    /// Of the browser, in a cookie.
    pub browser: &'a str,
    /// Of this one sign-in, in the address.
    pub state: &'a str,
}

impl Secrets<'_> {
    /// Comes back inside the ID token.
    pub fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// Proves to the provider that whoever has the code began the sign-in.
    pub fn verifier(&self) -> String {
        self.derived("verifier")
    }

    fn derived(&self, what: &str) -> String {
        Digest::of_parts([what.as_bytes(), self.browser.as_bytes(), self.state.as_bytes()]).as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_belongs_to_one_browser_and_one_sign_in() {
        let of = |browser, state| Secrets { browser, state };
        let one = of("b", "s");
        assert_eq!(one.nonce(), of("b", "s").nonce());
        assert_ne!(one.nonce(), one.verifier());
        assert_ne!(one.nonce(), of("c", "s").nonce());
        assert_ne!(one.verifier(), of("b", "t").verifier());
        // RFC 7636: 43 to 128 unreserved characters
        assert_eq!(one.verifier().len(), 64);
    }
}
