//! The Kubernetes-style API: one handler reads the address and calls a verb. It holds no rules.

use super::{
    actions, address::Address, body, discovery, drift, log, openapi, params::Params, status::Refusal, table, timeline,
    watch,
};
use crate::{
    http::Doors,
    service::{
        Asker,
        kinds::{Origin, Served},
        objects::{Dependents, Precondition, Written},
        patches::Change,
    },
};
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{FromRequest as _, Path, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Error, ErrorKind, Object};
use serde_json::{Value, json};
use std::sync::Arc;

/// `/api/{*path}`: the core group.
pub async fn core(State(doors): State<Doors>, Extension(asker): Extension<Asker>, request: Request) -> Response {
    let address = Address::parse(true, below("/api/", &request));
    Call::answer(doors, asker, address, request).await
}

/// `/apis/{*path}`: all other groups.
pub async fn groups(State(doors): State<Doors>, Extension(asker): Extension<Asker>, request: Request) -> Response {
    let path = below("/apis/", &request);
    let group = path.strip_suffix('/').unwrap_or(path);
    if request.method() == Method::GET && !group.contains('/') {
        return match discovery::group(&doors.services, group) {
            Some(group) => Json(group).into_response(),
            None => Refusal::from(no_such_address()).into_response(),
        };
    }
    let address = Address::parse(false, path);
    Call::answer(doors, asker, address, request).await
}

fn below<'a>(root: &str, request: &'a Request) -> &'a str {
    request.uri().path().strip_prefix(root).unwrap_or_default()
}

/// One request to the API.
struct Call {
    doors: Doors,
    asker: Asker,
    method: Method,
    query: Option<String>,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Call {
    async fn answer(doors: Doors, asker: Asker, address: Option<Address>, request: Request) -> Response {
        let Some(address) = address else { return Refusal::from(no_such_address()).into_response() };
        let answered = match Self::read(doors, asker, request).await {
            Ok(call) => call.dispatch(address).await,
            Err(error) => Err(error),
        };
        answered.unwrap_or_else(|error| Refusal::from(error).into_response())
    }

    async fn read(doors: Doors, asker: Asker, request: Request) -> domain::Result<Self> {
        let (method, headers) = (request.method().clone(), request.headers().clone());
        let query = request.uri().query().map(ToOwned::to_owned);
        let bytes = Bytes::from_request(request, &()).await.map_err(|refused| match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => body::too_large(),
            _ => Error::bad_request(format!("the body of the request cannot be read: {}", refused.body_text())),
        })?;
        Ok(Self { doors, asker, method, query, headers, bytes })
    }

    async fn dispatch(&self, address: Address) -> domain::Result<Response> {
        let services = &self.doors.services;
        if address.plural.is_empty() {
            return match discovery::resources(services, &address.group, &address.version) {
                Some(list) if self.method == Method::GET => Ok(Json(list).into_response()),
                Some(_) => Err(not_allowed()),
                None => Err(no_such_address()),
            };
        }
        let params = Params::read(self.query.as_deref())?;
        let served = services.served(&address.group, &address.version, &address.plural)?;
        if !served.namespaced && !address.namespace.is_empty() {
            return Err(no_such_address());
        }
        if matches!(served.origin, Origin::Events) {
            if self.method != Method::GET || !address.name.is_empty() || params.watching() {
                return Err(not_allowed());
            }
            return timeline::answer(&self.doors, &self.asker, &served, &address, &params, self.accept()).await;
        }
        match (self.method.as_str(), address.name.as_str(), address.subresource.as_str()) {
            ("GET", "", "")
                if params.watching() && matches!(served.origin, Origin::View | Origin::Token | Origin::User) =>
            {
                Err(not_allowed())
            }
            ("GET", "", "") if params.watching() => {
                watch::answer(&self.doors, &self.asker, served, &address, &params, self.accept()).await
            }
            ("GET", "", "") => self.list(&served, &address, &params).await,
            ("POST", "", "") => self.create(&served, &address, &params).await,
            (_, "", "") => Err(not_allowed()),
            ("GET", name, "" | "status") => {
                let object = services.get(&self.asker, &served, &address.namespace, name).await?;
                Ok(self.object(&served, &object, StatusCode::OK))
            }
            ("PUT", name, "") => {
                let value = body::object(&self.headers, &self.bytes)?;
                self.change(&served, &address, name, &Change::Replace(value), &params).await
            }
            ("PATCH", name, "") => {
                // clients patch kinds they know from elsewhere in a way of their own
                let strategic = served.group.is_empty();
                let change = body::patch(&self.headers, &self.bytes, strategic)?;
                self.change(&served, &address, name, &change, &params).await
            }
            ("DELETE", name, "") => self.delete(&served, &address, name, &params).await,
            ("GET", name, "log") if served.kind == "Run" => {
                log::answer(&self.doors, &self.asker, &served, &address.namespace, name, &params).await
            }
            ("POST", name, "check") if matches!(served.origin, Origin::Promise) => {
                let document = body::object(&self.headers, &self.bytes)?;
                let page = (params.limit.unwrap_or(500), params.after_cursor()?);
                Ok(Json(services.check(&self.asker, &served, name, document, page).await?).into_response())
            }
            ("GET" | "POST", name, "outputs") if served.promised().is_some() => {
                self.outputs(&served, &address.namespace, name).await
            }
            (_, name, "actions" | "extend") if served.promised().is_some() => {
                let call = actions::Call { services, asker: &self.asker, served: &served, address: &address, name };
                call.answer(&self.method, || self.input(), params.write_options()?.dry_run).await
            }
            _ if !address.item.is_empty() => Err(no_such_address()),
            ("GET", name, "tree") if served.promised().is_some() => {
                let tree = services.tree(&self.asker, &served, &address.namespace, name).await?;
                Ok(Json(json!({"kind": "Tree", "apiVersion": domain::object::API_VERSION, "root": tree}))
                    .into_response())
            }
            (_, name, "drift") if served.promised().is_some() => {
                drift::answer(services, &self.asker, &served, (&address.namespace, name), &self.method).await
            }
            ("GET", name, "placement") if served.promised().is_some() => {
                let choices = services.placement(&self.asker, &served, &address.namespace, name).await?;
                let metadata = json!({"name": name, "namespace": address.namespace});
                let kind = "PlacementChoices";
                Ok(Json(json!({"kind": kind, "apiVersion": domain::object::API_VERSION, "metadata": metadata, "choices": choices})).into_response())
            }
            ("POST", name, "reschedule") if served.promised().is_some() => {
                let of = (address.namespace.as_str(), name);
                let written = services.reschedule(&self.asker, &served, of, params.write_options()?).await?;
                Ok(self.written(&served, &written, StatusCode::ACCEPTED))
            }
            ("POST", name, "plan") => self.plan(&served, &address, name).await,
            (_, _, "" | "status" | "log" | "outputs" | "plan" | "tree" | "check" | "placement" | "reschedule") => {
                Err(not_allowed())
            }
            _ => Err(no_such_address()),
        }
    }

    async fn list(&self, served: &Arc<Served>, address: &Address, params: &Params) -> domain::Result<Response> {
        let query = params.query(served, &address.namespace)?;
        let page = self.doors.services.list(&self.asker, served, &query).await?;
        let mut metadata = json!({"resourceVersion": page.version.to_string()});
        if let Some(next) = page.next {
            metadata["continue"] = json!(next.to_string());
            if let Some(remaining) = page.remaining {
                metadata["remainingItemCount"] = json!(remaining);
            }
        }
        if table::wanted(self.accept()) {
            return Ok(Json(table::table(served, &page.objects, &metadata, self.doors.services.now())).into_response());
        }
        if table::only_metadata_wanted(self.accept()) {
            return Ok(Json(table::metadata_of(&page.objects, &metadata)).into_response());
        }
        let list = json!({"kind": format!("{}List", served.kind), "apiVersion": served.api_version(), "metadata": metadata, "items": page.objects});
        Ok(Json(list).into_response())
    }

    async fn create(&self, served: &Arc<Served>, address: &Address, params: &Params) -> domain::Result<Response> {
        let value = body::object(&self.headers, &self.bytes)?;
        let namespace = match (served.namespaced, address.namespace.as_str()) {
            (true, "") => return Err(not_allowed()),
            (_, namespace) => namespace,
        };
        let written =
            self.doors.services.create(&self.asker, served, namespace, value, params.write_options()?).await?;
        Ok(self.written(served, &written, StatusCode::CREATED))
    }

    async fn change(
        &self,
        served: &Arc<Served>,
        address: &Address,
        name: &str,
        change: &Change,
        params: &Params,
    ) -> domain::Result<Response> {
        let written = self
            .doors
            .services
            .change(&self.asker, served, &address.namespace, name, change, params.write_options()?)
            .await?;
        Ok(self.written(served, &written, StatusCode::OK))
    }

    async fn delete(
        &self,
        served: &Arc<Served>,
        address: &Address,
        name: &str,
        params: &Params,
    ) -> domain::Result<Response> {
        let options = if self.bytes.is_empty() { Value::Null } else { body::object(&self.headers, &self.bytes)? };
        let text = |pointer: &str| options.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
        let resource_version = match text("/preconditions/resourceVersion") {
            Some(version) => Some(
                version.parse().map_err(|_| Error::bad_request("preconditions.resourceVersion is not one of ours"))?,
            ),
            None => None,
        };
        let force =
            options.get("gracePeriodSeconds").and_then(Value::as_i64).or(params.grace_period_seconds) == Some(0);
        let precondition =
            Precondition { uid: text("/preconditions/uid"), resource_version, force, ..Precondition::default() };
        let mut write = params.write_options()?;
        let policy = text("/propagationPolicy").unwrap_or_else(|| params.propagation_policy.clone());
        if policy == "Foreground" {
            write.dependents = Dependents::TakeAlong;
        }
        write.dry_run |= options.pointer("/dryRun/0").is_some_and(|value| value == "All");
        let written =
            self.doors.services.delete(&self.asker, served, &address.namespace, name, &precondition, write).await?;
        if written.object.deleting() {
            return Ok(self.written(served, &written, StatusCode::OK));
        }
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": {"name": name, "group": served.group, "kind": served.plural, "uid": written.object.metadata.uid},
        });
        Ok(Json(status).into_response())
    }

    /// `POST …/{name}/plan`: what creating or changing the resource with this spec would place. Nothing is written.
    async fn plan(&self, served: &Arc<Served>, address: &Address, name: &str) -> domain::Result<Response> {
        let value = body::object(&self.headers, &self.bytes)?;
        let spec = value.get("spec").cloned().unwrap_or_default();
        let preview = self.doors.services.plan(&self.asker, served, &address.namespace, name, spec, None).await?;
        let files: Vec<Value> = preview
            .files
            .iter()
            .map(|file| json!({"path": file.path, "destination": file.destination, "before": file.before, "after": file.after}))
            .collect();
        Ok(Json(
            json!({"files": files, "notShown": preview.unseen, "waits": preview.waits, "refusal": preview.refusal, "nowhere": preview.nowhere, "choices": preview.choices}),
        )
        .into_response())
    }

    /// `GET …/{name}/outputs`: with marks for secrets; `POST`: with the secrets.
    async fn outputs(&self, served: &Served, namespace: &str, name: &str) -> domain::Result<Response> {
        let services = &self.doors.services;
        let outputs = match self.method {
            Method::POST => services.reveal(&self.asker, served, namespace, name).await?,
            _ => services.outputs(&self.asker, served, namespace, name).await?,
        };
        let body = json!({"kind": "Outputs", "apiVersion": domain::object::API_VERSION, "metadata": {"name": name, "namespace": namespace}, "outputs": outputs});
        Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
    }

    /// The body of a call that may do without one.
    fn input(&self) -> domain::Result<Value> {
        if self.bytes.is_empty() { Ok(json!({})) } else { body::object(&self.headers, &self.bytes) }
    }

    fn written(&self, served: &Served, written: &Written, code: StatusCode) -> Response {
        let mut response = self.object(served, &written.object, code);
        for warning in told(&written.warnings) {
            response.headers_mut().append(header::WARNING, warning);
        }
        response
    }

    fn object(&self, served: &Served, object: &Object, code: StatusCode) -> Response {
        if table::wanted(self.accept()) {
            let metadata = json!({"resourceVersion": object.metadata.resource_version.to_string()});
            return (
                code,
                Json(table::table(served, std::slice::from_ref(object), &metadata, self.doors.services.now())),
            )
                .into_response();
        }
        (code, Json(object)).into_response()
    }

    fn accept(&self) -> &str {
        self.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Warnings as headers: no more of them than clients take, each a legal value whatever a field is called.
fn told(warnings: &[String]) -> Vec<HeaderValue> {
    const MOST: usize = 20;
    const LONGEST: usize = 500;
    let more = warnings.len().saturating_sub(MOST);
    let rest = (more > 0).then(|| format!("and {more} more warnings"));
    let quoted = warnings.iter().take(MOST).chain(&rest).map(|warning| {
        let cut = if warning.chars().nth(LONGEST).is_some() { " …" } else { "" };
        let warning: String = warning.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let warning = warning + cut;
        format!("299 - \"{}\"", warning.replace('\\', "\\\\").replace('"', "\\\""))
    });
    quoted.filter_map(|text| HeaderValue::from_bytes(text.as_bytes()).ok()).collect()
}

/// `GET /openapi/v3`, and one document below it for each group and version.
pub async fn openapi(State(doors): State<Doors>, path: Option<Path<String>>) -> Response {
    let document = match path {
        None => Some(openapi::index(&doors.services)),
        Some(Path(path)) => openapi::document(&doors.services, &path),
    };
    document.map_or_else(|| Refusal::from(no_such_address()).into_response(), |document| Json(document).into_response())
}

pub fn no_such_address() -> Error {
    Error::new(ErrorKind::NotFound, "the server could not find the requested resource")
}

pub fn not_allowed() -> Error {
    Error::new(ErrorKind::MethodNotAllowed, "the server does not allow this method on the requested resource")
}
