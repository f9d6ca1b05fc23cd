//! `…/{name}/actions` and `…/{name}/extend`: what may be asked of a living resource beside a change.

use super::{
    address::Address,
    api::{no_such_address, not_allowed},
};
use crate::service::{Asker, Services, actions::Offered, kinds::Served};
use axum::{
    Json,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{Error, Result, object::API_VERSION, workflow::GoDuration};
use serde_json::{Value, json};

/// One call on a resource.
pub struct Call<'a> {
    pub services: &'a Services,
    pub asker: &'a Asker,
    pub served: &'a Served,
    pub address: &'a Address,
    pub name: &'a str,
}

impl Call<'_> {
    pub async fn answer(
        &self,
        method: &Method,
        body: impl FnOnce() -> Result<Value>,
        dry_run: bool,
    ) -> Result<Response> {
        let Address { namespace, subresource, item, .. } = self.address;
        let of = (namespace.as_str(), self.name);
        match (method.as_str(), subresource.as_str(), item.as_str()) {
            ("GET", "actions", "") => {
                let offered = self.services.actions(self.asker, self.served, of.0, of.1).await?;
                let items: Vec<Value> = offered.iter().map(told).collect();
                let metadata = json!({"name": self.name, "namespace": namespace});
                Ok(Json(json!({"kind": "ActionList", "apiVersion": API_VERSION, "metadata": metadata, "items": items}))
                    .into_response())
            }
            ("POST", "actions", action) if !action.is_empty() => {
                let request = self.services.act(self.asker, self.served, of, action, body()?, dry_run).await?;
                Ok((StatusCode::CREATED, Json(request.to_object())).into_response())
            }
            ("POST", "extend", "") => {
                let by =
                    match body()?.get("by") {
                        None | Some(Value::Null) => None,
                        Some(by) => Some(by.as_str().and_then(GoDuration::parse).ok_or_else(|| {
                            Error::bad_request(format!("by: {by} is not a duration such as \"24h\""))
                        })?),
                    };
                let by = by.map(|by| by.0);
                let request = self.services.extend(self.asker, self.served, of, by, dry_run).await?;
                Ok((StatusCode::CREATED, Json(request.to_object())).into_response())
            }
            (_, "actions", _) | (_, "extend", "") => Err(not_allowed()),
            _ => Err(no_such_address()),
        }
    }
}

fn told(offered: &Offered) -> Value {
    let action = &offered.action;
    let mut told = json!({
        "name": offered.name, "title": action.title(&offered.name), "description": action.description,
        "confirm": action.confirm, "concurrency": action.concurrency, "available": offered.refusal.is_none(),
    });
    let optional = [
        ("icon", json!(action.icon)),
        ("schema", action.schema.clone()),
        ("whyNot", json!(offered.refusal)),
        ("roles", json!(action.roles)),
    ];
    for (key, value) in optional {
        let empty = value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            told[key] = value;
        }
    }
    told
}
