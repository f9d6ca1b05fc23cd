//! What the platform team offers: an API, workflows, scheduling, docs. Read from Midspan's own document or from a Kratix one.

mod containers;
mod dependencies;
mod faults;
mod health;
mod interval;
mod kratix;
mod release;
mod requirement;
mod revision;
mod scheduling;
mod status;

pub use interval::annotated as annotated_interval;
pub use kratix::{GROUP as KRATIX_GROUP, NAMESPACE as KRATIX_NAMESPACE, namespace_of_pipelines, remarks};
pub use release::{RELEASE_LABEL, Release, ReleaseKind, ReleaseSpec, ReleaseStatus, is_release};
pub use requirement::{PromiseName, RequiredBy, Requirement, RequirementState, RequirementStatus, cycle};
pub use revision::{
    PROMISE_OF_REVISION, Revision, RevisionKind, RevisionSpec, RevisionStatus, VERSION_OF_REVISION, content_digest,
    revision_name,
};
pub use scheduling::{Reschedule, Scheduling, Strategy};
pub use status::{Availability, PromiseStatus};

use crate::{
    drift::DriftPolicy,
    error::{Error, Result},
    expiry::Expiry,
    health::HealthSpec,
    object::{self, Object},
    selector::LabelSelector,
    workflow::{GoDuration, Workflows},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The label that names a promise's version, ours and Kratix's.
pub const VERSION_LABELS: [&str; 2] = ["midspan.dev/version", "kratix.io/promise-version"];
/// The version of a promise that names none, as Kratix calls it.
pub const UNVERSIONED: &str = "not-set";

/// The key of a promise's status that counts how often all of its resources were asked to run again.
pub const ROUND: &str = "resourcesAskedAgain";

/// The groups whose kind `Promise` is a promise document: ours first, for where both have one of a name.
pub const GROUPS: [&str; 2] = [object::GROUP, KRATIX_GROUP];

/// A promise as the product reads it, whichever document it came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Promise {
    pub name: String,
    pub version: String,
    /// From a Kratix document: what is made from it has a `ResourceBinding`.
    pub kratix: bool,
    /// How long after its newest run a resource is run again, if the promise says so.
    pub interval: Option<GoDuration>,
    pub spec: PromiseSpec,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PromiseSpec {
    pub title: String,
    /// One sentence for the catalog's card.
    pub description: String,
    /// The owning group: `group:default/platform`.
    pub owner: String,
    /// Markdown for the promise's page.
    pub docs: String,
    pub icon: String,
    pub tags: Vec<String>,
    pub links: Vec<Link>,
    /// What developers fill in. A promise without one only installs things.
    pub api: Option<Api>,
    /// JSON Schema of what a ready resource gives back; `writeOnly` marks a secret.
    pub outputs: Value,
    pub examples: Vec<Example>,
    pub requires: Vec<Requirement>,
    /// Objects that every matching destination gets, whether or not there is a resource.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Value>,
    pub destination_selectors: Vec<LabelSelector>,
    /// How many destinations its resources go to, and whether they move.
    #[serde(skip_serializing_if = "is_default")]
    pub placement: Scheduling,
    pub workflows: Workflows,
    /// What becomes of a destination that is found to differ from what was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<DriftPolicy>,
    /// The time its resources have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Expiry>,
    /// How long after its newest run a resource is run again though nothing has changed; never when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconcile_interval: Option<String>,
    /// How it is judged whether its resources work; nobody looks when it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<HealthSpec>,
    /// Defaults for upgrades; read by rollouts.
    pub rollout: Value,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Api {
    pub group: String,
    pub version: String,
    pub kind: String,
    #[serde(default)]
    pub plural: String,
    #[serde(default)]
    pub singular: String,
    #[serde(default)]
    pub short_names: Vec<String>,
    /// JSON Schema of the resource's `spec`.
    #[serde(default)]
    pub schema: Value,
    /// Columns of list output beside name, ready, message and age.
    #[serde(default)]
    pub columns: Vec<Column>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Column {
    pub name: String,
    /// JSON Pointer into the resource.
    pub pointer: String,
    #[serde(default)]
    pub description: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub title: String,
    pub url: String,
}

/// A filled-in form to start from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub title: String,
    #[serde(default)]
    pub description: String,
    pub spec: Value,
}

impl Promise {
    /// Reads a promise document of either format. Errors name the field.
    pub fn read(object: &Object) -> Result<Self> {
        let name = object.metadata.name.clone();
        let version = VERSION_LABELS.iter().find_map(|label| object.metadata.labels.get(*label));
        let mut spec = match object.group() {
            KRATIX_GROUP => kratix::read(&object.spec)?,
            _ => {
                object::decode(if object.spec.is_null() { serde_json::json!({}) } else { object.spec.clone() }, "spec")?
            }
        };
        spec.fill_in(&name);
        let version = version.map_or(UNVERSIONED, String::as_str).to_owned();
        let interval = interval::of(object, &spec);
        let kratix = object.group() == KRATIX_GROUP;
        let mut causes = faults::of(&spec, object.group());
        let interval = interval.unwrap_or_else(|cause| {
            causes.push(cause);
            None
        });
        let promise = Self { name, version, kratix, interval, spec };
        if causes.is_empty() {
            return Ok(promise);
        }
        let told =
            causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect::<Vec<_>>().join("; ");
        Err(Error::invalid(format!("Promise {:?} is invalid: {told}", promise.name), causes))
    }

    /// Whether an object of this group and kind is a promise document.
    pub fn is_promise(group: &str, kind: &str) -> bool {
        kind == "Promise" && GROUPS.contains(&group)
    }

    /// Whether it is Kratix's own document.
    pub fn is_kratix(object: &Object) -> bool {
        object.group() == KRATIX_GROUP
    }

    pub fn title(&self) -> &str {
        if self.spec.title.is_empty() { &self.name } else { &self.spec.title }
    }
}

impl PromiseSpec {
    fn fill_in(&mut self, name: &str) {
        if let Some(api) = &mut self.api {
            let lower = api.kind.to_lowercase();
            if api.singular.is_empty() {
                api.singular.clone_from(&lower);
            }
            if api.plural.is_empty() {
                api.plural = plural(&lower);
            }
        }
        if self.title.is_empty() {
            name.clone_into(&mut self.title);
        }
    }
}

/// English plurals as Kubernetes kinds form them.
fn plural(singular: &str) -> String {
    match singular {
        s if s.ends_with("ss") || s.ends_with('x') || s.ends_with("ch") || s.ends_with("sh") => format!("{s}es"),
        s if s.ends_with('s') => s.to_owned(),
        s if s.ends_with('y') && !["ay", "ey", "oy", "uy"].iter().any(|vowel| s.ends_with(vowel)) => {
            format!("{}ies", &s[..s.len() - 1])
        }
        s => format!("{s}s"),
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(spec: Value) -> Object {
        Object::from_value(json!({"apiVersion": object::API_VERSION, "kind": "Promise", "metadata": {"name": "postgresql"}, "spec": spec})).unwrap()
    }

    #[test]
    fn a_promise_fills_in_what_follows_from_its_kind() {
        let promise =
            Promise::read(&object(json!({"api": {"group": "data.example.com", "version": "v1", "kind": "Policy"}})))
                .unwrap();
        let api = promise.spec.api.clone().unwrap();
        assert_eq!(
            (api.singular.as_str(), api.plural.as_str(), promise.title(), promise.version.as_str()),
            ("policy", "policies", "postgresql", "not-set")
        );
    }

    #[track_caller]
    fn check_refused(spec: Value, expected: &str) {
        assert_eq!(Promise::read(&object(spec)).unwrap_err().message, expected);
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let error = Promise::read(&object(json!({"titel": "x"}))).unwrap_err();
        assert!(error.message.contains("unknown field `titel`"), "{error}");
    }

    #[test]
    fn a_misspelt_key_of_a_workflow_is_refused_where_it_stands() {
        let step = |key: &str| json!({"workflows": {"resource": {"configure": [{"name": "a", "steps": [{"name": "b", "uses": "command", key: {}}]}]}}});
        let at = "spec.workflows.resource.configure[0].steps[0]";
        check_refused(step("wiht"), &format!("{at}.wiht: unknown field `wiht`; did you mean `with`?"));
        check_refused(
            json!({"destinationSelectors": [{"matchLabel": {}}]}),
            "spec.destinationSelectors[0].matchLabel: unknown field `matchLabel`; did you mean `matchLabels`?",
        );
        check_refused(
            json!({"workflows": {"resouce": {}}}),
            "spec.workflows.resouce: unknown field `resouce`; did you mean `resource`?",
        );
    }

    #[test]
    fn kratix_reads_past_fields_it_does_not_know_and_so_do_we() {
        let pipeline = json!({"metadata": {"name": "a", "x": 1}, "x": 1, "spec": {"x": 1, "containers": [{"name": "b", "image": "c", "x": 1}]}});
        let spec = json!({"x": 1, "destinationSelectors": [{"matchLabel": {}}], "workflows": {"x": 1, "resource": {"x": 1, "configure": [pipeline]}}});
        let document = json!({"apiVersion": "platform.kratix.io/v1alpha1", "kind": "Promise", "metadata": {"name": "p"}, "spec": spec});
        let promise = Promise::read(&Object::from_value(document).unwrap()).unwrap();
        assert_eq!(promise.spec.workflows.resource.configure[0].steps[0].name, "b");
    }

    #[test]
    fn a_wrong_type_deep_inside_is_located() {
        let spec = json!({"workflows": {"resource": {"configure": [{"name": "a", "steps": [{"name": "b", "uses": "magic"}]}]}}});
        let error = Promise::read(&object(spec)).unwrap_err();
        assert_eq!(error.causes[0].pointer, "/spec/workflows/resource/configure/0/steps/0/uses");
    }

    #[test]
    fn pipelines_and_steps_need_names_of_their_own() {
        check_refused(
            json!({"workflows": {"resource": {"configure": [{"name": "a", "steps": [{"name": "b", "uses": "template"}, {"name": "b", "uses": "template"}]}, {"name": "a"}]}}}),
            "Promise \"postgresql\" is invalid: spec.workflows.resource.configure[0].steps[1].name: pipeline \"a\" has two steps named \"b\"; \
             spec.workflows.resource.configure[1].name: two pipelines are named \"a\"; spec.workflows.resource.configure[1].steps: pipeline \"a\" has no steps",
        );
    }

    #[test]
    fn midspans_own_group_cannot_be_taken() {
        check_refused(
            json!({"api": {"group": "midspan.dev", "version": "v1", "kind": "Promise"}}),
            "Promise \"postgresql\" is invalid: spec.api.group: \"midspan.dev\" belongs to Midspan itself",
        );
    }
}
