//! The pages: Leptos draws them, with the caller's portal in context.

use super::{Doors, assets, auth, taste};
use crate::{
    portal::ServerPortal,
    service::{Asker, Taste},
};
use app::portal::{AnswerStatus, Notice, Portal, Refused, RequestId};
use axum::{
    Router,
    body::Body,
    extract::{FromRef, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{Error, ErrorKind};
use leptos::prelude::*;
use leptos_axum::{LeptosRoutes as _, ResponseOptions, generate_route_list, render_app_async_with_context};
use std::sync::Arc;
use tower_sessions::Session;

impl FromRef<Doors> for LeptosOptions {
    fn from_ref(_: &Doors) -> Self {
        options()
    }
}

/// All page routes.
pub fn routes(doors: &Doors) -> Router<Doors> {
    let (contexts, document) = (contexts(doors.clone(), None), document());
    Router::new()
        .leptos_routes_with_context(doors, generate_route_list(app::App), contexts, document)
        .merge(taste::routes())
}

/// Draws a form's page again with what was refused: 422, and nothing typed is lost.
pub async fn refused(doors: &Doors, asker: &Asker, path: &str, status: StatusCode, refused: Refused) -> Response {
    let mut response = draw(doors, Some(asker), path, Some(refused)).await;
    *response.status_mut() = status;
    response
}

/// The sign-in page, for whoever is nobody yet.
pub async fn sign_in(doors: &Doors, shown: Refused) -> Response {
    draw(doors, None, app::paths::SIGN_IN, Some(shown)).await
}

/// An error of a form post or of signing in, as a page.
pub async fn problem(doors: &Doors, asker: Option<&Asker>, error: &Error) -> Response {
    if let Some(detail) = &error.detail {
        tracing::error!(message = error.message, detail, "page failed");
    }
    let mut response = draw(doors, asker, "/problem", Some(Refused::Problem(Arc::new(error.clone())))).await;
    *response.status_mut() = super::status::code(error.kind);
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// For addresses that no door knows.
pub async fn not_found(
    State(doors): State<Doors>,
    session: Session,
    uri: Uri,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if method != Method::GET || !accept.contains("text/html") {
        return super::status::Refusal::from(super::api::no_such_address()).into_response();
    }
    let asker = auth::whoever(&doors, &session, &headers, &method).await;
    problem(&doors, asker.as_ref(), &Error::new(ErrorKind::NotFound, format!("Nothing lives at {}.", uri.path()))).await
}

async fn draw(doors: &Doors, asker: Option<&Asker>, path: &str, refused: Option<Refused>) -> Response {
    let mut request = Request::new(Body::empty());
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    if let Some(asker) = asker {
        request.extensions_mut().insert(asker.clone());
    }
    render_app_async_with_context(contexts(doors.clone(), refused), document())(request).await
}

/// What pages find in context, made for each request.
fn contexts(doors: Doors, refused: Option<Refused>) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let Some(parts) = use_context::<Parts>() else { return };
        let asker = parts.extensions.get::<Asker>().cloned().unwrap_or_default();
        provide_context(RequestId(asker.request_id.clone()));
        if let Some(notice) = parts.extensions.get::<Notice>() {
            provide_context(notice.clone());
        }
        provide_context::<Arc<dyn Portal>>(Arc::new(ServerPortal::new(doors.clone(), asker)));
        if let Some(options) = use_context::<ResponseOptions>() {
            provide_context(AnswerStatus(Arc::new(move |code| {
                if let Ok(code) = StatusCode::from_u16(code) {
                    options.set_status(code);
                }
            })));
        }
        if let Some(refused) = &refused {
            provide_context(refused.clone());
        }
    }
}

fn document() -> impl Fn() -> AnyView + Clone + Send + Sync + 'static {
    || {
        // a page drawn again after a post has no headers of its own, but it knows who asks
        let asker =
            use_context::<Parts>().and_then(|parts| parts.extensions.get::<Asker>().cloned()).unwrap_or_default();
        let Taste { theme, keys_off } = asker.taste;
        app::shell(options(), &app::Head { theme, keys_off, assets: assets::version() }).into_any()
    }
}

fn options() -> LeptosOptions {
    LeptosOptions::builder().output_name("midspan").site_pkg_dir("pkg").build()
}

/// The page a form was posted from, as a path of ours; home when there is none. A redirect must not lead away.
pub fn back(headers: &HeaderMap) -> String {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (referer, host) = (text(header::REFERER), text(header::HOST));
    let path = referer.split_once("://").and_then(|(_, rest)| rest.strip_prefix(host)).filter(|_| !host.is_empty());
    path.and_then(own_path).unwrap_or_else(|| "/".to_owned())
}

/// A path of ours, with its query; `None` for whatever could lead away.
pub fn own_path(path: &str) -> Option<String> {
    let leads_away = path.starts_with("//") || path.contains('\\') || path.contains(char::is_control);
    (path.starts_with('/') && !leads_away).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(referer: &str, expected: &str) {
        let headers = [(header::REFERER, referer), (header::HOST, "127.0.0.1:7400")];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_str(value).unwrap())).into_iter().collect();
        assert_eq!(back(&headers), expected, "{referer}");
    }

    #[test]
    fn going_back_stays_here() {
        check("http://127.0.0.1:7400/catalog?q=x", "/catalog?q=x");
        check("http://127.0.0.1:7400", "/");
        check("http://127.0.0.1:7400//evil.example", "/");
        check("http://evil.example/http://127.0.0.1:7400/", "/");
        check("http://127.0.0.1:7400.evil.example/", "/");
        check("", "/");
    }

    #[test]
    fn only_paths_of_ours_are_gone_on_to() {
        assert_eq!(own_path("/r/default/redis/a?tab=x").as_deref(), Some("/r/default/redis/a?tab=x"));
        for away in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "catalog"] {
            assert_eq!(own_path(away), None, "{away}");
        }
    }
}
