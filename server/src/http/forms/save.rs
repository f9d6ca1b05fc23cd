//! A form that is kept while somebody fills it in: what a script asks for a moment after the last key.

use super::{Form, Posted, Response};
use app::paths::{self, ResourceKey};
use axum::{Json, response::IntoResponse as _};
use domain::{Result, request::DRAFT_KEPT};
use forms::{Action, apply_action};
use serde_json::json;

impl Form<'_> {
    /// `{draft, href, until}`: the draft, the address by which anybody who may can go on with it, and how long it is kept. `{}` where it is not kept.
    pub(super) async fn save(&self, key: &ResourceKey, posted: &Posted) -> Result<Response> {
        let (schema, previous) = (&self.promised.schema, self.previous.as_ref());
        let kept = self.whole(apply_action(schema, &posted.entries, previous, &Action::Refresh)?);
        let Some(request) = self.keep_partly(key, &kept.value).await else {
            return Ok(Json(json!({})).into_response());
        };
        let name = &request.metadata.name;
        let until = request.metadata.creation_timestamp.map(|made| (made + DRAFT_KEPT).to_string());
        let href = match (&self.previous, posted.step) {
            (Some(_), _) => paths::with_query(&key.tab("edit"), &[("draft", name)]),
            (None, None) => paths::with_query(&paths::new_request(&key.promise), &[("draft", name)]),
            (None, Some(step)) => {
                let step = (step + 1).to_string();
                paths::with_query(&paths::new_request(&key.promise), &[("draft", name), ("step", &step)])
            }
        };
        Ok(Json(json!({"draft": name, "href": href, "until": until})).into_response())
    }
}
