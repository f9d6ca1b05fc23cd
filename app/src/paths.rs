//! Every address of the portal, written once.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

pub const HOME: &str = "/";
pub const CATALOG: &str = "/catalog";
pub const RESOURCES: &str = "/resources";
/// POST `name=…&filters=…`: the list as it stands, saved under a name.
pub const SAVED_VIEWS: &str = "/resources/views";
pub const RUNS: &str = "/runs";
pub const PLATFORM: &str = "/platform";
/// `?q=…`: everything at once.
pub const SEARCH: &str = "/search";
/// What the palette shows, for its script: `?q=…&at=/…`.
pub const PALETTE: &str = "/ui/palette";
/// The keyboard map.
pub const KEYS: &str = "/keys";
/// Every part in every state, for those who work on them.
pub const GALLERY: &str = "/_ui";
/// GET the form, `?next=/…`; POST `token=…&next=/…`, answers 303.
pub const SIGN_IN: &str = "/sign-in";
/// Where somebody allows a device: GET `?code=…`; POST `code=…&answer=allow|deny`.
pub const DEVICE: &str = "/device";
/// For devices, POST only: asking to be let in, asking whether one is, giving a token back.
pub const DEVICE_START: &str = "/auth/device";
pub const DEVICE_TOKEN: &str = "/auth/token";
pub const TOKEN_REVOKE: &str = "/auth/revoke";
/// Who one is here: sessions and tokens of one's own.
pub const ME: &str = "/me";
/// POST `id=…`; with `others`, all but this one.
pub const ME_END_SESSION: &str = "/me/sessions/end";
/// POST `purpose=…&expires=30&readOnly=on&namespace=…`: a token of one's own, shown once.
pub const ME_TOKENS: &str = "/me/tokens";
/// POST `id=…`
pub const ME_REVOKE: &str = "/me/tokens/revoke";
/// POST `keys=on|off`: whether single letters do something; sets a cookie, answers 303.
pub const ME_KEYS: &str = "/me/keys";
/// POST only.
pub const SIGN_OUT: &str = "/sign-out";
/// POST `theme=light|dark|system&back=/…`; sets a cookie, answers 303.
pub const THEME: &str = "/theme";
/// POST `persona=dana&back=/…`; only in `--dev`.
pub const PERSONA: &str = "/dev/persona";

/// Where a resource lives: `/r/{namespace}/{promise}/{name}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResourceKey {
    pub namespace: String,
    pub promise: String,
    pub name: String,
}

impl ResourceKey {
    pub fn new(namespace: &str, promise: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), promise: promise.to_owned(), name: name.to_owned() }
    }

    /// Its page; what is in no namespace is the promise itself.
    pub fn path(&self) -> String {
        if self.namespace.is_empty() {
            return promise(&self.promise);
        }
        format!("/r/{}/{}/{}", segment(&self.namespace), segment(&self.promise), segment(&self.name))
    }

    /// `graph`, `files`, `drift`, `history`, `edit`, `delete`; POST only: `run`, `extend`, `look`.
    pub fn tab(&self, tab: &str) -> String {
        format!("{}/{tab}", self.path())
    }

    /// The page of one of its actions.
    pub fn action(&self, action: &str) -> String {
        format!("{}/actions/{}", self.path(), segment(action))
    }

    /// What the live stream calls this resource.
    pub fn topic(&self) -> String {
        format!("resource:{}/{}/{}", self.namespace, self.promise, self.name)
    }
}

/// Where a browser sets out to an identity provider: `?next=/…`.
pub fn start_sign_in(provider: &str) -> String {
    format!("/auth/{}/start", segment(provider))
}

pub fn promise(name: &str) -> String {
    format!("{CATALOG}/{}", segment(name))
}

/// A promise as those see it who run the platform.
pub fn promise_admin(name: &str) -> String {
    format!("{PLATFORM}/promises/{}", segment(name))
}

/// The JSON Schema of a promise's documents, for editors.
pub fn schema(promise: &str) -> String {
    format!("/schemas/{}.json", segment(promise))
}

pub fn new_request(promise: &str) -> String {
    format!("{CATALOG}/{}/new", segment(promise))
}

/// POST `name=…` gives a saved view another name.
pub fn saved_view(id: &str) -> String {
    format!("{SAVED_VIEWS}/{}", segment(id))
}

/// POST only.
pub fn delete_saved_view(id: &str) -> String {
    format!("{}/delete", saved_view(id))
}

/// Where a destination is told to take nothing new, or to take it again.
pub fn turn_destination(name: &str, deed: &str) -> String {
    format!("{PLATFORM}/destinations/{}/{deed}", segment(name))
}

pub fn request(name: &str) -> String {
    format!("/requests/{}", segment(name))
}

pub fn submit(request_name: &str) -> String {
    format!("{}/submit", request(request_name))
}

pub fn discard(request_name: &str) -> String {
    format!("{}/discard", request(request_name))
}

pub fn run(name: &str) -> String {
    format!("{RUNS}/{}", segment(name))
}

/// One step of a run. Two pipelines may have steps of the same name.
pub fn step(run_name: &str, pipeline: &str, step: &str) -> String {
    format!("{}#step-{}/{}", run(run_name), segment(pipeline), segment(step))
}

/// A step's whole log as plain text.
pub fn raw_log(run_name: &str, pipeline: &str, step: &str) -> String {
    format!("{}/log?step={}/{}", run(run_name), segment(pipeline), segment(step))
}

/// `path?a=1&b=2` with empty values left out, so that a filter's address is as short as what it says.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(if address.contains('?') { '&' } else { '?' });
        // Writing to a String cannot fail.
        let _ = write!(address, "{name}={}", segment(value));
    }
    address
}

/// Percent-encodes everything but unreserved characters.
pub fn segment(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_address_says_only_what_is_set() {
        assert_eq!(
            with_query(RESOURCES, &[("q", ""), ("state", "failed"), ("namespace", "")]),
            "/resources?state=failed"
        );
        assert_eq!(with_query(RESOURCES, &[("q", "a b&c"), ("sort", "name")]), "/resources?q=a%20b%26c&sort=name");
    }

    #[test]
    fn hostile_names_stay_one_segment() {
        assert_eq!(promise("../x?y#z"), "/catalog/..%2Fx%3Fy%23z");
    }
}
