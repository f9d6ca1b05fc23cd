//! What a promise does for one occasion: workflows are pipelines in order, a pipeline is steps in order.

mod action;
pub mod container;
mod duration;

pub use action::{Action, Concurrency, Confirm, Follow};
pub use container::{Container, Permission, Volume};
pub use duration::GoDuration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt, time::Duration};

/// The workflows of a promise, for its resources and for itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Workflows {
    pub resource: ResourceWorkflows,
    pub promise: PromiseWorkflows,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResourceWorkflows {
    pub configure: Vec<Pipeline>,
    pub delete: Vec<Pipeline>,
    /// What people may ask of a living resource, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<String, Action>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PromiseWorkflows {
    pub configure: Vec<Pipeline>,
    pub delete: Vec<Pipeline>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    pub name: String,
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What the pipeline's containers may mount beside the three folders of the contract.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// What the pipeline's containers may do on the API.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    pub name: String,
    pub uses: StepKind,
    /// CEL over `resource`, `status`, `promise` and `steps`; where it does not hold the step is skipped.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Starts together with the step before it, from the same files.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parallel: bool,
    /// What the kind of step needs; read by the step itself.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub with: Value,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// How long one attempt may take, `30s` or `5m`. The default is 10 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<GoDuration>,
    #[serde(default)]
    pub retry: Retry,
}

impl Step {
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(10);

    /// For steps that wait for others.
    pub const LONGEST_WAIT: Duration = Duration::from_hours(1);

    pub fn timeout(&self) -> Duration {
        let default = if self.uses.is_looked_at() { Self::LONGEST_WAIT } else { Self::DEFAULT_TIMEOUT };
        self.timeout.map_or(default, |timeout| timeout.0)
    }
}

/// The kinds of step there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// Files rendered in process: a computation, never an effect.
    #[default]
    Template,
    /// A local process.
    Command,
    /// A call to a web service.
    Http,
    /// An OCI image run by a container runtime.
    Container,
    /// Resources of other promises, as children of this one.
    Resource,
    /// Until a condition holds.
    Wait,
}

impl StepKind {
    /// Whether the step touches nothing outside: it may be computed again at any time, so it needs no intent row.
    pub fn is_pure(self) -> bool {
        matches!(self, Self::Template)
    }

    /// Whether the step looks at rows until they are as it wants, anew in each pass: nobody holds it meanwhile.
    pub fn is_looked_at(self) -> bool {
        matches!(self, Self::Resource | Self::Wait)
    }
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Template => "template",
            Self::Command => "command",
            Self::Http => "http",
            Self::Container => "container",
            Self::Resource => "resource",
            Self::Wait => "wait",
        })
    }
}

/// When a failed attempt is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Retry {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// The pause after the first failure; it doubles with each further one.
    pub backoff: GoDuration,
    /// No pause is longer.
    pub max_backoff: GoDuration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 4,
            backoff: GoDuration(Duration::from_secs(2)),
            max_backoff: GoDuration(Duration::from_mins(5)),
        }
    }
}

impl Retry {
    /// The pause after failed attempt `attempt` (from 1). `seed` spreads equal pauses by up to a quarter, the same way each time.
    pub fn pause(&self, attempt: u32, seed: &str) -> Duration {
        let doubled = self.backoff.0.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1).min(20)));
        let base = doubled.min(self.max_backoff.0);
        let digest = crate::digest::Digest::of(format!("{seed}/{attempt}"));
        let spread = u32::from_str_radix(digest.short(4), 16).unwrap_or(0);
        base + base.mul_f64(f64::from(spread) / 65_536.0 / 4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_spread_by_at_most_a_quarter() {
        let retry = Retry {
            attempts: 9,
            backoff: GoDuration(Duration::from_secs(2)),
            max_backoff: GoDuration(Duration::from_secs(60)),
        };
        for (attempt, base) in [(1, 2.0), (2, 4.0), (3, 8.0), (9, 60.0)] {
            let pause = retry.pause(attempt, "step").as_secs_f64();
            assert!((base..=base * 1.25).contains(&pause), "{attempt}: {pause}");
            assert_eq!(retry.pause(attempt, "step").as_secs_f64(), pause);
        }
    }
}
