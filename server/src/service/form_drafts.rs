//! Forms on their way: one that is not filled in to its end, and what fields said that are hidden now.

use super::{Asker, Services, kinds::Served};
use domain::{
    Error, Result,
    caller::Verb,
    request::{Operation, Request, RequestPhase, RequestSpec, RequestStatus},
    run::ResourceRef,
};
use serde_json::{Map, Value};
use std::sync::Arc;
use store::Op;

/// On a draft: what stood in fields that were hidden when it was made, as JSON. It is not asked for, but the form shows it again.
const HIDDEN: &str = "midspan.dev/hidden-fields";

/// Larger than this nothing is remembered.
const MOST: usize = 16 * 1024;

impl Services {
    /// Keeps a form that is not filled in to its end. It can be gone on with; nothing is promised about what it holds so far.
    pub async fn draft_partly(
        &self,
        asker: &Asker,
        served: &Arc<Served>,
        namespace: &str,
        name: &str,
        spec: Value,
    ) -> Result<Request> {
        self.authorise(asker, Verb::Write, served, namespace)?;
        let promised = served.promised();
        let promise = promised.map(|promised| promised.offer.promise.name.clone()).unwrap_or_default();
        if self.store.by_name(&served.group, &served.kind, namespace, name).await?.is_some() {
            let message = format!("{} {name:?} is taken in namespace {namespace}; choose another name", served.kind);
            return Err(Error::new(domain::ErrorKind::AlreadyExists, message));
        }
        let mut object = self.wanted(served, namespace, name, spec, None)?;
        self.check_identity(served, namespace, &mut object)?;
        let ground = self.ground(served, namespace).await?;
        let spec = RequestSpec {
            operation: Operation::Create,
            promise,
            resource: ResourceRef::to(&object),
            input: object.spec,
            asked_by: asker.caller.name.clone(),
            source: asker.source.clone(),
            ..RequestSpec::default()
        };
        let mut request = Request::submitted(&self.ids.uid("req"), spec, self.now());
        request.status = RequestStatus { phase: RequestPhase::Draft, ..RequestStatus::default() };
        let object = request.to_object();
        let mut ops = vec![Op::Create(object.clone()), self.audit(asker, "draft", None, Some(&object))];
        ops.extend(ground);
        self.store.commit(ops).await?;
        Ok(request)
    }

    /// Remembers with a draft what stood in hidden fields: `shown` is the whole form without secrets.
    pub async fn remember_hidden(&self, request: &Request, shown: &Value) -> Result<()> {
        let text = match beyond(shown, &request.spec.input) {
            Some(extra) => extra.to_string(),
            None => return Ok(()),
        };
        if text.len() > MOST {
            return Ok(());
        }
        let mut request = request.clone();
        request.metadata.annotations.insert(HIDDEN.to_owned(), text);
        self.store.commit(vec![Op::Update(request.to_object())]).await?;
        Ok(())
    }
}

/// What a draft's form shows: what is asked for, and what its hidden fields said.
pub fn with_hidden(request: &Request) -> Value {
    let mut shown = request.spec.input.clone();
    let remembered = request.metadata.annotations.get(HIDDEN).and_then(|text| serde_json::from_str(text).ok());
    if let Some(remembered) = remembered {
        add(&mut shown, remembered);
    }
    shown
}

/// The fields of objects that one value has and the other has not.
fn beyond(whole: &Value, known: &Value) -> Option<Value> {
    let (Value::Object(whole), Value::Object(known)) = (whole, known) else { return None };
    let extra = whole.iter().filter_map(|(name, value)| match known.get(name) {
        None => Some((name.clone(), value.clone())),
        Some(known) => beyond(value, known).map(|extra| (name.clone(), extra)),
    });
    let extra: Map<String, Value> = extra.collect();
    (!extra.is_empty()).then_some(Value::Object(extra))
}

fn add(value: &mut Value, extra: Value) {
    let (Value::Object(value), Value::Object(extra)) = (value, extra) else { return };
    for (name, extra) in extra {
        match value.get_mut(&name) {
            Some(known) => add(known, extra),
            None => {
                value.insert(name, extra);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_beyond_comes_back_to_where_it_stood() {
        let whole = json!({"on": false, "schedule": "daily", "store": {"kind": "s3", "path": "/x"}, "list": [1]});
        let known = json!({"on": false, "store": {"kind": "s3"}, "list": []});
        let extra = beyond(&whole, &known).unwrap();
        assert_eq!(extra, json!({"schedule": "daily", "store": {"path": "/x"}}));
        let mut again = known;
        add(&mut again, extra);
        assert_eq!(again, json!({"on": false, "store": {"kind": "s3", "path": "/x"}, "list": [], "schedule": "daily"}));
    }
}
