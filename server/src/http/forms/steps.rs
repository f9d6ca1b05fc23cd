//! A form on several pages: each is judged by itself and kept as a draft, which the next one goes on from.

use super::{Form, NAMELESS, Posted, Response, correctable, sort_causes};
use app::{
    pages::form::{FormPage, Problem},
    paths::{self, ResourceKey},
};
use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Redirect},
};
use domain::{Cause, Result};
use forms::{
    Action, Decoded, apply_action,
    model::{self, Page},
};

/// Where in a form of several pages somebody is.
#[derive(Clone, Debug)]
pub struct Step {
    pub pages: Vec<Page>,
    pub index: usize,
    /// What the other pages gave.
    pub known: serde_json::Value,
}

impl Step {
    fn is_last(&self) -> bool {
        self.index + 1 == self.pages.len()
    }
}

impl Form<'_> {
    /// What this page says, beside what the others said.
    pub(super) fn whole(&self, mut decoded: Decoded) -> Decoded {
        if let Some(step) = &self.step {
            decoded.value = model::with_page(&step.pages, step.index, &step.known, &decoded.value);
        }
        decoded
    }

    /// The page as it is drawn: one step of it, unless something is wrong elsewhere.
    pub(super) fn at_step(&self, page: FormPage, causes: &[Cause]) -> FormPage {
        let Some(step) = &self.step else { return page };
        let here = |cause: &Cause| model::page_of(&step.pages, &cause.pointer) == step.index;
        if !causes.iter().all(here) || (!page.problems.is_empty() && step.index > 0) {
            return page;
        }
        crate::portal::on_step(page, &self.promised.schema, step.index, self.draft_name())
    }

    /// One page is done: judged by itself, kept, and on to the next.
    pub(super) async fn next(&self, key: &ResourceKey, posted: &Posted, step: &Step) -> Result<Response> {
        let schema = &self.promised.schema;
        // what hidden fields say stays in the draft
        let kept = self.whole(apply_action(schema, &posted.entries, None, &Action::Refresh)?);
        let mut causes = kept.causes.clone();
        if causes.is_empty() {
            causes = self.admitted(&self.submitted(&kept.value));
        }
        let mut causes = model::on_this_page(&step.pages, step.index, causes);
        let mut problems = Vec::new();
        if key.name.is_empty() {
            problems.push(Problem { field: "name".to_owned(), message: NAMELESS.to_owned() });
        }
        if causes.is_empty() && problems.is_empty() {
            if step.is_last() {
                let decoded = self.whole(forms::decode(schema, &posted.entries, None)?);
                return self
                    .plan(key, &Decoded { value: self.submitted(&decoded.value), ..decoded }, &kept.value)
                    .await;
            }
            let given = self.given(key, kept.value.clone());
            match self.doors.services.draft_partly(self.asker, &self.served, given).await {
                Ok(request) => {
                    self.portal.replace_drafts(&request, self.draft_name()).await?;
                    let number = (step.index + 2).to_string();
                    let query = [("draft", request.metadata.name.as_str()), ("step", number.as_str())];
                    let next = paths::with_query(&paths::new_request(&key.promise), &query);
                    return Ok(Redirect::to(&next).into_response());
                }
                Err(error) if correctable(error.kind) => {
                    let (told, beside) = sort_causes(Vec::new(), Some(&error));
                    causes.extend(told);
                    problems.extend(beside);
                }
                Err(error) => return Err(error),
            }
        }
        self.fields(key, &kept, &causes, problems, StatusCode::UNPROCESSABLE_ENTITY).await
    }
}
