//! The request and edit forms: 303 to the plan, or 422 and the same page with everything that was typed.

use super::{Doors, pages};
use crate::{portal::ServerPortal, service::Asker};
use app::{
    pages::form::Problem,
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
use domain::{Error, ErrorKind, Result};
use forms::{Action, Decoded, Entry, Filled, FormModel, apply_action, decode};
use serde_json::Value;
use std::sync::Arc;

const NAMELESS: &str = "Give it a name";

pub fn routes() -> Router<Doors> {
    Router::new()
        .route("/catalog/{promise}/new", post(new_request))
        .route("/r/{namespace}/{promise}/{name}/edit", post(edit))
}

/// A posted resource form, read.
struct Posted {
    action: Option<Action>,
    namespace: String,
    name: String,
    /// The version of the resource the form was made from.
    version: String,
    entries: Vec<Entry>,
}

impl Posted {
    fn read(body: &[u8]) -> Self {
        let mut posted = Self {
            action: None,
            namespace: String::new(),
            name: String::new(),
            version: String::new(),
            entries: Vec::new(),
        };
        for (key, value) in form_pairs(body) {
            match key.as_str() {
                // the first button pressed counts; `plan` is no list action
                "_do" => posted.action = posted.action.or_else(|| Action::read(&value)),
                "namespace" => posted.namespace = value,
                "name" => posted.name = value.trim().to_owned(),
                "resourceVersion" => posted.version = value,
                _ => posted.entries.push((key, value)),
            }
        }
        posted
    }
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
    respond(&doors, &asker, take_form(&doors, &asker, &key, &posted, None, &uri).await).await
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
        Ok(stored) => take_form(&doors, &asker, &key, &posted, Some(stored.spec), &uri).await,
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
    let path = uri.path();
    let served = portal.offered(&key.promise)?;
    let promised = served.promised().cloned().ok_or_else(|| Error::not_found("promises.midspan.dev", &key.promise))?;
    let promised = if stored.is_some() { portal.found(key).await?.1 } else { promised };
    let previous = stored.as_ref();
    let editing = stored.is_some();
    let version = || editing.then(|| posted.version.clone());
    let model = |decoded: &Decoded, causes: &[domain::Cause]| {
        FormModel::build(
            &promised.schema,
            Filled { value: Some(&decoded.value), stored: previous, causes, texts: Some(&decoded.texts) },
        )
    };
    if let Some(action) = &posted.action {
        let shown = apply_action(&promised.schema, &posted.entries, previous, action)?;
        let page = portal.form_page(key, version(), model(&shown, &[]), Vec::new(), &shown.value).await?;
        return Ok(pages::refused(doors, asker, path, StatusCode::OK, Refused::Form(Arc::new(page))).await);
    }
    let decoded = decode(&promised.schema, &posted.entries, previous)?;
    let mut refusal = None;
    if decoded.causes.is_empty() {
        match doors
            .services
            .draft_from(
                asker,
                &served,
                &key.namespace,
                &key.name,
                decoded.value.clone(),
                editing.then_some(posted.version.as_str()),
            )
            .await
        {
            Ok(request) => {
                portal.replace_drafts(&request, &continued(uri)).await?;
                return Ok(Redirect::to(&paths::request(&request.metadata.name)).into_response());
            }
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::Invalid
                        | ErrorKind::Conflict
                        | ErrorKind::AlreadyExists
                        | ErrorKind::BadRequest
                        | ErrorKind::NotFound
                ) =>
            {
                refusal = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    let (mut spec_causes, mut problems) = sort_causes(decoded.causes.clone(), refusal.as_ref());
    if spec_causes.is_empty() {
        // a name that is refused must not hide what else is wrong
        spec_causes = ::forms::admission::admit(&promised.schema, &decoded.value, previous, "spec").verdict.causes;
    }
    if refusal.is_none() && key.name.is_empty() {
        problems.push(Problem { field: "name".to_owned(), message: NAMELESS.to_owned() });
    }
    let page = portal.form_page(key, version(), model(&decoded, &spec_causes), problems, &decoded.value).await?;
    Ok(pages::refused(doors, asker, path, StatusCode::UNPROCESSABLE_ENTITY, Refused::Form(Arc::new(page))).await)
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
