//! The address of a call: no value in it can become another host, path or query.

use crate::steps::template::{Mode, Rendering, Sources};
use domain::{Error, Result};
use reqwest::{
    Method, StatusCode, Url,
    header::{HeaderMap, LOCATION},
};

const HEAD: &str = "with.url (its beginning)";
const TAIL: &str = "with.url";

/// An expression at the very beginning is taken as it is: a configured service address. Every later one is percent-encoded.
pub fn sources(url: &str, into: &mut Sources) -> Result<()> {
    let (head, tail) = split(url);
    into.add(Mode::Text, HEAD, head)?;
    into.add(Mode::Address, TAIL, tail)
}

pub fn read(rendering: &mut Rendering) -> Result<Url> {
    let text = text(rendering)?;
    let text = text.trim();
    let path = text.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    if path.split('/').any(|part| part == "." || part == "..") {
        return Err(Error::bad_request("with.url: a part of the path is `.` or `..`"));
    }
    let url = Url::parse(text).map_err(|error| Error::bad_request(format!("with.url: {error}")))?;
    check(&url)?;
    Ok(url)
}

/// The address as it is rendered.
pub fn text(rendering: &mut Rendering) -> Result<String> {
    Ok(format!("{}{}", rendering.text(HEAD)?, rendering.address(TAIL)?))
}

/// Where a redirect leads: on the same host only, and never repeating an effect under another method.
pub fn next(url: &Url, method: &Method, status: StatusCode, headers: &HeaderMap) -> Result<(Method, Url)> {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let to = url
        .join(location)
        .map_err(|error| Error::bad_request(format!("{}: redirects to no address: {error}", shown(url))))?;
    if to.origin() != url.origin() {
        return Err(Error::bad_request(format!(
            "{}: redirects to another host, {}, which is not followed",
            shown(url),
            shown(&to)
        )));
    }
    check(&to)?;
    let safe = matches!(*method, Method::GET | Method::HEAD);
    match status.as_u16() {
        307 | 308 => Ok((method.clone(), to)),
        301..=303 if safe => Ok((method.clone(), to)),
        303 => Ok((Method::GET, to)),
        _ => Err(Error::bad_request(format!(
            "{}: answered {method} with {status}; use the address it redirects to: {}",
            shown(url),
            shown(&to)
        ))),
    }
}

/// An address without its query, which may hold a secret.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

fn check(url: &Url) -> Result<()> {
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(Error::bad_request(format!(
            "with.url: {}: only http and https addresses can be called",
            shown(url)
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::bad_request(
            "with.url: carries a user name or password; send them in an Authorization header",
        ));
    }
    Ok(())
}

fn split(url: &str) -> (&str, &str) {
    let url = url.trim();
    match url.find("}}") {
        Some(end) if url.starts_with("{{") => url.split_at(end + 2),
        _ => ("", url),
    }
}
