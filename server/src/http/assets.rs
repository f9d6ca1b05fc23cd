//! The built site, inside the binary: compressed beforehand, kept by browsers as long as its address stands.

use axum::{
    extract::{Path, RawQuery},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site/pkg"]
#[allow_missing = true]
struct Site;

/// `/pkg/{*path}`
pub async fn serve(Path(path): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let variants = [("br", ".br"), ("gzip", ".gz"), ("", "")];
    let found = variants
        .into_iter()
        .filter(|(name, _)| name.is_empty() || accepted.contains(name))
        .find_map(|(name, ending)| Some((name, Site::get(&format!("{path}{ending}"))?)));
    let Some((encoding, file)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let tag = format!("\"{}\"", domain::Digest::of(&file.data).short(20));
    // an address with a version never changes its content; one without is asked about each time
    let keep = if query.is_some_and(|query| query.starts_with("v=")) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    if headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(tag.as_str()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag), (header::CACHE_CONTROL, keep.to_owned())])
            .into_response();
    }
    let kind = mime_guess::from_path(&path).first_or_octet_stream().to_string();
    let mut response =
        ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep.to_owned()), (header::ETAG, tag)], file.data)
            .into_response();
    response.headers_mut().insert(header::VARY, header::HeaderValue::from_static("accept-encoding"));
    if let (false, Ok(value)) = (encoding.is_empty(), encoding.parse()) {
        response.headers_mut().insert(header::CONTENT_ENCODING, value);
    }
    response
}

/// Names the build's assets in page addresses.
pub fn version() -> String {
    Site::get("manifest.txt").map_or_else(
        || env!("CARGO_PKG_VERSION").to_owned(),
        |file| domain::Digest::of(&file.data).short(12).to_owned(),
    )
}
