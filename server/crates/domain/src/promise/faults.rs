//! What is wrong with a promise as a whole, beyond the shape of its fields: names that no API server would serve, pipelines without sense.

use super::{Api, KRATIX_GROUP, PromiseSpec, containers, health};
use crate::{
    drift::{self, DriftPolicy},
    error::Cause,
    expiry::Expiry,
    name,
    object::{self, pointer_of},
    workflow::{Action, Pipeline, StepKind},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The longest name of an object: a CRD is called `plural.group`.
const LONGEST: usize = 253;

/// All that is wrong, each at its field in a document of this group.
pub(super) fn of(spec: &PromiseSpec, group: &str) -> Vec<Cause> {
    let mut faults = Faults { kratix: group == KRATIX_GROUP, causes: Vec::new() };
    if let Some(api) = &spec.api {
        faults.api(api);
    }
    faults.dependencies(&spec.dependencies);
    let (resource, promise) = (&spec.workflows.resource, &spec.workflows.promise);
    faults.pipelines("spec.workflows.resource.configure", &resource.configure);
    faults.pipelines("spec.workflows.resource.delete", &resource.delete);
    faults.pipelines("spec.workflows.promise.configure", &promise.configure);
    faults.pipelines("spec.workflows.promise.delete", &promise.delete);
    faults.actions(&resource.actions);
    faults.expiry(spec.expiry.as_ref());
    health::check(&mut faults, spec.health.as_ref());
    faults.drift(spec.drift.as_ref());
    faults.scheduling(&spec.placement, &spec.destination_selectors);
    faults.childless("spec.workflows.promise.configure", &promise.configure);
    faults.childless("spec.workflows.promise.delete", &promise.delete);
    faults.causes
}

pub(super) struct Faults {
    /// The API is a CRD there: its names stand elsewhere.
    pub kratix: bool,
    causes: Vec<Cause>,
}

impl Faults {
    pub fn wrong(&mut self, field: &str, message: String) {
        let (field, pointer) = (field.to_owned(), pointer_of(field));
        self.causes.push(Cause { reason: "FieldValueInvalid".into(), message, field, pointer, human: String::new() });
    }

    fn api(&mut self, api: &Api) {
        let [group, version, names, schema] = if self.kratix {
            ["spec.api.spec.group", "spec.api.spec.versions", "spec.api.spec.names.", "spec.api.spec.versions"]
        } else {
            ["spec.api.group", "spec.api.version", "spec.api.", "spec.api.schema"]
        };
        if !name::is_subdomain(&api.group) || !api.group.contains('.') {
            self.wrong(group, format!("{:?} is not a group such as data.example.com", api.group));
        } else if api.group == object::GROUP || api.group.ends_with(".midspan.dev") {
            self.wrong(group, format!("{:?} belongs to Midspan itself", api.group));
        } else if api.group == KRATIX_GROUP {
            self.wrong(group, format!("{:?} belongs to Kratix's own documents", api.group));
        } else if api.plural.len() + 1 + api.group.len() > LONGEST {
            self.wrong(group, format!("plural and group together have more than {} characters", LONGEST - 1));
        }
        if !name::is_word(&api.version) {
            self.wrong(version, format!("{:?} is not a version such as v1{WORD}", api.version));
        }
        if !api.kind.starts_with(|c: char| c.is_ascii_alphabetic()) || !name::is_word(&api.kind.to_ascii_lowercase()) {
            self.wrong(
                &format!("{names}kind"),
                format!(
                    "{:?} is not a kind such as Postgresql: a letter, then at most 62 letters and digits",
                    api.kind
                ),
            );
        }
        for (field, word, like) in [("plural", &api.plural, "postgresqls"), ("singular", &api.singular, "postgresql")] {
            if !name::is_word(word) {
                self.wrong(&format!("{names}{field}"), format!("{word:?} is not a {field} such as {like}{WORD}"));
            }
        }
        for (at, short) in api.short_names.iter().enumerate() {
            let field = format!("{names}shortNames[{at}]");
            if !name::is_word(short) {
                self.wrong(&field, format!("{short:?} is not a short name such as pg{WORD}"));
            }
        }
        if !api.schema.is_null() && !api.schema.is_object() {
            self.wrong(schema, "the schema must be an object".into());
        }
    }

    fn dependencies(&mut self, dependencies: &[Value]) {
        for (at, object) in dependencies.iter().enumerate().filter(|(_, object)| !object.is_object()) {
            let what = object::type_name(object);
            self.wrong(
                &format!("spec.dependencies[{at}]"),
                format!("must be an object such as a Namespace, not {what}"),
            );
        }
    }

    fn pipelines(&mut self, field: &str, pipelines: &[Pipeline]) {
        let mut seen = BTreeSet::new();
        for (at, pipeline) in pipelines.iter().enumerate() {
            let (field, name) = (format!("{field}[{at}]"), &pipeline.name);
            if !name::is_label(name) {
                self.wrong(
                    &format!("{field}.name"),
                    format!("pipeline name {name:?} must be lower-case letters, digits and dashes"),
                );
            }
            if !seen.insert(name) {
                self.wrong(&format!("{field}.name"), format!("two pipelines are named {name:?}"));
            }
            if pipeline.steps.is_empty() {
                self.wrong(&format!("{field}.steps"), format!("pipeline {name:?} has no steps"));
            }
            self.steps(&field, pipeline);
            containers::check(self, &field, pipeline);
        }
    }

    fn actions(&mut self, actions: &BTreeMap<String, Action>) {
        const TAKEN: [&str; 3] = ["configure", "delete", "extend"];
        for (name, action) in actions {
            let field = format!("spec.workflows.resource.actions.{name}");
            if !name::is_label(name) {
                self.wrong(&field, format!("action name {name:?} must be lower-case letters, digits and dashes"));
            }
            if TAKEN.contains(&name.as_str()) {
                self.wrong(&field, format!("{name:?} is a word of Midspan's own; give the action another name"));
            }
            if action.pipelines.is_empty() {
                self.wrong(&format!("{field}.pipelines"), format!("action {name:?} has no pipelines"));
            }
            if !action.schema.is_null() && !action.schema.is_object() {
                self.wrong(&format!("{field}.schema"), "the schema must be an object".into());
            }
            self.pipelines(&format!("{field}.pipelines"), &action.pipelines);
        }
    }

    fn expiry(&mut self, expiry: Option<&Expiry>) {
        let Some(Expiry { default, max, warn, extend }) = expiry else { return };
        let spans = [("default", default), ("max", max), ("extend", extend)];
        for (field, _) in spans.into_iter().filter(|(_, span)| span.is_some_and(|span| span.0.is_zero())) {
            self.wrong(&format!("spec.expiry.{field}"), "must be longer than nothing".into());
        }
        if default.zip(*max).is_some_and(|(default, max)| default > max) {
            self.wrong("spec.expiry.default", "is longer than spec.expiry.max".into());
        }
        for (at, _) in warn.iter().enumerate().filter(|(_, span)| span.0.is_zero()) {
            self.wrong(&format!("spec.expiry.warn[{at}]"), "must be longer than nothing".into());
        }
    }

    fn drift(&mut self, drift: Option<&DriftPolicy>) {
        if let Some((at, problem)) = drift.and_then(|drift| drift::fault(&drift.ignore)) {
            self.wrong(&format!("spec.drift.ignore[{at}]"), problem);
        }
    }

    /// Children stand in their parent's namespace, and a promise has none.
    fn childless(&mut self, field: &str, pipelines: &[Pipeline]) {
        for (at, pipeline) in pipelines.iter().enumerate() {
            let asking = pipeline.steps.iter().enumerate().filter(|(_, step)| step.uses == StepKind::Resource);
            for (step, _) in asking {
                let message = "only the workflow of a resource can ask for resources of other promises".to_owned();
                self.wrong(&format!("{field}[{at}].steps[{step}].uses"), message);
            }
        }
    }

    fn steps(&mut self, field: &str, pipeline: &Pipeline) {
        let mut seen = BTreeSet::new();
        if pipeline.steps.first().is_some_and(|step| step.parallel) {
            self.wrong(&format!("{field}.steps[0].parallel"), "the first step has none before it to start with".into());
        }
        for (at, step) in pipeline.steps.iter().enumerate() {
            let (field, name) = (format!("{field}.steps[{at}].name"), &step.name);
            if !name::is_label(name) {
                self.wrong(&field, format!("step name {name:?} must be lower-case letters, digits and dashes"));
            }
            if !seen.insert(name) {
                self.wrong(&field, format!("pipeline {:?} has two steps named {name:?}", pipeline.name));
            }
        }
    }
}

/// What a name of an API must be, for the end of a sentence.
const WORD: &str = ": a lower-case letter, then at most 62 letters, digits and dashes, no dash at the end";

#[cfg(test)]
mod tests {
    use crate::{object, object::Object, promise::Promise};
    use serde_json::{Value, json};

    #[track_caller]
    fn check(api: Value, field: &str, message: &str) {
        let mut whole = json!({"group": "data.example.com", "version": "v1", "kind": "Postgresql"});
        whole.as_object_mut().unwrap().extend(api.as_object().unwrap().clone());
        let document = json!({"apiVersion": object::API_VERSION, "kind": "Promise", "metadata": {"name": "p"}, "spec": {"api": whole}});
        let error = Promise::read(&Object::from_value(document).unwrap()).unwrap_err();
        let told: Vec<_> = error.causes.iter().map(|cause| (cause.field.as_str(), cause.message.as_str())).collect();
        assert_eq!(told, [(field, message)]);
    }

    #[test]
    fn names_that_no_api_server_would_serve_are_refused_at_their_field() {
        const WORD: &str = "a lower-case letter, then at most 62 letters, digits and dashes, no dash at the end";
        let long = "a".repeat(64);
        for (field, word, like) in [
            ("plural", "Postgresqls", "a plural such as postgresqls"),
            ("plural", "9s", "a plural such as postgresqls"),
            ("plural", &long, "a plural such as postgresqls"),
            ("singular", "post gresql", "a singular such as postgresql"),
            ("version", "1", "a version such as v1"),
            ("version", "v1.0", "a version such as v1"),
        ] {
            check(json!({field: word}), &format!("spec.api.{field}"), &format!("{word:?} is not {like}: {WORD}"));
        }
        for kind in ["9sql", "Postgre_sql", "Postgresql/x"] {
            let message =
                format!("{kind:?} is not a kind such as Postgresql: a letter, then at most 62 letters and digits");
            check(json!({"kind": kind, "plural": "ps", "singular": "p"}), "spec.api.kind", &message);
        }
        let message = format!("\"PG\" is not a short name such as pg: {WORD}");
        check(json!({"shortNames": ["pg", "PG"]}), "spec.api.shortNames[1]", &message);
    }

    #[test]
    fn groups_are_domains_that_nobody_else_has() {
        for group in ["data", "Data.example.com", "data.example.com/v1", "a..b"] {
            let message = format!("{group:?} is not a group such as data.example.com");
            check(json!({"group": group}), "spec.api.group", &message);
        }
        check(json!({"group": "x.midspan.dev"}), "spec.api.group", "\"x.midspan.dev\" belongs to Midspan itself");
        check(
            json!({"group": "platform.kratix.io"}),
            "spec.api.group",
            "\"platform.kratix.io\" belongs to Kratix's own documents",
        );
        let group = [&*"a".repeat(63), &*"b".repeat(63), &*"c".repeat(63), &*"d".repeat(59)].join(".");
        check(json!({"group": group}), "spec.api.group", "plural and group together have more than 252 characters");
    }

    #[test]
    fn what_is_wrong_in_a_kratix_promise_is_named_where_it_stands_there() {
        let crd = json!({"spec": {"group": "data.example.com", "names": {"kind": "Db", "plural": "DBs"}, "versions": [{"name": "v1"}]}});
        let document = json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "p"}, "spec": {"api": crd}});
        let error = Promise::read(&Object::from_value(document).unwrap()).unwrap_err();
        assert_eq!(error.causes[0].pointer, "/spec/api/spec/names/plural");
    }
}
