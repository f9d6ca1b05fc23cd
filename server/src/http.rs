//! The doors: every URL space on one screen. Doors translate; they hold no rules.

mod acting;
mod actions;
mod address;
mod api;
mod assets;
mod auth;
mod backchannel;
mod body;
mod deeds;
mod dev;
pub mod device;
mod discovery;
mod drift;
mod events;
mod forms;
mod headers;
pub mod listener;
mod log;
mod login;
mod me;
mod oidc;
mod openapi;
pub mod pages;
mod palette;
mod params;
mod peer;
mod protobuf;
mod review;
mod saved_views;
mod schemas;
mod sessions;
mod sign_in;
mod status;
mod still;
mod table;
mod taste;
mod timeline;
mod trying;
mod watch;

use crate::{
    portal::{Followed, Typicals},
    service::Services,
    sign_in::SignIn,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State, connect_info::IntoMakeServiceWithConnectInfo},
    http::{Request, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use metrics_exporter_prometheus::PrometheusHandle;
use peer::Peer;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::RequestBodyTimeoutLayer,
    trace::TraceLayer,
};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

/// What every door shares. Cheap to clone.
#[derive(Clone)]
pub struct Doors {
    pub services: Services,
    /// Browsers are signed in as a persona; nothing else is different.
    pub dev: bool,
    /// Browsers come by TLS: their cookies travel no other way.
    pub secure: bool,
    /// How people get in.
    pub sign_in: Arc<SignIn>,
    /// Ends streams when the server stops.
    pub stop: CancellationToken,
    pub metrics: PrometheusHandle,
    /// What commands and containers of steps run in, or why they do not.
    pub ground: Arc<serde_json::Value>,
    /// The logs that pages follow, as far as they were read.
    pub followed: Arc<Followed>,
    /// How long things usually take, as far as it was looked up.
    pub typicals: Arc<Typicals>,
}

/// All URLs of the product.
pub fn router(doors: Doors) -> IntoMakeServiceWithConnectInfo<Router, Peer> {
    let api = Router::new()
        .route("/api", get(|| async { Json(discovery::core_versions()) }))
        .route("/api/{*path}", any(api::core))
        .route("/apis", get(|State(doors): State<Doors>| async move { Json(discovery::groups(&doors.services)) }))
        .route("/apis/authentication.k8s.io/v1/selfsubjectreviews", any(review::answer))
        .route("/apis/{*path}", any(api::groups))
        .route("/version", get(|State(doors): State<Doors>| async move { Json(discovery::version(&doors.ground)) }))
        .route("/openapi/v3", get(api::openapi))
        .route("/schemas/{file}", get(schemas::schema))
        .route("/openapi/v3/{*path}", get(api::openapi))
        .layer(DefaultBodyLimit::max(domain::document::MAX_BYTES))
        .route_layer(middleware::from_fn_with_state(doors.clone(), auth::api));
    let pages = pages::routes(&doors)
        .merge(forms::routes())
        .merge(deeds::routes())
        .merge(acting::routes())
        .merge(me::routes())
        .merge(saved_views::routes())
        .merge(trying::routes())
        .merge(device::deeds())
        .route("/events", get(events::stream))
        .route(app::paths::PALETTE, get(palette::fitting))
        .route("/runs/{name}/log", get(events::log))
        .layer(DefaultBodyLimit::max(1024 * 1024))
        .route_layer(middleware::from_fn_with_state(doors.clone(), auth::pages));
    let sessions =
        SessionManagerLayer::new(sessions::StoreSessions::new(doors.services.clone(), doors.sign_in.lifetimes))
            // the prefix binds the cookie to this host, and to TLS
            .with_name(if doors.secure { "__Host-midspan" } else { "midspan" })
            .with_secure(doors.secure)
            .with_http_only(true)
            .with_same_site(SameSite::Lax)
            // how long the browser keeps it; when it ends is said in the store
            .with_expiry(Expiry::OnInactivity(
                time::Duration::try_from(doors.sign_in.lifetimes.longest).unwrap_or(time::Duration::DAY),
            ));
    let mut signed_in = api
        .merge(pages)
        .merge(sign_in::routes())
        .merge(oidc::routes())
        .merge(backchannel::routes())
        .merge(device::routes())
        .fallback(pages::not_found);
    if doors.dev {
        // whoever comes by a name that is not this machine's is not sitting at it
        signed_in = signed_in
            .route("/dev/persona", post(dev::choose_persona))
            .layer(middleware::from_fn(dev::local_names_only));
    }
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(headers::host))
        .layer(middleware::from_fn_with_state(doors.clone(), headers::secure))
        .layer(CompressionLayer::new());
    signed_in
        .layer(sessions)
        .merge(open_doors())
        .layer(RequestBodyTimeoutLayer::new(Duration::from_secs(30)))
        .layer(layers)
        .with_state(doors)
        .into_make_service_with_connect_info()
}

/// What is reachable without signing in: health and assets, nothing that tells of anybody's objects.
fn open_doors() -> Router<Doors> {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/pkg/{*path}", get(assets::serve))
        .route("/metrics", get(|State(doors): State<Doors>| async move { doors.metrics.render() }))
}

/// Ready when the store can be read and written.
async fn ready(State(doors): State<Doors>) -> Response {
    match doors.services.store.answers().await {
        Ok(()) => "ok".into_response(),
        Err(error) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("the store does not answer: {}", error.message)).into_response()
        }
    }
}

fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::debug_span!("http", method = %request.method(), path = request.uri().path(), id)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer wants a function of this shape")]
fn panicked(cause: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let said = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    status::Refusal::from(domain::Error::internal(format!("a handler panicked: {said}"))).into_response()
}
