//! Sealing: bytes that only who has the key can read, and only at the place they were sealed for.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Error, Result};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use std::fmt;

/// Fills bytes with chance. Where it comes from is the caller's.
pub type Random = fn(&mut [u8]) -> Result<()>;

pub(crate) const KEY_BYTES: usize = 32;

/// The key a server is given from outside. It wraps the data keys and nothing else.
pub struct OuterKey(SealingKey);

/// AES-256-GCM under a fresh random nonce for each value: good for four thousand million values, then a new data key is due.
pub(crate) struct SealingKey {
    cipher: LessSafeKey,
    marks: hmac::Key,
}

/// Where a sealed value stands. Moved to any other place it does not open.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub uid: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
    pub key: &'a str,
}

/// A value that was opened. It does not print itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Opened(Vec<u8>);

impl OuterKey {
    /// 32 random bytes in base64.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong =
            || Error::bad_request("a key is 32 random bytes in base64, as `openssl rand -base64 32` prints them");
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| wrong())?;
        if bytes.len() == KEY_BYTES { Ok(Self(SealingKey::new(&bytes)?)) } else { Err(wrong()) }
    }

    /// The text of a new key.
    pub fn generate(random: Random) -> Result<String> {
        let mut bytes = [0; KEY_BYTES];
        random(&mut bytes)?;
        Ok(BASE64_STANDARD.encode(bytes))
    }

    pub(crate) fn wrap(&self, id: i64, data_key: &[u8], random: Random) -> Result<Vec<u8>> {
        self.0.seal(&wrapping(id), data_key, random)
    }

    /// None when another key wrapped it.
    pub(crate) fn unwrap(&self, id: i64, wrapped: &[u8]) -> Option<Vec<u8>> {
        self.0.open(&wrapping(id), wrapped)
    }
}

impl fmt::Debug for OuterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OuterKey")
    }
}

fn wrapping(id: i64) -> Vec<u8> {
    format!("data key {id}").into_bytes()
}

impl SealingKey {
    pub fn new(bytes: &[u8]) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| Error::internal("a sealing key has 32 bytes"))?;
        let marks = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), b"marks");
        Ok(Self { cipher: LessSafeKey::new(key), marks: hmac::Key::new(hmac::HMAC_SHA256, marks.as_ref()) })
    }

    /// The nonce, then the sealed bytes with their tag.
    pub fn seal(&self, place: &[u8], value: &[u8], random: Random) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        random(&mut nonce)?;
        let mut sealed = value.to_vec();
        self.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut sealed)
            .map_err(|_| Error::internal("a value is too long to be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub fn open(&self, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, bytes) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = bytes.to_vec();
        let length =
            self.cipher.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }

    /// Sixteen digits that change when the value does, and that nobody without the key can try values against.
    pub fn mark(&self, place: &[u8], value: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.marks);
        context.update(place);
        context.update(value);
        context.sign().as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Place<'_> {
    /// Each part behind its length, so that no two places read the same.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in [self.uid, self.namespace, self.name, self.key] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

impl Opened {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// None where it is not UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••••")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { uid: "u1", namespace: "default", name: "db", key: "password" };

    #[expect(clippy::unnecessary_wraps, reason = "the shape of the real one")]
    fn counted(bytes: &mut [u8]) -> Result<()> {
        bytes.iter_mut().zip(1..).for_each(|(byte, number)| *byte = number);
        Ok(())
    }

    fn key() -> SealingKey {
        SealingKey::new(&[7; KEY_BYTES]).unwrap()
    }

    #[track_caller]
    fn check_opens(change: impl Fn(&mut Place<'static>), opens: bool) {
        let sealed = key().seal(&PLACE.bytes(), b"hunter2", counted).unwrap();
        let mut place = PLACE;
        change(&mut place);
        assert_eq!(key().open(&place.bytes(), &sealed).is_some(), opens, "{place:?}");
    }

    #[test]
    fn a_value_opens_at_its_own_place_only() {
        check_opens(|_| {}, true);
        check_opens(|place| place.uid = "u2", false);
        check_opens(|place| place.namespace = "other", false);
        check_opens(|place| place.name = "bd", false);
        check_opens(|place| place.key = "user", false);
        check_opens(|place| (place.name, place.key) = ("dbp", "assword"), false);
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let mut sealed = key().seal(b"", b"hunter2", counted).unwrap();
        sealed[14] ^= 1;
        assert_eq!(key().open(b"", &sealed), None);
        assert_eq!(key().open(b"", b"short"), None);
    }

    #[test]
    fn a_key_is_read_as_openssl_prints_it_and_nothing_else() {
        assert!(OuterKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n").is_ok());
        assert!(OuterKey::parse(&OuterKey::generate(counted).unwrap()).is_ok());
        for text in ["", "secret", "AAEC"] {
            assert!(OuterKey::parse(text).unwrap_err().message.starts_with("a key is 32 random bytes"), "{text}");
        }
    }
}
