//! Secrets that were typed into a form are sealed in a draft before the form is shown again: no page gives them back.

use super::Form;
use crate::service::form_drafts::Given;
use app::paths::ResourceKey;
use domain::{Result, request::Request, stand_in::stands_in};
use forms::{Decoded, secrets::secret_places};
use serde_json::Value;

impl Form<'_> {
    /// The draft the form goes on from; empty where there is none.
    pub(super) fn draft_name(&self) -> &str {
        self.from.as_ref().map_or("", |from| from.metadata.name.as_str())
    }

    /// The form as something to be kept.
    pub(super) fn given<'f>(&'f self, key: &'f ResourceKey, spec: Value) -> Given<'f> {
        Given {
            namespace: &key.namespace,
            name: &key.name,
            spec,
            editing: self.version.as_deref(),
            from: self.from.as_ref(),
        }
    }

    /// What was given, with marks in the places of secrets, and the draft that keeps these. Where none can be kept they have to be typed again.
    pub(super) async fn without_typed(
        &self,
        key: &ResourceKey,
        decoded: Decoded,
    ) -> Result<(Decoded, Option<Request>)> {
        let schema = &self.promised.schema;
        let is_typed = |at: &String| decoded.value.pointer(at).is_some_and(|value| !stands_in(value));
        if !secret_places(schema, &decoded.value).iter().any(is_typed) {
            return Ok((decoded, self.from.clone()));
        }
        if let Some(request) = self.keep_partly(key, &decoded.value).await {
            return Ok((Decoded { value: request.spec.input.clone(), ..decoded }, Some(request)));
        }
        let value = crate::portal::without_secrets(schema, &decoded.value);
        Ok((Decoded { value, ..decoded }, self.from.clone()))
    }

    /// Keeps the form as far as it is filled in, without its name where that is taken or no name at all.
    pub(super) async fn keep_partly(&self, key: &ResourceKey, value: &Value) -> Option<Request> {
        let services = &self.doors.services;
        let mut kept = services.draft_partly(self.asker, &self.served, self.given(key, value.clone())).await;
        if kept.is_err() && self.version.is_none() {
            let nameless = Given { name: "", ..self.given(key, value.clone()) };
            kept = services.draft_partly(self.asker, &self.served, nameless).await;
        }
        kept.inspect_err(|error| tracing::debug!(message = error.message, "a form is not kept")).ok()
    }
}
