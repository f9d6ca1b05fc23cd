//! The request and edit forms: 303 to the plan, or 422 and the same page with everything that was typed.

mod check;
mod posted;
mod save;
mod secrets;
mod steps;
mod text;

use super::{Doors, pages};
use crate::{
    portal::ServerPortal,
    service::{
        Asker,
        form_drafts::with_hidden,
        kinds::{Promised, Served},
    },
};
use app::{
    pages::form::{FormPage, Problem},
    paths::{self, ResourceKey},
    portal::Refused,
};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, Uri},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::{Error, ErrorKind, Result, request::Request};
use forms::{Action, Decoded, Filled, FormModel, apply_action, decode, model::Origins};
use posted::{Posted, Press};
use serde_json::Value;
use std::sync::Arc;
use steps::Step;

const NAMELESS: &str = "Give it a name";

pub fn routes() -> Router<Doors> {
    Router::new()
        .route("/catalog/{promise}/new", post(new_request))
        .route("/r/{namespace}/{promise}/{name}/edit", post(edit))
}

/// `POST /catalog/{promise}/new`
async fn new_request(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(promise): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let posted = Posted::read(&body);
    let key = ResourceKey::new(&posted.namespace, &promise, &posted.name);
    respond(&doors, &asker, Box::pin(take_form(&doors, &asker, &key, &posted, None, &uri)).await).await
}

/// `POST /r/…/edit`
async fn edit(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path((namespace, promise, name)): Path<(String, String, String)>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let posted = Posted::read(&body);
    let key = ResourceKey { namespace, promise, name };
    let portal = ServerPortal::new(doors.clone(), asker.clone());
    let answer = match portal.stored(&key).await {
        Ok(stored) => Box::pin(take_form(&doors, &asker, &key, &posted, Some(stored.spec), &uri)).await,
        Err(error) => Err(error),
    };
    respond(&doors, &asker, answer).await
}

/// Reads the form, does what its button asks, and either shows it again or keeps it as a draft and goes to its plan.
async fn take_form(
    doors: &Doors,
    asker: &Asker,
    key: &ResourceKey,
    posted: &Posted,
    stored: Option<Value>,
    uri: &Uri,
) -> Result<Response> {
    let portal = ServerPortal::new(doors.clone(), asker.clone());
    let served = portal.offered(&key.promise)?;
    let promised = served.promised().cloned().ok_or_else(|| Error::not_found("promises.midspan.dev", &key.promise))?;
    let promised = if stored.is_some() { portal.found(key).await?.1 } else { promised };
    let version = stored.is_some().then(|| posted.version.clone());
    let continued = Some(posted.draft.clone()).filter(|draft| !draft.is_empty()).unwrap_or_else(|| continued(uri));
    let from = match continued.as_str() {
        "" => None,
        // what was typed is not lost with its draft, unless there is more of it there
        draft => match portal.draft_of(draft).await {
            Ok((_, request)) => Some(request),
            Err(error) if posted.step.is_some() => return Err(error),
            Err(_) => None,
        },
    };
    let step = match (posted.step, &stored) {
        (Some(index), None) => {
            let pages = ::forms::model::pages(promised.schema.root());
            let known = from.as_ref().map_or(Value::Null, with_hidden);
            (index < pages.len()).then_some(Step { pages, index, known })
        }
        _ => None,
    };
    let form = Form { doors, asker, portal, promised, served, previous: stored, version, step, from, uri };
    if let Some(text) = &posted.text {
        return form.to_fields(key, posted, text).await;
    }
    match &posted.press {
        Press::List(action) => form.again(key, posted, action).await,
        Press::Check => form.check(key, posted).await,
        Press::Save => form.save(key, posted).await,
        Press::ToText => form.to_text(key, posted).await,
        Press::Plan | Press::ToFields => {
            if let Some(step) = &form.step {
                return form.next(key, posted, step).await;
            }
            let (schema, previous) = (&form.promised.schema, form.previous.as_ref());
            let decoded = decode(schema, &posted.entries, previous)?;
            let kept = apply_action(schema, &posted.entries, previous, &Action::Refresh)?;
            form.plan(key, &decoded, &kept.value).await
        }
    }
}

/// A form that came in, with what it is about.
struct Form<'a> {
    doors: &'a Doors,
    asker: &'a Asker,
    portal: ServerPortal,
    served: Arc<Served>,
    promised: Arc<Promised>,
    /// The stored spec of an edit.
    previous: Option<Value>,
    version: Option<String>,
    /// Which page of a form that has several.
    step: Option<Step>,
    /// The draft it goes on from.
    from: Option<Request>,
    uri: &'a Uri,
}

impl Form<'_> {
    /// The form once more, after one of its own buttons.
    async fn again(&self, key: &ResourceKey, posted: &Posted, action: &Action) -> Result<Response> {
        let shown = self.whole(apply_action(&self.promised.schema, &posted.entries, self.previous.as_ref(), action)?);
        self.fields(key, &shown, &[], Vec::new(), StatusCode::OK).await
    }

    /// What is given now, kept as a draft; or the form with what is wrong. `kept` holds what hidden fields say as well.
    async fn plan(&self, key: &ResourceKey, decoded: &Decoded, kept: &Value) -> Result<Response> {
        let mut refusal = None;
        let model = self.model(key, decoded, &[]).await?;
        let unoffered = unoffered(&model);
        if decoded.causes.is_empty() && unoffered.is_empty() {
            let services = &self.doors.services;
            let given = self.given(key, decoded.value.clone());
            match services.draft_from(self.asker, &self.served, given).await {
                Ok(request) => {
                    let shown = crate::portal::without_secrets(&self.promised.schema, kept);
                    services.remember_hidden(&request, &shown).await?;
                    self.portal.replace_drafts(&request, self.draft_name()).await?;
                    return Ok(Redirect::to(&paths::request(&request.metadata.name)).into_response());
                }
                Err(error) if correctable(error.kind) => refusal = Some(error),
                Err(error) => return Err(error),
            }
        }
        let (mut causes, mut problems) = sort_causes(decoded.causes.clone(), refusal.as_ref());
        if causes.is_empty() {
            // a name that is refused must not hide what else is wrong
            causes = self.admitted(&decoded.value);
        }
        causes.extend(unoffered);
        if refusal.is_none() && key.name.is_empty() {
            problems.push(Problem { field: "name".to_owned(), message: NAMELESS.to_owned() });
        }
        self.fields(key, decoded, &causes, problems, StatusCode::UNPROCESSABLE_ENTITY).await
    }

    /// The fields with these values and errors.
    async fn fields(
        &self,
        key: &ResourceKey,
        decoded: &Decoded,
        causes: &[domain::Cause],
        problems: Vec<Problem>,
        status: StatusCode,
    ) -> Result<Response> {
        let (decoded, draft) = self.without_typed(key, decoded.clone()).await?;
        let model = self.model(key, &decoded, causes).await?;
        let spec = self.submitted(&decoded.value);
        let page = self.portal.form_page(key, self.version.clone(), model, problems, (&spec, draft.as_ref())).await?;
        self.shown(self.at_step(page, causes), status).await
    }

    async fn shown(&self, page: FormPage, status: StatusCode) -> Result<Response> {
        Ok(pages::refused(self.doors, self.asker, self.uri.path(), status, Refused::Form(Arc::new(page))).await)
    }

    async fn model(&self, key: &ResourceKey, decoded: &Decoded, causes: &[domain::Cause]) -> Result<FormModel> {
        let stored = self.previous.as_ref();
        let texts = Some(&decoded.texts);
        let origins = match stored {
            None => self.portal.beginning(&self.promised, key).await?.1,
            Some(_) => Origins::new(),
        };
        let origins = Some(&origins);
        let filled = Filled { value: Some(&decoded.value), stored, causes, texts, origins, ..Filled::default() };
        self.portal.model_in(&self.promised.schema, &key.namespace, filled).await
    }

    /// What would be asked for: without what stands in hidden fields.
    fn submitted(&self, value: &Value) -> Value {
        ::forms::entries::without_hidden(&self.promised.schema, value, self.previous.as_ref())
    }

    fn admitted(&self, value: &Value) -> Vec<domain::Cause> {
        ::forms::admission::admit(&self.promised.schema, value, self.previous.as_ref(), "spec").verdict.causes
    }
}

/// Something the person can put right in the form.
fn correctable(kind: ErrorKind) -> bool {
    use ErrorKind::{AlreadyExists, BadRequest, Conflict, Invalid, NotFound};
    matches!(kind, Invalid | Conflict | AlreadyExists | BadRequest | NotFound)
}

/// Fields that say something which is not among what the person may choose.
fn unoffered(model: &FormModel) -> Vec<domain::Cause> {
    let cause = |field: &&::forms::Field| domain::Cause {
        reason: "FieldValueNotSupported".to_owned(),
        message: format!("Unsupported value: {:?}: not among those you may use", field.text),
        field: String::new(),
        pointer: field.pointer.clone(),
        human: "This is not among those you may use. Choose another.".to_owned(),
    };
    model.fields().iter().filter(|field| field.unoffered && field.shown != Some(false)).map(cause).collect()
}

/// The form's own errors stand at its fields; those of the name and of the whole stand beside it.
fn sort_causes(mut of_spec: Vec<domain::Cause>, refusal: Option<&Error>) -> (Vec<domain::Cause>, Vec<Problem>) {
    let mut problems = Vec::new();
    let Some(error) = refusal else { return (of_spec, problems) };
    for cause in &error.causes {
        match cause.field.as_str() {
            "metadata.name" => problems.push(Problem { field: "name".to_owned(), message: name_problem(cause) }),
            // said to API clients only: some rules wait until the other errors are gone
            "<nil>" => {}
            field if field == "spec" || field.starts_with("spec.") || field.starts_with("spec[") => {
                of_spec.push(cause.clone());
            }
            _ => problems.push(Problem { field: String::new(), message: cause.message.clone() }),
        }
    }
    if error.causes.is_empty() {
        let field = if matches!(error.kind, ErrorKind::AlreadyExists) { "name" } else { "" };
        problems.push(Problem { field: field.to_owned(), message: error.message.clone() });
    }
    (of_spec, problems)
}

/// `?draft=req-…`: the draft this form went on from.
fn continued(uri: &Uri) -> String {
    let pairs = form_pairs(uri.query().unwrap_or_default().as_bytes());
    let mut drafts = pairs.filter(|(name, _)| name == "draft").map(|(_, value)| value);
    drafts.next().unwrap_or_default()
}

fn name_problem(cause: &domain::Cause) -> String {
    if cause.reason == "FieldValueRequired" {
        NAMELESS.to_owned()
    } else {
        "Use lower-case letters, digits and dashes; begin and end with a letter or digit".to_owned()
    }
}

pub(super) async fn respond(doors: &Doors, asker: &Asker, answer: Result<Response>) -> Response {
    match answer {
        Ok(response) => response,
        Err(error) => pages::problem(doors, Some(asker), &error).await,
    }
}

/// The pairs of an `application/x-www-form-urlencoded` body, in order.
pub(super) fn form_pairs(body: &[u8]) -> impl Iterator<Item = (String, String)> + '_ {
    form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), value.into_owned()))
}
