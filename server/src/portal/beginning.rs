//! What a new form begins with before anybody typed: the namespace's own defaults, and what somebody asked to have remembered.

use super::{ServerPortal, secrets};
use crate::service::kinds::Promised;
use app::paths::ResourceKey;
use domain::{
    Object, Result, Typed, document,
    facets::REQUESTED_BY,
    object::GROUP,
    request::{Operation, RequestKind},
    selector::{Requirement, Selector},
};
use forms::{
    model::{Origin, Origins},
    pointer::join,
    schema::Schema,
};
use serde_json::{Map, Value, json};
use store::{Query, Sort};

/// On a namespace: `defaults.midspan.dev/postgresql: '{"size": "small"}'`, as YAML or JSON.
const DEFAULTS: &str = "defaults.midspan.dev/";
/// For every promise that has such fields.
const OF_ALL: &str = "all";

impl ServerPortal {
    /// The values a new form begins with, and where each comes from.
    pub async fn beginning(&self, promised: &Promised, key: &ResourceKey) -> Result<(Value, Origins)> {
        let schema = &promised.schema;
        let (mut spec, mut origins) = (json!({}), Origins::new());
        if let Some(namespace) = self.doors.services.store.by_name("", "Namespace", "", &key.namespace).await? {
            for of in [OF_ALL, key.promise.as_str()] {
                let given = secrets::without(schema, &known_to(schema, of_namespace(&namespace, of)));
                add(&mut spec, &given, &format!("Default of {}", key.namespace), &mut origins);
            }
        }
        if let Some(last) = self.last_asked(&key.promise).await? {
            let remembered = remembered(schema, &secrets::without(schema, &last));
            add(&mut spec, &remembered, "As you had it last", &mut origins);
        }
        Ok((spec, origins))
    }

    /// What the caller asked for last of this promise, where some field is to be remembered.
    async fn last_asked(&self, promise: &str) -> Result<Option<Value>> {
        let (_, promised) = self.offer(promise)?;
        if !promised.schema.nodes().iter().any(|node| node.hints.flag("remember")) {
            return Ok(None);
        }
        let is = |key: &str, value: &str| Requirement::In(key.to_owned(), vec![value.to_owned()]);
        let by = domain::name::to_value(&self.asker.caller.name);
        let labels = vec![
            is(REQUESTED_BY, &by),
            is("midspan.dev/promise", promise),
            is(domain::request::OPERATION_LABEL, Operation::Create.as_str()),
        ];
        let phases = ["Submitted", "Running", "Succeeded", "Failed", "Superseded"].map(str::to_owned).to_vec();
        let query = Query {
            phases,
            labels: Selector { requirements: labels },
            sort: Sort::Version,
            descending: true,
            limit: 1,
            ..Query::of_kind(GROUP, "Request")
        };
        let found = self.doors.services.store.list(&query).await?.objects.pop();
        Ok(found.map(Typed::<RequestKind>::parse).transpose()?.map(|request| request.spec.input))
    }
}

/// What a namespace says of a promise. What cannot be read is passed over: whoever fills in a form cannot mend it.
fn of_namespace(namespace: &Object, promise: &str) -> Value {
    let said = namespace.metadata.annotations.get(&format!("{DEFAULTS}{promise}"));
    said.and_then(|text| document::parse_one(text, "line").ok()).filter(Value::is_object).unwrap_or_else(|| json!({}))
}

/// Without what the schema does not know.
fn known_to(schema: &Schema, mut value: Value) -> Value {
    forms::admission::prune(schema, &mut value, "");
    value
}

/// The fields of a spec that the promise wants remembered.
fn remembered(schema: &Schema, spec: &Value) -> Value {
    let Value::Object(object) = spec else { return json!({}) };
    let kept = object
        .iter()
        .filter(|(name, _)| schema.root().declared(name).is_some_and(|id| schema.node(id).hints.flag("remember")));
    Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Lays values over others, and notes where each single one comes from.
fn add(spec: &mut Value, given: &Value, says: &str, origins: &mut Origins) {
    json_patch::merge(spec, given);
    note(given, "", says, origins);
}

fn note(given: &Value, at: &str, says: &str, origins: &mut Origins) {
    match given {
        Value::Object(object) if !object.is_empty() => inner(object, at, says, origins),
        Value::Object(_) | Value::Null => {}
        value => _ = origins.insert(at.to_owned(), Origin { value: value.clone(), says: says.to_owned() }),
    }
}

fn inner(object: &Map<String, Value>, at: &str, says: &str, origins: &mut Origins) {
    for (name, value) in object {
        note(value, &join(at, name), says, origins);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_over_counts_and_each_value_says_where_it_comes_from() {
        let (mut spec, mut origins) = (json!({}), Origins::new());
        add(&mut spec, &json!({"size": "small", "backups": {"enabled": true}}), "Default of payments", &mut origins);
        add(&mut spec, &json!({"size": "large"}), "As you had it last", &mut origins);
        assert_eq!(spec, json!({"size": "large", "backups": {"enabled": true}}));
        let told: Vec<String> = origins.iter().map(|(at, origin)| format!("{at}: {}", origin.says)).collect();
        assert_eq!(told, ["/backups/enabled: Default of payments", "/size: As you had it last"]);
    }

    #[test]
    fn only_what_the_promise_wants_remembered_is() {
        let schema = json!({"type": "object", "properties": {"team": {"type": "string", "x-ui": {"remember": true}}, "size": {"type": "string"}}});
        let schema = Schema::parse(&schema).unwrap();
        assert_eq!(remembered(&schema, &json!({"team": "a", "size": "b"})), json!({"team": "a"}));
    }
}
