//! Fresh identities and secrets: the only file that reads the machine's randomness.

use domain::{Error, Result};
use ring::rand::{SecureRandom as _, SystemRandom};
use uuid::Uuid;

/// Fills bytes with what nobody can guess.
pub fn random(bytes: &mut [u8]) -> Result<()> {
    SystemRandom::new().fill(bytes).map_err(|_| Error::internal("the machine gives no random bytes"))
}

/// Where new identities come from; tests bring their own.
pub trait Ids: Send + Sync + 'static {
    /// A new uid that sorts by time: `res_01998f…`.
    fn uid(&self, prefix: &str) -> String;

    /// A short random ending for generated names.
    fn suffix(&self) -> String;

    /// 256 unguessable bits, in hex.
    fn secret(&self) -> String;
}

/// UUIDs: version 7 for identities, version 4 for secrets.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is where identities come from")]
    fn uid(&self, prefix: &str) -> String {
        format!("{prefix}_{}", Uuid::now_v7().simple())
    }

    fn suffix(&self) -> String {
        // the alphabet of Kubernetes' generated names: no vowels, no look-alikes
        const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
        Uuid::new_v4()
            .as_bytes()
            .iter()
            .take(5)
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
            .collect()
    }

    fn secret(&self) -> String {
        // two UUIDs carry 244 random bits
        format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
    }
}
