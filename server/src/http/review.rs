//! `POST /apis/authentication.k8s.io/v1/selfsubjectreviews`: who the caller is to the server, which is all that `kubectl auth whoami` asks.

use super::{Doors, api, status::Refusal};
use crate::service::Asker;
use axum::{
    Extension, Json,
    extract::State,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The body of the question says nothing that matters: nobody can ask about another.
pub async fn answer(State(doors): State<Doors>, Extension(asker): Extension<Asker>, method: Method) -> Response {
    if method != Method::POST {
        return Refusal::from(api::not_allowed()).into_response();
    }
    let review = json!({
        "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"creationTimestamp": doors.services.now().to_second()},
        "status": {"userInfo": {"username": asker.caller.name, "groups": asker.caller.groups}},
    });
    (StatusCode::CREATED, Json(review)).into_response()
}
