//! Tokens signed by a provider: by which algorithms is ours to say, by which keys is theirs.

use crate::settings::Algorithm;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKey as _, JsonWebKeyId,
    core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm},
};
use serde_json::Value;

/// What is said of a token that newer keys may fit.
pub const NO_KEY: &str = "none of the provider's keys has signed it";

/// The claims of a signed token of any kind, after one of the keys was found to have signed it.
pub fn claims(token: &str, keys: &CoreJsonWebKeySet, algorithms: &[Algorithm]) -> Result<Value, String> {
    let broken = || "it is no signed token".to_owned();
    let (signed, signature) = token.rsplit_once('.').ok_or_else(broken)?;
    let decoded = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| broken());
    let (header, _) = signed.split_once('.').ok_or_else(broken)?;
    let header: Value = serde_json::from_slice(&decoded(header)?).map_err(|_| broken())?;
    let algorithm = algorithms.iter().find(|algorithm| header["alg"] == format!("{algorithm:?}"));
    let algorithm: CoreJwsSigningAlgorithm =
        algorithm.ok_or_else(|| format!("it is signed by {}", header["alg"]))?.into();
    if !header["crit"].is_null() {
        return Err("it has critical headers".to_owned());
    }
    let signature = decoded(signature)?;
    let named = header["kid"].as_str().map(|kid| JsonWebKeyId::new(kid.to_owned()));
    let fits = |key: &&CoreJsonWebKey| named.is_none() || key.key_id() == named.as_ref();
    let mut keys = keys.keys().iter().filter(fits);
    if keys.any(|key| key.verify_signature(&algorithm, signed.as_bytes(), &signature).is_ok()) {
        return payload(token).ok_or_else(broken);
    }
    Err(NO_KEY.to_owned())
}

/// The middle part of a token whose signature has been checked.
pub fn payload(token: &str) -> Option<Value> {
    let middle = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(middle).ok()?).ok()?;
    claims.is_object().then_some(claims)
}

impl From<&Algorithm> for CoreJwsSigningAlgorithm {
    fn from(algorithm: &Algorithm) -> Self {
        match algorithm {
            Algorithm::RS256 => Self::RsaSsaPkcs1V15Sha256,
            Algorithm::RS384 => Self::RsaSsaPkcs1V15Sha384,
            Algorithm::RS512 => Self::RsaSsaPkcs1V15Sha512,
            Algorithm::PS256 => Self::RsaSsaPssSha256,
            Algorithm::PS384 => Self::RsaSsaPssSha384,
            Algorithm::PS512 => Self::RsaSsaPssSha512,
            Algorithm::ES256 => Self::EcdsaP256Sha256,
            Algorithm::ES384 => Self::EcdsaP384Sha384,
            Algorithm::EdDSA => Self::EdDsa,
        }
    }
}
