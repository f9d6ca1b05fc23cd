//! Errors as answers: a Kubernetes `Status` for API clients. The pages have their own.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Error, ErrorKind};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// An error on its way to an API client.
#[derive(Debug)]
pub struct Refusal {
    pub error: Error,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error }
    }
}

/// The HTTP status of a kind of error: the one table of it.
pub fn code(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::BadRequest => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorKind::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        ErrorKind::AlreadyExists | ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Expired => StatusCode::GONE,
        ErrorKind::RequestEntityTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The error as a `Status` document.
pub fn status(refusal: &Refusal) -> Value {
    let error = &refusal.error;
    let mut details = about(error);
    if !error.causes.is_empty() {
        let causes = error
            .causes
            .iter()
            .take(MOST_CAUSES)
            .map(|cause| json!({"reason": cause.reason, "message": cause.message, "field": cause.field}));
        details.insert("causes".to_owned(), causes.collect());
    }
    if let Some(seconds) = error.retry_after {
        details.insert("retryAfterSeconds".to_owned(), json!(seconds));
    }
    let mut status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": shortened(&error.message), "reason": format!("{:?}", error.kind),
    });
    if !details.is_empty() {
        status["details"] = Value::Object(details);
    }
    status["code"] = json!(code(error.kind).as_u16());
    status
}

/// Group, kind and name of what an error is about stand at the front of its message: `widgets.demo.example.com "shop" not found`.
fn about(error: &Error) -> Map<String, Value> {
    let mut details = Map::new();
    if !matches!(
        error.kind,
        ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::Conflict
            | ErrorKind::Invalid
            | ErrorKind::Forbidden
    ) {
        return details;
    }
    let subject = error.message.strip_prefix("Operation cannot be fulfilled on ").unwrap_or(&error.message);
    let Some((resource, rest)) = subject.split_once(' ') else { return details };
    let name = rest.strip_prefix('"').and_then(|rest| rest.split_once('"')).map_or("", |(name, _)| name);
    let (kind, group) = resource.split_once('.').unwrap_or((resource, ""));
    if name.is_empty() && !rest.starts_with("is forbidden") {
        return details;
    }
    for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            details.insert(key.to_owned(), json!(value));
        }
    }
    details
}

/// More than this nobody reads, and an answer must not be larger than its question.
const MOST_CAUSES: usize = 200;
const LONGEST_MESSAGE: usize = 16 * 1024;

fn shortened(message: &str) -> Cow<'_, str> {
    if message.len() <= LONGEST_MESSAGE {
        return Cow::Borrowed(message);
    }
    let end = message.floor_char_boundary(LONGEST_MESSAGE);
    Cow::Owned(format!("{} … (shortened)", &message[..end]))
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Some(detail) = &self.error.detail {
            tracing::error!(message = self.error.message, detail, "request failed");
        }
        let mut response = (code(self.error.kind), Json(status(&self))).into_response();
        if let Some(seconds) = self.error.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.error.kind == ErrorKind::Unauthorized {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"midspan\""));
        }
        response
    }
}
