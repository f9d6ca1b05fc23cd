//! The form as a document, to the text and back.

use super::{Form, Posted, Press, Response};
use crate::portal::as_code;
use app::{pages::form::EditedText, paths::ResourceKey};
use axum::http::StatusCode;
use domain::{Result, request::Request};
use forms::{Decoded, decode};

impl Form<'_> {
    /// What the fields say as a document to edit.
    pub(super) async fn to_text(&self, key: &ResourceKey, posted: &Posted) -> Result<Response> {
        let decoded = self.whole(decode(&self.promised.schema, &posted.entries, self.previous.as_ref())?);
        let (decoded, draft) = self.without_typed(key, decoded).await?;
        self.edited(key, &decoded, None, (StatusCode::OK, draft)).await
    }

    /// A document that was edited: back to the fields, or on to the plan. One that cannot be read stays as it was typed.
    pub(super) async fn to_fields(&self, key: &ResourceKey, posted: &Posted, text: &str) -> Result<Response> {
        let read = as_code::read(text, &self.served, &self.promised, self.previous.as_ref());
        let unreadable = |problem: String| EditedText { text: text.to_owned(), problem };
        let edited = match read {
            Ok(edited) => edited,
            Err(error) => {
                let refused = unreadable(::forms::labels::sentence(&error.message));
                return self
                    .edited(
                        key,
                        &Decoded::default(),
                        Some(refused),
                        (StatusCode::UNPROCESSABLE_ENTITY, self.from.clone()),
                    )
                    .await;
            }
        };
        let named = |given: String, known: &str| if given.is_empty() { known.to_owned() } else { given };
        let (namespace, name) = (named(edited.namespace, &key.namespace), named(edited.name, &key.name));
        let meant = ResourceKey { namespace, name, promise: key.promise.clone() };
        if self.previous.is_some() && (meant.namespace != key.namespace || meant.name != key.name) {
            let problem = format!("This form edits {} in {}; the document names another.", key.name, key.namespace);
            return self
                .edited(
                    key,
                    &Decoded::default(),
                    Some(unreadable(problem)),
                    (StatusCode::UNPROCESSABLE_ENTITY, self.from.clone()),
                )
                .await;
        }
        let decoded = Decoded { value: edited.spec, ..Decoded::default() };
        if posted.press == Press::ToFields {
            let known: Vec<domain::Cause> = self.admitted(&decoded.value);
            // what is still missing is told when the plan is asked for
            let wrong: Vec<domain::Cause> =
                known.into_iter().filter(|cause| cause.reason != "FieldValueRequired").collect();
            return self.fields(&meant, &decoded, &wrong, Vec::new(), StatusCode::OK).await;
        }
        self.plan(&meant, &decoded, &decoded.value).await
    }

    async fn edited(
        &self,
        key: &ResourceKey,
        decoded: &Decoded,
        text: Option<EditedText>,
        (status, draft): (StatusCode, Option<Request>),
    ) -> Result<Response> {
        let model = self.model(key, decoded, &[]).await?;
        let mut page = self
            .portal
            .form_page(key, self.version.clone(), model, Vec::new(), (&decoded.value, draft.as_ref()))
            .await?;
        let own = EditedText { text: page.code.yaml.clone(), problem: String::new() };
        page.text = Some(text.unwrap_or(own));
        self.shown(page, status).await
    }
}
