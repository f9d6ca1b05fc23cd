//! `uses: http`: one call to a web service, with an idempotency key and a fence, bounded in time and size.

mod address;
mod answer;

pub use address::shown;

use super::{
    Ended, RunnerConfig, StepInput,
    log::LogSink,
    mask::Mask,
    reach::{self, Reach},
    template::{self, Mode, Rendering, Sources, Templates, tree},
};
use crate::failpoint;
use domain::{Error, Result, health::Probed, object};
use reqwest::{
    Client, Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION},
    redirect,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const MAX_REDIRECTS: usize = 5;

/// The one client of all `http` steps. The process has chosen its TLS provider before.
pub fn client(reach: &Reach) -> Result<Client> {
    let builder = Client::builder()
        .user_agent(concat!("midspan/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(10))
        // followed here instead: none leaves the host
        .redirect(redirect::Policy::none());
    // a proxy would look names up by itself, and nobody would judge what they stand for
    let builder = if reach.is_any() { builder } else { builder.no_proxy().dns_resolver(Arc::new(reach.clone())) };
    builder.build().map_err(|error| Error::internal(format!("cannot make the HTTP client: {error}")))
}

/// What `with` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct With {
    #[serde(default = "post")]
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
    /// The status codes that mean success; any 2xx when empty.
    #[serde(default)]
    expect: Vec<u16>,
    /// Output name to JSON Pointer into the answer.
    #[serde(default)]
    outputs: BTreeMap<String, String>,
    #[serde(default)]
    status: BTreeMap<String, String>,
}

/// The call, its templates filled in.
struct Call {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<String>,
    expect: Vec<u16>,
    outputs: BTreeMap<String, String>,
    status: BTreeMap<String, String>,
}

pub async fn perform(
    config: &RunnerConfig,
    input: &StepInput,
    log: &LogSink,
    mask: &Mask,
    cancel: &CancellationToken,
) -> Ended {
    let call = match Call::read(input) {
        Ok(call) => call,
        Err(error) => return error.into(),
    };
    let limit = input.step.timeout();
    tokio::select! {
        ended = exchange(config, input, call, log, mask) => ended.unwrap_or_else(Ended::from),
        () = tokio::time::sleep(limit) => Ended::unclear(format!("timed out: no whole answer within {}", domain::workflow::GoDuration(limit))),
        () = cancel.cancelled() => Ended::unclear("cancelled before the answer came"),
    }
}

/// One call that only looks. What cannot or may not be called says nothing about whether the service works.
pub async fn probe(config: &RunnerConfig, input: &StepInput, mask: &Mask) -> Probed {
    match Call::has_address(input) {
        Ok(true) => {}
        Ok(false) => return Probed::Idle,
        Err(error) => return Probed::Unasked(error.message),
    }
    let call = match Call::read(input) {
        Ok(call) => call,
        Err(error) => return Probed::Unasked(error.message),
    };
    let (limit, log) = (input.step.timeout(), LogSink::discard());
    match tokio::time::timeout(limit, exchange(config, input, call, &log, mask)).await {
        Err(_) => Probed::Failed(format!("no whole answer within {}", domain::workflow::GoDuration(limit))),
        Ok(Err(error)) => Probed::Unasked(error.message),
        Ok(Ok(Ended::Done { message, .. })) => Probed::Passed(message),
        Ok(Ok(Ended::Failed { message, .. })) => Probed::Failed(message),
    }
}

/// The call and what came of it; the error says why it may not be made.
async fn exchange(config: &RunnerConfig, input: &StepInput, call: Call, log: &LogSink, mask: &Mask) -> Result<Ended> {
    let (mut method, mut url) = (call.method.clone(), call.url.clone());
    // no redirect leaves the host
    config.reach.check(&url)?;
    for _ in 0..=MAX_REDIRECTS {
        log.note(mask.text(&format!("{method} {}", shown(&url)))).await;
        let mut request = config.http.request(method.clone(), url.clone()).headers(call.headers.clone());
        if let Some(body) = call.body.as_ref().filter(|_| method == call.method) {
            request = request.body(body.clone());
        }
        failpoint::pass("http.send");
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let unclear = || Ended::unclear(format!("{method} {}: {}", shown(&url), told(&error)));
                return reach::refused(&error).map_or_else(|| Ok(unclear()), Err);
            }
        };
        failpoint::pass("http.answered");
        let status = response.status();
        log.note(format!("answered {status}")).await;
        if !status.is_redirection() || !response.headers().contains_key(LOCATION) {
            return Ok(answer::read(response, &call, input.before.clone()).await);
        }
        match address::next(&url, &method, status, response.headers()) {
            Ok(next) => (method, url) = next,
            Err(error) => return Ok(error.into()),
        }
    }
    Ok(Ended::refused(format!("{}: more than {MAX_REDIRECTS} redirects", shown(&call.url))))
}

/// Reads a definition without calling anybody.
pub fn check(with: &Value) -> Result<()> {
    let (with, _, _) = definition(with)?;
    with.headers.keys().try_for_each(|name| header_name(name).map(drop))
}

/// The names that its templates look up.
pub fn mentioned(with: &Value) -> Result<BTreeSet<(String, String)>> {
    let (_, _, templates) = definition(with)?;
    Ok(templates.mentioned())
}

fn definition(with: &Value) -> Result<(With, Method, Templates)> {
    let with: With = object::decode(with.clone(), "with")?;
    let method = Method::from_bytes(with.method.to_ascii_uppercase().as_bytes())
        .map_err(|_| Error::bad_request(format!("with.method: {:?} is not an HTTP method", with.method)))?;
    if let Some(code) = with.expect.iter().find(|code| !(200..300).contains(*code)) {
        return Err(Error::bad_request(format!(
            "with.expect: {code} is not a code of success; name codes from 200 to 299"
        )));
    }
    for (name, pointer) in with.outputs.iter().chain(&with.status) {
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(Error::bad_request(format!("with: {name}: {pointer:?} is not a JSON Pointer such as /host")));
        }
    }
    let mut sources = Sources::default();
    address::sources(&with.url, &mut sources)?;
    for (name, value) in &with.headers {
        sources.add(Mode::Text, &format!("with.headers.{name}"), value)?;
    }
    tree::leaf_sources(&with.body, "with.body", &mut sources)?;
    let templates = sources.compile()?;
    Ok((with, method, templates))
}

impl Call {
    /// Whether its address comes to anything for this resource.
    fn has_address(input: &StepInput) -> Result<bool> {
        let (_, _, templates) = definition(&input.step.with)?;
        Ok(!address::text(&mut templates.start(template::context(input)))?.trim().is_empty())
    }

    fn read(input: &StepInput) -> Result<Self> {
        let (with, method, templates) = definition(&input.step.with)?;
        let mut rendering = templates.start(template::context(input));
        let url = address::read(&mut rendering)?;
        let (body, content_type) = body(&with.body, &mut rendering)?;
        let mut headers = HeaderMap::new();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        for name in with.headers.keys() {
            let (key, value) = header(name, &mut rendering)?;
            headers.insert(key, value);
        }
        headers.insert("idempotency-key", HeaderValue::from_str(&input.idempotency_key).map_err(Error::internal)?);
        headers.insert("fencing-token", HeaderValue::from(input.fence));
        Ok(Self { method, url, headers, body, expect: with.expect, outputs: with.outputs, status: with.status })
    }
}

/// A text is sent as it is, anything else as JSON.
fn body(body: &Value, rendering: &mut Rendering) -> Result<(Option<String>, Option<&'static str>)> {
    if body.is_null() {
        return Ok((None, None));
    }
    Ok(match tree::leaf(body, "with.body", rendering)? {
        None => (Some(String::new()), None),
        Some(Value::String(text)) => (Some(text), Some("text/plain; charset=utf-8")),
        Some(value) => (Some(value.to_string()), Some("application/json")),
    })
}

fn header_name(name: &str) -> Result<HeaderName> {
    const RESERVED: [&str; 7] =
        ["host", "content-length", "transfer-encoding", "connection", "upgrade", "idempotency-key", "fencing-token"];
    let place = format!("with.headers.{name}");
    let key = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Error::bad_request(format!("{place}: is not the name of a header")))?;
    if RESERVED.contains(&key.as_str()) {
        return Err(Error::bad_request(format!("{place}: is set by the orchestrator")));
    }
    Ok(key)
}

fn header(name: &str, rendering: &mut Rendering) -> Result<(HeaderName, HeaderValue)> {
    let (key, place) = (header_name(name)?, format!("with.headers.{name}"));
    let text = rendering.text(&place)?;
    let value = HeaderValue::from_str(text.trim()).map_err(|_| {
        Error::bad_request(format!("{place}: holds a line end or another character that a header cannot"))
    })?;
    Ok((key, value))
}

/// The innermost cause says most: `connection refused`, `certificate has expired`.
fn told(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what = if error.is_connect() { "cannot connect" } else { "the call broke off" };
    format!("{what}: {cause}")
}

fn post() -> String {
    "POST".to_owned()
}

/// The values of `wanted` in an answer.
fn picked(answer: &Value, wanted: &BTreeMap<String, String>, place: &str) -> Result<Map<String, Value>> {
    wanted
        .iter()
        .map(|(name, pointer)| match answer.pointer(pointer) {
            Some(value) => Ok((name.clone(), value.clone())),
            None => Err(Error::bad_request(format!("{place}.{name}: the answer has nothing at {pointer}"))),
        })
        .collect()
}
