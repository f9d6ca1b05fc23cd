//! The break-glass administrator's password: argon2id, looked at by few at a time, off unless configured.

use anyhow::{Context as _, Result, ensure};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use domain::Digest;
use std::{fs, path::Path, sync::Arc};
use tokio::sync::Semaphore;

/// What the break-glass administrator is called, in audit lines too.
pub const NAME: &str = "break-glass";
/// Each look takes 19 MiB and some 50 ms.
const AT_ONCE: usize = 2;
/// Nobody types more.
const LONGEST: usize = 1_024;
const SHORTEST: usize = 12;

pub struct LocalAdmin {
    hash: Arc<str>,
    looks: Semaphore,
}

impl LocalAdmin {
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let hash = text.trim();
        let parsed = PasswordHash::new(hash).ok().filter(|parsed| parsed.algorithm.as_str() == "argon2id");
        ensure!(parsed.is_some(), "{} holds no argon2id hash; `midspan auth hash-password` prints one", path.display());
        Ok(Self { hash: Arc::from(hash), looks: Semaphore::new(AT_ONCE) })
    }

    /// By which a session knows which password opened it: with another one it is over.
    pub fn mark(&self) -> String {
        Digest::of(&*self.hash).short(16).to_owned()
    }

    pub async fn is(&self, password: &str) -> bool {
        if password.len() > LONGEST {
            return false;
        }
        let Ok(_look) = self.looks.acquire().await else { return false };
        let (hash, password) = (self.hash.clone(), password.to_owned());
        let look = move || {
            let hash = PasswordHash::new(&hash).ok()?;
            Argon2::default().verify_password(password.as_bytes(), &hash).ok()
        };
        tokio::task::spawn_blocking(look).await.ok().flatten().is_some()
    }
}

/// The hash of a new password.
pub fn hash(password: &str, salt: [u8; 16]) -> Result<String> {
    ensure!(
        (SHORTEST..=LONGEST).contains(&password.len()),
        "a password has at least {SHORTEST} characters; it may be a sentence"
    );
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash.map_err(|e| anyhow::anyhow!("no hash: {e}"))?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash() {
        let hash = hash("correct horse battery", [7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let admin = LocalAdmin { hash: Arc::from(hash.as_str()), looks: Semaphore::new(1) };
        assert!(admin.is("correct horse battery").await);
        assert!(!admin.is("correct horse batterz").await && !admin.is("").await);
        assert!(!admin.is(&"x".repeat(2_000)).await);
        assert!(super::hash("short", [7; 16]).is_err());
    }
}
