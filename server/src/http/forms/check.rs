//! What a script asks while somebody types: what is wrong, what has changed, and the form as code. Nothing is kept.

use super::{Form, Posted, Response, unoffered};
use app::{pages::form_code, parts::field::patch, paths::ResourceKey};
use axum::{Json, response::IntoResponse};
use domain::Result;
use forms::{apply_action, entries};
use leptos::prelude::{IntoView as _, Owner, RenderHtml as _, view};
use serde_json::json;

impl Form<'_> {
    /// `{errors: [{id, label, message}], patch}`: every error, and the pieces of the page that a script exchanges. Errors in the patch are
    /// those of fields somebody has been in.
    pub(super) async fn check(&self, key: &ResourceKey, posted: &Posted) -> Result<Response> {
        let (schema, previous) = (&self.promised.schema, self.previous.as_ref());
        let given = self.whole(apply_action(schema, &posted.entries, previous, &::forms::Action::Refresh)?);
        let spec = entries::without_hidden(schema, &given.value, previous);
        let mut causes = given.causes.clone();
        if causes.is_empty() {
            causes = self.admitted(&spec);
        }
        causes.extend(unoffered(&self.model(key, &given, &[]).await?));
        if let Some(step) = &self.step {
            causes = ::forms::model::on_this_page(&step.pages, step.index, causes);
        }
        let model = self.model(key, &given, &causes).await?;
        let page =
            self.portal.form_page(key, self.version.clone(), model, Vec::new(), (&spec, self.from.as_ref())).await?;
        let page = self.at_step(page, &causes);
        let errors: Vec<_> = page
            .form
            .errors
            .iter()
            .map(|error| json!({"id": error.id, "pointer": error.pointer, "label": error.label, "message": error.message}))
            .collect();
        let pieces = Owner::new().with(|| {
            let (fields, code) = (patch(&page.form, &posted.touched), form_code::code(&page.code));
            view! { {fields} {code} }.into_view().to_html()
        });
        Ok(Json(json!({"errors": errors, "patch": pieces})).into_response())
    }
}
