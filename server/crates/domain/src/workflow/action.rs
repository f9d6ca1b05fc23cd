//! Day-2 actions: what people may ask of a living resource beside changing its spec.

use super::Pipeline;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One action a promise declares, under its name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Action {
    pub title: String,
    /// One sentence for the button's page.
    pub description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub icon: String,
    /// JSON Schema of its input; without one it takes none.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub schema: Value,
    /// CEL over `resource`, `status` and `promise`; where it does not hold the action cannot be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What people are told then.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub when_message: String,
    #[serde(skip_serializing_if = "Confirm::is_none")]
    pub confirm: Confirm,
    pub concurrency: Concurrency,
    /// Groups whose members may ask for it; none means everybody who may change the resource.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The files it makes are placed, and stay until the next run of the same action.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub places: bool,
    /// What follows once it has succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<Follow>,
    pub pipelines: Vec<Pipeline>,
}

/// What a person does before it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Confirm {
    #[default]
    None,
    /// Says yes once more.
    Simple,
    /// Types something.
    Type(Typed),
}

/// What is to be typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Typed {
    /// The resource's name.
    #[default]
    Name,
}

/// What becomes of it while a workflow or another action of the same resource is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Concurrency {
    /// It cannot be asked for.
    #[default]
    Forbid,
    /// It waits for its turn.
    Queue,
}

/// What an action sets off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Follow {
    /// The configure workflow runs again, and sees what the action wrote into the status.
    Configure,
}

impl Action {
    /// How people know it.
    pub fn title<'a>(&'a self, name: &'a str) -> &'a str {
        if self.title.is_empty() { name } else { &self.title }
    }

    pub fn takes_input(&self) -> bool {
        self.schema.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty())
    }
}

impl Confirm {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}
