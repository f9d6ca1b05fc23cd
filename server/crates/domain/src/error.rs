//! The one error that travels through every crate: what happened, where, and what to do, in the vocabulary of the Kubernetes API.

use serde::{Deserialize, Serialize};
use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call was refused. The names are the `reason`s of a Kubernetes `Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorKind {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    AlreadyExists,
    Conflict,
    /// A `continue` token or watch version too old to go on from.
    Expired,
    RequestEntityTooLarge,
    UnsupportedMediaType,
    Invalid,
    TooManyRequests,
    InternalError,
    ServiceUnavailable,
}

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// `FieldValueRequired`, `FieldValueInvalid`, … as an API server names them.
    pub reason: String,
    /// What an API client reads.
    pub message: String,
    /// Path of the field as an API server writes it: `spec.rules[0].port`.
    pub field: String,
    /// JSON Pointer of the same field from the document's root: `/spec/rules/0/port`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pointer: String,
    /// The same in words for people who fill in a form; empty where `message` serves both.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub human: String,
}

/// What happened, where, and what to do next.
///
/// `message` is shown to the caller; `detail` is for the operator's log and never leaves the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    pub causes: Vec<Cause>,
    pub detail: Option<String>,
    /// Seconds after which a retry makes sense.
    pub retry_after: Option<u32>,
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), causes: Vec::new(), detail: None, retry_after: None }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadRequest, message)
    }

    pub fn invalid(message: impl Into<String>, causes: Vec<Cause>) -> Self {
        Self { causes, ..Self::new(ErrorKind::Invalid, message) }
    }

    /// `postgresqls.data.example.com "shop" not found`, as an API server words it.
    pub fn not_found(what: &str, name: &str) -> Self {
        Self::new(ErrorKind::NotFound, format!("{what} {name:?} not found"))
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, message)
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        Self { retry_after: Some(1), ..Self::new(ErrorKind::ServiceUnavailable, message) }
    }

    /// Something of ours broke: the caller learns that, the operator learns `detail`.
    pub fn internal(detail: impl fmt::Display) -> Self {
        Self {
            detail: Some(detail.to_string()),
            ..Self::new(ErrorKind::InternalError, "Midspan could not complete the request; its log has the cause")
        }
    }

    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
