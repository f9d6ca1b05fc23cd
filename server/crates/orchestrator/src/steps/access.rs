//! A step's own way to the API: an address and a token that can do what its pipeline's permissions list, as long as the step runs.

use super::{RunnerConfig, StepInput};
use domain::{
    Timestamp, document,
    workflow::{Container, Permission, StepKind},
};
use serde_json::{Value, json};

/// How a step's programs reach the API.
#[derive(Clone)]
pub struct Access {
    pub server: String,
    pub token: String,
    /// Where its commands go that name no namespace.
    pub namespace: String,
    /// By which it is taken away again.
    pub id: String,
}

/// The rights that somebody is to get.
#[derive(Clone, Debug, PartialEq)]
pub struct Rights {
    /// The same for every try of one attempt.
    pub id: String,
    /// Whose they are, for the books.
    pub subject: String,
    pub grants: Vec<Permission>,
    pub until: Timestamp,
}

impl Access {
    /// What `kubectl` and every client of Kubernetes reads. The token is a password here: some send no other without TLS.
    pub fn kubeconfig(&self) -> String {
        let named = |key: &str, value: Value| json!([{"name": "midspan", key: value}]);
        let context = json!({"cluster": "midspan", "user": "midspan", "namespace": self.namespace});
        document::to_yaml(&json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": named("cluster", json!({"server": self.server})),
            "users": named("user", json!({"username": "midspan", "password": self.token})),
            "contexts": named("context", context),
            "current-context": "midspan",
        }))
    }
}

/// The address at which the step's programs find the API; `Err` says why they do not.
pub fn address(config: &RunnerConfig, input: &StepInput) -> Result<String, &'static str> {
    const NO_NETWORK: &str = "this step has no network; see --container-network";
    let containers = &config.ground.containers;
    let network = match input.step.uses {
        StepKind::Container => {
            let own = Container::read(&input.step.with).ok().and_then(|container| container.network);
            own.unwrap_or(containers.network != "none")
        }
        _ => input.step.with.get("network").is_some_and(|network| network == true),
    };
    if !network {
        return Err(NO_NETWORK);
    }
    containers.api.clone().ok_or("the server was not told at which address steps find it; see --container-api")
}
