//! What an answer means: success with values picked out of it, a failure worth another attempt, or one that is not.

use super::{Call, picked};
use crate::steps::{Ended, Folders, template};
use domain::Result;
use reqwest::{Response, StatusCode};
use serde_json::Value;

/// The largest answer that is read.
const MAX_ANSWER: usize = 1024 * 1024;
/// How much of an answer a failure shows.
const EXCERPT: usize = 400;

pub async fn read(mut response: Response, call: &Call, before: Folders) -> Ended {
    let status = response.status();
    let wanted = if call.expect.is_empty() { status.is_success() } else { call.expect.contains(&status.as_u16()) };
    let limit = if wanted { MAX_ANSWER } else { EXCERPT * 4 };
    let mut body = Vec::new();
    let mut whole = true;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]);
                if body.len() == limit {
                    whole = false;
                    break;
                }
            }
            Err(error) if wanted => return Ended::unclear(format!("the answer broke off: {}", super::told(&error))),
            Ok(None) | Err(_) => break,
        }
    }
    if !wanted {
        return refusal(status, &body);
    }
    match accept(&body, whole, call, before) {
        Ok(folders) => Ended::Done { folders, exit_code: None, message: format!("answered {status}") },
        Err(error) => error.into(),
    }
}

fn refusal(status: StatusCode, body: &[u8]) -> Ended {
    let text = String::from_utf8_lossy(body);
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(EXCERPT).collect();
    let message = if text.trim().is_empty() {
        format!("answered {status}")
    } else {
        format!("answered {status}: {}", text.trim())
    };
    let again =
        status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT;
    // whoever stands between does not know what became of the call
    let unclear = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT);
    Ended::Failed { message, exit_code: None, permanent: !again, unclear }
}

fn accept(body: &[u8], whole: bool, call: &Call, mut folders: Folders) -> Result<Folders> {
    if call.outputs.is_empty() && call.status.is_empty() {
        return Ok(folders);
    }
    if !whole {
        return Err(domain::Error::bad_request(format!("the answer is larger than {MAX_ANSWER} bytes")));
    }
    let answer: Value = domain::document::parse_json(body, "the answer")?;
    template::merge(&mut folders.metadata, "outputs.yaml", picked(&answer, &call.outputs, "with.outputs")?)?;
    template::merge(&mut folders.metadata, "status.yaml", picked(&answer, &call.status, "with.status")?)?;
    Ok(folders)
}
