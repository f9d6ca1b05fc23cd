//! Content addresses: equal bytes have equal names, whoever made them and whenever.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// SHA-256 of some bytes, as 64 lower-case hex digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self::from_hash(&Sha256::digest(bytes))
    }

    /// The digest of a sequence: each part is framed by its length, so that moving a border changes the name.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self::from_hash(&hash.finalize())
    }

    /// A digest read from a row; nothing is checked beyond its shape.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        hex.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first `length` hex digits, for names that people read.
    pub fn short(&self, length: usize) -> &str {
        self.0.get(..length).unwrap_or(&self.0)
    }

    fn from_hash(hash: &[u8]) -> Self {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in hash {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.short(12))
    }
}

/// An identity that follows from what it names: `run_1f0c…`. Deciding twice therefore names the same row twice.
pub fn derive_uid(prefix: &str, parts: &[&str]) -> String {
    let digest = Digest::of_parts(std::iter::once(prefix).chain(parts.iter().copied()).map(str::as_bytes));
    format!("{prefix}_{}", digest.short(26))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_between_parts_count() {
        assert_ne!(derive_uid("run", &["ab", "c"]), derive_uid("run", &["a", "bc"]));
    }

    #[test]
    fn the_empty_content_has_its_well_known_name() {
        assert_eq!(Digest::of(b"").short(12), "e3b0c44298fc");
    }
}
