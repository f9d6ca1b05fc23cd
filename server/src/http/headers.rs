//! The headers every answer carries.

use super::Doors;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// Scripts are our own file and those Leptos writes into the page; nothing is framed, sniffed or referred to others.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; \
     object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// HTTP/2 names the host in the address; behind this every request has it where HTTP/1.1 does.
pub async fn host(mut request: Request, next: Next) -> Response {
    if let Some(authority) = request.uri().authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(header::HOST, host);
    }
    next.run(request).await
}

/// Browsers that were here come back by TLS alone, for a year.
const BY_TLS_ALONE: HeaderValue = HeaderValue::from_static("max-age=31536000");

pub async fn secure(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let binds = doors.secure && !is_this_machine(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if doors.secure {
        by_tls_alone(headers);
    }
    if binds {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, BY_TLS_ALONE);
    }
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // what a page says depends on who asks
    headers.entry("cache-control").or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What is said of `localhost` binds everything else that listens there.
fn is_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// No cookie of ours travels in the clear. The line that takes one away needs the word too: browsers keep a `__Host-` cookie otherwise.
fn by_tls_alone(headers: &mut HeaderMap) {
    let is_bound = |line: &str| line.split(';').any(|part| part.trim().eq_ignore_ascii_case("secure"));
    let header::Entry::Occupied(mut cookies) = headers.entry(header::SET_COOKIE) else { return };
    for cookie in cookies.iter_mut() {
        let line = cookie.to_str().unwrap_or_default();
        if let (false, Ok(bound)) = (is_bound(line), HeaderValue::from_str(&format!("{line}; Secure"))) {
            *cookie = bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cookie_travels_by_tls_alone() {
        let lines = ["theme=dark; Path=/", "__Host-midspan=; Path=/; Max-Age=0", "a=b; Path=/; secure; HttpOnly"];
        let mut headers: HeaderMap =
            lines.map(|line| (header::SET_COOKIE, HeaderValue::from_static(line))).into_iter().collect();
        by_tls_alone(&mut headers);
        let lines: Vec<_> = headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
        assert_eq!(
            lines,
            [
                "theme=dark; Path=/; Secure",
                "__Host-midspan=; Path=/; Max-Age=0; Secure",
                "a=b; Path=/; secure; HttpOnly"
            ]
        );
    }

    #[test]
    fn nothing_is_said_of_localhost() {
        for (host, is_here) in
            [("localhost:7400", true), ("app.localhost", true), ("midspan.example.com", false), ("", false)]
        {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
            assert_eq!(is_this_machine(&headers), is_here, "{host}");
        }
    }
}
