//! The time line as Kubernetes events, so that `kubectl describe` and `kubectl get events` show what happened.

use super::{address::Address, params::Params, table};
use crate::{
    http::Doors,
    service::{Asker, kinds::Served},
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::{Object, Result, caller::Verb};
use serde_json::json;
use store::StoredEvent;

pub async fn answer(
    doors: &Doors,
    asker: &Asker,
    served: &Served,
    address: &Address,
    params: &Params,
    accept: &str,
) -> Result<Response> {
    const NEWEST: i64 = 200;
    doors.services.authorise(asker, Verb::List, served, &address.namespace)?;
    let fields = selected_fields(&params.field_selector);
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let store = &doors.services.store;
    let found = match field("involvedObject.uid") {
        Some(uid) => store.events(uid, None, NEWEST).await?,
        None if address.namespace.is_empty() => store.recent_events(None, None, NEWEST).await?,
        None => store.recent_events(Some(&address.namespace), None, NEWEST).await?,
    };
    let fits = |event: &&StoredEvent| {
        let is = |name: &str, value: &str| field(name).is_none_or(|wanted| wanted == value);
        let here = address.namespace.is_empty() || event.event.namespace == address.namespace;
        here && is("involvedObject.name", event.event.text("name"))
            && is("involvedObject.kind", event.event.text("kind"))
            && is("reason", &event.event.reason)
    };
    let objects: Vec<Object> =
        found.iter().filter(fits).filter_map(|event| Object::from_value(told(event)).ok()).collect();
    let metadata = json!({"resourceVersion": store.version().await?.to_string()});
    if table::wanted(accept) {
        return Ok(Json(table::table(served, &objects, &metadata, doors.services.now())).into_response());
    }
    Ok(Json(json!({"kind": "EventList", "apiVersion": "v1", "metadata": metadata, "items": objects})).into_response())
}

fn told(stored: &StoredEvent) -> serde_json::Value {
    let event = &stored.event;
    let at = event.at.to_second();
    json!({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"name": format!("{}.{}", event.text("name"), stored.seq), "namespace": event.namespace, "creationTimestamp": at, "uid": format!("event_{}", stored.seq)},
        "involvedObject": {"apiVersion": event.text("apiVersion"), "kind": event.text("kind"), "namespace": event.namespace, "name": event.text("name"), "uid": event.subject},
        "reason": event.reason, "message": event.message, "type": event.text("level"), "count": 1,
        "firstTimestamp": at, "lastTimestamp": at,
        "source": {"component": if event.actor.is_empty() { "midspan" } else { event.actor.as_str() }}, "reportingComponent": "midspan", "reportingInstance": "",
    })
}

fn selected_fields(selector: &str) -> Vec<(String, String)> {
    let pairs = selector.split(',').filter_map(|part| part.split_once("==").or_else(|| part.split_once('=')));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
