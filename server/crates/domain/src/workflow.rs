//! What a promise does for one occasion: workflows are pipelines in order, a pipeline is steps in order.

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
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    pub name: String,
    pub uses: StepKind,
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

    pub fn timeout(&self) -> Duration {
        self.timeout.map_or(Self::DEFAULT_TIMEOUT, |timeout| timeout.0)
    }
}

/// The kinds of step there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// Files rendered in process: a computation, never an effect.
    Template,
    /// A local process.
    Command,
    /// A call to a web service.
    Http,
    /// An OCI image run by a container runtime.
    Container,
}

impl StepKind {
    /// Whether the step touches nothing outside: it may be computed again at any time, so it needs no intent row.
    pub fn is_pure(self) -> bool {
        matches!(self, Self::Template)
    }
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Template => "template",
            Self::Command => "command",
            Self::Http => "http",
            Self::Container => "container",
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

/// A duration as Go writes it: `300ms`, `30s`, `5m`, `1h30m`; days (`1d`) are taken too, as Kratix documents them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration(pub Duration);

impl GoDuration {
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut total = 0.0_f64;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let number: f64 = rest[..digits].parse().ok()?;
            rest = &rest[digits..];
            let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
            total += number
                * match &rest[..unit] {
                    "d" => 86_400.0,
                    "h" => 3_600.0,
                    "m" => 60.0,
                    "s" => 1.0,
                    "ms" => 1e-3,
                    "us" | "µs" => 1e-6,
                    "ns" => 1e-9,
                    _ => return None,
                };
            rest = &rest[unit..];
        }
        (!text.trim().is_empty() && total.is_finite() && total < 1e9).then(|| Self(Duration::from_secs_f64(total)))
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match (millis / 3_600_000, millis / 60_000 % 60, millis / 1_000 % 60, millis % 1_000) {
            (0, 0, 0, ms) => write!(f, "{ms}ms"),
            (0, 0, s, 0) => write!(f, "{s}s"),
            (0, 0, s, ms) => write!(f, "{s}.{ms:03}s"),
            (0, m, s, _) => write!(f, "{m}m{s}s"),
            (h, m, s, _) => write!(f, "{h}h{m}m{s}s"),
        }
    }
}

impl Serialize for GoDuration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a duration such as 30s, 5m or 1h30m")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, seconds: Option<f64>) {
        assert_eq!(GoDuration::parse(text).map(|d| d.0.as_secs_f64()), seconds, "{text:?}");
    }

    #[test]
    fn durations_are_read_as_go_reads_them() {
        check("30s", Some(30.0));
        check("1h30m", Some(5400.0));
        check("1.5s", Some(1.5));
        check("250ms", Some(0.25));
        check("1d", Some(86_400.0));
        check("", None);
        check("5", None);
        check("5 apples", None);
    }

    #[test]
    fn a_duration_survives_its_own_text() {
        for text in ["250ms", "30s", "1.500s", "5m0s", "1h30m0s"] {
            assert_eq!(GoDuration::parse(text).unwrap().to_string(), text);
        }
    }

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
